"""What a month may cost and should earn, and what it did: per account, campus and month."""

from datetime import date

from pydantic import BaseModel, ConfigDict
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.finance.books import balances
from backend.finance.books.models import Budget
from backend.finance.books.words import VoucherView, VoucherWrong
from backend.finance.chart import NAMES, is_of_profit
from backend.finance.ledger import month_after
from backend.finance.schemas import LedgerAccount
from backend.kit import clock
from backend.security import permissions
from backend.security import service as security
from backend.security.schemas import Permission, StaffMember


class Compared(BaseModel):
    """An account of a campus: planned, actual. `is_over`: a cost above its budget, or income below
    it."""

    model_config = ConfigDict(frozen=True)

    account: str
    name: str
    campus_id: int | None
    planned_fen: int | None
    actual_fen: int

    @property
    def is_over(self) -> bool:
        """Whether somebody should look at it."""
        if self.planned_fen is None:
            return False
        if self.account < "54":
            return self.actual_fen < self.planned_fen
        return self.actual_fen > self.planned_fen


def plan(
    session: Session,
    *,
    month: date,
    account: str,
    campus_id: int | None,
    amount_fen: int,
    by: StaffMember,
) -> None:
    """Set a budget, or another one in its place; both are in the audit trail. Raises NotAllowed,
    VoucherWrong."""
    permissions.must(by.role, Permission.KEEP_BOOKS)
    if account not in NAMES or not is_of_profit(account) or amount_fen < 0:
        raise VoucherWrong(why="account")
    query = select(Budget).where(
        Budget.month == month,
        Budget.account == account,
        Budget.campus_id.is_(None) if campus_id is None else Budget.campus_id == campus_id,
    )
    row = session.scalars(query.with_for_update()).one_or_none()
    before_fen = row.amount_fen if row is not None else None
    if row is None:
        row = Budget(month=month, account=account, campus_id=campus_id)
        session.add(row)
    row.amount_fen, row.set_by, row.set_at = amount_fen, by.id, clock.now()
    security.audit(
        session,
        actor=f"account:{by.id}",
        action="budget.set",
        subject=f"budget:{month:%Y-%m}:{account}:{campus_id or 0}",
        before_fen=before_fen,
        fen=amount_fen,
    )
    session.flush()


def overspent(session: Session, *, month: date) -> list[Compared]:
    """Costs of a month above their budget so far. Three queries."""
    return [
        each for each in comparison(session, month=month) if each.account >= "54" and each.is_over
    ]


def would_exceed(session: Session, voucher: VoucherView) -> list[tuple[Compared, int]]:
    """Budgets that a voucher which waits would break, and by how much. Three queries."""
    month = voucher.booked_on.replace(day=1)
    asked: dict[tuple[str, int | None], int] = {}
    for account, campus_id, fen, _ in voucher.lines:
        asked[account, campus_id] = asked.get((account, campus_id), 0) + fen
    found = []
    for each in comparison(session, month=month):
        more_fen = asked.get((each.account, each.campus_id), 0)
        if each.planned_fen is None or each.account < "54" or more_fen <= 0:
            continue
        beyond_fen = each.actual_fen + more_fen - each.planned_fen
        if beyond_fen > 0:
            found.append((each, beyond_fen))
    return found


def comparison(session: Session, *, month: date, campus_id: int | None = None) -> list[Compared]:
    """Budget beside what was booked, also where only one of them is there. Three queries."""
    query = select(Budget).where(Budget.month == month)
    if campus_id is not None:
        query = query.where(Budget.campus_id == campus_id)
    planned = {(row.account, row.campus_id): row.amount_fen for row in session.scalars(query)}
    actual: dict[tuple[str, int | None], int] = {}
    for each in balances.movements(
        session, from_month=month, until=month_after(month), campus_id=campus_id
    ):
        if is_of_profit(each.account):
            sign = -1 if each.account < "54" else 1
            key = (each.account, each.campus_id)
            actual[key] = actual.get(key, 0) + sign * (each.debit_fen - each.credit_fen)
    return [
        Compared(
            account=account,
            name=NAMES[LedgerAccount(account)],
            campus_id=campus,
            planned_fen=planned.get((account, campus)),
            actual_fen=actual.get((account, campus), 0),
        )
        for account, campus in sorted(
            planned.keys() | actual.keys(), key=lambda key: (key[0], key[1] or 0)
        )
    ]
