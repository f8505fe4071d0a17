"""Refunds while lessons go on: rolls corrected afterwards, rolls called meanwhile, classes changed
before. No lesson is had and paid back, and no revenue is booked or taken back twice."""

from collections import defaultdict
from datetime import timedelta
from threading import Thread

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.finance import hours, queries, refunds
from backend.finance.models import HourEntry, LessonAccount, Order
from backend.finance.refund_words import RefundCause, RefundView
from backend.finance.schemas import HourKind, LedgerAccount, LessonsShort
from backend.kit import clock, events
from backend.kit.db import reading, unit_of_work
from backend.outbox.models import OutboxMessage
from backend.security.schemas import Role
from backend.teaching import service as teaching
from backend.teaching.life import calling, seats, staffing
from backend.teaching.models import Enrollment
from backend.teaching.schemas import Mark, Marked, SeatStatus
from tests.backend.finance.test_refunds import balance, hired
from tests.backend.teaching import classrooms
from tests.backend.teaching.classrooms import NOW, School

sqlite_only = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture(autouse=True)
def _only_finance_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "_listeners", defaultdict(list))
    classrooms.listen()


def asked(session: Session, openid: str) -> RefundView:
    order = session.scalars(select(Order).where(Order.payer_openid == openid)).one()
    return refunds.ask(
        session, number=order.number, openid=openid, cause=RefundCause.CUSTOMER, reason="",
        source_key=f"refund:{openid}",
    )  # fmt: skip


def granted(session: Session, openid: str) -> RefundView:
    found = asked(session, openid)
    for role in (Role.ACCOUNTANT, Role.PRINCIPAL):
        member = hired(session, role, role.value)
        found = refunds.approve(session, refund_id=found.id, by=member)
    return found


def called(session: Session, school: School, *marks: Marked, reason: str = "") -> None:
    lesson_id = school.lessons[0]
    calling.call(
        session,
        lesson_id=lesson_id,
        marks=marks or classrooms.marks(session, lesson_id),
        member=classrooms.member(session, school.teacher_id),
        reason=reason,
    )


@sqlite_only
def test_a_roll_corrected_after_the_refund_gives_nothing_back_again(session: Session) -> None:
    with clock.frozen(NOW):
        school = classrooms.open_school(session, learners=1)
        begins = classrooms.begin_of(session, school.lessons[0])
    with clock.frozen(begins + timedelta(minutes=10)):
        called(session, school)
        refund = granted(session, "o_parent_0")
        assert refund.amount_fen == 10000  # Within seven days: all of it, the lesson included.
        before = balance(session)
        child = school.children[0]
        called(session, school, Marked(student_id=child, mark=Mark.LATE), reason="点错了")
        staffing.cancel_lesson(session, lesson_id=school.lessons[0], reason="停电", by=1)
        assert balance(session) == before
    assert before[LedgerAccount.REVENUE] == before[LedgerAccount.CONTRACT_LIABILITY] == 0
    assert [each.left for each in queries.lessons_left(session, student_ids=[child])] == [0]
    told = select(func.count()).where(OutboxMessage.template == "corrected_after_refund")
    assert session.scalar(told) == 1  # The accountant looks whether something more is owed.
    letters = select(OutboxMessage.payload).where(OutboxMessage.template == "lesson_settled")
    assert "退回1课时" not in "".join(session.scalars(letters))


@sqlite_only
def test_who_changed_class_and_is_paid_back_leaves_that_class_too(session: Session) -> None:
    with clock.frozen(NOW):
        school = classrooms.open_school(session, learners=1)
        child, today = school.children[0], clock.today()
        seats.change_class(
            session,
            student_id=child,
            from_class=school.class_id,
            to_class=school.other_class_id,
            on=today,
            by="x",
        )
        for _ in range(2):
            teaching.leave_class(session, holder="sign_up:life:0")
    still = select(Enrollment.id).where(Enrollment.status == SeatStatus.ACTIVE)
    assert session.scalars(still).all() == []
    assert [p for lesson in school.others for p in classrooms.marks(session, lesson)] == []


def test_a_lesson_taken_while_the_refund_is_granted_is_not_paid_back(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody calls a roll between the reckoning and the emptying of the account."""
    with clock.frozen(NOW), unit_of_work() as session:
        classrooms.open_school(session, learners=1)
        account_id = session.scalars(select(LessonAccount.id)).one()
    grant = refunds._grant

    def consume() -> None:
        try:
            with unit_of_work() as session:
                hours.enter(
                    session, account_id=account_id, kind=HourKind.CONSUME, lessons=-1,
                    source_key="consume:attendance:1:1",
                )  # fmt: skip
        except LessonsShort:
            pass

    threads: list[Thread] = []

    def slowly(*args: object) -> None:
        threads.append(Thread(target=consume))
        threads[0].start()
        threads[0].join(0.5)
        grant(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(refunds, "_grant", slowly)
    with clock.frozen(NOW + timedelta(minutes=5)), unit_of_work() as session:
        refund = granted(session, "o_parent_0")
        assert refund.amount_fen == 10000
    threads[0].join()
    with reading() as session:
        kinds = set(session.scalars(select(HourEntry.kind)))
        assert kinds == {HourKind.BUY, HourKind.REFUND}
