"""Changes in the finance room. Every function runs inside the caller's unit of work.

Whoever changes an order first locks its row (`orders.locked`): notifications, the clock's closing
and the customer's cancelling then come one after the other, each looking at what the one before
left.
"""

import secrets
from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from backend.finance import hours, orders, refunds
from backend.finance.models import (
    Order,
    OrderLine,
    Payment,
    PaymentNotice,
    Price,
)
from backend.finance.prices import limits
from backend.finance.prices import service as prices
from backend.finance.prices.schemas import Quote
from backend.finance.schemas import (
    BY_ALIPAY,
    BY_STAFF,
    BilledDifferently,
    CloseReason,
    Money,
    NewLine,
    NothingToPay,
    OrderNotPaid,
    OrderNotPayable,
    OrderStatus,
    OrderView,
    PaymentMethod,
    PaymentMismatch,
    PaymentStatus,
)
from backend.gateways.payments import Notification, PaymentFact
from backend.kit import clock, crypto
from backend.kit.config import settings
from backend.kit.errors import NotFound
from backend.security import service as security

PAY_LINK_PURPOSE = "pay"
PAY_LINK_SECONDS = 3 * 24 * 3600


def set_price(
    session: Session,
    *,
    course_id: int,
    campus_id: int | None,
    amount_fen: int,
    lesson_count: int,
    effective_from: date,
    material_fee_fen: int = 0,
    learner_type: str | None = None,
    is_bundle: bool = False,
    months: int | None = None,
) -> int:
    """Set what a class term of a course, or a bundle of so many lessons, costs from a day on (F1),
    at one campus or at all, for one type of learners or all (None). The price before it ends on
    that day, one that would have begun later never begins. Returns its id."""
    query = select(Price).where(
        Price.course_id == course_id,
        Price.campus_id.is_(None) if campus_id is None else Price.campus_id == campus_id,
        Price.learner_type.is_(None)
        if learner_type is None
        else Price.learner_type == learner_type,
        Price.is_bundle.is_(is_bundle),
        Price.effective_to.is_(None) | (Price.effective_to > effective_from),
    )
    if is_bundle:
        query = query.where(Price.lesson_count == lesson_count)
    for before in session.scalars(query.with_for_update()):
        before.effective_to = max(effective_from, before.effective_from)
    price = Price(
        course_id=course_id,
        campus_id=campus_id,
        amount_fen=amount_fen,
        lesson_count=lesson_count,
        material_fee_fen=material_fee_fen,
        effective_from=effective_from,
        learner_type=learner_type,
        is_bundle=is_bundle,
        months=months,
    )
    session.add(price)
    session.flush()
    return price.id


def bill(
    session: Session,
    *,
    payer_openid: str,
    purpose_key: str,
    lines: Sequence[NewLine],
    expires_at: datetime,
    quote: Quote | None = None,
) -> OrderView:
    """Ask somebody for money. Billing a purpose again returns its order, whatever became of it
    (look at `status`); a new try after a closed one takes a new key (`sign_up:12:2`). The `quote`
    that the lines come from is frozen with the order, and its codes are held.

    Raises NothingToPay, FeeCapExceeded, CodeSpent, and BilledDifferently when the purpose was
    billed to somebody else or for another amount.
    """
    total_fen = sum(line.net_fen for line in lines)
    if total_fen <= 0:
        raise NothingToPay(purpose_key=purpose_key)
    order = _billed(session, purpose_key)
    if order is None:
        limits.enforce(
            session,
            lines,
            learner=quote.learner if quote else None,
            months=quote.months if quote else None,
        )
    while order is None:
        order = Order(
            number=_new_number(),
            payer_openid=payer_openid,
            purpose_key=purpose_key,
            status=OrderStatus.PENDING,
            total_fen=total_fen,
            created_at=clock.now(),
            expires_at=expires_at,
            lines=[OrderLine(**line.model_dump()) for line in lines],
            payments=[],
        )
        try:
            with session.begin_nested():
                session.add(order)
        except IntegrityError:  # Somebody billed the purpose just now, or took the number.
            order = _billed(session, purpose_key)
        else:
            security.audit(
                session,
                actor=payer_openid,
                action="order.billed",
                subject=f"order:{order.number}",
                total_fen=total_fen,
            )
            if quote is not None:
                prices.keep(session, order_id=order.id, payer_openid=payer_openid, quote=quote)
    if (order.payer_openid, order.total_fen) != (payer_openid, total_fen):
        raise BilledDifferently(number=order.number)
    return OrderView.model_validate(order)


