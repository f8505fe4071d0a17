"""Tables of tickets and of what is done about them (S7–S10)."""

from datetime import date, datetime

from sqlalchemy import JSON, ForeignKey, Index, String, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.db import Base, UtcDateTime

_SHOWN_BY = ("owner_id", "category", "severity", "campus_id")


class Ticket(Base):
    """工单: feedback or a complaint with a deadline and somebody responsible (S7, S8).

    `customer` is what staff call its author; of an anonymous one they see «匿名客户» and no
    guardian is kept: `openid` then serves the answer alone. The clocks run from `reopened_at` or
    `opened_at`; `paused_seconds` is the office time that they stood still, `paused_at` since when
    they do. `asked_at` is since when it is the customer's turn, `reminded_at` when they were
    reminded. `rung` is how much of the ladder of warnings has been climbed, `look_at` when the
    clock has to look again. `tried` are the accounts that had it before.
    """

    __tablename__ = "students_ticket"
    __table_args__ = (
        Index("ix_students_ticket_board", "status", "resolve_due_at", "id"),
        *(
            Index(f"ix_students_ticket_board_{name}", name, "status", "resolve_due_at", "id")
            for name in _SHOWN_BY
        ),
        Index("ix_students_ticket_openid_id", "openid", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(20), unique=True)
    kind: Mapped[str] = mapped_column(String(20))
    category: Mapped[str] = mapped_column(String(20))
    severity: Mapped[str] = mapped_column(String(10), default="normal", server_default="normal")
    status: Mapped[str] = mapped_column(String(20))
    text: Mapped[str] = mapped_column(Text)
    openid: Mapped[str] = mapped_column(String(64))
    is_anonymous: Mapped[bool] = mapped_column(default=False, server_default=false())
    customer: Mapped[str] = mapped_column(String(60), default="微信客户", server_default="微信客户")
    guardian_id: Mapped[int | None] = mapped_column(ForeignKey("students_guardian.id"), index=True)
    campus_id: Mapped[int | None] = mapped_column(ForeignKey("logistics_campus.id"))
    teacher_id: Mapped[int | None] = mapped_column(ForeignKey("security_account.id"))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("security_account.id"))
    role: Mapped[str | None] = mapped_column(String(20))
    tried: Mapped[list[int]] = mapped_column(JSON, default=list, server_default="[]")
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    reopened_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reopened: Mapped[int] = mapped_column(default=0, server_default="0")
    respond_due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    resolve_due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    paused_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    paused_seconds: Mapped[int] = mapped_column(default=0, server_default="0")
    acknowledged_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    responded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reminded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    rung: Mapped[int] = mapped_column(default=0, server_default="0")
    look_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    is_response_late: Mapped[bool] = mapped_column(default=False, server_default=false())
    is_resolution_late: Mapped[bool] = mapped_column(default=False, server_default=false())
    cause: Mapped[str | None] = mapped_column(String(20))
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_by: Mapped[str | None] = mapped_column(String(12))
    rating: Mapped[int | None]
    rating_word: Mapped[str | None] = mapped_column(Text)
    source_key: Mapped[str] = mapped_column(String(120), unique=True)


class TicketNote(Base):
    """工单记录: what was said or done about a ticket, by staff, by its author (no account and
    `said`) or by the clock (no account and `event`). Only `answer` and `question` ever reach the
    author."""

    __tablename__ = "students_ticket_note"

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("students_ticket.id"), index=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("security_account.id"))
    kind: Mapped[str] = mapped_column(String(10), default="said", server_default="said")
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class TicketTask(Base):
    """任务: what another department does for a ticket, which is not resolved before."""

    __tablename__ = "students_ticket_task"

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("students_ticket.id"), index=True)
    role: Mapped[str] = mapped_column(String(20))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("security_account.id"), index=True)
    given_by: Mapped[int] = mapped_column(ForeignKey("security_account.id"))
    text: Mapped[str] = mapped_column(Text)
    given_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    look_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    done_note: Mapped[str | None] = mapped_column(Text)


class TicketAlert(Base):
    """提醒: what a member of staff has to hear about a ticket; many at once become one notice."""

    __tablename__ = "students_ticket_alert"
    __table_args__ = (Index("ix_students_ticket_alert_account_id_at", "account_id", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(120), unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("security_account.id"))
    ticket_id: Mapped[int] = mapped_column(ForeignKey("students_ticket.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    held_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)


class SavedAnswer(Base):
    """常用答复: words that staff send again and again, by their short name."""

    __tablename__ = "students_saved_answer"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(20), unique=True)
    text: Mapped[str] = mapped_column(Text)
    changed_by: Mapped[int] = mapped_column(ForeignKey("security_account.id"))
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Absence(Base):
    """不在岗: somebody gets no new tickets in [from_at, to_at)."""

    __tablename__ = "students_absence"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("security_account.id"), index=True)
    from_at: Mapped[datetime] = mapped_column(UtcDateTime)
    to_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class CorrectiveAction(Base):
    """纠正措施: what we change so that a cause comes up no more (S10), done with evidence."""

    __tablename__ = "students_corrective_action"

    id: Mapped[int] = mapped_column(primary_key=True)
    cause: Mapped[str] = mapped_column(String(20), index=True)
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("students_ticket.id"), index=True)
    text: Mapped[str] = mapped_column(Text)
    owner_id: Mapped[int] = mapped_column(ForeignKey("security_account.id"), index=True)
    begun_by: Mapped[int] = mapped_column(ForeignKey("security_account.id"))
    begun_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_on: Mapped[date]
    look_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    evidence: Mapped[str | None] = mapped_column(Text)
