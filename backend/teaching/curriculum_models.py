"""Tables of the curriculum: programmes and levels, course standards, and what was taught."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.db import Base, UtcDateTime, guard
from backend.teaching import standard_guard


class Programme(Base):
    """课程体系: a way through a subject, level by level."""

    __tablename__ = "teaching_programme"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40), unique=True)
    subject: Mapped[str] = mapped_column(String(20))
    summary: Mapped[str] = mapped_column(String(200), default="")
    is_active: Mapped[bool] = mapped_column(default=True)


class Level(Base):
    """级别: one step of a programme, which is one course. `from_points` (of 100) in a placement
    lead here; with `needs_before` nobody signs up who has not taken the level before or been placed
    as high."""

    __tablename__ = "teaching_level"
    __table_args__ = (UniqueConstraint("programme_id", "rank"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("teaching_programme.id"))
    rank: Mapped[int]
    name: Mapped[str] = mapped_column(String(20))
    course_id: Mapped[int] = mapped_column(ForeignKey("teaching_course.id"), unique=True)
    from_points: Mapped[int]
    needs_before: Mapped[bool]


class Standard(Base):
    """课程标准: one version for a course: `draft`, `review`, `published`. A published one is never
    changed (`standard_guard`); the highest published version is the one in force."""

    __tablename__ = "teaching_standard"
    __table_args__ = (
        UniqueConstraint("course_id", "version"),
        Index(
            "uq_teaching_standard_open",
            "course_id",
            unique=True,
            sqlite_where=text("status <> 'published'"),
            postgresql_where=text("status <> 'published'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("teaching_course.id"))
    version: Mapped[int]
    status: Mapped[str] = mapped_column(String(10), index=True)
    goals: Mapped[str] = mapped_column(Text, default="")
    methods: Mapped[str] = mapped_column(Text, default="")
    changes: Mapped[str] = mapped_column(String(200), default="")
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class StandardUnit(Base):
    """单元. `key` stays the same through versions, so that what was taught keeps its place."""

    __tablename__ = "teaching_standard_unit"
    __table_args__ = (
        UniqueConstraint("standard_id", "number"),
        UniqueConstraint("standard_id", "key"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    standard_id: Mapped[int] = mapped_column(ForeignKey("teaching_standard.id"))
    number: Mapped[int]
    key: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(60))
    goals: Mapped[str] = mapped_column(Text, default="")
    content: Mapped[str] = mapped_column(Text, default="")
    methods: Mapped[str] = mapped_column(Text, default="")
    lessons: Mapped[int]


class StandardStep(Base):
    """What became of a version, by whom: written, submitted, returned, published."""

    __tablename__ = "teaching_standard_step"

    id: Mapped[int] = mapped_column(primary_key=True)
    standard_id: Mapped[int] = mapped_column(ForeignKey("teaching_standard.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    account_id: Mapped[int] = mapped_column(ForeignKey("security_account.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    words: Mapped[str] = mapped_column(String(200), default="")


class ClassPlan(Base):
    """教学计划: the version that a class is taught by; without a row, the one in force. Which
    lesson has which unit is reckoned from it, never stored."""

    __tablename__ = "teaching_class_plan"

    class_group_id: Mapped[int] = mapped_column(
        ForeignKey("teaching_class_group.id"), primary_key=True
    )
    standard_id: Mapped[int] = mapped_column(ForeignKey("teaching_standard.id"), index=True)


class Covered(Base):
    """讲到: a unit that was taught in a lesson, and whether it was finished there. The name is
    kept: a later version may have no such unit."""

    __tablename__ = "teaching_covered"
    __table_args__ = (UniqueConstraint("lesson_id", "unit_key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    lesson_id: Mapped[int] = mapped_column(ForeignKey("teaching_lesson.id"))
    unit_key: Mapped[str] = mapped_column(String(16))
    unit_name: Mapped[str] = mapped_column(String(60))
    is_finished: Mapped[bool]
    words: Mapped[str] = mapped_column(String(200), default="")
    account_id: Mapped[int] = mapped_column(ForeignKey("security_account.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


guard(standard_guard.GUARD, Standard.__table__, StandardUnit.__table__)
