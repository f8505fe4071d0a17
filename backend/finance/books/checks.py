"""What must hold in the books, looked at every night and before each closing: the trial balance is
zero at each campus, 合同负债 is the unearned value of all lesson accounts, line by line, 预收账款
of orders is what has been paid of them in part, and each closed month is what its entries say.

The value of the lesson accounts is reckoned from orders and lesson hours alone, so that books and
lessons prove each other.
"""

from collections import Counter
from datetime import date

from pydantic import BaseModel, ConfigDict
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.finance import rules
from backend.finance.books import balances
from backend.finance.books.words import Movement
from backend.finance.models import HourEntry, JournalLine, LessonAccount, Order, OrderLine, Period
from backend.finance.schemas import HourKind, LedgerAccount, OrderStatus


class Difference(BaseModel):
    """An order line whose debt in the books is not what is left to be taught."""

    model_config = ConfigDict(frozen=True)

    order_line_id: int
    booked_fen: int
    unearned_fen: int


def lopsided(session: Session) -> list[int | None]:
    """Campuses whose debits and credits differ (None: the head office)."""
    query = (
        select(JournalLine.campus_id)
        .group_by(JournalLine.campus_id)
        .having(func.sum(JournalLine.debit_fen) != func.sum(JournalLine.credit_fen))
    )
    return list(session.scalars(query))


def liabilities(session: Session) -> list[Difference]:
    """Order lines whose 合同负债 differs from the unearned value of their lesson account. Three
    queries over all order lines."""
    rows = session.execute(
        select(JournalLine.order_line_id, func.sum(JournalLine.credit_fen - JournalLine.debit_fen))
        .where(JournalLine.account == LedgerAccount.CONTRACT_LIABILITY)
        .group_by(JournalLine.order_line_id)
    )
    booked = {line_id or 0: int(fen) for line_id, fen in rows}
    unearned = unearned_values(session)
    return [
        Difference(order_line_id=line_id, booked_fen=fen, unearned_fen=value)
        for line_id in sorted(booked.keys() | unearned.keys())
        if (fen := booked.get(line_id, 0)) != (value := unearned.get(line_id, 0))
    ]


def advances(session: Session) -> list[int]:
    """Orders whose 预收账款 in the books is not what has come in for a part of them."""
    rows = session.execute(
        select(OrderLine.order_id, func.sum(JournalLine.credit_fen - JournalLine.debit_fen))
        .join(OrderLine, OrderLine.id == JournalLine.order_line_id)
        .where(JournalLine.account == LedgerAccount.ADVANCES)
        .group_by(OrderLine.order_id)
    )
    booked = {int(order_id): int(fen) for order_id, fen in rows if fen}
    held = {
        int(order_id): int(fen)
        for order_id, fen in session.execute(
            select(Order.id, Order.advance_fen).where(Order.advance_fen != 0)
        )
    }
    return sorted(id_ for id_ in booked.keys() | held.keys() if booked.get(id_) != held.get(id_))


def unearned_values(session: Session) -> dict[int, int]:
    """What is left to be delivered of each paid order line, by order and lesson hours alone."""
    left: dict[int, int] = {}
    begun: set[int] = set()
    hours = session.execute(
        select(
            LessonAccount.order_line_id,
            OrderLine.order_id,
            func.coalesce(func.sum(HourEntry.lessons), 0),
            func.count().filter(HourEntry.kind == HourKind.CONSUME),
        )
        .join(OrderLine, OrderLine.id == LessonAccount.order_line_id)
        .outerjoin(HourEntry, HourEntry.account_id == LessonAccount.id)
        .group_by(LessonAccount.order_line_id, OrderLine.order_id)
    )
    for line_id, order_id, lessons, consumed in hours:
        left[line_id] = int(lessons)
        if consumed:
            begun.add(order_id)
    lines = session.execute(
        select(
            OrderLine.id,
            OrderLine.order_id,
            OrderLine.net_fen,
            OrderLine.lesson_count + OrderLine.gift_count,
            OrderLine.is_material,
        )
        .join(Order, Order.id == OrderLine.order_id)
        .where(Order.status == OrderStatus.PAID)
    )
    values = {}
    for line_id, order_id, net_fen, lessons, is_material in lines:
        if is_material:
            values[line_id] = 0 if order_id in begun else net_fen
        elif line_id in left:
            values[line_id] = net_fen - rules.earned_of(
                net_fen=net_fen, paid_fen=net_fen, lessons=lessons, left=left[line_id]
            )
        else:
            values[line_id] = net_fen
    return values


def drifted(session: Session) -> list[date]:
    """Closed months whose snapshot is not what a recount of their entries gives."""
    border = balances.open_from(session)
    first = session.scalar(select(func.min(Period.month)))
    if first is None or first >= border:
        return []
    kept = balances.movements(session, from_month=first, until=border)
    counted = balances.counted(session, from_month=first, until=border)
    wrong = _bag(kept) - _bag(counted) + (_bag(counted) - _bag(kept))
    return sorted({each.month for each in wrong})


def _bag(found: list[Movement]) -> Counter[Movement]:
    return Counter(found)
