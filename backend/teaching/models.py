"""Tables of the teaching room."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backend.kit.db import Base, UtcDateTime


class Course(Base):
    """课程. Grades are 1–12 (小一 = 1 … 高三 = 12), 0 for kindergarten, None when open to all."""

    __tablename__ = "teaching_course"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    subject: Mapped[str] = mapped_column(String(20), index=True)
    summary: Mapped[str] = mapped_column(Text, default="")
    grade_from: Mapped[int | None]
    grade_to: Mapped[int | None]
    is_active: Mapped[bool] = mapped_column(default=True)
    class_groups: Mapped[list["ClassGroup"]] = relationship(back_populates="course")


class ClassGroup(Base):
    """班级. `weekly` lists its usual slots: `[{"weekday": 5, "start": "09:00", "minutes": 90}]`,
    weekday 0 = Monday, local time."""

    __tablename__ = "teaching_class_group"

    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("teaching_course.id"), index=True)
    campus_id: Mapped[int] = mapped_column(ForeignKey("logistics_campus.id"), index=True)
    venue_id: Mapped[int | None] = mapped_column(ForeignKey("logistics_venue.id"), index=True)
    teacher_id: Mapped[int] = mapped_column(ForeignKey("security_account.id"), index=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    capacity: Mapped[int]
    starts_on: Mapped[date]
    lesson_count: Mapped[int]
    weekly: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    is_open: Mapped[bool] = mapped_column(default=True)
    course: Mapped[Course] = relationship(back_populates="class_groups")


class Lesson(Base):
    """课次: one meeting of a class, half-open [starts_at, ends_at)."""

    __tablename__ = "teaching_lesson"
    __table_args__ = (Index("ix_teaching_lesson_group_start", "class_group_id", "starts_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    class_group_id: Mapped[int] = mapped_column(ForeignKey("teaching_class_group.id"))
    teacher_id: Mapped[int] = mapped_column(ForeignKey("security_account.id"), index=True)
    venue_id: Mapped[int | None] = mapped_column(ForeignKey("logistics_venue.id"), index=True)
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    status: Mapped[str] = mapped_column(String(12), default="planned")


class Enrollment(Base):
    """在班: one seat in a class. `held` until `held_until` for a sign-up that is being paid (then
    `holder` names it), `active` for a student, `ended` afterwards."""

    __tablename__ = "teaching_enrollment"

    id: Mapped[int] = mapped_column(primary_key=True)
    class_group_id: Mapped[int] = mapped_column(ForeignKey("teaching_class_group.id"), index=True)
    student_id: Mapped[int | None] = mapped_column(ForeignKey("students_student.id"), index=True)
    holder: Mapped[str] = mapped_column(String(60), unique=True)
    status: Mapped[str] = mapped_column(String(10))
    held_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
