"""收据: one for all money that came in, numbered without gaps, red when money went back.

A number is given in the unit that issues: the series' row is locked until it ends, so a rollback
takes the number back and nobody else can have passed it meanwhile.
"""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from backend.finance import orders, refund_reads
from backend.finance.models import Order, Payment, Refund
from backend.finance.refund_words import RefundDone, RefundStatus
from backend.finance.schemas import MoneyTaken, OrderStatus, PaymentMethod, PaymentStatus
from backend.finance.till.models import Receipt, ReceiptSeries, Taking
from backend.finance.till.reads import payer_name
from backend.finance.till.words import ReceiptView, ReceiptVoid
from backend.kit import clock, crypto
from backend.kit.config import settings
from backend.kit.db import upsert
from backend.kit.errors import NotAllowed, NotFound
from backend.kit.money import yuan
from backend.outbox import service as outbox
from backend.outbox.schemas import Notice, Recipient
from backend.security import service as security
from backend.security.schemas import StaffMember

LINK_PURPOSE = "receipt"
LINK_SECONDS = 366 * 24 * 3600
UNNAMED = "学员家长"


def note_taken(session: Session, taken: MoneyTaken) -> None:
    """Listener: money that is in has its receipt. Who paid at the desk, or a part, gets the link
    at once; who paid all on the telephone sees it on the pay page."""
    order = session.get_one(Order, taken.order_id)
    receipt = _issue(
        session, order, source_key=f"money:{taken.key}", amount_fen=taken.amount_fen,
        method=taken.method, at=taken.at, by=taken.actor, about=_about(order),
    )  # fmt: skip
    if taken.is_all and taken.method.startswith(("wechat", "alipay")):
        return
    rest = f"还差{yuan(taken.due_fen)}，付清后名额和课时到账。" if taken.due_fen else "已经付清。"
    outbox.post(
        session,
        to=Recipient(openid=order.payer_openid),
        notice=Notice(
            template="money_taken",
            values={"amount": yuan(taken.amount_fen), "number": order.number, "rest": rest},
            url=link(receipt.id),
        ),
        dedupe_key=f"money-taken:{taken.key}",
    )


def note_refunded(session: Session, refunded: RefundDone) -> None:
    """Listener: money that went back is a red receipt."""
    order = session.get_one(Order, refunded.order_id)
    if refunded.amount_fen and ensure(session, order):
        _red(session, order, refunded.refund_id, refunded.amount_fen, at=clock.now())


def ensure(session: Session, order: Order) -> list[ReceiptView]:
    """The receipts of an order, which is locked; what was paid and given back before there were
    receipts gets its own now."""
    orders.locked(session, order.id)
    found = of_order(session, order.id)
    if found or order.status not in (OrderStatus.PAID, OrderStatus.REFUNDED):
        return found
    missing_fen = order.total_fen
    for payment in order.payments:
        amount_fen = min(payment.amount_fen, missing_fen)
        if payment.status == PaymentStatus.SUCCEEDED and amount_fen:
            missing_fen -= amount_fen
            _issue(
                session, order, source_key=f"money:{_key_of(session, payment)}",
                amount_fen=amount_fen, method=payment.method,
                at=payment.paid_at or clock.now(), by="system", about=_about(order),
            )  # fmt: skip
    done = select(Refund).where(
        Refund.order_id == order.id,
        Refund.status == RefundStatus.DONE,
        Refund.amount_fen > 0,
    )
    for refund in session.scalars(done.order_by(Refund.id)):
        _red(session, order, refund.id, refund.amount_fen, at=refund.done_at or clock.now())
    return of_order(session, order.id)


def of_order(session: Session, order_id: int) -> list[ReceiptView]:
    """The receipts of an order that are not void, the oldest first."""
    query = select(Receipt).where(Receipt.order_id == order_id, Receipt.voided_at.is_(None))
    return [ReceiptView.model_validate(row) for row in session.scalars(query.order_by(Receipt.id))]


def of_payer(session: Session, openid: str, *, orders_back: int = 3) -> list[ReceiptView]:
    """The receipts of somebody's last paid orders."""
    query = select(Order).where(
        Order.payer_openid == openid,
        (Order.status.in_((OrderStatus.PAID, OrderStatus.REFUNDED))) | (Order.advance_fen > 0),
    )
    rows = session.scalars(query.order_by(Order.id.desc()).limit(orders_back)).all()
    return [each for row in sorted(rows, key=lambda row: row.id) for each in ensure(session, row)]


