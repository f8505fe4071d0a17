"""Tables of the teaching room."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backend.kit.db import Base, Encrypted, UtcDateTime, guard
from backend.teaching import no_clash


class Course(Base):
    """课程. Grades are 1–12 (小一 = 1 … 高三 = 12), 0 for kindergarten, None when open to all.
    `valid_months` is how long lessons bought of it last; None without an end."""

    __tablename__ = "teaching_course"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    subject: Mapped[str] = mapped_column(String(20), index=True)
    summary: Mapped[str] = mapped_column(Text, default="")
    grade_from: Mapped[int | None]
    grade_to: Mapped[int | None]
    valid_months: Mapped[int | None]
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
    """课次: one meeting of a class, half-open [starts_at, ends_at). `status` is planned or
    cancelled; `called_at` is when the roll was called first. Where and when its people are busy
    stands in `Booking`, written by the database itself."""

    __tablename__ = "teaching_lesson"
    __table_args__ = (Index("ix_teaching_lesson_group_start", "class_group_id", "starts_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    class_group_id: Mapped[int] = mapped_column(ForeignKey("teaching_class_group.id"))
    teacher_id: Mapped[int] = mapped_column(ForeignKey("security_account.id"), index=True)
    assistant_id: Mapped[int | None] = mapped_column(ForeignKey("security_account.id"), index=True)
    venue_id: Mapped[int | None] = mapped_column(ForeignKey("logistics_venue.id"), index=True)
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    status: Mapped[str] = mapped_column(String(12), default="planned")
    called_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    called_by: Mapped[int | None] = mapped_column(ForeignKey("security_account.id"))
    reminded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    summary: Mapped[str | None] = mapped_column(Text)


class Enrollment(Base):
    """在班: one seat in a class. `held` until `held_until` for a sign-up that is being paid (then
    `holder` names it), `active` for a student, `ended` afterwards. A student sits in the lessons of
    the days [starts_on, ends_on)."""

    __tablename__ = "teaching_enrollment"

    id: Mapped[int] = mapped_column(primary_key=True)
    class_group_id: Mapped[int] = mapped_column(ForeignKey("teaching_class_group.id"), index=True)
    student_id: Mapped[int | None] = mapped_column(ForeignKey("students_student.id"), index=True)
    holder: Mapped[str] = mapped_column(String(60), unique=True)
    status: Mapped[str] = mapped_column(String(10))
    held_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Booking(Base):
    """占用: who or what is busy with a lesson, and when. Written by the database's own triggers
    from `Lesson` and `Attendance`, by nobody else; two that overlap are refused (T4)."""

    __tablename__ = "teaching_booking"
    __table_args__ = (Index("ix_teaching_booking_who_when", "kind", "resource_id", "starts_at"),)

    lesson_id: Mapped[int] = mapped_column(
        ForeignKey("teaching_lesson.id", ondelete="CASCADE"), primary_key=True
    )
    kind: Mapped[int] = mapped_column(primary_key=True)
    resource_id: Mapped[int] = mapped_column(primary_key=True)
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Attendance(Base):
    """考勤: one learner's place in one lesson, from `expected` to what the roll-call found.

    `lessons` is what it consumes by the latest decision, `why` the reason, `revision` how often it
    was decided; None while nothing is decided. `absence_id` is what a makeup makes up for.
    """

    __tablename__ = "teaching_attendance"
    __table_args__ = (UniqueConstraint("lesson_id", "student_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    lesson_id: Mapped[int] = mapped_column(ForeignKey("teaching_lesson.id"))
    student_id: Mapped[int] = mapped_column(ForeignKey("students_student.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    status: Mapped[str] = mapped_column(String(10))
    late_minutes: Mapped[int | None]
    absence_id: Mapped[int | None] = mapped_column(ForeignKey("teaching_absence.id"), index=True)
    lessons: Mapped[int | None]
    why: Mapped[str | None] = mapped_column(String(20))
    revision: Mapped[int] = mapped_column(default=0)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)


class Guest(Base):
    """试听座位: somebody without a student file who comes to one lesson. `holder` names what it is
    for in the room above, `name` is what the teacher calls; it counts as a taken place and never
    consumes."""

    __tablename__ = "teaching_guest"

    id: Mapped[int] = mapped_column(primary_key=True)
    lesson_id: Mapped[int] = mapped_column(ForeignKey("teaching_lesson.id"), index=True)
    holder: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(40))
    status: Mapped[str] = mapped_column(String(10))


class AttendanceChange(Base):
    """更正: a roll-call that was changed, by whom, from what to what, and why."""

    __tablename__ = "teaching_attendance_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    attendance_id: Mapped[int] = mapped_column(ForeignKey("teaching_attendance.id"), index=True)
    was: Mapped[str] = mapped_column(String(10))
    became: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(Text)
    account_id: Mapped[int] = mapped_column(ForeignKey("security_account.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class Leave(Base):
    """请假: asked for at `asked_at`, which decides whether it was in time. The words may tell of an
    illness, so they are encrypted."""

    __tablename__ = "teaching_leave"
    __table_args__ = (
        Index(
            "uq_teaching_leave_open",
            "student_id",
            "lesson_id",
            unique=True,
            sqlite_where=text("revoked_at IS NULL"),
            postgresql_where=text("revoked_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    student_id: Mapped[int] = mapped_column(ForeignKey("students_student.id"))
    lesson_id: Mapped[int] = mapped_column(ForeignKey("teaching_lesson.id"), index=True)
    words: Mapped[str] = mapped_column(Encrypted("teaching_leave.words"))
    asked_by: Mapped[str] = mapped_column(String(80))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Absence(Base):
    """缺课: a lesson missed that may be made up until `expires_on` (not that day itself)."""

    __tablename__ = "teaching_absence"
    __table_args__ = (UniqueConstraint("student_id", "lesson_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    student_id: Mapped[int] = mapped_column(ForeignKey("students_student.id"))
    lesson_id: Mapped[int] = mapped_column(ForeignKey("teaching_lesson.id"), index=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("teaching_course.id"), index=True)
    status: Mapped[str] = mapped_column(String(10))
    expires_on: Mapped[date]


class Suspension(Base):
    """停课: a learner is away from a class on the days [from_on, to_on); open-ended without."""

    __tablename__ = "teaching_suspension"

    id: Mapped[int] = mapped_column(primary_key=True)
    enrollment_id: Mapped[int] = mapped_column(ForeignKey("teaching_enrollment.id"), index=True)
    from_on: Mapped[date]
    to_on: Mapped[date | None]
    asked_by: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Transfer(Base):
    """转班: a seat exchanged for one in another class of the same course, from a day on."""

    __tablename__ = "teaching_transfer"

    id: Mapped[int] = mapped_column(primary_key=True)
    from_enrollment_id: Mapped[int] = mapped_column(
        ForeignKey("teaching_enrollment.id"), unique=True
    )
    to_enrollment_id: Mapped[int] = mapped_column(ForeignKey("teaching_enrollment.id"), unique=True)
    on: Mapped[date]
    asked_by: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Substitution(Base):
    """代课: a lesson whose teacher cannot come, who could, and what became of it."""

    __tablename__ = "teaching_substitution"

    id: Mapped[int] = mapped_column(primary_key=True)
    lesson_id: Mapped[int] = mapped_column(ForeignKey("teaching_lesson.id"), index=True)
    absent_id: Mapped[int] = mapped_column(ForeignKey("security_account.id"), index=True)
    substitute_id: Mapped[int | None] = mapped_column(ForeignKey("security_account.id"))
    status: Mapped[str] = mapped_column(String(10), index=True)
    words: Mapped[str] = mapped_column(Encrypted("teaching_substitution.words"))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("security_account.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Homework(Base):
    """作业: what a class has to do until `due_at`. `source_key` names the message or form it came
    from; from `withdrawn_at` on nobody has to do it."""

    __tablename__ = "teaching_homework"

    id: Mapped[int] = mapped_column(primary_key=True)
    class_group_id: Mapped[int] = mapped_column(ForeignKey("teaching_class_group.id"), index=True)
    teacher_id: Mapped[int] = mapped_column(ForeignKey("security_account.id"), index=True)
    words: Mapped[str] = mapped_column(Text)
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    source_key: Mapped[str] = mapped_column(String(120), unique=True)


class HandIn(Base):
    """交的作业: what one learner has handed in of it, one row however often; pictures are
    attachments held by it. `changed_at` is when something was added last, `revision` counts what
    the teacher has said to it."""

    __tablename__ = "teaching_hand_in"
    __table_args__ = (UniqueConstraint("homework_id", "student_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    homework_id: Mapped[int] = mapped_column(ForeignKey("teaching_homework.id"))
    student_id: Mapped[int] = mapped_column(ForeignKey("students_student.id"), index=True)
    words: Mapped[str] = mapped_column(Encrypted("teaching_hand_in.words"))
    handed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    handed_by: Mapped[str] = mapped_column(String(80), index=True)
    grade: Mapped[str | None] = mapped_column(String(10))
    comment: Mapped[str | None] = mapped_column(Encrypted("teaching_hand_in.comment"))
    commented_by: Mapped[int | None] = mapped_column(ForeignKey("security_account.id"))
    commented_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revision: Mapped[int] = mapped_column(default=0)


class Exam(Base):
    """测验: one test or assessment of a class. Families see its scores from `published_at` on;
    `source_key` names the form it came from."""

    __tablename__ = "teaching_exam"

    id: Mapped[int] = mapped_column(primary_key=True)
    class_group_id: Mapped[int] = mapped_column(ForeignKey("teaching_class_group.id"), index=True)
    name: Mapped[str] = mapped_column(String(60))
    held_on: Mapped[date]
    full_mark: Mapped[int]
    noted_by: Mapped[int] = mapped_column(ForeignKey("security_account.id"))
    noted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    source_key: Mapped[str] = mapped_column(String(120), unique=True)


class Score(Base):
    """成绩: what one learner reached in a test, a number or a word; no `mark` when it was taken
    away. `revision` counts corrections."""

    __tablename__ = "teaching_score"
    __table_args__ = (UniqueConstraint("exam_id", "student_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    exam_id: Mapped[int] = mapped_column(ForeignKey("teaching_exam.id"))
    student_id: Mapped[int] = mapped_column(ForeignKey("students_student.id"), index=True)
    mark: Mapped[str | None] = mapped_column(Encrypted("teaching_score.mark"))
    comment: Mapped[str | None] = mapped_column(Encrypted("teaching_score.comment"))
    entered_by: Mapped[int] = mapped_column(ForeignKey("security_account.id"))
    entered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revision: Mapped[int] = mapped_column(default=0)


class ScoreChange(Base):
    """更正: a mark that was replaced, what it was and by whom."""

    __tablename__ = "teaching_score_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    score_id: Mapped[int] = mapped_column(ForeignKey("teaching_score.id"), index=True)
    was: Mapped[str | None] = mapped_column(Encrypted("teaching_score_change.was"))
    account_id: Mapped[int] = mapped_column(ForeignKey("security_account.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class AttendancePolicy(Base):
    """考勤规定: what a lesson missed costs, published from a day on, for a course, for a type of
    learners, or for all, of one campus or everywhere. Published ones are never edited; a later one
    takes their place."""

    __tablename__ = "teaching_attendance_policy"

    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int | None] = mapped_column(ForeignKey("teaching_course.id"), index=True)
    learner_type: Mapped[str | None] = mapped_column(String(10))
    campus_id: Mapped[int | None] = mapped_column(ForeignKey("logistics_campus.id"))
    effective_from: Mapped[date]
    terms: Mapped[dict[str, Any]] = mapped_column(JSON)
    published_at: Mapped[datetime] = mapped_column(UtcDateTime)


guard(no_clash.GUARD, Lesson.__table__, Attendance.__table__, Booking.__table__)
