"""What an hour costs and what wears off: rates and fixed assets, kept with their history."""

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.finance.books.models import CostRate, FixedAsset
from backend.finance.books.words import AssetView, CostKind, RateView, VoucherWrong
from backend.finance.schemas import LedgerAccount
from backend.security import permissions
from backend.security import service as security
from backend.security.schemas import Permission, StaffMember

WORN_BY = (LedgerAccount.COST, LedgerAccount.SELLING, LedgerAccount.ADMINISTRATION)


def rates(session: Session) -> list[RateView]:
    """All rates, by kind and whose, the newest first."""
    query = select(CostRate).order_by(
        CostRate.kind, CostRate.subject_id, CostRate.effective_from.desc(), CostRate.id.desc()
    )
    return [RateView.model_validate(row) for row in session.scalars(query)]


def assets(session: Session) -> list[AssetView]:
    """All fixed assets."""
    query = select(FixedAsset).order_by(FixedAsset.id)
    return [AssetView.model_validate(row) for row in session.scalars(query)]


def set_rate(
    session: Session,
    *,
    kind: CostKind,
    subject_id: int | None,
    effective_from: date,
    fen_per_hour: int,
    by: StaffMember,
) -> None:
    """What an hour costs from a day on; pay that has accrued already stays. Raises NotAllowed,
    VoucherWrong."""
    permissions.must(by.role, Permission.KEEP_BOOKS)
    if fen_per_hour < 0:
        raise VoucherWrong(why="lines")
    row = CostRate(kind=kind, subject_id=subject_id, effective_from=effective_from)
    row.fen_per_hour = fen_per_hour
    session.add(row)
    session.flush()
    security.audit(
        session,
        actor=f"account:{by.id}",
        action="cost_rate.set",
        subject=f"rate:{kind}:{subject_id or 0}",
        fen=fen_per_hour,
    )


def keep_asset(
    session: Session,
    *,
    name: str,
    campus_id: int | None,
    account: str,
    cost_fen: int,
    salvage_fen: int,
    months: int,
    in_use_from: date,
    by: StaffMember,
) -> None:
    """A thing that wears off from the month after on. What it cost is booked by its purchase or a
    voucher. Raises NotAllowed, VoucherWrong."""
    permissions.must(by.role, Permission.KEEP_BOOKS)
    if not name or account not in WORN_BY or not cost_fen > salvage_fen >= 0 or months < 1:
        raise VoucherWrong(why="asset")
    asset = FixedAsset(
        name=name[:60],
        campus_id=campus_id,
        account=account,
        cost_fen=cost_fen,
        salvage_fen=salvage_fen,
        months=months,
        in_use_from=in_use_from,
    )
    session.add(asset)
    session.flush()
    security.audit(
        session,
        actor=f"account:{by.id}",
        action="asset.kept",
        subject=f"asset:{asset.id}",
        fen=cost_fen,
    )
