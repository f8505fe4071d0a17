"""The console's desk, people and trail: what they show, to whom, and in how many queries."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import event, select

from backend.admissions import service as admissions
from backend.app import create_app
from backend.kit import clock
from backend.kit.db import engine, reading, unit_of_work
from backend.security import queries, service
from backend.security.models import Account, AuditEntry
from backend.security.schemas import Role
from backend.seed import load
from tests.backend.security.desks import PHONE, Desktop, colleague

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def app(database: str) -> Flask:
    load()
    return create_app(lambda: None)


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that are sent meanwhile."""
    sent: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
        if not statement.startswith("BEGIN"):
            sent.append(statement)

    event.listen(engine(), "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine(), "before_cursor_execute", note)


def at_desk(app: Flask, role: Role, *, phone: str = PHONE) -> Desktop:
    desk = Desktop(app)
    assert desk.sign_in(colleague(role, phone=phone)).status_code in (200, 303)
    return desk


def test_a_desk_shows_what_the_role_has_to_do(app: Flask) -> None:
    teacher = at_desk(app, Role.TEACHER).get("/console").text
    assert "今天的课" in teacher
    assert "我的客户" not in teacher
    assert "到账" not in teacher
    principal = at_desk(app, Role.PRINCIPAL, phone="13900000078").get("/console").text
    for words in ("新增咨询", "到账", "我的客户", "没有送达的消息", "员工账号", "审计记录"):
        assert words in principal


def max_id() -> int:
    with reading() as session:
        return session.scalars(select(Account.id).order_by(Account.id.desc()).limit(1)).one()


def test_the_desk_asks_no_more_when_there_is_more(app: Flask) -> None:
    desk = at_desk(app, Role.PRINCIPAL)
    seen: list[list[str]] = []
    for count in (1, 1, 40):
        with unit_of_work() as unit:
            for number in range(count):
                openid = f"o_customer_{len(seen)}_{number}"
                admissions.open_lead(unit, openid=openid, interest="英语")
        with counted() as found:
            assert desk.get("/console").status_code == 200
        seen.append(found)
    _, few, many = seen  # The first look also counts the figures for the first time.
    assert len(many) <= len(few) + 1
    with counted() as found:  # Nothing new since: the figures are as they were.
        desk.get("/console")
    assert len(found) <= 16


def test_people_are_found_by_name_and_whole_phone_and_shown_masked(app: Flask) -> None:
    desk = at_desk(app, Role.SECURITY)
    page = desk.get("/console/people?q=周").text
    assert "周婷" in page
    assert "王敏" not in page
    assert "13900000003" not in page
    rows = desk.get("/console/people?q=13900000003", **{"HX-Request": "true"}).text
    assert "周婷" in rows
    assert "<html" not in rows
    assert "没有找到" in desk.get("/console/people?q=没有这个人").text
    assert "没有找到" in desk.get("/console/people?q=%25").text


def test_people_and_trail_are_read_a_page_at_a_time(app: Flask) -> None:
    desk = at_desk(app, Role.SECURITY)
    with counted() as few:
        desk.get("/console/people")
        desk.get("/console/audit")
    with unit_of_work() as unit:
        for number in range(70):
            service.hire(unit, name=f"员工{number:03}", role=Role.TEACHER)
    with counted() as many:
        page = desk.get("/console/people").text
        trail = desk.get("/console/audit").text
    assert len(many) <= len(few) + 1
    assert page.count("<tr>") == 31
    assert "下一页" in page
    assert trail.count("<tr>") == 51
    older = trail.partition('href="/console/audit?')[2].partition('"')[0].replace("&amp;", "&")
    assert "account.hired" in desk.get(f"/console/audit?{older}").text
    assert desk.get("/console/audit?action=console.signed_in").text.count("<tr>") == 2
    past = f"{clock.today() - timedelta(days=1):%Y-%m-%d}"
    assert "没有符合条件" in desk.get(f"/console/audit?to={past}").text
    assert desk.get("/console/audit?from=yesterday&before=x").status_code == 200


def test_the_security_officer_adds_moves_and_closes_accounts(app: Flask) -> None:
    desk = at_desk(app, Role.SECURITY)
    fields = {"name": "新同事", "phone": "13911110000", "role": "teacher", "campus": "1"}
    first = desk.post("/console/people", **fields).headers["Location"]
    assert desk.post("/console/people", **fields).headers["Location"] == first  # Pressed twice.
    assert "等待本人设置密码" in desk.get(first).text
    assert desk.post("/console/people", **{**fields, "campus": "99"}).status_code == 422
    assert desk.post("/console/people", **{**fields, "role": "god"}).status_code == 422
    assert desk.post("/console/people", **{**fields, "phone": "12"}).status_code == 422
    assert desk.post(f"{first}/place", role="academic", campus="").status_code == 303
    with reading() as session:
        moved = queries.staff_member(session, int(first.rpartition("/")[2]))
    assert moved is not None
    assert (moved.role, moved.campus_id) == (Role.ACADEMIC, None)
    assert desk.post(f"{first}/leave").status_code == 303
    assert "已停用" in desk.get(first).text
    assert desk.post(f"{first}/leave").status_code == 303
    assert desk.post(f"{first}/invitation").status_code == 404
    with reading() as session:
        done = session.scalars(
            select(AuditEntry.action).where(AuditEntry.actor == f"account:{max_id() - 1}")
        )
        assert {"account.invited", "account.changed", "account.deactivated"} <= set(done)


def test_nobody_signs_others_out_without_the_permission(app: Flask) -> None:
    desk = at_desk(app, Role.TEACHER)
    assert desk.get("/console/people").status_code == 403
    assert desk.post("/console/people/1/sessions/1").status_code == 403
    assert "回到工作台" in desk.get("/console/audit").text
