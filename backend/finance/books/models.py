"""Tables of the books beyond the journal itself."""

from datetime import date, datetime
from typing import Annotated, Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from backend.finance.books.words import CostKind, VoucherKind, VoucherStatus
from backend.kit.db import Base, UtcDateTime

Fen = Annotated[int, mapped_column(BigInteger)]


class PeriodBalance(Base):
    """期间发生额: what a closed month moved on one account, campus and cash-flow line. Written by
    the closing, equal to a recount of the entries for ever."""

    __tablename__ = "finance_period_balance"

    id: Mapped[int] = mapped_column(primary_key=True)
    month: Mapped[date] = mapped_column(ForeignKey("finance_period.month"), index=True)
    account: Mapped[str] = mapped_column(String(8))
    campus_id: Mapped[int | None] = mapped_column(ForeignKey("logistics_campus.id"), index=True)
    flow: Mapped[str | None] = mapped_column(String(2))
    debit_fen: Mapped[Fen]
    credit_fen: Mapped[Fen]


class Voucher(Base):
    """凭证申请: what somebody wants booked by hand, with the yes or no of somebody else. `lines` is
    [[account, campus id, fen, cash-flow line], …], debit positive. An expense is owed to whoever
    paid it (`made_by`) until `paid_at`."""

    __tablename__ = "finance_voucher"
    __table_args__ = (
        CheckConstraint("decided_by IS NULL OR decided_by <> made_by", name="four_eyes"),
        CheckConstraint("total_fen > 0", name="total_positive"),
        Index("ix_finance_voucher_status_made", "status", "made_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[VoucherKind] = mapped_column(String(10))
    status: Mapped[VoucherStatus] = mapped_column(String(10))
    booked_on: Mapped[date]
    summary: Mapped[str] = mapped_column(String(120))
    lines: Mapped[list[list[Any]]] = mapped_column(JSON)
    total_fen: Mapped[Fen]
    campus_id: Mapped[int | None] = mapped_column(ForeignKey("logistics_campus.id"), index=True)
    attachment_id: Mapped[int | None] = mapped_column(
        ForeignKey("students_attachment.id"), index=True
    )
    made_by: Mapped[int] = mapped_column(ForeignKey("security_account.id"), index=True)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("security_account.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    note: Mapped[str] = mapped_column(String(200), default="")
    paid_by: Mapped[int | None] = mapped_column(ForeignKey("security_account.id"))
    paid_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    source_key: Mapped[str] = mapped_column(String(80), unique=True)


class Budget(Base):
    """预算: what an account may cost (or should earn) at a campus in a month; campus None is the
    head office."""

    __tablename__ = "finance_budget"
    __table_args__ = (
        UniqueConstraint("month", "account", "campus_id"),
        Index(
            "uq_finance_budget_head_office",
            "month",
            "account",
            unique=True,
            sqlite_where=text("campus_id IS NULL"),
            postgresql_where=text("campus_id IS NULL"),
        ),
        CheckConstraint("amount_fen >= 0", name="not_negative"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    month: Mapped[date]
    account: Mapped[str] = mapped_column(String(8))
    campus_id: Mapped[int | None] = mapped_column(ForeignKey("logistics_campus.id"), index=True)
    amount_fen: Mapped[Fen]
    set_by: Mapped[int] = mapped_column(ForeignKey("security_account.id"))
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CostRate(Base):
    """成本单价: what an hour of a teacher or of a room costs from a day on; `subject_id` is the
    account or the venue, None for all without a rate of their own."""

    __tablename__ = "finance_cost_rate"
    __table_args__ = (CheckConstraint("fen_per_hour >= 0", name="not_negative"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[CostKind] = mapped_column(String(8))
    subject_id: Mapped[int | None] = mapped_column(index=True)
    effective_from: Mapped[date]
    fen_per_hour: Mapped[Fen]


class FixedAsset(Base):
    """固定资产卡片: written off in equal parts over `months` from the month after it came into use,
    down to `salvage_fen` (小企业会计准则 §§30–31)."""

    __tablename__ = "finance_fixed_asset"
    __table_args__ = (
        CheckConstraint("cost_fen > salvage_fen AND salvage_fen >= 0", name="value"),
        CheckConstraint("months > 0", name="lasts"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    campus_id: Mapped[int | None] = mapped_column(ForeignKey("logistics_campus.id"), index=True)
    account: Mapped[str] = mapped_column(String(8))
    cost_fen: Mapped[Fen]
    salvage_fen: Mapped[Fen] = mapped_column(default=0)
    months: Mapped[int]
    in_use_from: Mapped[date]
