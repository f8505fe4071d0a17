"""The staff's pages of the talks they lead (C3): who sees what, one answer for each form, one
customer's chat."""

import html
import re
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from backend.app import create_app
from backend.kit import clock, files
from backend.kit.config import settings
from backend.kit.db import unit_of_work
from backend.logistics import queries as logistics
from backend.security import service as security
from backend.security.models import Account
from backend.security.schemas import Role
from backend.students.models import Attachment
from backend.students.schemas import AttachmentStatus
from bot import talk_pages
from tests.bot.test_router import counted
from tests.dialogues.stage import Stage, delivered, openid_of

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
HTMX = {"HX-Request": "true"}


@dataclass
class Reader:
    """A browser that the platform has signed in as somebody."""

    browser: FlaskClient

    def get(self, path: str, *, status: int = 200, htmx: bool = False) -> str:
        answer = self.browser.get(path, headers=HTMX if htmx else {})
        assert answer.status_code == status, answer.text
        return html.unescape(answer.text)

    def form(self, path: str) -> dict[str, str]:
        """The hidden fields of a page."""
        page = self.browser.get(path).text
        return dict(re.findall(r'name="(csrf_token|token)" value="([^"]+)"', page))

    def post(self, path: str, fields: dict[str, Any], *, status: int = 200) -> str:
        answer = self.browser.post(path, data=fields, headers=HTMX)
        assert answer.status_code == status, answer.text
        return html.unescape(answer.text)


@pytest.fixture
def app(stage: Stage) -> Flask:
    return create_app(lambda: None, pages=[talk_pages.blueprint])


def reader(app: Flask, who: str) -> Reader:
    browser = app.test_client()
    with browser.session_transaction() as cookie:
        cookie["wechat"] = {"openid": openid_of(who), "until": time.time() + 3600}
    return Reader(browser)


def lost(stage: Stage, who: str = "o_lost") -> None:
    """Somebody asks where we are, and then for a person: the advisor leads talk 1."""
    stage.say(who, "你们在哪儿")
    stage.say(who, "转人工")
    stage.pushes()


def pushed_to(stage: Stage, who: str) -> list[str]:
    return [text for openid, text in stage.pushes() if openid == openid_of(who)]


def test_an_answer_from_the_page_is_one_line_in_the_customers_chat(
    stage: Stage, app: Flask
) -> None:
    lost(stage)
    advisor = reader(app, "advisor")
    page = advisor.get("/talks/1")
    assert all(words in page for words in ("客户1", "你们在哪儿", "望京西路", "由我接待"))
    form = advisor.form("/talks/1")
    for _click in range(2):
        desk = advisor.post("/talks/1/answer", {**form, "words": "我们在望京，随时来看"})
        assert "我们在望京" not in desk
    assert pushed_to(stage, "o_lost") == ["我们在望京，随时来看"]
    assert advisor.get("/talks/1").count("我们在望京，随时来看") == 1
    assert stage.say("o_lost", "好的周六来") == ""
    assert "好的周六来" in advisor.get("/talks/1")
    assert stage.value("select count(*) from students_ticket_note where account_id > 0") == 1


def test_a_double_click_on_two_workers_sends_once(stage: Stage, app: Flask) -> None:
    lost(stage)
    form = {**reader(app, "advisor").form("/talks/1"), "words": "马上来"}
    browsers = [reader(app, "advisor") for _ in range(4)]
    forms = [{**form, "csrf_token": one.form("/talks/1")["csrf_token"]} for one in browsers]
    with ThreadPoolExecutor(4) as threads:
        list(
            threads.map(
                lambda each: each[0].post("/talks/1/answer", each[1]),
                zip(browsers, forms, strict=True),
            )
        )
    assert pushed_to(stage, "o_lost") == ["马上来"]


@on_sqlite
def test_a_page_hears_of_new_lines_and_of_nothing_else(stage: Stage, app: Flask) -> None:
    lost(stage)
    advisor = reader(app, "advisor")
    look = re.search(r'hx-get="([^"]+/lines[^"]+)"', advisor.get("/talks/1"))
    assert look is not None
    path = look.group(1)
    assert advisor.get(path, status=204, htmx=True) == ""
    stage.say("o_lost", "还在吗")
    assert "还在吗" in advisor.get(path, htmx=True)
    assert 'id="desk"' not in advisor.get(path, htmx=True)
    stage.say("o_lost", "结束")
    ended = advisor.get(path, htmx=True)
    assert "已结束，小助手接待中" in ended
    assert 'hx-swap-oob="true"' in ended
    over = advisor.get(path.replace("mark=", "mark=x"), htmx=True)
    assert "发送" not in over


