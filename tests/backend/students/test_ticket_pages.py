"""The board, a ticket's page and the analysis (S8–S10): who sees what, each deed once, a bounded
number of queries."""

import html
import re
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from backend.app import create_app
from backend.kit import clock
from backend.kit.db import engine, reading, unit_of_work
from backend.security import service as staff
from backend.security.schemas import Role
from backend.students.schemas import Cause, TicketKind, TicketStatus
from backend.students.ticket_models import Ticket, TicketNote
from backend.students.tickets import board, desk, settling

MORNING = datetime(2026, 11, 25, 10, tzinfo=clock.SHANGHAI)
HTMX = {"HX-Request": "true"}


@pytest.fixture
def app(database: str) -> Iterator[Flask]:
    made = create_app(lambda: None)
    made.config["WTF_CSRF_ENABLED"] = False
    made.config["RATELIMIT_ENABLED"] = False
    with clock.frozen(MORNING):
        with unit_of_work() as session:
            for role in (Role.ACADEMIC, Role.ACCOUNTANT, Role.PRINCIPAL, Role.TEACHER):
                staff.hire(session, name=role.value, role=role, openid=f"o_{role}")
        yield made


def as_role(app: Flask, role: Role) -> FlaskClient:
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["wechat"] = {"openid": f"o_{role}", "until": time.time() + 3600}
    return client


def complain(session: Session, key: str, text: str = "老师迟到了三次", **more: Any) -> str:
    return desk.open_ticket(
        session,
        openid=more.pop("openid", "o_author"),
        kind=TicketKind.COMPLAINT,
        text=text,
        source_key=key,
        **more,
    ).number


def statements(client: FlaskClient, path: str) -> int:
    seen: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    event.listen(engine(), "before_cursor_execute", note)
    try:
        assert client.get(path).status_code == 200
    finally:
        event.remove(engine(), "before_cursor_execute", note)
    return len(seen)


def test_everybody_sees_their_own_and_the_head_sees_all(app: Flask) -> None:
    with unit_of_work() as session:
        teaching = complain(session, "m:1")
        money = complain(session, "m:2", "乱收费，多扣了钱")
        unnamed = complain(
            session, "m:3", "我是王小明的家长，老师迟到", is_anonymous=True, openid="o_secret"
        )
    pages = {
        role: html.unescape(as_role(app, role).get("/tickets").text)
        for role in (Role.ACADEMIC, Role.ACCOUNTANT, Role.PRINCIPAL, Role.TEACHER)
    }
    assert teaching in pages[Role.ACADEMIC]
    assert money not in pages[Role.ACADEMIC]
    assert money in pages[Role.ACCOUNTANT]
    assert all(each in pages[Role.PRINCIPAL] for each in (teaching, money, unnamed))
    assert not re.search(r"T\d{9}", pages[Role.TEACHER])
    assert as_role(app, Role.ACCOUNTANT).get(f"/tickets/{teaching}").status_code == 403
    shown = as_role(app, Role.PRINCIPAL).get(f"/tickets/{unnamed}").text
    assert "匿名客户" in shown
    assert "o_secret" not in shown + pages[Role.PRINCIPAL]


def test_a_deed_is_done_once_for_each_form_and_what_is_missing_is_said(app: Flask) -> None:
    with unit_of_work() as session:
        number = complain(session, "m:1")
    client = as_role(app, Role.ACADEMIC)
    for _ in range(2):
        answer = client.post(f"/tickets/{number}/answer", data={"words": "您好", "token": "one"})
        assert answer.status_code == 303
    assert client.post(f"/tickets/{number}/answer", data={"token": "two"}).status_code == 422
    with reading() as session:
        assert session.scalar(select(func.count(TicketNote.id))) == 1
    give = {"role": "accountant", "words": "查账", "token": "three"}
    client.post(f"/tickets/{number}/task", data=give)
    done = {"cause": "fee", "words": "已退", "token": "four"}
    assert "任务没有完成" in client.post(f"/tickets/{number}/resolve", data=done).text
    assert number in as_role(app, Role.ACCOUNTANT).get(f"/tickets/{number}").text
    as_role(app, Role.ACCOUNTANT).post("/tickets/tasks/1/done", data={"words": "查过"})
    client.post(f"/tickets/{number}/resolve", data={**done, "token": "five"})
    with reading() as session:
        assert session.scalars(select(Ticket.status)).one() == TicketStatus.RESOLVED


def test_the_board_is_told_of_what_is_new_and_of_nothing_else(app: Flask) -> None:
    with unit_of_work() as session:
        complain(session, "m:1")
    client = as_role(app, Role.PRINCIPAL)
    again = re.search(r'hx-get="(/tickets\?[^"]*mark=[^"]+)"', client.get("/tickets").text)
    assert again
    path = html.unescape(again.group(1))
    assert client.get(path, headers=HTMX).status_code == 204
    with unit_of_work() as session:
        number = complain(session, "m:2")
    assert number in client.get(path, headers=HTMX).text


