"""Money that was paid twice goes back: one asks, another approves, and it is booked as given back.
The money itself is sent at the platform or by bank by whoever asks."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.finance.books import vouchers
from backend.finance.books.models import Voucher
from backend.finance.books.words import VoucherKind, VoucherLine, VoucherStatus
from backend.finance.models import JournalEntry, JournalLine, Order, SurplusReceipt
from backend.finance.schemas import LedgerAccount
from backend.kit import clock
from backend.kit.errors import NotFound
from backend.security.schemas import StaffMember


class Surplus(BaseModel):
    """Money for an order that was paid already; `voucher_id` where its way back waits for a yes."""

    model_config = ConfigDict(frozen=True)

    id: int
    order_number: str
    out_trade_no: str
    amount_fen: int
    received_at: datetime
    voucher_id: int | None


def open_surpluses(session: Session) -> list[Surplus]:
    """What has not gone back, the oldest first. Two queries."""
    waiting = select(Voucher.source_key, Voucher.id).where(
        Voucher.kind == VoucherKind.BACK, Voucher.status == VoucherStatus.ASKED
    )
    asked = {key.split(":")[1]: id_ for key, id_ in session.execute(waiting)}
    rows = session.execute(
        select(SurplusReceipt, Order.number)
        .join(Order, Order.id == SurplusReceipt.order_id)
        .where(SurplusReceipt.resolved_at.is_(None))
        .order_by(SurplusReceipt.id)
    )
    return [
        Surplus(
            id=row.id,
            order_number=number,
            out_trade_no=row.out_trade_no,
            amount_fen=row.amount_fen,
            received_at=row.received_at,
            voucher_id=asked.get(str(row.id)),
        )
        for row, number in rows
    ]


def ask(session: Session, *, surplus_id: int, by: StaffMember) -> int:
    """The voucher by which a surplus goes back; the same one while it waits. Raises NotFound (also
    for what has gone back), and what `vouchers.ask` raises."""
    query = select(SurplusReceipt).where(SurplusReceipt.id == surplus_id).with_for_update()
    row = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if row is None or row.resolved_at is not None:
        raise NotFound()
    before = session.scalars(
        select(Voucher.status).where(Voucher.source_key.startswith(f"surplus:{row.id}:"))
    ).all()
    lost = [each for each in before if each != VoucherStatus.ASKED]
    campus_id = session.scalar(
        select(JournalLine.campus_id)
        .join(JournalEntry)
        .where(
            JournalEntry.source_key == f"surplus:{row.transaction_id}",
            JournalLine.account == LedgerAccount.OTHER_PAYABLE,
        )
    )
    legs = (
        (LedgerAccount.OTHER_PAYABLE, row.amount_fen),
        (LedgerAccount.BANK, -row.amount_fen),
    )
    voucher = vouchers.ask(
        session,
        kind=VoucherKind.BACK,
        by=by,
        booked_on=clock.today(),
        summary=f"退回多收款 {row.out_trade_no}",
        lines=[
            VoucherLine(account=account, amount_fen=fen, campus_id=campus_id)
            for account, fen in legs
        ],
        source_key=f"surplus:{row.id}:{len(lost)}",
        campus_id=campus_id,
    )
    return voucher.id
