"""Instalments in the rule table: of one day one speaks, the rule or the ladder (S5, §4 rule 10)."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from backend import wiring
from backend.finance.arrears import dunning
from backend.finance.arrears.models import DunningStep
from backend.kit import clock, crypto
from backend.kit.db import reading, unit_of_work
from backend.outbox.models import OutboxMessage
from backend.reminders import registry
from backend.security.models import WechatIdentity
from backend.students.models import Guardian, Guardianship, Student
from tests.backend.finance import scenes
from tests.backend.finance.arrears.test_arrears import ME, NOON, at, planned, wired
from tests.backend.finance.conftest import heard
from tests.backend.reminders.scene import switched_on, told

__all__ = ["heard", "wired"]


@pytest.fixture(autouse=True)
def composed(database: str) -> Iterator[None]:
    wiring.compose_reminders()
    yield
    registry.use((), {})


def dunned() -> list[str]:
    with reading() as session:
        keys = OutboxMessage.dedupe_key.startswith("arrears:")
        return list(session.scalars(select(OutboxMessage.template).where(keys).order_by("id")))


def test_a_rule_takes_the_rung_of_its_day_and_no_other() -> None:
    with clock.frozen(NOON), unit_of_work() as session:
        school, (_, part) = planned(session)
        child = session.get_one(Student, school.student_id)
        child.name = "李小明"
        phone = "13811112222"
        index = crypto.blind_index(phone, context="phone")
        mother = Guardian(name="王芳", phone=phone, phone_index=index, created_at=clock.now())
        session.add(mother)
        session.flush()
        session.add(Guardianship(guardian_id=mother.id, student_id=child.id))
        session.add(WechatIdentity(openid=ME, guardian_id=mother.id, created_at=clock.now()))
        elsewhere = scenes.open_school(session).campus_id
    with clock.frozen(NOON):
        switched_on("instalment_due", 3)
        switched_on("instalment_due", 0, campus_id=elsewhere)
    text = (
        "李小明的三年级英语 · 周末班（16课时）这一期600元，12月24日到期。"
        "现在付请回复「付分期」，想晚几天请说哪天付。"
    )
    for days in (-5, -3, -3, 0):
        with clock.frozen(at(days)), unit_of_work() as session:
            dunning.dun(session, instalment_id=part.id)
        found = told(at(days) + timedelta(hours=7))
        assert found == ([("王芳", text)] if days >= -3 else [])
        assert dunned() == (["arrears_due"] if days == 0 else [])
    with reading() as session:
        steps = select(DunningStep.step).order_by(DunningStep.id)
        assert list(session.scalars(steps)) == ["before", "due"]