@on_sqlite
def test_the_board_shows_what_waits_and_for_how_long(stage: Stage, app: Flask) -> None:
    assert "没有需要老师接待" in reader(app, "advisor").get("/talks")
    lost(stage)
    advisor = reader(app, "advisor")
    board = advisor.get("/talks")
    assert "由我接待" in board
    assert "等待回复 0 分钟" in board
    mark = re.search(r"mark=(\w+)", board)
    assert mark is not None
    assert advisor.get(f"/talks?mark={mark.group(1)}", status=204, htmx=True) == ""
    stage.pass_time(timedelta(minutes=6))
    stage.tend_talks()
    assert "已超时，等了 6 分钟" in advisor.get(f"/talks?mark={mark.group(1)}", htmx=True)


@on_sqlite
def test_who_may_open_a_talk(stage: Stage, app: Flask) -> None:
    """The owner, the same role, managers; of another campus nobody, strangers never (G1, X3)."""
    lost(stage)
    with unit_of_work() as session:
        here, elsewhere = (campus.id for campus in logistics.campuses(session)[:2])
        is_advisor = Account.role == Role.ADVISOR
        session.execute(update(Account).where(is_advisor).values(campus_id=here))
        for name, campus_id in (("o_colleague", None), ("o_far", elsewhere)):
            security.hire(session, name=name, role=Role.ADVISOR, campus_id=campus_id, openid=name)
    for who in ("advisor", "o_colleague", "principal"):
        assert "你们在哪儿" in reader(app, who).get("/talks/1"), who
        assert "客户1" in reader(app, who).get("/talks"), who
    for who in ("teacher", "accountant", "o_far"):
        assert "你们在哪儿" not in reader(app, who).get("/talks/1", status=403), who
        assert "客户1" not in reader(app, who).get("/talks"), who
        reader(app, who).get("/talks/1/lines", status=403)
        reader(app, who).get("/talks/1/suggestions", status=403)
    for who in ("guardian", "stranger", "o_lost"):
        page = reader(app, who).get("/talks/1", status=403)
        assert "这是员工页面" in page
        assert "你们在哪儿" not in page
    assert app.test_client().get("/talks").headers["Location"] == "/console/sign-in?next=%2Ftalks"


@on_sqlite
def test_former_staff_are_strangers_at_once(stage: Stage, app: Flask) -> None:
    lost(stage)
    advisor = reader(app, "advisor")
    form = advisor.form("/talks/1")
    with unit_of_work() as session:
        session.execute(update(Account).values(is_active=False))
    advisor.get("/talks/1", status=403)
    advisor.post("/talks/1/answer", {**form, "words": "再见"}, status=403)
    assert pushed_to(stage, "o_lost") == []


@on_sqlite
def test_a_manager_takes_a_talk_and_its_owner_can_no_longer_answer(
    stage: Stage, app: Flask
) -> None:
    lost(stage)
    advisor, principal = reader(app, "advisor"), reader(app, "principal")
    form = advisor.form("/talks/1")
    theirs = principal.form("/talks/1")
    alert = principal.post("/talks/1/answer", {**theirs, "words": "我来", "token": "t1"})
    assert "没有发出" in alert
    assert "我来" in alert or "接管" in alert
    principal.post("/talks/1/take", theirs, status=303)
    assert "请您接待" in "".join(pushed_to(stage, "principal"))
    refused = advisor.post("/talks/1/answer", {**form, "words": "还有我"})
    assert "已由同事接待" in refused
    principal.post("/talks/1/answer", {**principal.form("/talks/1"), "words": "您好，我是校长"})
    assert pushed_to(stage, "o_lost") == ["您好，我是校长"]


@on_sqlite
def test_a_talk_is_handed_to_a_colleague_who_is_shown_it(stage: Stage, app: Flask) -> None:
    lost(stage)
    advisor = reader(app, "advisor")
    page = advisor.get("/talks/1")
    chosen = re.search(r'<option value="(\d+)">[^<]*（接待中 0）', page)
    assert chosen is not None
    to = {**advisor.form("/talks/1"), "to": chosen.group(1)}
    for _click in range(2):
        advisor.post("/talks/1/hand", to, status=303)
    owner = stage.value("select owner_id from students_takeover")
    assert str(owner) == chosen.group(1)
    texts = [text for _, text in stage.pushes()]
    assert sum("最近的聊天" in text for text in texts) == 1
    assert "由我接待" not in advisor.get("/talks/1")  # Whoever had it may still look.
    nobody = {**to, "to": "99999"}
    advisor.post("/talks/1/hand", nobody, status=404)


