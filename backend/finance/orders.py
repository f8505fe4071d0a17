"""What happens to one locked order: the steps that `service` takes."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.finance import ledger, rules
from backend.finance.models import Order, SurplusReceipt
from backend.finance.posting import Event
from backend.finance.schemas import (
    CloseReason,
    OrderClosed,
    OrderPaid,
    OrderStatus,
    PaymentStatus,
    SurplusReceived,
)
from backend.gateways.payments import PaymentFact
from backend.kit import clock, events
from backend.kit.errors import NotFound
from backend.security import service as security


def locked(session: Session, order_id: int) -> Order:
    """The order as it is now, held until the unit ends. Raises NotFound."""
    order = session.scalar(
        select(Order)
        .where(Order.id == order_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if order is None:
        raise NotFound(order_id=order_id)
    return order


def pay(session: Session, order: Order, paid: PaymentFact) -> None:
    """A pending or closed order is paid: book the receipt and tell whoever listens."""
    is_late = order.status == OrderStatus.CLOSED
    order.status = OrderStatus.PAID
    order.paid_at = paid.paid_at
    ledger.post(
        session,
        event=Event.RECEIPT,
        source_key=f"receipt:{paid.transaction_id}",
        booked_on=clock.local(paid.paid_at).date(),
        postings=rules.receipt_of([(line.id, line.net_fen) for line in order.lines]),
        order_id=order.id,
    )
    for payment in order.payments:  # Other attempts must be closed before they are paid as well.
        if payment.status == PaymentStatus.CREATED:
            payment.poll_at = clock.now()
    _audit(session, order, "order.paid", transaction_id=paid.transaction_id, is_late=is_late)
    session.flush()
    events.publish(
        session,
        OrderPaid(
            order_id=order.id,
            number=order.number,
            payer_openid=order.payer_openid,
            purpose_key=order.purpose_key,
            total_fen=order.total_fen,
            is_late=is_late,
        ),
    )


def keep_surplus(session: Session, order: Order, paid: PaymentFact) -> None:
    """Money for an order already paid: keep it as owed back, once per transaction."""
    known = select(SurplusReceipt.id).where(SurplusReceipt.transaction_id == paid.transaction_id)
    if session.scalar(known):
        return
    session.add(
        SurplusReceipt(
            order_id=order.id,
            out_trade_no=paid.out_trade_no,
            transaction_id=paid.transaction_id,
            amount_fen=paid.amount_fen,
            received_at=clock.now(),
        )
    )
    ledger.post(
        session,
        event=Event.SURPLUS,
        source_key=f"surplus:{paid.transaction_id}",
        booked_on=clock.local(paid.paid_at).date(),
        postings=rules.surplus_of(paid.amount_fen),
        order_id=order.id,
    )
    _audit(session, order, "surplus.received", transaction_id=paid.transaction_id)
    session.flush()
    events.publish(
        session,
        SurplusReceived(
            order_id=order.id,
            number=order.number,
            payer_openid=order.payer_openid,
            transaction_id=paid.transaction_id,
            amount_fen=paid.amount_fen,
        ),
    )


def close(session: Session, order: Order, reason: CloseReason) -> None:
    """A pending order can no longer be paid; any other is left as it is."""
    if order.status != OrderStatus.PENDING:
        return
    order.status, order.closed_at, order.close_reason = OrderStatus.CLOSED, clock.now(), reason
    for payment in order.payments:  # The poll closes what the platform still holds open.
        if payment.status == PaymentStatus.CREATED:
            payment.poll_at = clock.now()
    _audit(session, order, "order.closed", reason=reason)
    session.flush()
    events.publish(
        session,
        OrderClosed(
            order_id=order.id,
            number=order.number,
            payer_openid=order.payer_openid,
            purpose_key=order.purpose_key,
            reason=reason,
        ),
    )


def _audit(session: Session, order: Order, action: str, **detail: object) -> None:
    """No money path without an audit entry. The actor is the payer who cancels, else the system:
    the platform's word or the clock."""
    actor = order.payer_openid if detail.get("reason") == CloseReason.CANCELLED else "system"
    security.audit(session, actor=actor, action=action, subject=f"order:{order.number}", **detail)
