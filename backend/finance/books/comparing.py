"""Statements beside each other: a month with the one before and that of last year, or each campus
with all together. The columns come from the same movements: the same few queries, and they add up
to the fen, campuses and head office to the consolidated ones.
"""

from collections.abc import Mapping, Sequence
from datetime import date

from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session

from backend.finance.books import balances
from backend.finance.books.ledgers import month_before
from backend.finance.books.statements import Statement, Statements, of_movements
from backend.finance.ledger import month_after


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Beside(_Frozen):
    """One line of a form with a value for each column."""

    number: int
    name: str
    fens: tuple[int, ...]
    is_sum: bool


class Compared(_Frozen):
    """A form with its columns."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[Beside, ...]


def over_time(session: Session, *, month: date, campus_id: int | None = None) -> list[Compared]:
    """A month, the one before, and the same month of the year before: balances at their ends, what
    was earned and paid in them. Two or three queries."""
    moved = balances.movements(
        session, from_month=balances.BEGINNING, until=month_after(month), campus_id=campus_id
    )
    months = (month, month_before(month), month.replace(year=month.year - 1))
    return _beside(
        [f"{each:%Y年%m月}" for each in months],
        [of_movements([row for row in moved if row.month <= each], month=each) for each in months],
    )


def by_campus(session: Session, *, month: date, names: Mapping[int, str]) -> list[Compared]:
    """Each campus, the head office, and all together. Two or three queries."""
    moved = balances.movements(session, from_month=balances.BEGINNING, until=month_after(month))
    places: list[int | None] = [*sorted(names), None]
    parts = [
        of_movements([row for row in moved if row.campus_id == place], month=month)
        for place in places
    ]
    titles = [names[place] if place is not None else "总部" for place in places]
    return _beside([*titles, "合并"], [*parts, of_movements(moved, month=month)])


def _beside(columns: Sequence[str], found: Sequence[Statements]) -> list[Compared]:
    """The balance sheet at the end of the month, the others for the month itself."""
    return [
        _one([each.balance_sheet for each in found], columns, second=False),
        _one([each.income for each in found], columns, second=True),
        _one([each.cash_flow for each in found], columns, second=True),
    ]


def _one(found: Sequence[Statement], columns: Sequence[str], *, second: bool) -> Compared:
    rows = zip(*(each.rows for each in found), strict=True)
    return Compared(
        title=found[0].title,
        columns=tuple(columns),
        rows=tuple(
            Beside(
                number=row[0].number,
                name=row[0].name,
                fens=tuple(each.second_fen if second else each.first_fen for each in row),
                is_sum=row[0].is_sum,
            )
            for row in rows
        ),
    )
