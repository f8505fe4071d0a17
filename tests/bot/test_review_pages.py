"""The page of the review, and its way to a school that really answers over HTTP."""

import json
import re
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from flask import Flask
from sqlalchemy import select, update

from backend.app import create_app
from backend.kit.config import settings
from backend.kit.db import reading, unit_of_work
from backend.security.models import AuditEntry
from bot import review_pages
from bot.conversation import Message
from bot.phrases import understanding as phrases
from bot.review.models import Misunderstanding
from tests.bot.test_review_queue import ODD, kept
from tests.bot.test_router import counted
from tests.bot.test_talk_pages import Reader, reader
from tests.dialogues.stage import Stage
from tests.fixtures.schools import School, answered, held_out, small_school

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
KEY = "school-key"


@pytest.fixture
def app(stage: Stage) -> Flask:
    return create_app(lambda: None, pages=[review_pages.blueprint])


@pytest.fixture
def school(tmp_path: Path, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Iterator[School]:
    """The school's own answers behind a small server, as nlu's door gives them."""
    made = small_school(tmp_path)

    class Door(BaseHTTPRequestHandler):
        def answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            raw = self.rfile.read(length)
            status, content = 401, {"why": "key"}
            if self.headers.get("Authorization") == f"Bearer {KEY}":
                what = self.path.removeprefix("/school").strip("/")
                body = json.loads(raw) if raw else None
                status, content = answered(made, self.command, what, body)
            said = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        do_GET = do_PUT = do_POST = answer

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("NLU_URLS", f"http://127.0.0.1:1,http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("NLU_SCHOOL_KEY", KEY)
    settings.cache_clear()
    yield made
    server.shutdown()
    server.server_close()


def act(page: Reader, path: str, **fields: str) -> str:
    found = re.search(r'"X-CSRFToken": "([^"]+)"', page.get("/understanding"))
    assert found is not None
    return page.post(f"/understanding/{path}", {"csrf_token": found.group(1), **fields})


def audited() -> list[str]:
    with reading() as session:
        found = session.scalars(select(AuditEntry).order_by(AuditEntry.id))
        return [row.action for row in found if row.action.startswith("understanding.")]


@on_sqlite
@pytest.mark.parametrize(
    ("who", "status"), [("academic", 200), ("principal", 200), ("advisor", 403), ("guardian", 403)]
)
def test_who_may_review(stage: Stage, app: Flask, who: str, status: int) -> None:
    reader(app, who).get("/understanding", status=status)
    assert app.test_client().get("/understanding").status_code == 302


def test_a_tapped_guess_labels_the_sentence(stage: Stage, app: Flask) -> None:
    stage.say("o_one", ODD)
    stage.say("o_two", f"{ODD}。")
    academic = reader(app, "academic")
    page = academic.get("/understanding")
    assert page.count('class="row-open"') == 1
    assert "2 次" in page
    row = max(kept(), key=lambda each: each.id)
    told = act(academic, f"{row.id}/label", intent="ask_course", other="", sentence=row.sentence)
    assert "了解课程" in told
    assert "没有等着处理的话" in academic.get("/understanding")
    again = act(academic, f"{row.id}/label", intent="ask_price", sentence=row.sentence)
    assert "已经有同事处理过" in again
    labelled = next(each for each in kept() if each.id == row.id)
    assert (labelled.intent, labelled.status) == ("ask_course", "labelled")
    assert labelled.labelled_by is not None
    assert audited() == ["understanding.label"]


@on_sqlite
def test_wrong_marks_come_back_as_typed_with_what_to_do(stage: Stage, app: Flask) -> None:
    stage.say("o_one", ODD)
    academic, row = reader(app, "academic"), kept()[0]
    typed = f"[{ODD}](game)"
    answer = act(academic, f"{row.id}/label", other="ask_course", sentence=typed)
    assert "不认识标记「game」" in answer
    assert typed in answer
    assert "一字不差" in act(academic, f"{row.id}/label", other="ask_course", sentence="别的话")
    assert "先点一个意思" in act(academic, f"{row.id}/label", other="", sentence=ODD)
    assert "先点一个意思" in act(academic, f"{row.id}/label", other="be_king", sentence=ODD)
    assert kept()[0].status == "open"
    act(academic, f"{row.id}/dismiss")
    assert kept()[0].status == "dismissed"


@on_sqlite
def test_the_page_costs_the_same_however_long_the_queue_is(stage: Stage, app: Flask) -> None:
    academic = reader(app, "academic")

    def statements() -> int:
        with counted() as seen:
            academic.get("/understanding")
        return len(seen)

    stage.say("o_0", ODD)
    few = statements()
    for number in range(1, 25):
        stage.say(
            f"o_{number}", f"{'甲乙丙丁戊己庚辛壬癸'[number % 10]}{'子丑寅'[number // 10]}来着"
        )
    assert len(kept()) == 25
    assert statements() == few <= 10
    assert academic.get("/understanding").count('class="row-open"') == 20
    assert academic.get("/understanding?page=1").count('class="row-open"') == 5


@on_sqlite
def test_without_scripts_the_forms_lead_back_to_the_page(stage: Stage, app: Flask) -> None:
    stage.say("o_one", ODD)
    academic, row = reader(app, "academic"), kept()[0]
    token = academic.form("/understanding")["csrf_token"]
    fields = {"csrf_token": token, "other": "ask_course", "sentence": "改了"}
    wrong = academic.browser.post(f"/understanding/{row.id}/label", data=fields)
    assert "一字不差" in wrong.text
    assert "<html" in wrong.text
    fields["sentence"] = ODD
    right = academic.browser.post(f"/understanding/{row.id}/label", data=fields)
    assert (right.status_code, right.location) == (303, "/understanding")


def test_how_well_it_understands_by_week_and_model(stage: Stage, app: Flask) -> None:
    for who, words in (("o_1", "地址在哪"), ("o_2", "多少钱"), ("o_3", ODD)):
        stage.say(who, words)
    with unit_of_work() as session:
        for message in session.scalars(select(Message)):
            message.meaning = {**(message.meaning or {}), "model": "m1"}
    page = reader(app, "principal").get("/understanding")
    assert "<code>m1</code>" in page
    assert "67%" in page


@on_sqlite
def test_a_door_that_is_shut_or_away_says_what_to_do(
    stage: Stage, app: Flask, school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    principal = reader(app, "principal")
    for name, value, words in (
        ("NLU_SCHOOL_KEY", "another", "还没有开通"),
        ("NLU_SCHOOL_KEY", "", "还没有开通"),
        ("NLU_SCHOOL_KEY", KEY, "训练"),
        ("NLU_URLS", "http://127.0.0.1:1", "暂时连不上"),
    ):
        monkeypatch.setenv(name, value)
        settings.cache_clear()
        assert words in principal.get("/understanding/school", htmx=True)


def test_label_train_compare_publish_and_take_back(
    stage: Stage, app: Flask, school: School
) -> None:
    stage.say("o_one", ODD)
    principal, row = reader(app, "principal"), kept()[0]
    act(principal, f"{row.id}/label", other="ask_course", sentence=f"[{ODD[:2]}](course){ODD[2:]}")
    (school.models / "wait").touch()
    begun = act(principal, "school/train")
    assert "用上 1 句话" in begun
    assert "every 3s" in begun
    learned = yaml.safe_load((school.models / "learned.yml").read_text("utf-8"))["nlu"]
    assert learned == [{"intent": "ask_course", "examples": f"- [那个](course){ODD[2:]}\n"}]
    assert "模型刚刚有变动" in act(principal, "school/train")
    (school.models / "wait").unlink()
    give_up_at = time.monotonic() + 30
    while "every 3s" in (page := principal.get("/understanding/school", htmx=True)):
        assert time.monotonic() < give_up_at
        time.sleep(0.05)
    assert all(words in page for words in ("80.0%", "90.0%", "↑变好", "确定发布"))
    assert "模型刚刚有变动" in act(principal, "school/publish", model="first")
    for _twice in range(2):
        page = act(principal, "school/publish", model="fresh")
        assert "正在用的模型 <code>fresh</code>" in page
    assert (kept()[0].status, kept()[0].learned_by) == ("learned", "fresh")
    page = act(principal, "school/rollback", model="second", leaving="fresh")
    assert "正在用的模型 <code>second</code>" in page
    assert kept()[0].status == "labelled"
    steps = ["label", "train", "publish", "publish", "rollback"]
    assert audited() == [f"understanding.{step}" for step in steps]


@on_sqlite
def test_what_the_school_refuses_is_told(stage: Stage, app: Flask, school: School) -> None:
    stage.say("o_one", ODD)
    principal, row = reader(app, "principal"), kept()[0]
    act(principal, f"{row.id}/label", other="ask_course", sentence=ODD)
    tested = sorted(held_out())[0]
    with unit_of_work() as session:
        session.execute(update(Misunderstanding).values(sentence=tested))
    assert f"这几句没有用上：{tested}" in act(principal, "school/train")


def test_every_intent_and_entity_has_a_chinese_name() -> None:
    domain = yaml.safe_load(Path("nlu/domain.yml").read_text("utf-8"))
    assert set(phrases.NAMES) == set(domain["intents"])
    assert set(phrases.ENTITIES) == set(domain["entities"])
    assert len(set(phrases.NAMES.values())) == len(phrases.NAMES)
