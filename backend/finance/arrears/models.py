"""Tables of arrears: plans, instalments, rungs of dunning, promises, write-offs, credit lessons."""

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
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backend.kit.db import Base, UtcDateTime

Fen = Annotated[int, mapped_column(BigInteger)]


class InstalmentPlan(Base):
    """分期: the order it began with pays the first part; `started_at` is when it did. `student_id`
    is who learns, known from then on."""

    __tablename__ = "finance_instalment_plan"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("finance_order.id"), unique=True)
    payer_openid: Mapped[str] = mapped_column(String(64), index=True)
    student_id: Mapped[int | None] = mapped_column(ForeignKey("students_student.id"), index=True)
    campus_id: Mapped[int | None] = mapped_column(ForeignKey("logistics_campus.id"), index=True)
    made_by: Mapped[str] = mapped_column(String(80))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Instalment(Base):
    """一期款: lessons of the plan, to be paid by a day; `lines` are ready to be billed. What an
    order pays of it becomes a row of its own (`order_id` says which), the rest stays. `paused` are
    the classes that rest until it is paid (full suspension)."""

    __tablename__ = "finance_instalment"
    __table_args__ = (
        CheckConstraint("amount_fen >= 0", name="not_negative"),
        Index("ix_finance_instalment_status_due", "status", "due_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("finance_instalment_plan.id"), index=True)
    place: Mapped[int]
    due_on: Mapped[date]
    amount_fen: Mapped[Fen]
    lessons: Mapped[int]
    lines: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    status: Mapped[str] = mapped_column(String(12))
    order_id: Mapped[int | None] = mapped_column(ForeignKey("finance_order.id"), index=True)
    paid_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    paused: Mapped[list[int]] = mapped_column(JSON, default=list)
    plan: Mapped[InstalmentPlan] = relationship(lazy="joined")


class DunningStep(Base):
    """催缴记录: a rung of the ladder, said once for an instalment."""

    __tablename__ = "finance_dunning_step"
    __table_args__ = (UniqueConstraint("instalment_id", "step"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    instalment_id: Mapped[int] = mapped_column(ForeignKey("finance_instalment.id"))
    step: Mapped[str] = mapped_column(String(10))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


_OPEN_PROMISE = text("status = 'open'")


class Promise(Base):
    """承诺付款: dunning rests until the end of the day that was promised."""

    __tablename__ = "finance_promise"
    __table_args__ = (
        Index(
            "uq_finance_promise_open",
            "instalment_id",
            unique=True,
            sqlite_where=_OPEN_PROMISE,
            postgresql_where=_OPEN_PROMISE,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    instalment_id: Mapped[int] = mapped_column(ForeignKey("finance_instalment.id"), index=True)
    promised_on: Mapped[date]
    said_by: Mapped[str] = mapped_column(String(80))
    said_at: Mapped[datetime] = mapped_column(UtcDateTime)
    status: Mapped[str] = mapped_column(String(8))


_OPEN_WRITE_OFF = text("status = 'proposed'")


class WriteOff(Base):
    """核销: proposed by one person, done once another has approved it."""

    __tablename__ = "finance_write_off"
    __table_args__ = (
        CheckConstraint("decided_by IS NULL OR decided_by <> proposed_by", name="four_eyes"),
        Index(
            "uq_finance_write_off_open",
            "instalment_id",
            unique=True,
            sqlite_where=_OPEN_WRITE_OFF,
            postgresql_where=_OPEN_WRITE_OFF,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    instalment_id: Mapped[int] = mapped_column(ForeignKey("finance_instalment.id"), index=True)
    reason: Mapped[str] = mapped_column(String(200))
    status: Mapped[str] = mapped_column(String(10))
    loss_fen: Mapped[Fen] = mapped_column(default=0)
    proposed_by: Mapped[int] = mapped_column(ForeignKey("security_account.id"))
    proposed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("security_account.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class CreditLesson(Base):
    """欠费课时: a lesson that was taught before its instalment was paid: revenue against a
    receivable. `settled` is the attendance as it was settled, told again when the money is in;
    `closed_at` is when it was paid or taken back. `is_lost`: written off."""

    __tablename__ = "finance_credit_lesson"

    id: Mapped[int] = mapped_column(primary_key=True)
    attendance_id: Mapped[int] = mapped_column(index=True)
    instalment_id: Mapped[int] = mapped_column(ForeignKey("finance_instalment.id"), index=True)
    amount_fen: Mapped[Fen]
    source_key: Mapped[str] = mapped_column(String(80), unique=True)
    settled: Mapped[dict[str, Any]] = mapped_column(JSON)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    is_lost: Mapped[bool] = mapped_column(default=False)


class ArrearsPolicy(Base):
    """欠费政策: the one row says whether classes rest too (full suspension)."""

    __tablename__ = "finance_arrears_policy"

    id: Mapped[int] = mapped_column(primary_key=True)
    is_full: Mapped[bool]
