"""Instalments, dunning and what a payment lifts, on real databases (F8–F11)."""

import threading
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend import wiring
from backend.finance import consumption, queries, service
from backend.finance.arrears import dunning, jobs, plans, writing_off
from backend.finance.arrears import queries as owed
from backend.finance.arrears import service as arrears
from backend.finance.arrears.models import DunningStep, Instalment
from backend.finance.arrears.schemas import (
    InArrears,
    OwnWriteOff,
    PartClosed,
    PartStatus,
    PlanUnfit,
    PromiseUnfit,
    Step,
)
from backend.finance.books import checks
from backend.finance.models import Order
from backend.finance.refund_words import RefundApproved
from backend.finance.schemas import LedgerAccount, OrderPaid, OrderView
from backend.kit import clock, events
from backend.kit.db import reading, unit_of_work
from backend.outbox.models import OutboxMessage
from backend.security import queries as staff
from backend.security import service as security
from backend.security.schemas import Role, StaffMember
from backend.teaching.schemas import AttendanceSettled, Why
from tests.backend.finance import scenes

ME = scenes.GUARDIAN
NOON = datetime(2026, 11, 24, 12, tzinfo=clock.SHANGHAI)
DUE = date(2026, 12, 24)


@pytest.fixture(autouse=True)
def wired(heard: list[object]) -> None:
    """Lessons are given as a sign-up gives them; then arrears hear of it."""
    events.listen(OrderPaid, _give)
    wiring.compose_arrears()


STUDENT: list[int] = [0]


def _give(session: Session, paid: OrderPaid) -> None:
    if paid.purpose_key.startswith("sign_up:"):
        service.open_lesson_accounts(session, order_id=paid.order_id, student_id=STUDENT[0])


def pay(session: Session, order: OrderView) -> None:
    service.settle(session, paid=scenes.fact(scenes.begin(session, order)))


def planned(session: Session, *, parts: int = 2) -> tuple[scenes.School, list[Instalment]]:
    """A begun plan: 16 lessons (and 2 gifts) for 1,200 yuan and books for 80 in two parts."""
    school = scenes.open_school(session)
    STUDENT[0] = school.student_id
    order = scenes.bill(session, school)
    days = [DUE, *(DUE + timedelta(days=31 * n) for n in range(1, parts - 1))]
    plan = plans.make(session, number=order.number, due_on=days, by="account:1")
    assert plans.make(session, number=order.number, due_on=days, by="account:1").id == plan.id
    pay(session, queries.order_for(session, number=order.number, openid=ME))
    return school, list(session.scalars(select(Instalment).order_by(Instalment.id)))


def at(days: int) -> datetime:
    """Noon so many days after the due day."""
    return datetime(2026, 12, 24, 12, tzinfo=clock.SHANGHAI) + timedelta(days=days)


def balance(session: Session) -> dict[str, int]:
    rows = queries.trial_balance(session)
    assert sum(row.debit_fen - row.credit_fen for row in rows) == 0
    return {row.account: row.debit_fen - row.credit_fen for row in rows}


def test_an_order_is_paid_in_parts_each_with_its_lessons(session: Session) -> None:
    with clock.frozen(NOON):
        school, (first, second) = planned(session)
        assert (first.status, first.amount_fen, first.lessons) == (PartStatus.PAID, 68_000, 8)
        assert (second.status, second.amount_fen, second.due_on) == (PartStatus.OPEN, 60_000, DUE)
        assert [x.left for x in queries.lessons_left(session, student_ids=[school.student_id])] == [
            8
        ]
        some = plans.bill(session, instalment_id=second.id, openid=ME, lessons=3)
        assert plans.bill(session, instalment_id=second.id, openid=ME, lessons=3) == some
        whole = plans.bill(session, instalment_id=second.id, openid=ME)
        early = scenes.begin(session, whole)
        pay(session, some)
        rest = session.get_one(Instalment, second.id)
        assert (rest.status, rest.amount_fen, rest.lessons) == (PartStatus.OPEN, 37_500, 5)
        last = plans.bill(session, instalment_id=second.id, openid=ME)
        assert (last.total_fen, last.lines[0].gift_count) == (37_500, 2)
        pay(session, last)
        assert rest.status == PartStatus.PAID
        service.settle(session, paid=scenes.fact(early))  # An order for the whole, paid after all.
        left = queries.lessons_left(session, student_ids=[school.student_id])
        assert sum(each.left for each in left) == 18
        assert owed.parts_of(session, ME) == []
        assert balance(session)[LedgerAccount.CONTRACT_LIABILITY] == -128_000 - 60_000
        with pytest.raises(PartClosed):
            plans.bill(session, instalment_id=second.id, openid=ME)


