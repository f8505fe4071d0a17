"""What an order would give back: lessons taken and debts in the books, put to the rules."""

from datetime import datetime

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session, aliased

from backend.finance import queries, refund_rules
from backend.finance.models import HourEntry, LessonAccount, Order
from backend.finance.refund_words import LineTaken, NothingToRefund, RefundCause, RefundQuote
from backend.finance.schemas import HourKind, OrderNotPaid, OrderStatus
from backend.kit import clock


def reckon(session: Session, *, number: str, openid: str, cause: RefundCause) -> RefundQuote:
    """What the payer of an order would get back today, step by step; changes nothing.

    Raises NotFound for anybody else's order, OrderNotPaid, NothingToRefund.
    """
    order_id = queries.order_for(session, number=number, openid=openid).id
    return quote(session, session.get_one(Order, order_id), cause=cause, asked_at=clock.now())


def quote(session: Session, order: Order, *, cause: RefundCause, asked_at: datetime) -> RefundQuote:
    if order.status != OrderStatus.PAID or order.paid_at is None:
        raise OrderNotPaid(number=order.number)
    used, had_before = _taken(session, order)
    reckoned = refund_rules.quote_of(
        [
            LineTaken(
                order_line_id=line.id,
                description=line.description,
                bought=line.lesson_count,
                gifts=line.gift_count,
                used=used.get(line.id, 0),
                list_fen=line.list_fen,
                net_fen=line.net_fen,
                is_material=line.is_material,
            )
            for line in order.lines
        ],
        paid_on=clock.local(order.paid_at).date(),
        asked_on=clock.local(asked_at).date(),
        cause=cause,
        had_before=had_before,
    )
    if reckoned.total_fen == 0:
        raise NothingToRefund(number=order.number)
    return reckoned


def _taken(session: Session, order: Order) -> tuple[dict[int, int], bool]:
    """Lessons taken by order line, and whether the learner had such a course before."""
    reversed_entry = aliased(HourEntry)
    is_taken = (HourEntry.kind == HourKind.CONSUME) | (reversed_entry.kind == HourKind.CONSUME)
    rows = session.execute(
        select(
            LessonAccount,
            func.coalesce(func.sum(case((is_taken, -HourEntry.lessons), else_=0)), 0),
        )
        .outerjoin(HourEntry, HourEntry.account_id == LessonAccount.id)
        .outerjoin(reversed_entry, HourEntry.reverses_id == reversed_entry.id)
        .where(LessonAccount.order_line_id.in_([line.id for line in order.lines]))
        .group_by(LessonAccount.id)
    ).all()
    used = {account.order_line_id: int(lessons) for account, lessons in rows}
    had_before = False
    for account, _ in rows:
        earlier = select(LessonAccount.id).where(
            LessonAccount.student_id == account.student_id,
            LessonAccount.course_id == account.course_id,
            LessonAccount.id < account.id,
        )
        had_before = had_before or session.scalar(earlier.limit(1)) is not None
    return used, had_before
