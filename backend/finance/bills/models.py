"""Tables of reconciliation: bills, their lines as they came, and what did not agree."""

from datetime import date, datetime
from typing import Annotated

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from backend.finance.bills.words import BillStatus, Difference, Outcome
from backend.gateways.payments import LineKind, LineStatus
from backend.kit.db import Base, UtcDateTime

Fen = Annotated[int, mapped_column(BigInteger)]


class Bill(Base):
    """渠道账单: one day of one channel. `due_at` is when the platform is asked (again), None once
    it has been compared."""

    __tablename__ = "finance_bill"
    __table_args__ = (UniqueConstraint("channel", "on"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(String(16))
    on: Mapped[date] = mapped_column(index=True)
    status: Mapped[BillStatus] = mapped_column(String(10))
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    tries: Mapped[int] = mapped_column(default=0)
    trouble: Mapped[str] = mapped_column(String(120), default="")
    compared_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    payments: Mapped[int] = mapped_column(default=0)
    payments_fen: Mapped[Fen] = mapped_column(default=0)
    refunds: Mapped[int] = mapped_column(default=0)
    refunds_fen: Mapped[Fen] = mapped_column(default=0)
    fee_fen: Mapped[Fen] = mapped_column(default=0)


class Line(Base):
    """账单明细: a trade as the platform wrote it down."""

    __tablename__ = "finance_bill_line"
    __table_args__ = (
        UniqueConstraint("bill_id", "kind", "platform_id"),
        Index("ix_finance_bill_line_kind_number", "kind", "number"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    bill_id: Mapped[int] = mapped_column(ForeignKey("finance_bill.id"))
    kind: Mapped[LineKind] = mapped_column(String(10))
    number: Mapped[str] = mapped_column(String(64))
    platform_id: Mapped[str] = mapped_column(String(64))
    amount_fen: Mapped[Fen]
    fee_fen: Mapped[Fen]
    rate_ppm: Mapped[int | None]
    status: Mapped[LineStatus] = mapped_column(String(10))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class BillDifference(Base):
    """对账差异: once per bill, kind and number. It is settled with a reason; where it is to be
    booked, `voucher_id` is the voucher that somebody else approves."""

    __tablename__ = "finance_bill_difference"
    __table_args__ = (UniqueConstraint("bill_id", "difference", "kind", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    bill_id: Mapped[int] = mapped_column(ForeignKey("finance_bill.id"))
    difference: Mapped[Difference] = mapped_column(String(16))
    kind: Mapped[str] = mapped_column(String(10))
    number: Mapped[str] = mapped_column(String(64))
    order_id: Mapped[int | None] = mapped_column(ForeignKey("finance_order.id"), index=True)
    ours_fen: Mapped[int | None] = mapped_column(BigInteger)
    theirs_fen: Mapped[int | None] = mapped_column(BigInteger)
    found_at: Mapped[datetime] = mapped_column(UtcDateTime)
    outcome: Mapped[Outcome | None] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(String(200), default="")
    settled_by: Mapped[int | None] = mapped_column(ForeignKey("security_account.id"))
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    voucher_id: Mapped[int | None] = mapped_column(ForeignKey("finance_voucher.id"), index=True)
