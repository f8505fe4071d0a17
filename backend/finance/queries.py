"""What can be read from the finance room."""

from collections.abc import Collection, Iterable
from datetime import date, datetime

from sqlalchemy import ColumnElement, SQLColumnExpression, case, func, select
from sqlalchemy.orm import Session

from backend.finance import rules
from backend.finance.ledger import trial_balance
from backend.finance.models import (
    HourEntry,
    LessonAccount,
    Order,
    OrderLine,
    Payment,
    Price,
    Refund,
    SurplusReceipt,
)
from backend.finance.refund_words import RefundStatus
from backend.finance.schemas import (
    HourKind,
    LessonBalance,
    OpenAttempt,
    OrderStatus,
    OrderView,
    PaymentMethod,
    PaymentStatus,
    PriceQuote,
    SurplusView,
    Takings,
)
from backend.kit.db import is_there
from backend.kit.errors import NotFound
from backend.teaching import queries as teaching

__all__ = [
    "consumed_since",
    "lessons_left",
    "lessons_left_of",
    "money_of",
    "open_attempt",
    "open_payment_ids",
    "open_surpluses",
    "order_for",
    "order_of_purpose",
    "orders_due_for_closing",
    "orders_of",
    "payments_due_for_polling",
    "price_for",
    "prices_for",
    "received_between",
    "takings",
    "trial_balance",
]


def price_for(
    session: Session, *, course_id: int, campus_id: int, on: date, learner: str | None = None
) -> PriceQuote | None:
    """What a term of a course costs at a campus on a day; None when nobody has set a price."""
    pair = (course_id, campus_id)
    return prices_for(session, [pair], on=on, learner=learner).get(pair)


def prices_for(
    session: Session, pairs: Iterable[tuple[int, int]], *, on: date, learner: str | None = None
) -> dict[tuple[int, int], PriceQuote]:
    """`price_for` for many (course id, campus id) pairs with one query; pairs without a price are
    left out."""
    wanted = set(pairs)
    rows = session.scalars(
        select(Price).where(
            Price.course_id.in_({course_id for course_id, _ in wanted}), Price.is_bundle.is_(False)
        )
    ).all()
    quotes = {}
    for course_id, campus_id in wanted:
        of_course = (row for row in rows if row.course_id == course_id)
        if chosen := rules.choose_price(of_course, campus_id=campus_id, on=on, learner=learner):
            quotes[course_id, campus_id] = PriceQuote(
                price_id=chosen.id,
                course_id=course_id,
                campus_id=chosen.campus_id,
                amount_fen=chosen.amount_fen,
                lesson_count=chosen.lesson_count,
                material_fee_fen=chosen.material_fee_fen,
                months=chosen.months,
            )
    return quotes


def order_for(session: Session, *, number: str, openid: str) -> OrderView:
    """An order for its own payer. Raises NotFound for anybody else's just as for no order."""
    order = session.scalar(
        select(Order).where(Order.number == number, Order.payer_openid == openid)
    )
    if order is None:
        raise NotFound(number=number)
    return OrderView.model_validate(order)


def order_of_purpose(session: Session, *, purpose_key: str) -> OrderView | None:
    """The order that a purpose (`sign_up:12`) has been billed with."""
    order = session.scalar(select(Order).where(Order.purpose_key == purpose_key))
    return OrderView.model_validate(order) if order else None


def money_of(
    session: Session, numbers: Collection[str]
) -> dict[str, tuple[datetime | None, int, int]]:
    """Of orders by number: when they were paid, their total, and how much of it was approved to go
    back. Two queries for any number of orders."""
    orders = session.execute(
        select(Order.id, Order.number, Order.paid_at, Order.total_fen).where(
            Order.number.in_(numbers)
        )
    ).all()
    query = select(Refund.order_id, func.sum(Refund.amount_fen)).where(
        Refund.order_id.in_([each.id for each in orders]),
        Refund.status.in_((RefundStatus.APPROVED, RefundStatus.DONE, RefundStatus.STUCK)),
    )
    back = {id_: int(fen) for id_, fen in session.execute(query.group_by(Refund.order_id))}
    return {each.number: (each.paid_at, each.total_fen, back.get(each.id, 0)) for each in orders}


def orders_of(session: Session, *, openid: str, limit: int = 10) -> list[OrderView]:
    """A payer's orders, the newest first."""
    rows = session.scalars(
        select(Order).where(Order.payer_openid == openid).order_by(Order.id.desc()).limit(limit)
    )
    return [OrderView.model_validate(row) for row in rows]


