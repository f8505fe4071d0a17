"""Reading the books line by line: what is behind a figure, and the months there are to look at."""

from datetime import date, datetime, timedelta

from pydantic import BaseModel, ConfigDict
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from backend.finance.books.analysis import COLUMNS, Dimension
from backend.finance.ledger import month_after, month_of
from backend.finance.models import JournalEntry, JournalLine
from backend.finance.posting import Event
from backend.kit import clock

PAGE = 50


class Wanted(BaseModel):
    """Which lines: of a month (or all), an account by the beginning of its code, a campus, an
    event, a cash-flow line, one course, class or teacher."""

    model_config = ConfigDict(frozen=True)

    month: date | None = None
    account: str = ""
    campus_id: int | None = None
    event: str = ""
    flow: str = ""
    course_id: int | None = None
    class_group_id: int | None = None
    teacher_id: int | None = None


class LineView(BaseModel):
    """One line of an entry."""

    model_config = ConfigDict(frozen=True)

    entry_id: int
    booked_on: date
    happened_on: date
    event: str
    summary: str
    source_key: str
    created_at: datetime
    account: str
    campus_id: int | None
    debit_fen: int
    credit_fen: int


class Lines(BaseModel):
    """A page of lines, newest first, with the totals of all of them."""

    model_config = ConfigDict(frozen=True)

    rows: tuple[LineView, ...]
    count: int
    debit_fen: int
    credit_fen: int


def lines(session: Session, wanted: Wanted, *, after: int = 0) -> Lines:
    """The lines behind a figure: two queries."""
    conditions = _of(wanted)
    totals = (
        select(
            func.count(),
            func.coalesce(func.sum(JournalLine.debit_fen), 0),
            func.coalesce(func.sum(JournalLine.credit_fen), 0),
        )
        .select_from(JournalLine)
        .join(JournalEntry, JournalEntry.id == JournalLine.entry_id)
        .where(*conditions)
    )
    count, debit, credit = session.execute(totals).one()
    query = (
        select(JournalLine, JournalEntry)
        .join(JournalEntry, JournalEntry.id == JournalLine.entry_id)
        .where(*conditions)
        .order_by(JournalEntry.booked_on.desc(), JournalLine.id.desc())
        .offset(after)
        .limit(PAGE)
    )
    rows = tuple(_view(line, entry) for line, entry in session.execute(query))
    return Lines(rows=rows, count=int(count), debit_fen=int(debit), credit_fen=int(credit))


def entry_lines(session: Session, entry_id: int) -> list[LineView]:
    """All lines of one entry."""
    query = (
        select(JournalLine, JournalEntry)
        .join(JournalEntry, JournalEntry.id == JournalLine.entry_id)
        .where(JournalLine.entry_id == entry_id)
        .order_by(JournalLine.id)
    )
    return [_view(line, entry) for line, entry in session.execute(query)]


def _of(wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.month is not None:
        conditions.append(JournalEntry.booked_on >= wanted.month)
        conditions.append(JournalEntry.booked_on < month_after(wanted.month))
    if wanted.account:
        conditions.append(JournalLine.account.startswith(wanted.account, autoescape=True))
    for column, value in (
        (JournalLine.campus_id, wanted.campus_id),
        (JournalLine.flow, wanted.flow or None),
        (COLUMNS[Dimension.COURSE], wanted.course_id),
        (COLUMNS[Dimension.CLASS], wanted.class_group_id),
        (COLUMNS[Dimension.TEACHER], wanted.teacher_id),
    ):
        if value is not None:
            conditions.append(column == value)
    if wanted.event in list(Event):
        conditions.append(JournalEntry.event == wanted.event)
    return conditions


def _view(line: JournalLine, entry: JournalEntry) -> LineView:
    return LineView(
        entry_id=entry.id,
        booked_on=entry.booked_on,
        happened_on=entry.happened_on,
        event=entry.event,
        summary=entry.summary,
        source_key=entry.source_key,
        created_at=entry.created_at,
        account=line.account,
        campus_id=line.campus_id,
        debit_fen=line.debit_fen,
        credit_fen=line.credit_fen,
    )


def this_month() -> date:
    """The month we are in."""
    return month_of(clock.today())


def month_before(month: date) -> date:
    """The first day of the month before."""
    return month_of(month - timedelta(days=1))


def last_day(month: date) -> date:
    """The last day of a month."""
    return month_after(month) - timedelta(days=1)
