"""The small believable institution: whole, within the law, and loaded once."""

import pytest
from sqlalchemy import func, select

from backend.finance import queries as money
from backend.kit import clock
from backend.kit.db import reading
from backend.outbox.models import OutboxMessage
from backend.security import queries as security
from backend.security.schemas import Role
from backend.seed.load import load
from backend.students import queries as students
from backend.teaching import queries as teaching
from tests.dialogues.stage import ROLES, Stage, openid_of

STAFF = set(Role) - {Role.AUDITOR}


def test_loading_again_changes_nothing(stage: Stage) -> None:
    before = stage.value("select count(*) from security_account")
    assert not load()
    assert stage.value("select count(*) from security_account") == before


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_everybody_of_the_cast_is_who_they_are(stage: Stage) -> None:
    with reading() as session:
        speakers = {role: security.speaker(session, openid_of(role)) for role in ROLES}
    for role in STAFF:
        assert speakers[role.value].role is role
    assert speakers["guardian"].guardian_id
    assert speakers["student"].student_id
    assert not speakers["stranger"].is_known
    assert not speakers["prospect"].is_known


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_every_class_can_be_sold_within_the_law(stage: Stage) -> None:
    """Prices in force, at most 60 lessons and 5,000 yuan, over by 20:30, seats left."""
    with reading() as session:
        offers = teaching.offers(session)
        pairs = [(offer.course_id, offer.campus_id) for offer in offers]
        prices = money.prices_for(session, pairs, on=clock.today())
    assert len(offers) >= 8
    for offer in offers:
        price = prices[offer.course_id, offer.campus_id]
        assert price.amount_fen <= 500_000
        assert offer.lesson_count <= 60
        assert offer.seats_left > 0
        for slot in offer.weekly:
            assert slot.start.hour * 60 + slot.start.minute + slot.minutes <= 20 * 60 + 30


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_family_has_a_lesson_tomorrow_and_the_books_balance(stage: Stage) -> None:
    with reading() as session:
        guardian_id = security.speaker(session, "o_demo_guardian").guardian_id or 0
        children = [child.id for child in students.children_of(session, guardian_id)]
        from_at, to_at = clock.day_of(clock.local(clock.now()).date())
        tomorrow = teaching.lessons_of_students(
            session, children, from_at=to_at, to_at=to_at + (to_at - from_at)
        )
        books = money.trial_balance(session)
        pushes = session.scalar(select(func.count()).select_from(OutboxMessage))
    assert len(children) == 2
    assert tomorrow
    assert sum(row.debit_fen for row in books) == sum(row.credit_fen for row in books) > 0
    assert pushes == 0
