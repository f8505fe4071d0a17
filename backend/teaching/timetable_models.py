"""Tables around the timetable: what people and rooms can do, drafts of it, and changes of it."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.db import Base, Encrypted, UtcDateTime


class StaffHours(Base):
    """教师时间: what a teacher teaches and assists in (subjects), and when. Windows are
    `[{"weekday": 5, "start": 540, "end": 1230}]`, minutes after midnight; no `hours`: always."""

    __tablename__ = "teaching_staff_hours"

    account_id: Mapped[int] = mapped_column(ForeignKey("security_account.id"), primary_key=True)
    teaches: Mapped[list[str]] = mapped_column(JSON)
    assists: Mapped[list[str]] = mapped_column(JSON)
    hours: Mapped[list[dict[str, int]]] = mapped_column(JSON)
    avoids: Mapped[list[dict[str, int]]] = mapped_column(JSON)
    max_per_day: Mapped[int]


class LearnerBusy(Base):
    """学员时间: a stretch of every week in which a learner can never come."""

    __tablename__ = "teaching_learner_busy"

    id: Mapped[int] = mapped_column(primary_key=True)
    student_id: Mapped[int] = mapped_column(ForeignKey("students_student.id"), index=True)
    weekday: Mapped[int]
    start: Mapped[int]
    end: Mapped[int]


class RoomFitting(Base):
    """教室设备: what is in a room, besides its seats."""

    __tablename__ = "teaching_room_fitting"

    venue_id: Mapped[int] = mapped_column(ForeignKey("logistics_venue.id"), primary_key=True)
    equipment: Mapped[list[str]] = mapped_column(JSON)


class ClassNeed(Base):
    """班级要求: what a class needs besides teacher and seats. Without a row: its own teacher, a
    room, no assistant."""

    __tablename__ = "teaching_class_need"

    class_group_id: Mapped[int] = mapped_column(
        ForeignKey("teaching_class_group.id"), primary_key=True
    )
    equipment: Mapped[list[str]] = mapped_column(JSON)
    is_assisted: Mapped[bool]
    is_online: Mapped[bool]
    any_teacher: Mapped[bool]


class CampusWay(Base):
    """校区路程: minutes between two campuses, the smaller id first."""

    __tablename__ = "teaching_campus_way"

    from_id: Mapped[int] = mapped_column(ForeignKey("logistics_campus.id"), primary_key=True)
    to_id: Mapped[int] = mapped_column(ForeignKey("logistics_campus.id"), primary_key=True)
    minutes: Mapped[int]


class TimeOff(Base):
    """不可用时段: a teacher away, a room under repair, the house closed, or a school break.
    `subject_id` is the account or the room; 0 for the house and for breaks."""

    __tablename__ = "teaching_time_off"
    __table_args__ = (Index("ix_teaching_time_off_kind_subject", "kind", "subject_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(12))
    subject_id: Mapped[int]
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    words: Mapped[str] = mapped_column(String(60))


class DraftRun(Base):
    """排课: one timetable being made, made, or adopted, for the classes of `class_group_ids` on the
    days [first_on, last_on]. `lease` names the process at work, which has to say so by
    `beat_at`."""

    __tablename__ = "teaching_draft_run"

    id: Mapped[int] = mapped_column(primary_key=True)
    status: Mapped[str] = mapped_column(String(10), index=True)
    title: Mapped[str] = mapped_column(String(80))
    campus_id: Mapped[int | None] = mapped_column(ForeignKey("logistics_campus.id"))
    class_group_ids: Mapped[list[int]] = mapped_column(JSON)
    first_on: Mapped[date]
    last_on: Mapped[date]
    seconds: Mapped[int]
    asked_by: Mapped[int] = mapped_column(ForeignKey("security_account.id"))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    source_key: Mapped[str] = mapped_column(String(60), unique=True)
    lease: Mapped[str | None] = mapped_column(String(32))
    beat_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    tries: Mapped[int] = mapped_column(default=0)
    is_cancelled: Mapped[bool] = mapped_column(default=False)
    passed: Mapped[int] = mapped_column(default=0)
    cost: Mapped[int | None]
    bound: Mapped[int | None]
    unplaced: Mapped[int | None]
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    adopted_by: Mapped[int | None] = mapped_column(ForeignKey("security_account.id"))
    adopted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class DraftLesson(Base):
    """草案课次: where a draft would have a lesson; `lesson_id` is the lesson that would move there
    from `was`, None for a new one."""

    __tablename__ = "teaching_draft_lesson"

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("teaching_draft_run.id"), index=True)
    class_group_id: Mapped[int] = mapped_column(ForeignKey("teaching_class_group.id"))
    lesson_id: Mapped[int | None] = mapped_column(ForeignKey("teaching_lesson.id"))
    teacher_id: Mapped[int] = mapped_column(ForeignKey("security_account.id"))
    assistant_id: Mapped[int | None] = mapped_column(ForeignKey("security_account.id"))
    venue_id: Mapped[int | None] = mapped_column(ForeignKey("logistics_venue.id"))
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    was: Mapped[dict[str, Any] | None] = mapped_column(JSON)


class DraftGap(Base):
    """未排上: lessons of a class that a draft has no place for, why, and what would help."""

    __tablename__ = "teaching_draft_gap"

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("teaching_draft_run.id"), index=True)
    class_group_id: Mapped[int] = mapped_column(ForeignKey("teaching_class_group.id"))
    lessons: Mapped[int]
    cause: Mapped[str] = mapped_column(String(16))
    reliefs: Mapped[list[dict[str, Any]]] = mapped_column(JSON)


class TimetableChange(Base):
    """调课: one decision that moved lessons, by whom and why; `overrode` are the rules that it was
    taken against."""

    __tablename__ = "teaching_timetable_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    by: Mapped[int] = mapped_column(ForeignKey("security_account.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    reason: Mapped[str] = mapped_column(Text)
    overrode: Mapped[list[str]] = mapped_column(JSON)


class MovedLesson(Base):
    """What one change did to one lesson: `was` and `became` are places as `drafts.places` writes
    them."""

    __tablename__ = "teaching_moved_lesson"

    change_id: Mapped[int] = mapped_column(
        ForeignKey("teaching_timetable_change.id"), primary_key=True
    )
    lesson_id: Mapped[int] = mapped_column(
        ForeignKey("teaching_lesson.id"), primary_key=True, index=True
    )
    was: Mapped[dict[str, Any]] = mapped_column(JSON)
    became: Mapped[dict[str, Any]] = mapped_column(JSON)


class ChangeReceipt(Base):
    """回执: a learner's family or a member of staff who was told of a change, whether they have
    seen it, and what they object. Its id is the number that they answer with."""

    __tablename__ = "teaching_change_receipt"
    __table_args__ = (
        UniqueConstraint("change_id", "student_id"),
        UniqueConstraint("change_id", "account_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    change_id: Mapped[int] = mapped_column(ForeignKey("teaching_timetable_change.id"), index=True)
    student_id: Mapped[int | None] = mapped_column(ForeignKey("students_student.id"), index=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("security_account.id"))
    seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    objected_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    words: Mapped[str | None] = mapped_column(Encrypted("teaching_change_receipt.words"))
    ticket_number: Mapped[str | None] = mapped_column(String(20))


class Feed(Base):
    """日历订阅: a secret address where a calendar reads the lessons of a learner, a teacher or a
    room, for whoever asked for it, as long as they may and have not revoked it."""

    __tablename__ = "teaching_feed"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    student_id: Mapped[int | None] = mapped_column(ForeignKey("students_student.id"), index=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("security_account.id"))
    venue_id: Mapped[int | None] = mapped_column(ForeignKey("logistics_venue.id"))
    openid: Mapped[str | None] = mapped_column(String(64), index=True)
    made_by: Mapped[int | None] = mapped_column(ForeignKey("security_account.id"))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    token: Mapped[str] = mapped_column(Encrypted("teaching_feed.token"))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