@pytest.mark.parametrize("days", [[], [date(2026, 11, 24)], [DUE, DUE], [DUE] * 6])
def test_not_every_plan_fits(session: Session, days: list[date]) -> None:
    with clock.frozen(NOON):
        order = scenes.bill(session, scenes.open_school(session))
        with pytest.raises(PlanUnfit):
            plans.make(session, number=order.number, due_on=days, by="x")
        scenes.begin(session, order)
        with pytest.raises(PlanUnfit):  # The platform holds a charge of the whole amount.
            plans.make(session, number=order.number, due_on=[DUE], by="x")


def test_the_ladder_says_each_rung_once_and_stops_when_paid(session: Session) -> None:
    with clock.frozen(NOON):
        school, (_, part) = planned(session)
    said = []
    for days in (-5, -3, -3, -1, 0, 2, 3, 6, 7, 7, 20):
        with clock.frozen(at(days)):
            said.append(dunning.dun(session, instalment_id=part.id))
            blocked = days >= 7
            if blocked:
                with pytest.raises(InArrears):
                    owed.must_be_free(session, openid=ME)
            else:
                owed.must_be_free(session, openid=ME)
    found = [each for each in said if each is not None]
    assert found == [Step.BEFORE, Step.DUE, Step.LATE, Step.BLOCKED]
    with clock.frozen(at(20)):
        with pytest.raises(InArrears):
            owed.must_be_free(session, student_id=school.student_id)
        pay(session, plans.bill(session, instalment_id=part.id, openid=ME))
        owed.must_be_free(session, openid=ME)
        assert dunning.due(session) == []
        assert dunning.dun(session, instalment_id=part.id) is None
        waiting = select(func.count(OutboxMessage.id)).where(
            OutboxMessage.dedupe_key.startswith("arrears:"), OutboxMessage.status == "pending"
        )
        assert session.scalar(waiting) == 0  # What had not gone out was taken back.
        told = session.scalars(
            select(OutboxMessage.payload).where(OutboxMessage.template == "instalment_paid")
        ).all()
        assert any("约课和报名已经恢复" in each for each in told)


