"""What the clock asks about: rolls not called, what stands decided about a day, classes on their
way."""

from datetime import datetime, timedelta

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import Session

from backend.kit import clock
from backend.teaching.life.queries import CALL_WITHIN
from backend.teaching.models import Attendance, ClassGroup, Course, Lesson
from backend.teaching.schemas import AttendanceSettled, LessonTaught, Mark, Why


def uncalled_ids(session: Session, *, limit: int = 200) -> list[int]:
    """Lessons that ended at least ten minutes ago, have learners, and whose teacher has not been
    reminded of the roll-call that is missing."""
    now = clock.now()
    query = _uncalled().where(
        Lesson.ends_at <= now - timedelta(minutes=10),
        Lesson.starts_at > now - CALL_WITHIN,
        Lesson.reminded_at.is_(None),
    )
    return list(session.scalars(query.order_by(Lesson.ends_at).limit(limit)))


def uncalled_between(session: Session, from_at: datetime, to_at: datetime) -> list[int]:
    """Lessons of [from_at, to_at) that are over, have learners, and whose roll nobody called."""
    query = _uncalled().where(
        Lesson.starts_at >= from_at, Lesson.starts_at < to_at, Lesson.ends_at <= clock.now()
    )
    return list(session.scalars(query))


def settled_between(
    session: Session, from_at: datetime, to_at: datetime
) -> list[AttendanceSettled]:
    """What stands decided about the lessons that began in [from_at, to_at)."""
    query = (
        select(
            Attendance,
            Lesson.starts_at,
            Lesson.teacher_id,
            ClassGroup.id,
            Course.id,
            Course.name,
        )
        .join(Lesson, Lesson.id == Attendance.lesson_id)
        .join(ClassGroup, ClassGroup.id == Lesson.class_group_id)
        .join(Course, Course.id == ClassGroup.course_id)
        .where(
            Lesson.starts_at >= from_at,
            Lesson.starts_at < to_at,
            Attendance.lessons.is_not(None),
        )
        .order_by(Attendance.id)
    )
    return [
        AttendanceSettled(
            attendance_id=place.id,
            revision=place.revision,
            student_id=place.student_id,
            course_id=course_id,
            course_name=course_name,
            class_group_id=class_group_id,
            teacher_id=teacher_id,
            starts_at=starts_at,
            lessons=place.lessons or 0,
            why=Why(place.why or Why.ATTENDED),
        )
        for place, starts_at, teacher_id, class_group_id, course_id, course_name in (
            session.execute(query)
        )
    ]


def taught_between(session: Session, from_at: datetime, to_at: datetime) -> list[LessonTaught]:
    """The lessons that began in [from_at, to_at) and whose roll was called, the oldest first."""
    query = (
        select(Lesson, ClassGroup.course_id, ClassGroup.campus_id)
        .join(ClassGroup, ClassGroup.id == Lesson.class_group_id)
        .where(
            Lesson.status == "planned",
            Lesson.called_at.is_not(None),
            Lesson.starts_at >= from_at,
            Lesson.starts_at < to_at,
        )
        .order_by(Lesson.starts_at, Lesson.id)
    )
    return [
        LessonTaught(
            lesson_id=lesson.id,
            class_group_id=lesson.class_group_id,
            course_id=course_id,
            campus_id=campus_id,
            teacher_id=lesson.teacher_id,
            venue_id=lesson.venue_id,
            starts_at=lesson.starts_at,
            minutes=int((lesson.ends_at - lesson.starts_at).total_seconds()) // 60,
        )
        for lesson, course_id, campus_id in session.execute(query)
    ]


def open_class_ids(session: Session) -> list[int]:
    """Classes that still have lessons."""
    query = select(Lesson.class_group_id).where(
        Lesson.status == "planned", Lesson.starts_at > clock.now()
    )
    return list(session.scalars(query.distinct()))


def _uncalled() -> Select[int]:
    return select(Lesson.id).where(
        Lesson.status == "planned",
        Lesson.called_at.is_(None),
        exists().where(Attendance.lesson_id == Lesson.id, Attendance.status == Mark.EXPECTED),
    )