def test_pages_follow_on_and_words_are_found_further_back(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    with unit_of_work() as session:
        numbers = [complain(session, f"m:{n}", f"第{n}件 老师迟到") for n in range(board.PAGE + 5)]
    client, seen = as_role(app, Role.PRINCIPAL), ""
    path = "/tickets/columns/open"
    for _ in range(2):
        page = html.unescape(client.get(path).text)
        seen += page
        further = re.search(r'href="(/tickets/columns/open\?[^"]+)"', page)
        path = further.group(1) if further else ""
    assert path == ""
    assert all(seen.count(f"<b>{number}</b>") == 1 for number in numbers)
    assert numbers[3] in client.get(f"/tickets/found?q={numbers[3]}", headers=HTMX).text
    monkeypatch.setattr(board, "REACH", 10)
    page = html.unescape(client.get("/tickets/found?q=第2件", headers=HTMX).text)
    assert numbers[2] not in page
    while "继续往前找" in page:
        found = re.search(r'href="(/tickets/found\?[^"]+)"', page)
        assert found
        page = html.unescape(client.get(found.group(1), headers=HTMX).text)
    assert numbers[2] in page


def test_pages_cost_the_same_whatever_there_is(app: Flask) -> None:
    paths = ("/tickets", "/tickets/found?q=迟到", "/tickets/analysis", "/tickets/actions")
    client = as_role(app, Role.PRINCIPAL)
    with unit_of_work() as session:
        complain(session, "m:0", "李老师迟到，收费也不对")
    before = [statements(client, path) for path in paths]
    with unit_of_work() as session:
        for n in range(1, 12):
            complain(session, f"m:{n}", "老师迟到", openid=f"o_{n}")
    after = [statements(client, path) for path in paths]
    assert after == before
    assert max(before) <= 24, before


def test_each_figure_of_a_month_opens_its_rows(app: Flask) -> None:
    with unit_of_work() as session:
        owner = staff.hire(session, name="李静", role=Role.ACADEMIC)
        numbers = [complain(session, f"m:{n}", owner_id=owner.id) for n in range(3)]
        complain(session, "m:9", "前台态度差", openid="o_other", owner_id=owner.id)
        settling.resolve(
            session, number=numbers[0], account_id=owner.id, cause=Cause.SCHEDULE, text="已调"
        )
    with clock.frozen(MORNING + timedelta(days=40)), unit_of_work() as session:
        complain(session, "m:99")
    client = as_role(app, Role.PRINCIPAL)
    page = html.unescape(client.get("/tickets/analysis?month=2026-11").text)
    figure = r'href="(/tickets/analysis/rows\?[^"]+)"><strong>([^<]+)</strong>'
    links = dict(re.findall(figure, page))
    counts = {path: int(value) for path, value in links.items() if value.isdecimal()}
    assert sorted(counts.values()) == [0, 3, 4]
    counts |= {
        path: int(value)
        for path, value in re.findall(r'href="(/tickets/analysis/rows\?[^"]+)">(\d+)<', page)
    }
    assert len(counts) >= 7
    for path, count in counts.items():
        assert client.get(path).text.count('class="ticket-card"') == count, path
    assert client.get("/tickets/analysis/rows?campus_id=x").status_code == 422
    assert as_role(app, Role.ACADEMIC).get("/tickets/analysis").status_code == 403


def test_an_action_is_begun_and_proven_and_an_answer_saved(app: Flask) -> None:
    head = as_role(app, Role.PRINCIPAL)
    form = {"cause": "fee", "text": "收费公示上墙", "owner": "1", "due_on": "2026-12-10"}
    assert head.post("/tickets/actions", data={**form, "due_on": "2026-01-01"}).status_code == 422
    assert head.post("/tickets/actions", data=form).status_code == 303
    owner = as_role(app, Role.ACADEMIC)
    assert "收费公示上墙" in owner.get("/tickets/actions").text
    assert "收费公示上墙" not in as_role(app, Role.TEACHER).get("/tickets/actions").text
    assert owner.post("/tickets/actions/1/done", data={"evidence": ""}).status_code == 422
    owner.post("/tickets/actions/1/done", data={"evidence": "照片已存档"})
    assert "照片已存档" in head.get("/tickets/actions?done=1").text
    assert head.post("/tickets/answers", data={"name": "错", "text": "{x}"}).status_code == 422
    head.post("/tickets/answers", data={"name": "致歉", "text": "{客户}您好"})
    with unit_of_work() as session:
        number = complain(session, "m:1")
    assert 'data-answer="您好"' in owner.get(f"/tickets/{number}").text
