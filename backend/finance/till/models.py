"""Tables of the till: shifts, what staff took, what payers say they transferred, lines of the
bank's. A closed shift is held by the database (`guards`)."""

from datetime import date, datetime
from typing import Annotated

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
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backend.finance.models import Payment
from backend.finance.till import guards
from backend.kit.db import Base, Encrypted, UtcDateTime, guard

Fen = Annotated[int, mapped_column(BigInteger)]
_RUNNING = text("status <> 'closed'")
_STANDING = text("voided_at IS NULL")


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


class ReceiptSeries(Base):
    """收据号段: the last number given in a series (`3-2026`: campus and year). Whoever gives the
    next holds the row until the unit ends, so that none is left out and none is given twice."""

    __tablename__ = "finance_receipt_series"

    key: Mapped[str] = mapped_column(String(20), primary_key=True)
    last: Mapped[int]


class Receipt(Base):
    """收据: for money that came in (blue), or went back (red, 红字, less than nothing). Never
    deleted: a void one keeps its number. `source_key` stands once among those not void."""

    __tablename__ = "finance_receipt"
    __table_args__ = (
        UniqueConstraint("series", "serial"),
        Index(
            "uq_finance_receipt_standing",
            "source_key",
            unique=True,
            sqlite_where=_STANDING,
            postgresql_where=_STANDING,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    series: Mapped[str] = mapped_column(ForeignKey("finance_receipt_series.key"))
    serial: Mapped[int]
    number: Mapped[str] = mapped_column(String(32), unique=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("finance_order.id"), index=True)
    campus_id: Mapped[int | None] = mapped_column(ForeignKey("logistics_campus.id"), index=True)
    source_key: Mapped[str] = mapped_column(String(80))
    amount_fen: Mapped[Fen]
    method: Mapped[str] = mapped_column(String(16))
    payer: Mapped[str] = mapped_column(String(80))
    about: Mapped[str] = mapped_column(String(300))
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    issued_by: Mapped[str] = mapped_column(String(80))
    voided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    voided_by: Mapped[int | None] = mapped_column(ForeignKey("security_account.id"))
    void_reason: Mapped[str] = mapped_column(String(200), default="")


class Invoice(Base):
    """发票申请: what a payer wants an invoice for, and what became of it. `red_fen` is how much of
    an issued one has to be (`red_number` None) or was turned red after a refund."""

    __tablename__ = "finance_invoice"
    __table_args__ = (CheckConstraint("amount_fen > 0 AND red_fen >= 0", name="amounts"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("finance_order.id"), index=True)
    openid: Mapped[str] = mapped_column(String(64), index=True)
    campus_id: Mapped[int | None] = mapped_column(ForeignKey("logistics_campus.id"), index=True)
    title: Mapped[str] = mapped_column(Encrypted("finance_invoice.title"))
    tax_number: Mapped[str] = mapped_column(String(20), default="")
    email: Mapped[str] = mapped_column(Encrypted("finance_invoice.email"), default="")
    amount_fen: Mapped[Fen]
    status: Mapped[str] = mapped_column(String(10), index=True)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    exported_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    number: Mapped[str | None] = mapped_column(String(40), unique=True)
    file_name: Mapped[str | None] = mapped_column(String(64))
    url: Mapped[str] = mapped_column(String(500), default="")
    note: Mapped[str] = mapped_column(String(200), default="")
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("security_account.id"))
    red_fen: Mapped[Fen] = mapped_column(default=0)
    red_number: Mapped[str | None] = mapped_column(String(40))
    source_key: Mapped[str] = mapped_column(String(120), unique=True)


guard(guards.GUARD, Shift.__table__, Taking.__table__)