def test_two_clocks_dun_once(database: str) -> None:
    with clock.frozen(NOON), unit_of_work() as session:
        planned(session)
    with clock.frozen(at(3)):
        threads = [threading.Thread(target=jobs.dun) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    with reading() as session:
        assert session.scalars(select(DunningStep.step)).all() == [Step.LATE]
        told = select(func.count(OutboxMessage.id)).where(OutboxMessage.template == "arrears_late")
        assert session.scalar(told) == 1


def test_a_promise_rests_the_ladder_until_it_is_broken(session: Session) -> None:
    with clock.frozen(NOON):
        _, (_, part) = planned(session)
    with clock.frozen(at(7)):
        for wrong in (at(6).date(), at(22).date()):
            with pytest.raises(PromiseUnfit):
                arrears.promise(session, instalment_id=part.id, promised_on=wrong, by="x")
        for _ in range(2):  # Saying it twice is saying it once.
            arrears.promise(session, instalment_id=part.id, promised_on=at(10).date(), by="x")
        assert dunning.dun(session, instalment_id=part.id) is None
        owed.must_be_free(session, openid=ME)
    with clock.frozen(at(11)):
        assert dunning.due(session) == [part.id]
        assert dunning.dun(session, instalment_id=part.id) is Step.BLOCKED
        with pytest.raises(InArrears):
            owed.must_be_free(session, openid=ME)
        arrears.promise(session, instalment_id=part.id, promised_on=at(12).date(), by="x")
        with pytest.raises(PromiseUnfit):
            arrears.promise(session, instalment_id=part.id, promised_on=at(13).date(), by="x")


def hired(session: Session, name: str, role: Role) -> StaffMember:
    found = staff.staff_member(session, security.hire(session, name=name, role=role).id)
    assert found is not None
    return found


def taught(school: scenes.School, number: int, *, lessons: int = 1) -> AttendanceSettled:
    """A lesson that the learner has had."""
    return AttendanceSettled.model_validate(
        {
            "attendance_id": number, "student_id": school.student_id,
            "class_group_id": school.class_group_id, "course_id": school.course_id,
            "course_name": "英语", "starts_at": clock.now(), "lessons": lessons,
            "why": next(iter(Why)), "revision": 1 if lessons else 2, "is_told": False,
            "teacher_id": None,
        }
    )  # fmt: skip


def test_lessons_on_credit_are_owed_then_paid_or_lost(session: Session) -> None:
    """Taught though not paid: revenue against a receivable; the payment turns it into ordinary
    consumption, a write-off into a loss; the books stay whole at every step."""
    with clock.frozen(NOON):
        school, (_, part) = planned(session)
        for number in range(1, 11):  # Eight are paid, two are not.
            consumption.settle(session, taught(school, number))
        assert balance(session)[LedgerAccount.RECEIVABLE] == 2 * 6_000
        consumption.settle(session, taught(school, 10, lessons=0))  # It was no lesson after all.
        assert balance(session)[LedgerAccount.RECEIVABLE] == 6_000
        assert checks.liabilities(session) == []
        accountant, other = (hired(session, n, Role.ACCOUNTANT) for n in ("钱会计", "孙会计"))
        head = hired(session, "校长", Role.PRINCIPAL)
        writing_off.propose(session, instalment_id=part.id, by=accountant, reason="失联")
        with pytest.raises(OwnWriteOff):
            writing_off.decide(session, instalment_id=part.id, by=accountant, agrees=True)
        order = plans.bill(session, instalment_id=part.id, openid=ME)
        writing_off.decide(session, instalment_id=part.id, by=head, agrees=True)
        with pytest.raises(PartClosed):
            writing_off.decide(session, instalment_id=part.id, by=other, agrees=True)
        found = balance(session)
        assert found[LedgerAccount.RECEIVABLE] == 0
        assert found[LedgerAccount.BAD_DEBTS] == 6_000
        owed.must_be_free(session, openid=ME)
        pay(session, order)  # The money comes in after all.
        found = balance(session)
        assert found[LedgerAccount.BAD_DEBTS] == found[LedgerAccount.RECEIVABLE] == 0
        assert checks.liabilities(session) == []
        left = queries.lessons_left(session, student_ids=[school.student_id])
        assert sum(each.left for each in left) == 18 - 9
        assert session.get_one(Instalment, part.id).status == PartStatus.PAID


def test_an_order_that_is_not_paid_takes_its_plan_along(session: Session) -> None:
    with clock.frozen(NOON):
        order = scenes.bill(session, scenes.open_school(session))
        plans.make(session, number=order.number, due_on=[DUE], by="x")
        service.cancel(session, number=order.number, openid=ME)
        assert set(session.scalars(select(Instalment.status))) == {PartStatus.CANCELLED}
    with clock.frozen(at(30)):
        assert dunning.due(session) == []
        owed.must_be_free(session, openid=ME)


def test_a_refund_calls_off_what_was_not_paid(session: Session) -> None:
    with clock.frozen(NOON):
        _, (first, part) = planned(session)
        order = session.get_one(Order, first.order_id)
        approved = RefundApproved(
            refund_id=1, order_id=order.id, number="R1", purpose_key=order.purpose_key,
            payer_openid=ME, amount_fen=1,
        )  # fmt: skip
        for _ in range(2):
            arrears.call_off(session, approved)
        assert part.status == PartStatus.CANCELLED
    with clock.frozen(at(30)):
        assert dunning.due(session) == []
        owed.must_be_free(session, openid=ME)