def receive(session: Session, *, notification: Notification, digest: str) -> None:
    """Act on a verified notification, once per notification id however often it comes.

    `digest` is the SHA-256 of the raw body, kept as evidence. Raises what `settle` raises; then
    nothing is kept and the platform will tell us again.
    """
    if notification.paid:
        settle(session, paid=notification.paid)
    if notification.refund:
        refunds.settle(session, fact=notification.refund)
    if session.get(PaymentNotice, notification.id) is None:
        fact = notification.paid or notification.refund
        session.add(
            PaymentNotice(
                id=notification.id,
                event_type=notification.event_type,
                out_trade_no=fact.out_trade_no if fact else "",
                digest=digest,
                received_at=clock.now(),
            )
        )


def settle(session: Session, *, paid: PaymentFact) -> OrderView:
    """Take note that money came in; telling it again changes nothing.

    A closed order becomes paid (`OrderPaid.is_late`). Money for an order already paid is kept as a
    surplus and announced by SurplusReceived. Raises NotFound for a payment that is not ours, and
    PaymentMismatch when appid, mchid, transaction or amount do not fit it.
    """
    order_id = session.scalar(
        select(Payment.order_id).where(
            Payment.out_trade_no == paid.out_trade_no, Payment.method.not_in(BY_STAFF)
        )
    )
    if order_id is None:
        raise NotFound(out_trade_no=paid.out_trade_no)
    order = orders.locked(session, order_id)
    payment = next(p for p in order.payments if p.out_trade_no == paid.out_trade_no)
    by_alipay, ours = payment.method in BY_ALIPAY, settings()
    _expect("appid", paid.appid, ours.alipay_app_id if by_alipay else ours.wechat_appid)
    _expect("mchid", paid.mchid, ours.alipay_seller_id if by_alipay else ours.wechat_pay_mchid)
    _expect("amount", paid.amount_fen, payment.amount_fen)
    if payment.transaction_id == paid.transaction_id:
        return OrderView.model_validate(order)
    money = Money(
        key=paid.transaction_id,
        out_trade_no=paid.out_trade_no,
        method=PaymentMethod(payment.method),
        amount_fen=paid.amount_fen,
        at=paid.paid_at,
    )
    if payment.transaction_id is None:
        payment.status = PaymentStatus.SUCCEEDED
        payment.transaction_id = paid.transaction_id
        payment.paid_at = paid.paid_at
        payment.poll_at = None
        orders.take(session, order, money)
    else:  # A second transaction under one name.
        orders.keep_surplus(session, order, money)
    session.flush()
    return OrderView.model_validate(order)


def cancel(session: Session, *, number: str, openid: str) -> OrderView:
    """The payer does not want it any more. Cancelling a closed order again is fine; a paid one
    raises OrderNotPayable (it is refunded instead). Raises NotFound for anybody else's order."""
    order_id = session.scalar(
        select(Order.id).where(Order.number == number, Order.payer_openid == openid)
    )
    if order_id is None:
        raise NotFound(number=number)
    order = orders.locked(session, order_id)
    if order.status in (OrderStatus.PAID, OrderStatus.REFUNDED):
        raise OrderNotPayable(status=order.status)
    orders.close(session, order, CloseReason.CANCELLED)
    return OrderView.model_validate(order)


def close_expired(session: Session, *, order_id: int) -> bool:
    """Close a pending order whose time is over; False when that is no longer (or not yet) so."""
    order = orders.locked(session, order_id)
    if order.status != OrderStatus.PENDING or order.expires_at > clock.now():
        return False
    orders.close(session, order, CloseReason.EXPIRED)
    return True


def open_lesson_accounts(session: Session, *, order_id: int, student_id: int) -> None:
    """Give a student the lessons of a paid order: one account for each line, once. Raises
    OrderNotPaid."""
    order = orders.locked(session, order_id)
    if order.status != OrderStatus.PAID:
        raise OrderNotPaid(number=order.number)
    hours.open_accounts(session, order=order, student_id=student_id)


def pay_link(number: str, openid: str) -> str:
    """Where one payer pays one order, inside WeChat, for three days."""
    token = crypto.sign(PAY_LINK_PURPOSE, {"order": number, "openid": openid})
    return f"{settings().public_url.rstrip('/')}/pay/{token}"


def _billed(session: Session, purpose_key: str) -> Order | None:
    return session.scalar(select(Order).where(Order.purpose_key == purpose_key))


def _new_number() -> str:
    """Today's date and ten random digits: readable over the phone, not to be guessed."""
    return f"{clock.today():%Y%m%d}{secrets.randbelow(10**10):010d}"


def _expect(field: str, got: object, wanted: object) -> None:
    if got != wanted:
        raise PaymentMismatch(field=field)