def lessons_left(session: Session, *, student_ids: Collection[int]) -> list[LessonBalance]:
    """Every lesson account of these students with what is left in it, by one query."""

    def total(kind: HourKind) -> ColumnElement[int]:
        return func.coalesce(
            func.sum(case((HourEntry.kind == kind, HourEntry.lessons), else_=0)), 0
        )

    rows = session.execute(
        select(
            LessonAccount.id.label("account_id"),
            LessonAccount.student_id,
            LessonAccount.course_id,
            LessonAccount.class_group_id,
            LessonAccount.expires_on,
            total(HourKind.BUY).label("bought"),
            total(HourKind.GIFT).label("given"),
            func.coalesce(func.sum(HourEntry.lessons), 0).label("left"),
        )
        .outerjoin(HourEntry, HourEntry.account_id == LessonAccount.id)
        .where(LessonAccount.student_id.in_(student_ids))
        .group_by(LessonAccount.id)
        .order_by(LessonAccount.id)
    )
    return [LessonBalance.model_validate(row) for row in rows]


def lessons_left_of(student_id: SQLColumnExpression[int]) -> ColumnElement[int]:
    """Lessons left in all accounts of a student together: an expression on a column of ids."""
    return (
        select(func.coalesce(func.sum(HourEntry.lessons), 0))
        .join(LessonAccount, LessonAccount.id == HourEntry.account_id)
        .where(LessonAccount.student_id == student_id)
        .scalar_subquery()
    )


def consumed_since(student_id: SQLColumnExpression[int], at: datetime) -> ColumnElement[bool]:
    """Whose lessons were consumed since: a condition on a column of ids."""
    return is_there(
        LessonAccount.student_id == student_id,
        HourEntry.account_id == LessonAccount.id,
        HourEntry.kind == HourKind.CONSUME,
        HourEntry.at >= at,
    )


def received_between(session: Session, from_at: datetime, to_at: datetime) -> tuple[int, int]:
    """How many payments came in during [from_at, to_at), and their fen together."""
    found = takings(session, from_at, to_at)
    return found.count, found.fen


def takings(
    session: Session, from_at: datetime, to_at: datetime, *, campus_id: int | None = None
) -> Takings:
    """What came in during [from_at, to_at), also where it went back later, and what went back; with
    a campus, of orders for its classes."""
    came = select(func.count(Payment.id), func.coalesce(func.sum(Payment.amount_fen), 0)).where(
        Payment.status.in_((PaymentStatus.SUCCEEDED, PaymentStatus.REFUNDED)),
        Payment.paid_at >= from_at,
        Payment.paid_at < to_at,
    )
    went = select(func.count(Refund.id), func.coalesce(func.sum(Refund.amount_fen), 0)).where(
        Refund.status == RefundStatus.DONE, Refund.done_at >= from_at, Refund.done_at < to_at
    )
    if campus_id is not None:
        classes = teaching.class_ids_of_campus(session, campus_id)
        here = select(OrderLine.order_id).where(OrderLine.class_group_id.in_(classes))
        came = came.where(Payment.order_id.in_(here))
        went = went.where(Refund.order_id.in_(here))
    count, fen = session.execute(came).one()
    back, back_fen = session.execute(went).one()
    return Takings(count=count, fen=int(fen), back=back, back_fen=int(back_fen))


def open_surpluses(session: Session) -> list[SurplusView]:
    """Money to give back, the oldest first."""
    rows = session.scalars(
        select(SurplusReceipt)
        .where(SurplusReceipt.resolved_at.is_(None))
        .order_by(SurplusReceipt.id)
    )
    return [SurplusView.model_validate(row) for row in rows]


def open_attempt(session: Session, *, payment_id: int, now: datetime) -> OpenAttempt | None:
    """An attempt to pay that still waits for its outcome, else None."""
    payment = session.get(Payment, payment_id)
    if payment is None or payment.status != PaymentStatus.CREATED:
        return None
    order = OrderView.model_validate(payment.order)
    is_wanted = (
        order.status is OrderStatus.PENDING
        and order.expires_at > now
        and payment.amount_fen == order.due_fen  # Else a part of it came in by other means.
    )
    method = PaymentMethod(payment.method)
    return OpenAttempt(out_trade_no=payment.out_trade_no, method=method, is_wanted=is_wanted)


def open_payment_ids(
    session: Session, *, order_id: int, methods: Collection[PaymentMethod] | None = None
) -> list[int]:
    """Ids of an order's payments whose outcome is unknown; of these means only, if named."""
    query = select(Payment.id).where(
        Payment.order_id == order_id, Payment.status == PaymentStatus.CREATED
    )
    if methods is not None:
        query = query.where(Payment.method.in_(methods))
    return list(session.scalars(query.order_by(Payment.id)))


def orders_due_for_closing(session: Session, *, now: datetime, limit: int = 200) -> list[int]:
    """Ids of pending orders whose time is over."""
    return list(
        session.scalars(
            select(Order.id)
            .where(Order.status == OrderStatus.PENDING, Order.expires_at <= now)
            .order_by(Order.expires_at)
            .limit(limit)
        )
    )


def payments_due_for_polling(session: Session, *, now: datetime, limit: int = 200) -> list[int]:
    """Ids of payments about which the platform has been silent for too long."""
    return list(
        session.scalars(
            select(Payment.id).where(Payment.poll_at <= now).order_by(Payment.poll_at).limit(limit)
        )
    )
