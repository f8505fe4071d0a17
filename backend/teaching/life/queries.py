"""Reads about attendance: who comes, who came, what is open. Bounded numbers of statements."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import Session

from backend.kit import clock
from backend.kit.errors import NotFound
from backend.teaching import no_clash, queries, rules
from backend.teaching.models import (
    Absence,
    Attendance,
    Booking,
    ClassGroup,
    Course,
    Guest,
    Leave,
    Lesson,
)
from backend.teaching.schemas import (
    MISSED,
    AbsenceStatus,
    AbsenceView,
    AttendanceView,
    GuestView,
    LeaveView,
    LessonView,
    Mark,
)

CALL_WITHIN = timedelta(days=14)
"""How far back a teacher is asked for a roll that was not called."""


def seats_taken() -> ColumnElement[int]:
    """How many learners and guests are coming to the lesson of the surrounding query."""
    learners, guests = (
        select(func.count(table.id))
        .where(table.lesson_id == Lesson.id, table.status.not_in((Mark.LEAVE, Mark.FREED)))
        .correlate(Lesson)
        .scalar_subquery()
        for table in (Attendance, Guest)
    )
    return learners + guests


def guests_of(session: Session, lesson_id: int) -> list[GuestView]:
    """Everybody who tries a lesson, in the order in which they came to it."""
    query = select(Guest).where(Guest.lesson_id == lesson_id, Guest.status != Mark.FREED)
    return [GuestView.model_validate(row) for row in session.scalars(query.order_by(Guest.id))]


def guests_due(
    session: Session,
    *,
    from_at: datetime,
    to_at: datetime,
    campus_id: int | None,
    after: int,
    limit: int,
) -> list[tuple[GuestView, LessonView]]:
    """Guests expected in the planned lessons of [from_at, to_at), by id."""
    query = (
        select(Guest)
        .join(Lesson, Lesson.id == Guest.lesson_id)
        .where(
            Guest.status == Mark.EXPECTED,
            Guest.id > after,
            Lesson.status == "planned",
            Lesson.starts_at >= from_at,
            Lesson.starts_at < to_at,
        )
        .order_by(Guest.id)
        .limit(limit)
    )
    if campus_id is not None:
        query = query.join(ClassGroup, ClassGroup.id == Lesson.class_group_id).where(
            ClassGroup.campus_id == campus_id
        )
    rows = list(session.scalars(query))
    lessons = {each.id: each for each in queries.lessons(session, {row.lesson_id for row in rows})}
    return [(GuestView.model_validate(row), lessons[row.lesson_id]) for row in rows]


def places_of(session: Session, lesson_id: int) -> list[AttendanceView]:
    """Everybody who has a place in a lesson, in the order in which they got it."""
    query = select(Attendance).where(
        Attendance.lesson_id == lesson_id, Attendance.status != Mark.FREED
    )
    return [
        AttendanceView.model_validate(row) for row in session.scalars(query.order_by(Attendance.id))
    ]


def history_of(
    session: Session, student_ids: Collection[int], *, from_at: datetime, limit: int = 20
) -> list[tuple[AttendanceView, LessonView]]:
    """What was decided about learners' lessons since a moment, the latest first."""
    query = (
        select(Attendance)
        .join(Lesson, Lesson.id == Attendance.lesson_id)
        .where(
            Attendance.student_id.in_(student_ids),
            Lesson.starts_at >= from_at,
            Attendance.status != Mark.EXPECTED,
        )
        .order_by(Lesson.starts_at.desc(), Attendance.id)
        .limit(limit)
    )
    rows = list(session.scalars(query))
    lessons = {each.id: each for each in queries.lessons(session, {row.lesson_id for row in rows})}
    return [(AttendanceView.model_validate(row), lessons[row.lesson_id]) for row in rows]


def to_call(
    session: Session,
    *,
    teacher_id: int | None = None,
    campus_id: int | None = None,
    is_called: bool = False,
    limit: int = 5,
) -> list[LessonView]:
    """The latest lessons whose roll can be called and has not been (or, `is_called`, has been and
    can be corrected), of a teacher, of a campus, or of all."""
    now = clock.now()
    query = (
        select(Lesson.id)
        .join(ClassGroup, ClassGroup.id == Lesson.class_group_id)
        .where(
            Lesson.status == "planned",
            Lesson.called_at.is_not(None) if is_called else Lesson.called_at.is_(None),
            Lesson.starts_at <= now + rules.CALL_FROM,
            Lesson.starts_at > now - CALL_WITHIN,
            or_(
                exists().where(Attendance.lesson_id == Lesson.id),
                exists().where(Guest.lesson_id == Lesson.id, Guest.status != Mark.FREED),
            ),
        )
        .order_by(Lesson.starts_at.desc())
        .limit(limit)
    )
    if teacher_id is not None:
        query = query.where(_gives(teacher_id))
    if campus_id is not None:
        query = query.where(ClassGroup.campus_id == campus_id)
    return queries.lessons(session, list(session.scalars(query)))


def called(
    session: Session, account_id: int, *, from_at: datetime, to_at: datetime
) -> list[LessonView]:
    """A teacher's lessons in [from_at, to_at) whose roll has been called: the hours for pay."""
    query = select(Lesson.id).where(
        Lesson.teacher_id == account_id,
        Lesson.called_at.is_not(None),
        Lesson.status == "planned",
        Lesson.starts_at >= from_at,
        Lesson.starts_at < to_at,
    )
    return queries.lessons(session, list(session.scalars(query)))


def is_called(session: Session, lesson_id: int) -> bool:
    """Whether the roll of a lesson has been called."""
    return session.scalar(select(Lesson.called_at).where(Lesson.id == lesson_id)) is not None


