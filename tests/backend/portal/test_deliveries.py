"""S3, G1: a campus manager sees what did not arrive at their own families and staff, no others'."""

import pytest
from flask import Flask
from sqlalchemy import select

from backend.admissions import service as admissions
from backend.admissions.models import Lead
from backend.app import create_app
from backend.kit.db import reading, unit_of_work
from backend.logistics.models import Campus
from backend.outbox import queries as outbox
from backend.outbox import service as post_office
from backend.outbox.models import OutboxMessage
from backend.outbox.schemas import Notice, Recipient, Status
from backend.portal.addressed import readable_by
from backend.portal.desk import desk_of
from backend.security import queries as security
from backend.security.models import Account
from backend.security.schemas import Role
from backend.seed import load
from backend.students.models import Guardian
from backend.teaching.models import ClassGroup
from tests.backend.portal.test_desk import at_desk, counted
from tests.backend.security.desks import PHONE, colleague

ANSWER = Notice(template="ticket_answered", values={"number": "T1", "answer": "好"})
THERE = ("13900000091", "13900000092")


def campuses() -> tuple[int, int]:
    """The campus where the family of 陈建国 comes, and another."""
    with reading() as session:
        here = session.scalars(select(ClassGroup.campus_id).filter_by(name="英语三级平日班")).one()
        there = session.scalars(select(Campus.id).where(Campus.id != here)).first()
    assert there is not None
    return here, there


def moved(phone: str, campus_id: int) -> None:
    with unit_of_work() as session:
        row = next(each for each in session.scalars(select(Account)) if each.phone == phone)
        row.campus_id = campus_id


def posted() -> None:
    """To a family by phone and by WeChat, to a teacher of each campus, and to a stranger."""
    here, there = campuses()
    for phone, campus in zip(THERE, (here, there), strict=True):
        colleague(Role.TEACHER, phone=phone)
        moved(phone, campus)
    with unit_of_work() as session:
        lead = admissions.open_lead(session, openid="o_lead_there", interest="英语")
        asked = session.get_one(Lead, lead.id)
        asked.campus_id, asked.advisor_id = there, None
        chen = session.scalars(select(Guardian).filter_by(name="陈建国")).one()
        whom = {
            "家长短信": Recipient(phone=chen.phone),
            "家长微信": Recipient(openid="o_demo_guardian"),
            "本校老师": Recipient(phone=THERE[0]),
            "外校老师": Recipient(phone=THERE[1]),
            "外校线索": Recipient(openid="o_lead_there"),
            "路人": Recipient(openid="o_nobody", phone="13700000000"),
        }
        for name, to in whom.items():
            to = to.model_copy(update={"name": name})
            post_office.post(session, to=to, notice=ANSWER, dedupe_key=name)
        for row in session.scalars(select(OutboxMessage).filter_by(template=ANSWER.template)):
            row.status = Status.STUCK


def test_s3_messages_are_narrowed_to_the_campus_of_the_reader(database: str) -> None:
    load()
    posted()
    here, there = campuses()
    seen = {}
    colleague(Role.CAMPUS_MANAGER, phone=PHONE)
    for campus in (here, there):
        moved(PHONE, campus)
        with reading() as session:
            (manager,) = security.staff_by_phone(session, PHONE)
            among = readable_by(session, manager)
            found = outbox.deliveries(session, state="failed", before=None, limit=9, among=among)
            seen[campus] = {each.recipient_name for each in found}
            on_desk = desk_of(session, manager).stuck or []
            assert {each.recipient_name for each in on_desk} == seen[campus]
    assert seen == {here: {"家长短信", "家长微信", "本校老师"}, there: {"外校老师", "外校线索"}}
    with reading() as session:
        assert len(outbox.deliveries(session, state="failed", before=None, limit=9)) == 6


@pytest.fixture
def app(database: str) -> Flask:
    load()
    return create_app(lambda: None)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_s3_nobody_settles_a_message_of_another_campus(app: Flask) -> None:
    posted()
    _, there = campuses()
    desk = at_desk(app, Role.CAMPUS_MANAGER)
    moved(PHONE, there)
    with counted() as sent:
        page = desk.get("/console/deliveries").text
    assert len(sent) <= 10
    assert "外校老师" in page
    assert "家长短信" not in page
    assert "家长微信" not in desk.get("/console").text
    with reading() as session:
        ids = {row.recipient_name: row.id for row in session.scalars(select(OutboxMessage))}
    assert desk.post(f"/console/deliveries/{ids['家长短信']}/told").status_code == 404
    assert desk.post(f"/console/deliveries/{ids['路人']}/told").status_code == 404
    assert desk.post(f"/console/deliveries/{ids['外校老师']}/told").status_code == 303
    office = at_desk(app, Role.OFFICE, phone="13900000078").get("/console/deliveries").text
    assert "家长短信" in office
    assert "路人" in office
    assert "外校老师" not in office
