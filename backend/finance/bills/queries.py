"""What bills say and what was found in them, and our own side of it."""

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from backend.finance.bills.channels import CHANNELS
from backend.finance.bills.models import Bill, BillDifference, Line
from backend.finance.bills.rules import Key
from backend.finance.bills.words import BillView, DifferenceView, LineView, Ours
from backend.finance.books.models import Voucher
from backend.finance.books.words import VoucherStatus
from backend.finance.models import Order, Payment, Refund
from backend.finance.refund_words import RefundStatus
from backend.gateways.payments import LineKind
from backend.kit import clock
from backend.kit.errors import NotFound

PAGE = 31
DAYS_BACK = 30
"""Platforms keep bills for three months; a month back is caught up after a long absence."""


def due(session: Session, *, now: datetime, limit: int = 20) -> list[int]:
    """Bills the platform is to be asked for now, the oldest day first."""
    query = select(Bill.id).where(Bill.due_at <= now).order_by(Bill.on, Bill.id).limit(limit)
    return list(session.scalars(query))


def last_day(session: Session, channel: str) -> date | None:
    """The newest day of a channel that has a row."""
    return session.scalar(select(func.max(Bill.on)).where(Bill.channel == channel))


def place_of(session: Session, bill_id: int) -> tuple[str, date] | None:
    """Channel and day of a bill that is still waited for; None once it was compared."""
    row = session.get(Bill, bill_id)
    return None if row is None or row.due_at is None else (row.channel, row.on)


def ours_under(session: Session, keys: Iterable[Key]) -> dict[Key, Ours]:
    """Our payments and refunds under the numbers of a bill. Two queries."""
    wanted = set(keys)
    numbers = {kind: [number for each, number in wanted if each == kind] for kind in LineKind}
    found = _payments(session, Payment.out_trade_no.in_(numbers[LineKind.PAYMENT]))
    found += _refunds(session, Refund.number.in_(numbers[LineKind.REFUND]))
    return {(each.kind, each.number): each for each in found}


def expected(session: Session, channel: str, on: date) -> list[Ours]:
    """Ours that the bill of a day has to name: paid on it, or given back on it and in no bill yet.
    A refund that an accountant transferred (its `note`) went another way."""
    start, end = clock.day_of(on)
    methods = CHANNELS[channel].methods
    told = select(Line.number).where(Line.kind == LineKind.REFUND)
    through = select(Payment.order_id).where(
        Payment.method.in_(methods), Payment.transaction_id.is_not(None)
    )
    paid = and_(Payment.paid_at >= start, Payment.paid_at < end, Payment.method.in_(methods))
    back = and_(
        Refund.done_at >= start,
        Refund.done_at < end,
        Refund.note.is_(None),
        Refund.order_id.in_(through),
        Refund.number.not_in(told),
    )
    return [*_payments(session, paid), *_refunds(session, back)]


def bills(session: Session, *, limit: int = PAGE) -> list[BillView]:
    """The newest days of all channels."""
    rows = session.scalars(select(Bill).order_by(Bill.on.desc(), Bill.channel).limit(limit)).all()
    counts: dict[int, int] = {}
    for each in differences(session, [row.id for row in rows]):
        counts[each.bill_id] = counts.get(each.bill_id, 0) + each.is_open
    return [
        BillView.model_validate(row).model_copy(update={"open_count": counts.get(row.id, 0)})
        for row in rows
    ]


def bills_of(session: Session, bill_ids: Iterable[int]) -> list[BillView]:
    """Some days, the oldest first."""
    rows = session.scalars(select(Bill).where(Bill.id.in_(list(bill_ids))).order_by(Bill.on))
    return [BillView.model_validate(row) for row in rows]


def bill(session: Session, bill_id: int) -> tuple[BillView, list[DifferenceView], list[LineView]]:
    """One day with what did not agree, those that are open first, and its lines. Raises
    NotFound."""
    row = session.get(Bill, bill_id)
    if row is None:
        raise NotFound()
    lines = session.scalars(
        select(Line).where(Line.bill_id == bill_id).order_by(Line.at, Line.id)
    ).all()
    ours = ours_under(session, ((LineKind(each.kind), each.number) for each in lines))
    views = [
        LineView.model_validate(
            {
                **{column.key: getattr(each, column.key) for column in Line.__table__.columns},
                "order_id": held.order_id
                if (held := ours.get((LineKind(each.kind), each.number)))
                else None,
            }
        )
        for each in lines
    ]
    found = differences(session, [bill_id])
    view = BillView.model_validate(row)
    opened = sum(each.is_open for each in found)
    return view.model_copy(update={"open_count": opened}), found, views


def differences(session: Session, bill_ids: list[int] | None = None) -> list[DifferenceView]:
    """Differences of some bills (or of all, those that are open only), the open ones first."""
    waits = Voucher.status.in_((VoucherStatus.REFUSED, VoucherStatus.WITHDRAWN))
    is_open = or_(BillDifference.settled_at.is_(None), func.coalesce(waits, False))
    query = (
        select(BillDifference, is_open, Order.number)
        .outerjoin(Voucher, Voucher.id == BillDifference.voucher_id)
        .outerjoin(Order, Order.id == BillDifference.order_id)
        .order_by(BillDifference.settled_at.is_not(None), BillDifference.id)
    )
    query = query.where(is_open if bill_ids is None else BillDifference.bill_id.in_(bill_ids))
    return [
        DifferenceView.model_validate(
            {
                **{column.key: getattr(row, column.key) for column in row.__table__.columns},
                "kind": row.kind or None,
                "is_open": bool(opened),
                "order_number": number,
            }
        )
        for row, opened, number in session.execute(query)
    ]


def _payments(session: Session, where: ColumnElement[bool]) -> list[Ours]:
    query = select(Payment).where(where).order_by(Payment.id)
    return [
        Ours(
            kind=LineKind.PAYMENT,
            number=each.out_trade_no,
            amount_fen=each.amount_fen,
            is_done=each.transaction_id is not None,
            order_id=each.order_id,
        )
        for each in session.scalars(query)
    ]


def _refunds(session: Session, where: ColumnElement[bool]) -> list[Ours]:
    query = select(Refund).where(where).order_by(Refund.id)
    return [
        Ours(
            kind=LineKind.REFUND,
            number=each.number,
            amount_fen=each.amount_fen,
            is_done=each.status == RefundStatus.DONE,
            order_id=each.order_id,
        )
        for each in session.scalars(query)
    ]