def needs_reason(session: Session, lesson_id: int) -> bool:
    """Whether calling the roll of a lesson now has to say why: corrections, and late calls."""
    lesson = session.get_one(Lesson, lesson_id)
    return lesson.called_at is not None or rules.is_late_call(lesson.ends_at, clock.now())


def leaves_of(session: Session, student_ids: Collection[int]) -> list[tuple[int, LessonView]]:
    """Open leaves of learners for lessons still to come: (learner, lesson), soonest first."""
    query = (
        select(Leave.student_id, Leave.lesson_id)
        .join(Lesson, Lesson.id == Leave.lesson_id)
        .where(
            Leave.student_id.in_(student_ids),
            Leave.revoked_at.is_(None),
            Lesson.starts_at > clock.now(),
            Lesson.status == "planned",
        )
        .order_by(Lesson.starts_at)
    )
    rows = session.execute(query).all()
    lessons = {each.id: each for each in queries.lessons(session, {row.lesson_id for row in rows})}
    return [(row.student_id, lessons[row.lesson_id]) for row in rows]


def every_leave_of(
    session: Session, student_id: int, *, limit: int
) -> list[tuple[LessonView, LeaveView]]:
    """All leaves of a learner, taken back or not, the latest first, with the lesson."""
    query = select(Leave).where(Leave.student_id == student_id)
    rows = session.scalars(query.order_by(Leave.id.desc()).limit(limit)).all()
    lessons = {each.id: each for each in queries.lessons(session, {row.lesson_id for row in rows})}
    return [(lessons[row.lesson_id], LeaveView.model_validate(row)) for row in rows]


def absence(session: Session, absence_id: int) -> AbsenceView:
    """One missed lesson, whatever became of it. Raises NotFound."""
    found = _absences(session, Absence.id == absence_id)
    if not found:
        raise NotFound()
    return found[0]


def open_absences(session: Session, student_ids: Collection[int]) -> list[AbsenceView]:
    """Missed lessons of learners that may still be made up, those that expire soonest first."""
    return _absences(
        session,
        Absence.student_id.in_(student_ids),
        Absence.status == AbsenceStatus.OPEN,
        Absence.expires_on > clock.today(),
    )


def _absences(session: Session, *conditions: ColumnElement[bool]) -> list[AbsenceView]:
    query = (
        select(Absence, Course.name, Lesson.starts_at)
        .join(Course, Course.id == Absence.course_id)
        .join(Lesson, Lesson.id == Absence.lesson_id)
        .where(*conditions)
        .order_by(Absence.expires_on, Absence.id)
    )
    return [
        AbsenceView(
            id=row.id,
            student_id=row.student_id,
            course_id=row.course_id,
            course_name=course_name,
            missed_at=missed_at,
            status=AbsenceStatus(row.status),
            expires_on=row.expires_on,
        )
        for row, course_name, missed_at in session.execute(query)
    ]


def missing_on(
    session: Session,
    *,
    from_at: datetime,
    to_at: datetime,
    teacher_id: int | None = None,
    campus_id: int | None = None,
) -> list[tuple[AttendanceView, LessonView]]:
    """Who does not come or did not come to the lessons of [from_at, to_at)."""
    query = (
        select(Attendance)
        .join(Lesson, Lesson.id == Attendance.lesson_id)
        .join(ClassGroup, ClassGroup.id == Lesson.class_group_id)
        .where(
            Lesson.starts_at >= from_at,
            Lesson.starts_at < to_at,
            Attendance.status.in_((Mark.LEAVE, Mark.ABSENT)),
        )
        .order_by(Lesson.starts_at, Attendance.id)
    )
    if teacher_id is not None:
        query = query.where(_gives(teacher_id))
    if campus_id is not None:
        query = query.where(ClassGroup.campus_id == campus_id)
    rows = list(session.scalars(query))
    lessons = {each.id: each for each in queries.lessons(session, {row.lesson_id for row in rows})}
    return [(AttendanceView.model_validate(row), lessons[row.lesson_id]) for row in rows]


def missed_between(
    session: Session,
    *,
    from_at: datetime,
    to_at: datetime,
    campus_id: int | None,
    after: int,
    limit: int,
) -> list[tuple[AttendanceView, LessonView, datetime, int]]:
    """Who is missing by rolls called (or corrected) during [from_at, to_at), by id: with the
    lesson, when that was decided, and how often that place was decided."""
    query = (
        select(Attendance)
        .join(Lesson, Lesson.id == Attendance.lesson_id)
        .where(
            Attendance.why.in_(MISSED),
            Attendance.decided_at >= from_at,
            Attendance.decided_at < to_at,
            Attendance.id > after,
        )
        .order_by(Attendance.id)
        .limit(limit)
    )
    if campus_id is not None:
        query = query.join(ClassGroup, ClassGroup.id == Lesson.class_group_id).where(
            ClassGroup.campus_id == campus_id
        )
    rows = list(session.scalars(query))
    lessons = {each.id: each for each in queries.lessons(session, {row.lesson_id for row in rows})}
    return [
        (AttendanceView.model_validate(row), lessons[row.lesson_id], row.decided_at, row.revision)
        for row in rows
        if row.decided_at is not None
    ]


def busy_rooms(session: Session, *, from_at: datetime, to_at: datetime) -> set[int]:
    """Rooms in which a lesson takes place at some moment of [from_at, to_at)."""
    query = select(Booking.resource_id).where(
        Booking.kind == no_clash.ROOM, Booking.starts_at < to_at, Booking.ends_at > from_at
    )
    return set(session.scalars(query))


def _gives(account_id: int) -> ColumnElement[bool]:
    return or_(Lesson.teacher_id == account_id, Lesson.assistant_id == account_id)
