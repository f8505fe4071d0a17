"""Tables about the file: looks at it, copies of it, and its end."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.db import Base, Encrypted, UtcDateTime


class Look(Base):
    """查看记录: somebody of ours unmasked fields of a learner, until when, and why
    (未成年人网络保护条例 §36). Its audit entry is written in the same unit."""

    __tablename__ = "students_look"
    __table_args__ = (Index("ix_students_look_student_id_at", "student_id", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    student_id: Mapped[int] = mapped_column(ForeignKey("students_student.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("security_account.id"), index=True)
    fields: Mapped[list[str]] = mapped_column(JSON)
    reason: Mapped[str] = mapped_column(String(20))
    note: Mapped[str] = mapped_column(Encrypted("students_look.note"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    until_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Export(Base):
    """资料导出: a copy that its requester may fetch until `expires_at` (PIPL §45). The files lie
    encrypted; `due_at` is when somebody has to make or to forget them. `whose` is who the WeChat
    was for us when it was made: it is fetched while that is so."""

    __tablename__ = "students_export"
    __table_args__ = (Index("ix_students_export_openid_asked_at", "openid", "asked_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    openid: Mapped[str] = mapped_column(String(64))
    whose: Mapped[str] = mapped_column(String(40))
    status: Mapped[str] = mapped_column(String(10))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    json_name: Mapped[str | None] = mapped_column(String(64))
    pdf_name: Mapped[str | None] = mapped_column(String(64))


class Erasure(Base):
    """删除申请: a family wants to be forgotten (PIPL §47). A person decides until `due_at`;
    `done` lists the steps that are behind us. `openid` is needed to tell them the end, then gone.

    A guardian asks with their children, a learner of age for themselves; whoever only asked us
    things has neither file, and is their WeChat.
    """

    __tablename__ = "students_erasure"
    __table_args__ = (
        Index(
            "uq_students_erasure_open",
            "guardian_id",
            unique=True,
            sqlite_where=text("finished_at IS NULL"),
            postgresql_where=text("finished_at IS NULL"),
        ),
        Index(
            "uq_students_erasure_open_student",
            "student_id",
            unique=True,
            sqlite_where=text("finished_at IS NULL"),
            postgresql_where=text("finished_at IS NULL"),
        ),
        Index(
            "uq_students_erasure_open_openid",
            "openid",
            unique=True,
            sqlite_where=text("finished_at IS NULL"),
            postgresql_where=text("finished_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    guardian_id: Mapped[int | None] = mapped_column(ForeignKey("students_guardian.id"), index=True)
    student_id: Mapped[int | None] = mapped_column(ForeignKey("students_student.id"), index=True)
    openid: Mapped[str | None] = mapped_column(String(64))
    openids: Mapped[list[str]] = mapped_column(JSON)
    student_ids: Mapped[list[int]] = mapped_column(JSON)
    status: Mapped[str] = mapped_column(String(10), index=True)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reminded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("security_account.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    note: Mapped[str] = mapped_column(Text, default="")
    done: Mapped[list[str]] = mapped_column(JSON, default=list)
    counts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Erased(Base):
    """已删除名单: keyed hashes of who was erased, so that a backup brings nobody back silently."""

    __tablename__ = "students_erased"

    mark: Mapped[str] = mapped_column(String(64), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
