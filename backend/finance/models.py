"""Tables of the finance room. Amounts are fen; what happened is added, never overwritten."""

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
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backend.finance import journal_guard
from backend.finance.posting import Event
from backend.finance.refund_words import RefundCause, RefundStatus
from backend.finance.schemas import (
    CloseReason,
    HourKind,
    LedgerAccount,
    OrderStatus,
    PaymentMethod,
    PaymentStatus,
)
from backend.kit.db import Base, UtcDateTime, guard

Fen = Annotated[int, mapped_column(BigInteger)]


class Price(Base):
    """价格: a whole class term of a course, or a bundle of lessons (`is_bundle`), on the days
    [effective_from, effective_to). A price for one campus goes before the one for all (`campus_id`
    None), one for a type of learners before the one for all. `months` for what is charged by time.
    """

    __tablename__ = "finance_price"
    __table_args__ = (
        CheckConstraint("amount_fen >= 0 AND material_fee_fen >= 0", name="not_negative"),
        CheckConstraint("lesson_count > 0", name="has_lessons"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("teaching_course.id"), index=True)
    campus_id: Mapped[int | None] = mapped_column(ForeignKey("logistics_campus.id"), index=True)
    amount_fen: Mapped[Fen]
    lesson_count: Mapped[int]
    material_fee_fen: Mapped[Fen] = mapped_column(default=0)
    effective_from: Mapped[date]
    effective_to: Mapped[date | None]
    learner_type: Mapped[str | None] = mapped_column(String(10))
    is_bundle: Mapped[bool] = mapped_column(default=False, server_default=false())
    months: Mapped[int | None]


class Order(Base):
    """订单. `purpose_key` (`sign_up:12`) makes billing the same thing twice one order.

    `advance_fen` is what has come in for it while it is not paid in full (预收账款)."""

    __tablename__ = "finance_order"
    __table_args__ = (
        CheckConstraint("total_fen > 0", name="total_positive"),
        Index("ix_finance_order_status_expires", "status", "expires_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(24), unique=True)
    payer_openid: Mapped[str] = mapped_column(String(64), index=True)
    purpose_key: Mapped[str] = mapped_column(String(80), unique=True)
    status: Mapped[OrderStatus] = mapped_column(String(10))
    total_fen: Mapped[Fen]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    advance_fen: Mapped[Fen] = mapped_column(default=0, server_default=text("0"))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    paid_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    close_reason: Mapped[CloseReason | None] = mapped_column(String(10))
    lines: Mapped[list["OrderLine"]] = relationship(
        back_populates="order", order_by="OrderLine.id", lazy="selectin"
    )
    payments: Mapped[list["Payment"]] = relationship(
        back_populates="order", order_by="Payment.id", lazy="selectin"
    )

    @property
    def clearing_fen(self) -> int:
        """Cheques that the bank has not credited yet."""
        found = (each for each in self.payments if each.status == PaymentStatus.CLEARING)
        return sum(each.amount_fen for each in found)


class OrderLine(Base):
    """订单行: the lines of an order sum to its total to the fen."""

    __tablename__ = "finance_order_line"
    __table_args__ = (
        CheckConstraint("net_fen >= 0 AND net_fen <= list_fen", name="net_within_list"),
        CheckConstraint("lesson_count >= 0 AND gift_count >= 0", name="lessons_not_negative"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("finance_order.id"), index=True)
    description: Mapped[str] = mapped_column(String(120))
    class_group_id: Mapped[int | None] = mapped_column(
        ForeignKey("teaching_class_group.id"), index=True
    )
    course_id: Mapped[int | None] = mapped_column(ForeignKey("teaching_course.id"), index=True)
    lesson_count: Mapped[int] = mapped_column(default=0)
    gift_count: Mapped[int] = mapped_column(default=0)
    list_fen: Mapped[Fen]
    net_fen: Mapped[Fen]
    is_material: Mapped[bool] = mapped_column(default=False)
    order: Mapped[Order] = relationship(back_populates="lines")


class Payment(Base):
    """支付单: one attempt to pay an order through a platform, known there as `out_trade_no`, or
    money that staff took. The row is committed before the platform hears of it. `poll_at` is when
    to ask the platform if it stays silent, None once the outcome is known."""

    __tablename__ = "finance_payment"
    __table_args__ = (CheckConstraint("amount_fen > 0", name="amount_positive"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("finance_order.id"), index=True)
    method: Mapped[PaymentMethod] = mapped_column(String(16))
    out_trade_no: Mapped[str] = mapped_column(String(32), unique=True)
    amount_fen: Mapped[Fen]
    status: Mapped[PaymentStatus] = mapped_column(String(10))
    transaction_id: Mapped[str | None] = mapped_column(String(64), unique=True)
    prepay_id: Mapped[str | None] = mapped_column(String(512))
    prepay_expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    paid_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    poll_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    poll_count: Mapped[int] = mapped_column(default=0)
    order: Mapped[Order] = relationship(back_populates="payments")


class PaymentNotice(Base):
    """支付通知: evidence that a verified notification came; its repetitions leave no second row.
    `digest` is the SHA-256 of the first raw body."""

    __tablename__ = "finance_payment_notice"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    event_type: Mapped[str] = mapped_column(String(32))
    out_trade_no: Mapped[str] = mapped_column(String(32), index=True)
    digest: Mapped[str] = mapped_column(String(64))
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SurplusReceipt(Base):
    """多收款: money that came in for an order already paid; open until `resolved_at`."""

    __tablename__ = "finance_surplus_receipt"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("finance_order.id"), index=True)
    out_trade_no: Mapped[str] = mapped_column(String(32))
    transaction_id: Mapped[str] = mapped_column(String(64), unique=True)
    amount_fen: Mapped[Fen]
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    resolved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


_OPEN_REFUND = text("status IN ('asked', 'approved', 'stuck')")


class Refund(Base):
    """退费单: one wish to have an order's money back, and what became of it. `steps` is the
    reckoning that the customer and the approvers saw, `by_line` [[order line id, fen], …].

    `interest_fen` (§16) is transferred besides, `interest_paid_at` says when that was approved.
    An order has at most one open refund. `cause_by` is who said whose doing it is, when it was not
    the customer. `poll_at` is when the platform is asked (again), None while there is nothing to
    ask.
    """

    __tablename__ = "finance_refund"
    __table_args__ = (
        CheckConstraint("amount_fen >= 0", name="not_negative"),
        Index(
            "uq_finance_refund_open_order",
            "order_id",
            unique=True,
            sqlite_where=_OPEN_REFUND,
            postgresql_where=_OPEN_REFUND,
        ),
        Index("ix_finance_refund_status_due", "status", "due_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(24), unique=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("finance_order.id"), index=True)
    openid: Mapped[str] = mapped_column(String(64), index=True)
    cause: Mapped[RefundCause] = mapped_column(String(12))
    cause_by: Mapped[int | None] = mapped_column(ForeignKey("security_account.id"))
    reason: Mapped[str] = mapped_column(String(200))
    status: Mapped[RefundStatus] = mapped_column(String(10))
    amount_fen: Mapped[Fen]
    interest_fen: Mapped[Fen] = mapped_column(default=0, server_default="0")
    interest_paid_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    steps: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    by_line: Mapped[list[list[int]]] = mapped_column(JSON)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    poll_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    poll_count: Mapped[int] = mapped_column(default=0)
    note: Mapped[str | None] = mapped_column(String(200))
    source_key: Mapped[str] = mapped_column(String(120), unique=True)
    approvals: Mapped[list["RefundApproval"]] = relationship(
        order_by="RefundApproval.id", lazy="selectin", cascade="all, delete-orphan"
    )


class RefundApproval(Base):
    """同意: one person's yes to the amount as it stands; a recomputed amount is asked anew."""

    __tablename__ = "finance_refund_approval"
    __table_args__ = (UniqueConstraint("refund_id", "account_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    refund_id: Mapped[int] = mapped_column(ForeignKey("finance_refund.id"), index=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("security_account.id"))
    is_head: Mapped[bool]
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class LessonAccount(Base):
    """课时账户: the lessons one order line gave one student. What is left is the sum of its
    entries, nothing else. They last until `expires_on` (not that day itself), None without an
    end."""

    __tablename__ = "finance_lesson_account"

    id: Mapped[int] = mapped_column(primary_key=True)
    student_id: Mapped[int] = mapped_column(ForeignKey("students_student.id"), index=True)
    order_line_id: Mapped[int] = mapped_column(ForeignKey("finance_order_line.id"), unique=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("teaching_course.id"), index=True)
    class_group_id: Mapped[int | None] = mapped_column(
        ForeignKey("teaching_class_group.id"), index=True
    )
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_on: Mapped[date | None] = mapped_column(index=True)


class HourEntry(Base):
    """课时流水: lessons into (+) or out of (−) an account, never changed; a mistake is reversed.
    `source_key` (`buy:7`, `consume:lesson:91`) makes the same cause count once."""

    __tablename__ = "finance_hour_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("finance_lesson_account.id"), index=True)
    kind: Mapped[HourKind] = mapped_column(String(10))
    lessons: Mapped[int]
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    source_key: Mapped[str] = mapped_column(String(80), unique=True)
    reverses_id: Mapped[int | None] = mapped_column(
        ForeignKey("finance_hour_entry.id"), unique=True
    )


class JournalEntry(Base):
    """记账凭证: one business event in the books, once per `source_key`, never changed.

    `booked_on` lies in a month that was open; `happened_on` is the day itself, which may lie in one
    that was closed already. `line_count` is how many lines belong to it: the database lets nobody
    add to them. Enter through `ledger.post` only: see `journal_guard`.
    """

    __tablename__ = "finance_journal_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    source_key: Mapped[str] = mapped_column(String(80), unique=True)
    event: Mapped[Event] = mapped_column(String(16))
    summary: Mapped[str] = mapped_column(String(120), default="")
    booked_on: Mapped[date] = mapped_column(index=True)
    happened_on: Mapped[date]
    line_count: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    order_id: Mapped[int | None] = mapped_column(ForeignKey("finance_order.id"), index=True)
    lines: Mapped[list["JournalLine"]] = relationship(
        back_populates="entry", order_by="JournalLine.id"
    )


class JournalLine(Base):
    """分录: one side of an entry; exactly one of the two amounts is not zero.

    `campus_id` is None for the head office. `flow` is the line of the cash-flow statement, for
    money. Course, class and teacher are there where the amount was earned or spent for them.
    """

    __tablename__ = "finance_journal_line"
    __table_args__ = (
        CheckConstraint(
            "debit_fen >= 0 AND credit_fen >= 0 AND (debit_fen = 0) <> (credit_fen = 0)",
            name="one_side",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(
        ForeignKey("finance_journal_entry.id", deferrable=True, initially="DEFERRED"), index=True
    )
    account: Mapped[LedgerAccount] = mapped_column(String(8), index=True)
    debit_fen: Mapped[Fen] = mapped_column(default=0)
    credit_fen: Mapped[Fen] = mapped_column(default=0)
    order_line_id: Mapped[int | None] = mapped_column(
        ForeignKey("finance_order_line.id"), index=True
    )
    campus_id: Mapped[int | None] = mapped_column(ForeignKey("logistics_campus.id"), index=True)
    course_id: Mapped[int | None] = mapped_column(ForeignKey("teaching_course.id"), index=True)
    class_group_id: Mapped[int | None] = mapped_column(
        ForeignKey("teaching_class_group.id"), index=True
    )
    teacher_id: Mapped[int | None] = mapped_column(ForeignKey("security_account.id"), index=True)
    flow: Mapped[str | None] = mapped_column(String(2))
    entry: Mapped[JournalEntry] = relationship(back_populates="lines")


class Period(Base):
    """会计期间: a month (its first day), open until `closed_at`. Nothing is booked into a month
    that has no row or is closed; it is opened again by two people, one who asks and one who agrees.
    """

    __tablename__ = "finance_period"

    month: Mapped[date] = mapped_column(primary_key=True)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_by: Mapped[int | None] = mapped_column(ForeignKey("security_account.id"))
    reopen_asked_by: Mapped[int | None] = mapped_column(ForeignKey("security_account.id"))
    reopen_reason: Mapped[str] = mapped_column(String(200), default="")
    reopened_by: Mapped[int | None] = mapped_column(ForeignKey("security_account.id"))


guard(journal_guard.GUARD, JournalEntry.__table__, JournalLine.__table__, Period.__table__)
