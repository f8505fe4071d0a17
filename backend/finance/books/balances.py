"""What accounts moved, month by month: closed months from their snapshots, later ones from the
entries. Always two or three queries, however many entries there are.

Months are closed in order and opened again from the end, so one day parts the closed from the open.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Date, Select, cast, func, select
from sqlalchemy.orm import Session

from backend.finance.books.models import PeriodBalance
from backend.finance.books.words import Movement
from backend.finance.ledger import month_after
from backend.finance.models import JournalEntry, JournalLine, Period

BEGINNING = date(2000, 1, 1)
"""Before the first entry of anybody."""


def open_from(session: Session) -> date:
    """The first month that is not closed; everything before it is."""
    last = session.scalar(select(func.max(Period.month)).where(Period.closed_at.is_not(None)))
    return month_after(last) if last is not None else BEGINNING


def movements(
    session: Session, *, from_month: date, until: date, campus_id: int | None = None
) -> list[Movement]:
    """What moved in the months [from_month, until) (first days), of one campus or of all."""
    border = open_from(session)
    found: list[Movement] = []
    if from_month < border:
        query = select(PeriodBalance).where(
            PeriodBalance.month >= from_month, PeriodBalance.month < until
        )
        if campus_id is not None:
            query = query.where(PeriodBalance.campus_id == campus_id)
        found += [Movement.model_validate(row) for row in session.scalars(query)]
    if until > border:
        found += counted(
            session, from_month=max(from_month, border), until=until, campus_id=campus_id
        )
    return found


def counted(
    session: Session, *, from_month: date, until: date, campus_id: int | None = None
) -> list[Movement]:
    """The same by counting the entries, closed or not."""
    month = month_expression(session)
    keys: tuple[Any, ...] = (month, JournalLine.account, JournalLine.campus_id, JournalLine.flow)
    query: Select[Any] = (
        select(*keys, func.sum(JournalLine.debit_fen), func.sum(JournalLine.credit_fen))
        .join(JournalEntry, JournalEntry.id == JournalLine.entry_id)
        .where(JournalEntry.booked_on >= from_month, JournalEntry.booked_on < until)
        .group_by(*keys)
    )
    if campus_id is not None:
        query = query.where(JournalLine.campus_id == campus_id)
    return [
        Movement(
            month=month if isinstance(month, date) else date.fromisoformat(month),
            account=account,
            campus_id=campus,
            flow=flow,
            debit_fen=int(debit),
            credit_fen=int(credit),
        )
        for month, account, campus, flow, debit, credit in session.execute(query)
    ]


def month_expression(session: Session) -> ColumnElement[Any]:
    """The first day of an entry's month, in the database's own way."""
    if session.get_bind().dialect.name == "postgresql":
        return cast(func.date_trunc("month", JournalEntry.booked_on), Date)
    return func.strftime("%Y-%m-01", JournalEntry.booked_on)


def difference_of(found: Iterable[Movement]) -> int:
    """Debits less credits: zero, or something is very wrong."""
    return sum(each.debit_fen - each.credit_fen for each in found)
