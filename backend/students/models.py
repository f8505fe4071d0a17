"""Tables of the students room. Phones are encrypted and searched by blind index (S2)."""

from datetime import date, datetime

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backend.kit.db import Base, Encrypted, UtcDateTime
from backend.students import ticket_models as ticket_models


class Student(Base):
    """学员: the file of one learner. `grade` is the school grade as people say it (三年级)."""

    __tablename__ = "students_student"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    grade: Mapped[str | None] = mapped_column(String(20))
    birth_on: Mapped[date | None]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    guardianships: Mapped[list["Guardianship"]] = relationship(back_populates="student")


class Guardian(Base):
    """监护人: the contract party for a minor."""

    __tablename__ = "students_guardian"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    phone: Mapped[str] = mapped_column(Encrypted("students_guardian.phone"))
    phone_index: Mapped[str] = mapped_column(String(64), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    guardianships: Mapped[list["Guardianship"]] = relationship(back_populates="guardian")


class Guardianship(Base):
    """监护关系: several children to a guardian, several guardians to a child."""

    __tablename__ = "students_guardianship"
    __table_args__ = (UniqueConstraint("guardian_id", "student_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    guardian_id: Mapped[int] = mapped_column(ForeignKey("students_guardian.id"))
    student_id: Mapped[int] = mapped_column(ForeignKey("students_student.id"), index=True)
    guardian: Mapped[Guardian] = relationship(back_populates="guardianships")
    student: Mapped[Student] = relationship(back_populates="guardianships")


class Consent(Base):
    """同意: who agreed to which version of what, when (PIPL §§14, 29, 31)."""

    __tablename__ = "students_consent"
    __table_args__ = (Index("ix_students_consent_openid_purpose", "openid", "purpose"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    openid: Mapped[str] = mapped_column(String(64))
    guardian_id: Mapped[int | None] = mapped_column(ForeignKey("students_guardian.id"), index=True)
    purpose: Mapped[str] = mapped_column(String(40))
    version: Mapped[str] = mapped_column(String(20))
    given_at: Mapped[datetime] = mapped_column(UtcDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Attachment(Base):
    """附件: a picture, voice, video or file that somebody sent in the chat.

    The row is there at once; the bytes follow by a job (`media_id` lives three days at WeChat) and
    lie encrypted under `file_name`. Without a ticket it waits for one, or is nobody's business.
    """

    __tablename__ = "students_attachment"
    __table_args__ = (Index("ix_students_attachment_openid_received_at", "openid", "received_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    openid: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(10))
    purpose: Mapped[str] = mapped_column(String(12))
    status: Mapped[str] = mapped_column(String(10))
    media_id: Mapped[str] = mapped_column(String(255))
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("students_ticket.id"), index=True)
    content_type: Mapped[str | None] = mapped_column(String(40))
    size_bytes: Mapped[int | None]
    file_name: Mapped[str | None] = mapped_column(String(64), index=True)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    source_key: Mapped[str] = mapped_column(String(120), unique=True)


class Takeover(Base):
    """接管: a person leads the talk with a customer, and the bot is silent in it (C3).

    Its id is the number by which the owner calls it, never used again: a late answer cannot reach
    somebody else. It begins at `begins_at` (the next opening when nobody works now).
    `waiting_since` is since when the present owner has left something unanswered, None while it is
    the customer's turn; `due_at` when somebody has to look at it again. `tried` are the accounts
    that had it before and did not answer.
    """

    __tablename__ = "students_takeover"
    __table_args__ = (
        Index(
            "uq_students_takeover_open",
            "openid",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    openid: Mapped[str] = mapped_column(String(64))
    customer: Mapped[str] = mapped_column(String(40))
    role: Mapped[str] = mapped_column(String(20))
    owner_id: Mapped[int] = mapped_column(ForeignKey("security_account.id"), index=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("students_ticket.id"), index=True)
    begins_at: Mapped[datetime] = mapped_column(UtcDateTime)
    begun_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    waiting_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    nudged_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    last_said: Mapped[str] = mapped_column(Text)
    suggestions: Mapped[list[str]] = mapped_column(JSON)
    tried: Mapped[list[int]] = mapped_column(JSON)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_by: Mapped[str | None] = mapped_column(String(12))
