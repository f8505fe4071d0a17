"""Money we owe to customers beside refunds: what was paid twice, and interest.

One asks, another approves, and it is booked as paid; whoever asks has sent it, at the platform or
by bank (interest: 法释〔2025〕4号 §16).
"""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.finance.books import vouchers
from backend.finance.books.models import Voucher
from backend.finance.books.words import VoucherKind, VoucherLine, VoucherStatus
from backend.finance.models import JournalEntry, JournalLine, Order, Refund, SurplusReceipt
from backend.finance.refund_words import RefundStatus
from backend.finance.schemas import LedgerAccount
from backend.kit import clock
from backend.kit.errors import NotFound
from backend.security.schemas import StaffMember


class OwedKind(StrEnum):
    """Why we owe it."""

    SURPLUS = "surplus"
    INTEREST = "interest"


class Owed(BaseModel):
    """One sum; `voucher_id` where its way back waits for somebody's yes."""

    model_config = ConfigDict(frozen=True)

    kind: OwedKind
    id: int
    number: str
    amount_fen: int
    since: datetime
    voucher_id: int | None


def owed(session: Session) -> list[Owed]:
    """What has not been paid, the oldest first. Three queries."""
    waiting = select(Voucher.source_key, Voucher.id).where(
        Voucher.kind == VoucherKind.BACK, Voucher.status == VoucherStatus.ASKED
    )
    asked = {key.rpartition(":")[0]: id_ for key, id_ in session.execute(waiting)}
    surpluses = session.execute(
        select(
            SurplusReceipt.id, Order.number, SurplusReceipt.amount_fen, SurplusReceipt.received_at
        )
        .join(Order, Order.id == SurplusReceipt.order_id)
        .where(SurplusReceipt.resolved_at.is_(None))
    )
    interests = session.execute(
        select(Refund.id, Refund.number, Refund.interest_fen, Refund.decided_at).where(
            Refund.interest_fen > 0,
            Refund.interest_paid_at.is_(None),
            Refund.status.in_((RefundStatus.APPROVED, RefundStatus.DONE, RefundStatus.STUCK)),
        )
    )
    found = [
        Owed(
            kind=kind, id=id_, number=number, amount_fen=fen, since=since,
            voucher_id=asked.get(f"{kind}:{id_}"),
        )
        for kind, rows in ((OwedKind.SURPLUS, surpluses), (OwedKind.INTEREST, interests))
        for id_, number, fen, since in rows
    ]  # fmt: skip
    return sorted(found, key=lambda each: (each.since, each.id))


def ask(session: Session, *, kind: OwedKind, owed_id: int, by: StaffMember) -> int:
    """The voucher by which a sum is paid; the same one while it waits. Raises NotFound (also for
    what has been paid), and what `vouchers.ask` raises."""
    amount_fen, entry_key, summary = _sum_of(session, kind, owed_id)
    prefix = f"{kind}:{owed_id}:"
    before = session.scalars(
        select(Voucher.status).where(Voucher.source_key.startswith(prefix))
    ).all()
    lost = [each for each in before if each != VoucherStatus.ASKED]
    campus_id = session.scalar(
        select(JournalLine.campus_id)
        .join(JournalEntry)
        .where(
            # A cheque's surplus was owed back before it was one.
            JournalEntry.source_key.in_((entry_key, entry_key.replace("surplus:taking", "cheque"))),
            JournalLine.account == LedgerAccount.OTHER_PAYABLE,
        )
        .limit(1)
    )
    legs = ((LedgerAccount.OTHER_PAYABLE, amount_fen), (LedgerAccount.BANK, -amount_fen))
    voucher = vouchers.ask(
        session,
        kind=VoucherKind.BACK,
        by=by,
        booked_on=clock.today(),
        summary=summary,
        lines=[
            VoucherLine(account=account, amount_fen=fen, campus_id=campus_id)
            for account, fen in legs
        ],
        source_key=f"{prefix}{len(lost)}",
        campus_id=campus_id,
    )
    return voucher.id


def _sum_of(session: Session, kind: OwedKind, owed_id: int) -> tuple[int, str, str]:
    """How much, the entry by which we came to owe it, and what the voucher says; its row is held.
    Raises NotFound."""
    if kind is OwedKind.SURPLUS:
        query = select(SurplusReceipt).where(SurplusReceipt.id == owed_id).with_for_update()
        surplus = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
        if surplus is not None and surplus.resolved_at is None:
            key = f"surplus:{surplus.transaction_id}"
            return surplus.amount_fen, key, f"退回多收款 {surplus.out_trade_no}"
        raise NotFound()
    asking = select(Refund).where(Refund.id == owed_id).with_for_update()
    refund = session.scalars(asking.execution_options(populate_existing=True)).one_or_none()
    if refund is not None and refund.interest_fen and refund.interest_paid_at is None:
        key = f"refund:{refund.id}:interest"
        return refund.interest_fen, key, f"退费利息 {refund.number}"
    raise NotFound()
