"""What happens to one locked order: the steps that `service` takes."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.finance import ledger, rules
from backend.finance.models import Order, SurplusReceipt
from backend.finance.posting import Event
from backend.finance.schemas import (
    CloseReason,
    LedgerAccount,
    Money,
    MoneyTaken,
    OrderClosed,
    OrderHeld,
    OrderPaid,
    OrderStatus,
    PaymentMethod,
    PaymentStatus,
    SurplusReceived,
)
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


def take(session: Session, order: Order, money: Money) -> None:
    """Money came in for a locked order: it pays it, or a part of it, and what is too much or comes
    too late is kept as owed back. The caller has looked whether it is told for the first time."""
    due_fen = order.total_fen - order.advance_fen
    is_wanted = order.status in (OrderStatus.PENDING, OrderStatus.CLOSED)
    if is_wanted and money.amount_fen >= due_fen:
        _pay(session, order, money.model_copy(update={"amount_fen": due_fen}))
        over_fen = money.amount_fen - due_fen
    elif order.status == OrderStatus.PENDING:
        _pay_part(session, order, money)
        over_fen = 0
    else:
        over_fen = money.amount_fen
    if over_fen:
        keep_surplus(session, order, money.model_copy(update={"amount_fen": over_fen}))


def advanced(session: Session, order: Order) -> list[tuple[int, int]]:
    """What has come in for each line of an order that is not paid in full: (line id, fen)."""
    if not order.advance_fen:
        return []
    return ledger.credits_of(
        session, LedgerAccount.ADVANCES, order_line_ids=[line.id for line in order.lines]
    )


def hold(session: Session, order: Order, until: datetime) -> None:
    """Keep a pending order, and what it is for, at least until a moment."""
    if order.status != OrderStatus.PENDING or order.expires_at >= until:
        return
    order.expires_at = until
    session.flush()
    events.publish(
        session,
        OrderHeld(
            order_id=order.id, number=order.number, purpose_key=order.purpose_key, until=until
        ),
    )


def ask_platforms(order: Order) -> None:
    """Other attempts must be closed before they are paid as well."""
    for payment in order.payments:
        if payment.status == PaymentStatus.CREATED:
            payment.poll_at = clock.now()


def _pay(session: Session, order: Order, money: Money) -> None:
    """A pending or closed order is paid: book the receipt and tell whoever listens."""
    is_late = order.status == OrderStatus.CLOSED
    ledger.post(
        session,
        event=Event.RECEIPT,
        source_key=f"receipt:{money.key}",
        booked_on=clock.local(money.at).date(),
        postings=rules.receipt_of(
            [(line.id, line.net_fen) for line in order.lines],
            account=money.account,
            before=advanced(session, order),
        ),
        order_id=order.id,
        actor=money.actor,
    )
    order.status, order.paid_at, order.advance_fen = OrderStatus.PAID, money.at, 0
    ask_platforms(order)
    _audit(session, order, "order.paid", money=money, is_late=is_late)
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
            in_wechat=money.method.startswith("wechat"),
        ),
    )
    _tell_taken(session, order, money)  # By now whoever paid may be in our files.


def _pay_part(session: Session, order: Order, money: Money) -> None:
    """A part of a pending order came in: 预收账款 until the rest is there."""
    ledger.post(
        session,
        event=Event.RECEIPT,
        source_key=f"receipt:{money.key}",
        booked_on=clock.local(money.at).date(),
        postings=rules.part_of(
            money.amount_fen,
            [(line.id, line.net_fen) for line in order.lines],
            account=money.account,
            before=advanced(session, order),
        ),
        order_id=order.id,
        actor=money.actor,
    )
    order.advance_fen += money.amount_fen
    ask_platforms(order)
    _audit(session, order, "order.part_paid", money=money, fen=money.amount_fen)
    hold(session, order, clock.now() + rules.HOLD_PART)
    session.flush()
    _tell_taken(session, order, money)


def _tell_taken(session: Session, order: Order, money: Money) -> None:
    events.publish(
        session,
        MoneyTaken(
            order_id=order.id,
            number=order.number,
            payer_openid=order.payer_openid,
            key=money.key,
            method=money.method,
            amount_fen=money.amount_fen,
            at=money.at,
            is_all=order.status == OrderStatus.PAID,
            due_fen=0 if order.status == OrderStatus.PAID else order.total_fen - order.advance_fen,
            actor=money.actor,
        ),
    )


def keep_surplus(session: Session, order: Order, money: Money) -> None:
    """Money beyond what an order costs: keep it as owed back, once per `key`. A cheque's is owed
    back in the books already."""
    known = select(SurplusReceipt.id).where(SurplusReceipt.transaction_id == money.key)
    if session.scalar(known):
        return
    session.add(
        SurplusReceipt(
            order_id=order.id,
            out_trade_no=money.out_trade_no,
            transaction_id=money.key,
            amount_fen=money.amount_fen,
            received_at=clock.now(),
        )
    )
    if money.account != LedgerAccount.OTHER_PAYABLE:
        before = advanced(session, order) if money.account == LedgerAccount.ADVANCES else []
        ledger.post(
            session,
            event=Event.SURPLUS,
            source_key=f"surplus:{money.key}",
            booked_on=clock.local(money.at).date(),
            postings=rules.advances_back_of(before)
            or rules.surplus_of(money.amount_fen, account=money.account),
            order_id=order.id,
            actor=money.actor,
        )
    _audit(session, order, "surplus.received", money=money)
    session.flush()
    events.publish(
        session,
        SurplusReceived(
            order_id=order.id,
            number=order.number,
            payer_openid=order.payer_openid,
            transaction_id=money.key,
            amount_fen=money.amount_fen,
        ),
    )


def close(session: Session, order: Order, reason: CloseReason) -> None:
    """A pending order can no longer be paid; any other is left as it is. Parts of it that came in
    are owed back."""
    if order.status != OrderStatus.PENDING:
        return
    order.status, order.closed_at, order.close_reason = OrderStatus.CLOSED, clock.now(), reason
    ask_platforms(order)
    _audit(session, order, "order.closed", reason=reason)
    if order.advance_fen:
        money = Money(
            key=f"advance:{order.id}",
            out_trade_no=order.number,
            method=PaymentMethod.TRANSFER,
            amount_fen=order.advance_fen,
            at=clock.now(),
            account=LedgerAccount.ADVANCES,
        )
        keep_surplus(session, order, money)
        order.advance_fen = 0
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


def _audit(
    session: Session, order: Order, action: str, *, money: Money | None = None, **detail: object
) -> None:
    """No money path without an audit entry. The actor is the payer who cancels, who took the money,
    else the system: the platform's word or the clock."""
    actor = order.payer_openid if detail.get("reason") == CloseReason.CANCELLED else "system"
    if money is not None:
        actor, detail["transaction_id"] = money.actor, money.key
    security.audit(session, actor=actor, action=action, subject=f"order:{order.number}", **detail)
