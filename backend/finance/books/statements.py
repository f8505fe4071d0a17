"""Balance sheet, income statement and cash-flow statement, of one campus or of all together.

Each is reckoned from what accounts moved (`balances`), so it takes the same few queries for ten
entries and for a million, and ties to the entries by construction.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date

from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session

from backend.finance.books import balances
from backend.finance.books.layouts import (
    BALANCE_SHEET,
    CASH_FLOW,
    INCOME_STATEMENT,
    OUTFLOWS,
    Row,
)
from backend.finance.books.words import Movement
from backend.finance.chart import MONEY
from backend.finance.ledger import month_after
from backend.finance.posting import Flow


class StatementRow(BaseModel):
    """A line of a statement with its two columns, and the accounts or the cash-flow line behind it
    (none for a sum of other lines)."""

    model_config = ConfigDict(frozen=True)

    number: int
    name: str
    first_fen: int
    second_fen: int
    accounts: tuple[str, ...] = ()
    flow: str | None = None
    is_sum: bool = False
    is_of_which: bool = False


class Statement(BaseModel):
    """A statement in the statutory layout. The columns are 期末余额/年初余额 or 本年累计/本月."""

    model_config = ConfigDict(frozen=True)

    code: str
    title: str
    columns: tuple[str, str]
    rows: tuple[StatementRow, ...]

    def fen(self, number: int, *, second: bool = False) -> int:
        """The amount on a line of the form."""
        row = next(each for each in self.rows if each.number == number)
        return row.second_fen if second else row.first_fen


class Statements(BaseModel):
    """The three statements of a month."""

    model_config = ConfigDict(frozen=True)

    month: date
    campus_id: int | None
    balance_sheet: Statement
    income: Statement
    cash_flow: Statement

    @property
    def balances(self) -> bool:
        """Whether assets are what is owed and owned."""
        sheet = self.balance_sheet
        return sheet.fen(30) == sheet.fen(53)

    @property
    def ties_to_bank(self) -> bool:
        """Whether the cash-flow statement ends at what the balance sheet holds as money."""
        return self.cash_flow.fen(22) == self.balance_sheet.fen(1)


def statements(session: Session, *, month: date, campus_id: int | None = None) -> Statements:
    """The statements as of the end of a month, of one campus or consolidated. Three queries."""
    moved = balances.movements(
        session, from_month=balances.BEGINNING, until=month_after(month), campus_id=campus_id
    )
    return of_movements(moved, month=month, campus_id=campus_id)


def of_movements(
    moved: Sequence[Movement], *, month: date, campus_id: int | None = None
) -> Statements:
    """The same from what has moved since the beginning. Pure."""
    year = month.replace(month=1)
    until_now = [each for each in moved if each.month <= month]
    before_year = [each for each in moved if each.month < year]
    of_year = [each for each in until_now if each.month >= year]
    of_month = [each for each in until_now if each.month == month]
    before_month = [each for each in until_now if each.month < month]
    return Statements(
        month=month,
        campus_id=campus_id,
        balance_sheet=_by_accounts(
            "会小企01表",
            "资产负债表",
            ("期末余额", "年初余额"),
            BALANCE_SHEET,
            until_now,
            before_year,
        ),
        income=_by_accounts(
            "会小企02表",
            "利润表",
            ("本年累计金额", "本月金额"),
            INCOME_STATEMENT,
            of_year,
            of_month,
        ),
        cash_flow=_cash_flow(of_year, before_year, of_month, before_month),
    )


def _by_accounts(
    code: str,
    title: str,
    columns: tuple[str, str],
    layout: tuple[Row, ...],
    first: Iterable[Movement],
    second: Iterable[Movement],
) -> Statement:
    sides = [_filled(layout, _nets(first)), _filled(layout, _nets(second))]
    return Statement(
        code=code,
        title=title,
        columns=columns,
        rows=tuple(
            StatementRow(
                number=row.number,
                name=row.name,
                first_fen=sides[0].get(row.number, 0),
                second_fen=sides[1].get(row.number, 0),
                accounts=row.accounts,
                is_sum=bool(row.rows),
                is_of_which=row.is_of_which,
            )
            for row in layout
        ),
    )


def _nets(moved: Iterable[Movement]) -> dict[str, int]:
    nets: dict[str, int] = defaultdict(int)
    for each in moved:
        nets[each.account] += each.debit_fen - each.credit_fen
    return nets


def _filled(layout: tuple[Row, ...], nets: dict[str, int]) -> dict[int, int]:
    """Amounts by row number: rows of accounts first, then the sums in their order."""
    values = {
        row.number: row.sign
        * sum(fen for account, fen in nets.items() if account.startswith(row.accounts))
        for row in layout
        if row.number and row.accounts
    }
    _sum_up(layout, values)
    return values


def _sum_up(layout: tuple[Row, ...], values: dict[int, int]) -> None:
    for row in layout:
        if row.rows:
            values[row.number] = sum(sign * values.get(number, 0) for number, sign in row.rows)


def _cash_flow(
    of_year: list[Movement],
    before_year: list[Movement],
    of_month: list[Movement],
    before_month: list[Movement],
) -> Statement:
    sides = [_flows(of_year, before_year), _flows(of_month, before_month)]
    return Statement(
        code="会小企03表",
        title="现金流量表",
        columns=("本年累计金额", "本月金额"),
        rows=tuple(
            StatementRow(
                number=row.number,
                name=row.name,
                first_fen=sides[0].get(row.number, 0),
                second_fen=sides[1].get(row.number, 0),
                flow=None if row.rows or row.number in (0, 21) else str(row.number),
                is_sum=bool(row.rows),
            )
            for row in CASH_FLOW
        ),
    )


def _flows(during: list[Movement], before: list[Movement]) -> dict[int, int]:
    """Money by cash-flow line, and the money there was before. What was brought in as an opening
    balance belongs to the money before; moves between our own accounts sum to nothing."""
    values: dict[int, int] = defaultdict(int)
    for each in during:
        if each.account not in MONEY:
            continue
        fen = each.debit_fen - each.credit_fen
        number = int(each.flow or Flow.OTHER_OUT)
        if number == int(Flow.WITHIN):
            values[21] += fen
        else:
            values[number] += -fen if number in OUTFLOWS else fen
    values[21] += sum(each.debit_fen - each.credit_fen for each in before if each.account in MONEY)
    filled = dict(values)
    _sum_up(CASH_FLOW, filled)
    return filled