def listed(session: Session, member: StaffMember, *, said: str = "") -> list[ReceiptView]:
    """The last receipts, void ones too; of a campus for its staff; with words by number."""
    query = select(Receipt).order_by(Receipt.id.desc()).limit(100)
    if member.campus_id is not None:
        query = query.where(Receipt.campus_id == member.campus_id)
    if said:
        query = query.where(Receipt.number.contains(said, autoescape=True))
    return [ReceiptView.model_validate(row) for row in session.scalars(query)]


def one(session: Session, receipt_id: int) -> ReceiptView:
    """One receipt. Raises NotFound."""
    row = session.get(Receipt, receipt_id)
    if row is None:
        raise NotFound()
    return ReceiptView.model_validate(row)


def void(
    session: Session, *, receipt_id: int, by: StaffMember, reason: str, payer: str = ""
) -> ReceiptView:
    """A receipt was made out wrongly: it stays with its number, void, and a new one takes its
    place, made out to `payer`. Raises NotFound, NotAllowed, ReceiptVoid."""
    receipt = session.scalar(
        select(Receipt)
        .where(Receipt.id == receipt_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if receipt is None:
        raise NotFound()
    if by.campus_id not in (None, receipt.campus_id):
        raise NotAllowed()
    if receipt.voided_at is not None:
        raise ReceiptVoid(number=receipt.number)
    receipt.voided_at, receipt.voided_by = clock.now(), by.id
    receipt.void_reason = reason[:200]
    session.flush()
    security.audit(
        session, actor=f"account:{by.id}", action="receipt.voided",
        subject=f"receipt:{receipt.number}",
    )  # fmt: skip
    return _issue(
        session, session.get_one(Order, receipt.order_id), source_key=receipt.source_key,
        amount_fen=receipt.amount_fen, method=receipt.method, at=receipt.received_at,
        by=f"account:{by.id}", about=receipt.about, payer=payer or receipt.payer,
    )  # fmt: skip


def link(receipt_id: int) -> str:
    """Where whoever has the link sees a receipt, for a year."""
    token = crypto.sign(LINK_PURPOSE, {"receipt": receipt_id})
    return f"{settings().public_url.rstrip('/')}/receipt/{token}"


def _red(session: Session, order: Order, refund_id: int, fen: int, *, at: datetime) -> None:
    blue = [each for each in of_order(session, order.id) if each.amount_fen > 0]
    _issue(
        session, order, source_key=f"refund:{refund_id}", amount_fen=-fen,
        method=blue[0].method if blue else PaymentMethod.TRANSFER, at=at, by="system",
        about=f"退费（冲原收据{'、'.join(each.number for each in blue)}）",
    )  # fmt: skip


def _issue(
    session: Session,
    order: Order,
    *,
    source_key: str,
    amount_fen: int,
    method: str,
    at: datetime,
    by: str,
    about: str,
    payer: str = "",
) -> ReceiptView:
    known = session.scalar(
        select(Receipt).where(Receipt.source_key == source_key, Receipt.voided_at.is_(None))
    )
    if known is not None:
        return ReceiptView.model_validate(known)
    campus_id = refund_reads.campus_of(session, order)
    payer = payer or payer_name(session, order.payer_openid) or UNNAMED
    series = f"{campus_id or 0}-{clock.today().year}"
    serial = _next(session, series)
    receipt = Receipt(
        series=series,
        serial=serial,
        number=f"SJ{campus_id or 0:02d}-{clock.today().year}-{serial:06d}",
        order_id=order.id,
        campus_id=campus_id,
        source_key=source_key[:80],
        amount_fen=amount_fen,
        method=method,
        payer=payer,
        about=about[:300],
        received_at=at,
        issued_at=clock.now(),
        issued_by=by,
        void_reason="",
    )
    session.add(receipt)
    session.flush()
    security.audit(
        session, actor=by, action="receipt.issued", subject=f"receipt:{receipt.number}",
        fen=amount_fen,
    )  # fmt: skip
    return ReceiptView.model_validate(receipt)


def _next(session: Session, series: str) -> int:
    """The next number of a series; its row stays locked until the unit ends."""
    fresh = upsert(session, ReceiptSeries).values(key=series, last=0)
    session.execute(fresh.on_conflict_do_nothing())
    given = session.execute(
        update(ReceiptSeries)
        .where(ReceiptSeries.key == series)
        .values(last=ReceiptSeries.last + 1)
        .returning(ReceiptSeries.last)
    )
    return int(given.scalar_one())


def _about(order: Order) -> str:
    return "；".join(line.description for line in order.lines)


def _key_of(session: Session, payment: Payment) -> str:
    """What `Money.key` was for a payment."""
    if payment.transaction_id is not None:
        return payment.transaction_id
    return f"taking:{session.scalar(select(Taking.id).where(Taking.payment_id == payment.id))}"
