"""S5, S6: rules in the console, by whom the table lets; and who did not get a message."""

import re

import pytest
from flask import Flask
from sqlalchemy import select

from backend.app import create_app
from backend.kit import clock
from backend.kit.db import reading, unit_of_work
from backend.logistics.models import Campus
from backend.outbox import service as outbox
from backend.outbox.models import OutboxMessage
from backend.outbox.schemas import Notice, Recipient
from backend.reminders import queries, service
from backend.security.models import Account
from backend.security.schemas import Role
from tests.backend.portal.test_desk import at_desk, counted
from tests.backend.reminders.scene import EVENING, NOON, made, switched_on, told

pytestmark = [
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
    pytest.mark.usefixtures("school"),
]
FORM = {
    "audience": "guardian",
    "amount": "1",
    "send_at": "18:00",
    "daily_cap": "3",
    "valid_from": "2026-11-01",
    "valid_to": "2026-12-31",
}


@pytest.fixture
def app(school: None) -> Flask:
    return create_app(lambda: None)


def rule_id_of(location: str) -> int:
    found = re.search(r"/console/reminders/(\d+)/preview", location)
    assert found, location
    return int(found.group(1))


def token_of(page: str) -> str:
    found = re.search(r'name="token" value="([^"]+)"', page)
    assert found
    return found.group(1)


def test_s5_a_rule_is_made_looked_at_and_switched_on(app: Flask) -> None:
    desk = at_desk(app, Role.ACADEMIC)
    page = desk.get("/console/reminders").text
    for words in ("还没有提醒规则", "上课前几天", "作业前几天", "没来上课", "课时有效期将到"):
        assert words in page
    assert "18:00" in desk.get("/console/reminders/new/lesson_tomorrow").text
    location = desk.post("/console/reminders/new/lesson_tomorrow", **FORM).headers["Location"]
    rule_id = rule_id_of(location)
    assert desk.post(f"/console/reminders/{rule_id}/on", token="").status_code == 409
    page = desk.get(location).text
    for words in (
        *("会发出 <strong>2</strong> 条", "陈建国", "去不了请回复「请假」", "属于「上课提醒」"),
        "提前1天，18:00发",
    ):
        assert words in page
    assert "13811112222" not in page
    assert desk.post(f"/console/reminders/{rule_id}/on", token=token_of(page)).status_code == 303
    assert "已启用" in desk.get("/console/reminders").text
    assert len(told(EVENING)) == 2
    changed = desk.post(f"/console/reminders/{rule_id}", **{**FORM, "version": "1", "amount": "2"})
    assert changed.status_code == 303
    assert "已关闭" in desk.get("/console/reminders").text
    stale = desk.post(f"/console/reminders/{rule_id}", **{**FORM, "version": "1"})
    assert stale.status_code == 409
    assert "重新打开" in stale.text


WRONG = (
    {"amount": "99"},
    {"amount": "x"},
    {"audience": "advisor"},
    {"daily_cap": "0"},
    {"quiet_hours": "晚上"},
    {"campus": "999"},
    {"valid_from": ""},
    {"valid_to": "2026-10-01"},
    {"send_at": "25:00"},
)


def test_s5_a_form_filled_wrongly_says_so(app: Flask) -> None:
    desk = at_desk(app, Role.ACADEMIC)
    for wrong in WRONG:
        answer = desk.post("/console/reminders/new/lesson_tomorrow", **{**FORM, **wrong})
        assert answer.status_code == 422, wrong
        assert "再保存" in answer.text, wrong


def test_s5_a_campus_manager_keeps_the_rules_of_the_campus(app: Flask) -> None:
    with unit_of_work() as session:
        here, there = session.scalars(select(Campus.id).order_by(Campus.id)).all()
    desk = at_desk(app, Role.CAMPUS_MANAGER)
    with unit_of_work() as session:
        session.scalars(select(Account).filter_by(name="王小明")).one().campus_id = here
    own, other, of_all = made(campus_id=here), made(campus_id=there), made()
    assert desk.get(f"/console/reminders/{own.id}/preview").status_code == 200
    for rule in (other, of_all):
        assert desk.get(f"/console/reminders/{rule.id}/preview").status_code == 404
        assert desk.post(f"/console/reminders/{rule.id}/off").status_code == 404
    for campus, status in ((str(here), 303), (str(there), 403), ("", 403)):
        form = {**FORM, "campus": campus}
        answer = desk.post("/console/reminders/new/lesson_tomorrow", **form)
        assert answer.status_code == status
    page = desk.get("/console/reminders").text
    assert page.count("/preview") == 2


def test_s6_who_did_not_get_it_is_listed_and_phoned(app: Flask) -> None:
    with unit_of_work() as session:
        outbox.post(
            session,
            to=Recipient(name="王奶奶"),
            notice=Notice(template="ticket_answered", values={"number": "T1", "answer": "好"}),
            dedupe_key="nobody",
        )
    desk = at_desk(app, Role.OFFICE)
    page = desk.get("/console/deliveries").text
    assert "王奶奶" in page
    assert "没有联系方式" in page
    with reading() as session:
        message_id = session.scalars(select(OutboxMessage.id).filter_by(dedupe_key="nobody")).one()
    for _twice in range(2):
        assert desk.post(f"/console/deliveries/{message_id}/told").status_code == 303
    assert "王奶奶" not in desk.get("/console/deliveries").text
    assert "已电话告知" in desk.get("/console/deliveries?state=sent").text
    assert desk.get("/console/deliveries?state=odd").status_code == 404


def test_s5_lists_ask_no_more_when_there_is_more(app: Flask) -> None:
    keeper = at_desk(app, Role.ACADEMIC)
    caller = at_desk(app, Role.OFFICE, phone="13900000078")
    with counted() as few:
        keeper.get("/console/reminders")
        caller.get("/console/deliveries?state=pending")
    for _ in range(4):
        switched_on()
    told(EVENING)
    with counted() as many:
        keeper.get("/console/reminders")
        caller.get("/console/deliveries?state=pending")
    assert len(many) <= len(few) + 1


def test_s5_the_outlook_counts_messages_and_people() -> None:
    switched_on()
    switched_on("lesson_soon", 3)
    with reading() as session:
        from_at, to_at = clock.day_of(NOON.date())
        seen = service.outlook(session, from_at=NOON, to_at=to_at, campus_id=None)
        assert (seen.told, seen.people, seen.left_out) == (2, 2, 0)
        assert service.outlook(session, from_at=from_at, to_at=to_at, campus_id=1).told == 0
        assert len(queries.all_rules(session, campus_id=1)) == 0


def test_s6_every_reminder_stands_under_what_stops_it(app: Flask) -> None:
    """In plain words on the reader's own page; staff read why theirs cannot be stopped."""
    for is_staff, kinds in (
        (False, {"reminder", "marketing", "service"}),
        (True, {"reminder", "marketing", "service", "task"}),
    ):
        found = queries.names_by_notice(is_staff=is_staff)
        assert {kind.value for kind in found} == kinds
        if is_staff:
            assert {n for names in found.values() for n in names} == {
                k.name for k in queries.kinds()
            }