@on_sqlite
def test_the_owner_ends_a_talk_and_the_bot_is_back(stage: Stage, app: Flask) -> None:
    lost(stage)
    colleague = reader(app, "principal")
    colleague.post("/talks/1/end", colleague.form("/talks/1"), status=403)
    advisor = reader(app, "advisor")
    form = advisor.form("/talks/1")
    advisor.post("/talks/1/end", form, status=303)
    assert "由我继续为您服务" in "".join(pushed_to(stage, "o_lost"))
    advisor.post("/talks/1/end", form, status=404)
    assert "刚刚结束" in advisor.post("/talks/1/answer", {**form, "words": "还在吗"})
    assert "望京西路" in stage.say("o_lost", "你们在哪儿")


@on_sqlite
def test_suggestions_are_what_the_bot_would_say_and_leave_nothing_behind(
    stage: Stage, app: Flask
) -> None:
    lost(stage)
    stage.say("o_lost", "数学多少钱")
    before = stage.value("select count(*) from admissions_follow_up")
    offered = reader(app, "advisor").get("/talks/1/suggestions")
    assert "我是周婷" in offered
    assert "元" in offered
    assert stage.value("select count(*) from admissions_follow_up") == before
    assert "我是周婷" not in reader(app, "principal").get("/talks/1/suggestions")


@on_sqlite
@pytest.mark.parametrize("words", ["", "  \n ", "好" * 700])
def test_nothing_and_too_much_are_not_sent(words: str, stage: Stage, app: Flask) -> None:
    lost(stage)
    advisor = reader(app, "advisor")
    heard = advisor.post("/talks/1/answer", {**advisor.form("/talks/1"), "words": words})
    assert 'role="alert"' in heard
    assert words.strip() in heard
    assert pushed_to(stage, "o_lost") == []


@on_sqlite
def test_words_of_a_customer_are_words_on_the_page(stage: Stage, app: Flask) -> None:
    lost(stage)
    stage.say("o_lost", "<script>alert(1)</script> 我的电话是138 1234 5678")
    page = reader(app, "advisor").browser.get("/talks/1").text
    assert "<script>alert" not in page
    assert "138 1234 5678" not in page
    assert "138****5678" in page


@on_sqlite
def test_a_picture_of_a_led_talk_opens_for_those_who_may_lead_it(
    stage: Stage, app: Flask, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "var_dir", tmp_path)
    lost(stage)
    advisor = reader(app, "advisor")
    advisor.post("/talks/1/answer", {**advisor.form("/talks/1"), "words": "请发图"})
    picture = {"MsgType": "image", "MsgId": "77", "MediaId": "m1", "PicUrl": "http://x/p.jpg"}
    assert stage.send(delivered("o_lost", at=clock.now(), **picture)) == ""
    with unit_of_work() as session:
        name = files.keep(b"\xff\xd8\xff picture", owner="o_lost")
        session.execute(
            update(Attachment).values(
                status=AttachmentStatus.KEPT, file_name=name, content_type="image/jpeg"
            )
        )
        security.hire(session, name="钱进", role=Role.ADVISOR, openid="o_colleague")
    link = re.search(r'href="(/attachments/\d+)"', advisor.get("/talks/1"))
    assert link is not None
    for who in ("advisor", "o_colleague", "principal"):
        assert reader(app, who).browser.get(link.group(1)).status_code == 200, who
    for who in ("accountant", "stranger"):
        assert reader(app, who).browser.get(link.group(1)).status_code == 404, who


@on_sqlite
def test_statements_per_look_do_not_grow(stage: Stage, app: Flask) -> None:
    lost(stage)
    advisor = reader(app, "advisor")
    with counted() as first:
        advisor.get("/talks/1/lines?mark=x")
        advisor.get("/talks")
    for number in range(8):
        lost(stage, f"o_lost_{number}")
        stage.say("o_lost", f"第{number}句")
    with counted() as later:
        advisor.get("/talks/1/lines?mark=x")
        advisor.get("/talks")
    assert len(first) <= 24
    assert len(later) == len(first)
