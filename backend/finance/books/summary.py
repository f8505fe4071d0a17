"""A month in a few figures, for a chat: three queries."""

from datetime import date

from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session

from backend.finance.books import balances, statements
from backend.finance.books.ledgers import month_before
from backend.finance.ledger import month_after


class Summary(BaseModel):
    """What a month earned, cost and left, beside the month before."""

    model_config = ConfigDict(frozen=True)

    month: date
    revenue_fen: int
    former_revenue_fen: int
    cost_fen: int
    profit_fen: int
    liability_fen: int
    money_fen: int
    received_fen: int


def summary(session: Session, *, month: date, campus_id: int | None = None) -> Summary:
    """The figures of a month, of one campus or of all."""
    moved = balances.movements(
        session, from_month=balances.BEGINNING, until=month_after(month), campus_id=campus_id
    )
    former = month_before(month)
    now = statements.of_movements(moved, month=month)
    before = statements.of_movements([each for each in moved if each.month <= former], month=former)
    revenue_fen, profit_fen = now.income.fen(1, second=True), now.income.fen(32, second=True)
    return Summary(
        month=month,
        revenue_fen=revenue_fen,
        former_revenue_fen=before.income.fen(1, second=True),
        cost_fen=revenue_fen - profit_fen,
        profit_fen=profit_fen,
        liability_fen=now.balance_sheet.fen(34),
        money_fen=now.balance_sheet.fen(1),
        received_fen=now.cash_flow.fen(1, second=True),
    )
