"""Tables of the till: shifts, what staff took, what payers say they transferred, lines of the
bank's. A closed shift is held by the database (`guards`)."""

from datetime import date, datetime
from typing import Annotated

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backend.finance.models import Payment
from backend.finance.till import guards
from backend.kit.db import Base, UtcDateTime, guard

Fen = Annotated[int, mapped_column(BigInteger)]
_RUNNING = text("status <> 'closed'")


class Shift(Base):
    """班次: a cashier's drawer from its float to the count. `counted` is {face value in fen: how
    many}; `expected_…` is what there should have been when it was counted."""

    __tablename__ = "finance_shift"
    __table_args__ = (
        CheckConstraint("confirmed_by IS NULL OR confirmed_by <> cashier_id", name="four_eyes"),
        Index(
            "uq_finance_shift_running",
            "cashier_id",
            unique=True,
            sqlite_where=_RUNNING,
            postgresql_where=_RUNNING,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    campus_id: Mapped[int] = mapped_column(ForeignKey("logistics_campus.id"), index=True)
    cashier_id: Mapped[int] = mapped_column(ForeignKey("security_account.id"))
    status: Mapped[str] = mapped_column(String(8))
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    float_fen: Mapped[Fen]
    counted: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    counted_fen: Mapped[int | None] = mapped_column(BigInteger)
    counted_cheques_fen: Mapped[int | None] = mapped_column(BigInteger)
    expected_fen: Mapped[int | None] = mapped_column(BigInteger)
    expected_cheques_fen: Mapped[int | None] = mapped_column(BigInteger)
    explanation: Mapped[str] = mapped_column(String(200), default="")
    counted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    confirmed_by: Mapped[int | None] = mapped_column(ForeignKey("security_account.id"))
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    verdict: Mapped[str | None] = mapped_column(String(10))
    banked_fen: Mapped[Fen] = mapped_column(default=0)


class Taking(Base):
    """收银记录: what staff took for an order; the money itself is its `Payment`. `form_key` makes
    one form one taking. A cheque is settled when it has cleared or bounced."""

    __tablename__ = "finance_taking"

    id: Mapped[int] = mapped_column(primary_key=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("finance_payment.id"), unique=True)
    shift_id: Mapped[int | None] = mapped_column(ForeignKey("finance_shift.id"), index=True)
    bank_line_id: Mapped[int | None] = mapped_column(
        ForeignKey("finance_bank_line.id"), unique=True
    )
    campus_id: Mapped[int | None] = mapped_column(ForeignKey("logistics_campus.id"), index=True)
    form_key: Mapped[str] = mapped_column(String(80), unique=True)
    tendered_fen: Mapped[int | None] = mapped_column(BigInteger)
    reference: Mapped[str] = mapped_column(String(60), default="")
    payer: Mapped[str] = mapped_column(String(80), default="")
    taken_by: Mapped[int] = mapped_column(ForeignKey("security_account.id"))
    taken_at: Mapped[datetime] = mapped_column(UtcDateTime)
    settled_by: Mapped[int | None] = mapped_column(ForeignKey("security_account.id"))
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    note: Mapped[str] = mapped_column(String(200), default="")
    payment: Mapped[Payment] = relationship(lazy="joined")


class TransferClaim(Base):
    """转账登记: a payer, or staff for one, says that an order was paid by bank transfer. Believed
    only when the bank's statement shows it."""

    __tablename__ = "finance_transfer_claim"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("finance_order.id"), index=True)
    payer: Mapped[str] = mapped_column(String(80))
    reference: Mapped[str] = mapped_column(String(60), default="")
    claimed_by: Mapped[str] = mapped_column(String(80))
    claimed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    source_key: Mapped[str] = mapped_column(String(120), unique=True)


class BankLine(Base):
    """银行流水: money that came in, as the bank says. `fingerprint` makes a line that is imported
    again the same line. `proposed_id` is the order that it seems to be for."""

    __tablename__ = "finance_bank_line"
    __table_args__ = (CheckConstraint("amount_fen > 0", name="amount_positive"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64), unique=True)
    booked_on: Mapped[date]
    amount_fen: Mapped[Fen]
    payer: Mapped[str] = mapped_column(String(80), default="")
    memo: Mapped[str] = mapped_column(String(200), default="")
    serial: Mapped[str] = mapped_column(String(60), default="")
    status: Mapped[str] = mapped_column(String(10), index=True)
    proposed_id: Mapped[int | None] = mapped_column(ForeignKey("finance_order.id"))
    imported_by: Mapped[int] = mapped_column(ForeignKey("security_account.id"))
    imported_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("security_account.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    note: Mapped[str] = mapped_column(String(200), default="")


guard(guards.GUARD, Shift.__table__, Taking.__table__)
