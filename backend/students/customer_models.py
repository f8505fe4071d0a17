"""Tables about the list of customers: tags, merges of doubles, and what was imported."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.db import Base, Encrypted, UtcDateTime


class Tag(Base):
    """标签: a mark that people put on students or guardians. Roles in `setters` may; nobody named
    there: everybody who may tag."""

    __tablename__ = "students_tag"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(20), unique=True)
    colour: Mapped[str] = mapped_column(String(10))
    kind: Mapped[str] = mapped_column(String(10))
    setters: Mapped[list[str]] = mapped_column(JSON)
    is_in_use: Mapped[bool] = mapped_column(default=True)


class Tagging(Base):
    """打标签: one tag on one student or one guardian."""

    __tablename__ = "students_tagging"
    __table_args__ = (
        UniqueConstraint("tag_id", "student_id"),
        UniqueConstraint("tag_id", "guardian_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    tag_id: Mapped[int] = mapped_column(ForeignKey("students_tag.id"))
    student_id: Mapped[int | None] = mapped_column(ForeignKey("students_student.id"), index=True)
    guardian_id: Mapped[int | None] = mapped_column(ForeignKey("students_guardian.id"), index=True)
    set_by: Mapped[int] = mapped_column(ForeignKey("security_account.id"))
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Distinct(Base):
    """不是同一人: two files that look like doubles, and are not; the smaller id first."""

    __tablename__ = "students_distinct"

    kind: Mapped[str] = mapped_column(String(10), primary_key=True)
    first_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    second_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    said_by: Mapped[int] = mapped_column(ForeignKey("security_account.id"))
    said_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Proposal(Base):
    """疑似重复: two files that may be one person's, the smaller id first, and the surest reason.
    They are what a search of everybody finds once each `Unsearched` was looked at (`doubles`)."""

    __tablename__ = "students_proposal"
    __table_args__ = (
        UniqueConstraint("kind", "first_id", "second_id"),
        Index("ix_students_proposal_kind_second_id", "kind", "second_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    first_id: Mapped[int]
    second_id: Mapped[int]
    why: Mapped[str] = mapped_column(String(12))


class Unsearched(Base):
    """待查重: a file that changed, written in the unit that changed it; nobody waits for another
    here, because each change is a row of its own."""

    __tablename__ = "students_unsearched"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    person_id: Mapped[int]


class Merge(Base):
    """合并: two files of one person became one. `moved` and `own` name rows by table and column:
    what came from the shell and what the kept file had, which is all that undoing needs. `changes`
    (JSON) holds the values of the kept file before and after."""

    __tablename__ = "students_merge"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    kept_id: Mapped[int] = mapped_column(index=True)
    gone_id: Mapped[int] = mapped_column(index=True)
    moved: Mapped[dict[str, list[Any]]] = mapped_column(JSON)
    own: Mapped[dict[str, list[Any]]] = mapped_column(JSON)
    changes: Mapped[str] = mapped_column(Encrypted("students_merge.changes"))
    merged_by: Mapped[int] = mapped_column(ForeignKey("security_account.id"))
    merged_at: Mapped[datetime] = mapped_column(UtcDateTime)
    undone_by: Mapped[int | None] = mapped_column(ForeignKey("security_account.id"))
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Intake(Base):
    """导入: one workbook of students, read and checked, and carried out once somebody says so."""

    __tablename__ = "students_intake"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(80))
    status: Mapped[str] = mapped_column(String(10), index=True)
    begun_by: Mapped[int] = mapped_column(ForeignKey("security_account.id"))
    begun_at: Mapped[datetime] = mapped_column(UtcDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    updates_known: Mapped[bool] = mapped_column(default=False)


class IntakeRow(Base):
    """导入行: one row of that workbook. `content` (JSON) is what it says, `problems` what is wrong
    per column; `outcome` is written in the unit that does it, so that it is done once."""

    __tablename__ = "students_intake_row"
    __table_args__ = (UniqueConstraint("intake_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    intake_id: Mapped[int] = mapped_column(ForeignKey("students_intake.id"))
    number: Mapped[int]
    content: Mapped[str] = mapped_column(Encrypted("students_intake_row.content"))
    problems: Mapped[dict[str, str]] = mapped_column(JSON)
    plan: Mapped[str] = mapped_column(String(10))
    outcome: Mapped[str | None] = mapped_column(String(10))
