"""What becomes of instalments: paid, promised, written off; and what a payment lifts at once."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.finance import consumption
from backend.finance import service as finance
from backend.finance.arrears import credit, lifting, plans, queries, rules
from backend.finance.arrears.models import Instalment, InstalmentPlan, Promise
from backend.finance.arrears.schemas import (
    PartClosed,
    PartStatus,
    PromiseStatus,
    PromiseUnfit,
)
from backend.finance.models import LessonAccount, Order, OrderLine
from backend.finance.refund_words import RefundApproved
from backend.finance.schemas import NewLine, OrderClosed, OrderPaid
from backend.kit import clock
from backend.kit.money import yuan
from backend.outbox import service as outbox
from backend.outbox.schemas import Notice
from backend.security import service as security
from backend.security.schemas import Role
from backend.teaching.schemas import BookingAsked


def note_paid(session: Session, paid: OrderPaid) -> None:
    """Listener, after those who give seats and lessons: the first payment begins a plan, a later
    one pays a part or some of it. The order is locked by whoever publishes, so twice is once."""
    plan = session.scalar(select(InstalmentPlan).where(InstalmentPlan.order_id == paid.order_id))
    if plan is not None:
        _begin(session, plan, paid)
    elif paid.purpose_key.startswith(plans.PURPOSE):
        instalment_id = int(paid.purpose_key.removeprefix(plans.PURPOSE).split(":", 1)[0])
        _pay(session, instalment_id, paid)


def note_closed(session: Session, closed: OrderClosed) -> None:
    """Listener: an order that was never paid takes its plan with it."""
    plan = session.scalar(select(InstalmentPlan).where(InstalmentPlan.order_id == closed.order_id))
    if plan is None or plan.started_at is not None:
        return
    for part in _parts(session, plan):
        part.status = PartStatus.CANCELLED
    session.flush()


def call_off(session: Session, refunded: RefundApproved) -> None:
    """Listener: with a refund the contract has ended, and what was not paid of it is not owed any
    more."""
    mine = select(Instalment.plan_id).where(Instalment.order_id == refunded.order_id)
    plan = session.scalar(select(InstalmentPlan).where(InstalmentPlan.id.in_(mine)))
    if plan is None:
        return
    for part in _parts(session, plan):
        if part.status == PartStatus.OPEN:
            part.status = PartStatus.CANCELLED
            outbox.withdraw(session, dedupe_prefix=f"arrears:{part.id}:")
            lifting.lift(session, part)
    session.flush()


def refuse_booking(session: Session, asked: BookingAsked) -> None:
    """Listener: who is in arrears books nothing new. Raises InArrears."""
    queries.must_be_free(session, student_id=asked.student_id)


def promise(session: Session, *, instalment_id: int, promised_on: date, by: str) -> Promise:
    """Somebody says when they will pay: dunning rests until the end of that day. Saying another day
    replaces it. Raises NotFound, PartClosed, PromiseUnfit (past, too far, or too often)."""
    part = plans.locked(session, instalment_id)
    if part.status != PartStatus.OPEN:
        raise PartClosed(status=part.status)
    today = clock.today()
    latest = max(today, part.due_on) + rules.LONGEST_PROMISE
    if not today <= promised_on <= latest:
        raise PromiseUnfit(why="day", latest=latest)
    made = list(session.scalars(select(Promise).where(Promise.instalment_id == part.id)))
    standing = next((each for each in made if each.status == PromiseStatus.OPEN), None)
    if standing is not None and standing.promised_on == promised_on:
        return standing
    if len(made) >= rules.MOST_PROMISES:
        raise PromiseUnfit(why="often", latest=latest)
    if standing is not None:
        standing.status = PromiseStatus.BROKEN
        session.flush()
    said = Promise(
        instalment_id=part.id, promised_on=promised_on, said_by=by, said_at=clock.now(),
        status=PromiseStatus.OPEN,
    )  # fmt: skip
    session.add(said)
    session.flush()
    outbox.withdraw(session, dedupe_prefix=f"arrears:{part.id}:")
    security.audit(
        session, actor=by, action="arrears.promised", subject=f"instalment:{part.id}",
        promised_on=promised_on.isoformat(),
    )  # fmt: skip
    return said


def _begin(session: Session, plan: InstalmentPlan, paid: OrderPaid) -> None:
    plan.started_at = clock.now()
    plan.student_id = _student_of(session, plan)
    for part in _parts(session, plan):
        if part.order_id == paid.order_id:
            part.status, part.paid_at = PartStatus.PAID, clock.now()
        elif part.status == PartStatus.CANCELLED:  # Money came in after the order was closed.
            part.status = PartStatus.OPEN
    session.flush()


def _pay(session: Session, instalment_id: int, paid: OrderPaid) -> None:
    _hold_accounts(session, instalment_id)
    part = plans.locked(session, instalment_id)
    order = session.get_one(Order, paid.order_id)
    lines = [NewLine.model_validate(line, from_attributes=True) for line in order.lines]
    rest = plans.take_out(part, lines) if part.status != PartStatus.PAID else None
    plan = part.plan
    if plan.student_id is None:
        plan.student_id = _student_of(session, plan)
    if rest is None or plan.student_id is None:
        _tell_odd(session, paid, part)
        return
    finance.open_lesson_accounts(session, order_id=paid.order_id, student_id=plan.student_id)
    if rest:
        mine = plans.part_of(plan, part.place, part.due_on, lines, order_id=paid.order_id)
        mine.status, mine.paid_at = PartStatus.PAID, clock.now()
        session.add(mine)
        plans.fill(part, rest)
    else:
        part.status, part.order_id, part.paid_at = PartStatus.PAID, paid.order_id, clock.now()
    session.flush()
    lessons = sum(line.lesson_count + line.gift_count for line in lines)
    for settled in credit.owed_for(session, part, limit=lessons):
        consumption.settle(session, settled)  # Out of the account that has just been opened.
    outbox.withdraw(session, dedupe_prefix=f"arrears:{part.id}:")
    if not rest:
        for said in session.scalars(
            select(Promise).where(
                Promise.instalment_id == part.id, Promise.status == PromiseStatus.OPEN
            )
        ):
            said.status = PromiseStatus.KEPT
        lifting.lift(session, part)
    lifting.thank(session, part, paid=paid, rest_fen=part.amount_fen if rest else 0)
    session.flush()


def _hold_accounts(session: Session, instalment_id: int) -> None:
    """Lock the learner's lesson accounts before the part, in which order a roll-call does."""
    learner = (
        select(InstalmentPlan.student_id)
        .join(Instalment, Instalment.plan_id == InstalmentPlan.id)
        .where(Instalment.id == instalment_id)
        .scalar_subquery()
    )
    mine = select(LessonAccount.id).where(LessonAccount.student_id == learner)
    session.execute(mine.order_by(LessonAccount.id).with_for_update()).all()


def _student_of(session: Session, plan: InstalmentPlan) -> int | None:
    """Who learns by a plan: whoever got the lessons of its first order."""
    return session.scalar(
        select(LessonAccount.student_id)
        .join(OrderLine, OrderLine.id == LessonAccount.order_line_id)
        .where(OrderLine.order_id == plan.order_id)
        .limit(1)
    )


def _parts(session: Session, plan: InstalmentPlan) -> Sequence[Instalment]:
    query = select(Instalment).where(Instalment.plan_id == plan.id).order_by(Instalment.id)
    return session.scalars(query.with_for_update(of=Instalment)).all()


def _tell_odd(session: Session, paid: OrderPaid, part: Instalment) -> None:
    """Money for a part that has been paid already, or for a learner whom nobody knows: it is safe,
    and a person has to say what becomes of it."""
    security.tell(
        session,
        Role.ACCOUNTANT,
        notice=Notice(
            template="instalment_odd",
            values={"number": paid.number, "amount": yuan(paid.total_fen)},
        ),
        dedupe_key=f"instalment-odd:{paid.order_id}",
    )
