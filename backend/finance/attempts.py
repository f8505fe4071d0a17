"""Attempts to pay an order: the rows that exist before the platform hears of them."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.finance import orders, rules
from backend.finance.models import Order, Payment
from backend.finance.schemas import OrderNotPayable, OrderView, PaymentMethod, PaymentStatus
from backend.finance.schemas import PaymentAttempt as Attempt
from backend.kit import clock
from backend.kit.errors import NotFound

_MARGIN = timedelta(seconds=60)


def begin(session: Session, *, number: str, openid: str, method: PaymentMethod) -> Attempt:
    """The open attempt of an order by this method, or a new one. Its `prepay_id` is there while it
    can still be used.

    Raises NotFound for anybody else's order and OrderNotPayable when it is too late to begin.
    """
    order_id = session.scalar(
        select(Order.id).where(Order.number == number, Order.payer_openid == openid)
    )
    if order_id is None:
        raise NotFound(number=number)
    order, now = orders.locked(session, order_id), clock.now()
    if not rules.is_payable(OrderView.model_validate(order), now=now):
        raise OrderNotPayable(status=order.status)
    due_fen = OrderView.model_validate(order).due_fen
    wanted = (PaymentStatus.CREATED, method, due_fen)
    payment = next(
        (p for p in order.payments if (p.status, p.method, p.amount_fen) == wanted), None
    )
    if payment is None:
        payment = Payment(
            method=method,
            out_trade_no=rules.out_trade_no_of(order.number, len(order.payments) + 1),
            amount_fen=due_fen,
            status=PaymentStatus.CREATED,
            created_at=now,
            poll_at=rules.next_poll_at(0, now=now),
            poll_count=0,
        )
        order.payments.append(payment)
        session.flush()
    fresh = payment.prepay_expires_at is not None and payment.prepay_expires_at - now > _MARGIN
    return Attempt(
        id=payment.id,
        method=method,
        out_trade_no=payment.out_trade_no,
        amount_fen=payment.amount_fen,
        description=order.lines[0].description,
        expires_at=order.expires_at,
        prepay_id=payment.prepay_id if fresh else None,
    )


def keep_prepay(session: Session, *, payment_id: int, prepay_id: str) -> None:
    """Remember the platform's answer for the next time the page is opened.

    Raises OrderNotPayable when the order was paid or closed while the platform was thinking: then
    nobody may be shown the way to pay it.
    """
    payment = _locked(session, payment_id)
    if not rules.is_payable(OrderView.model_validate(payment.order), now=clock.now()):
        raise OrderNotPayable(status=payment.order.status)
    payment.prepay_id = prepay_id
    payment.prepay_expires_at = clock.now() + rules.PREPAY_LIFE


def give_up(session: Session, *, payment_id: int) -> None:
    """The platform will take no more money for this attempt."""
    payment = _locked(session, payment_id)
    if payment.status == PaymentStatus.CREATED:
        payment.status, payment.poll_at = PaymentStatus.CLOSED, None


def ask_later(session: Session, *, payment_id: int) -> None:
    """Nothing is known yet; the pauses between questions grow."""
    payment = _locked(session, payment_id)
    if payment.status == PaymentStatus.CREATED:
        payment.poll_count += 1
        payment.poll_at = rules.next_poll_at(payment.poll_count, now=clock.now())


def _locked(session: Session, payment_id: int) -> Payment:
    """The payment as it is now, held by the lock on its order."""
    order_id = session.scalar(select(Payment.order_id).where(Payment.id == payment_id))
    if order_id is None:
        raise NotFound(payment_id=payment_id)
    order = orders.locked(session, order_id)
    return next(payment for payment in order.payments if payment.id == payment_id)
