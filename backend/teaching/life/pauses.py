"""停课 and 复课: a learner rests; nothing is consumed and nothing expires (§4, rule 7)."""

from collections.abc import Iterable
from datetime import date, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from backend.kit import clock, events
from backend.kit.errors import NotFound
from backend.students import queries as students
from backend.teaching.life import seating
from backend.teaching.life.seats import audit, locked, seat_of, tell
from backend.teaching.models import (
    Absence,
    Attendance,
    ClassGroup,
    Enrollment,
    Lesson,
    Suspension,
)
from backend.teaching.schemas import AbsenceStatus, Clash, Kind, Mark, RestCounted


def pause(
    session: Session,
    *,
    student_id: int,
    class_group_id: int,
    from_on: date,
    to_on: date | None,
    by: str,
) -> None:
    """Let a learner rest on the days [from_on, to_on): no lessons, nothing consumed, and rights to
    makeups last that much longer. Pausing again only changes the end. Raises NotFound."""
    locked(session, {class_group_id})
    seat = seat_of(session, student_id, class_group_id)
    running = _pause_of(session, seat.id, from_on)
    if running is None:
        running = Suspension(
            enrollment_id=seat.id, from_on=from_on, asked_by=by, created_at=clock.now()
        )
        session.add(running)
    before, running.to_on = running.to_on, to_on
    session.flush()
    _give_back_makeups(session, student_id, class_group_id, from_on, to_on)
    seating.seat(session, class_group_id=class_group_id, student_id=student_id)
    if to_on is not None:
        already = (before - running.from_on).days if before is not None else 0
        days = (to_on - running.from_on).days - already
        _extend(session, student_id, class_group_id, days)
    _note(session, student_id, class_group_id, "停课", from_on, by)


def resume(session: Session, *, student_id: int, class_group_id: int, on: date, by: str) -> int:
    """The learner is back on a day: what was frozen lasts longer by the days frozen; returns those.
    Raises NotFound where nothing is paused, Clash."""
    locked(session, {class_group_id})
    seat = seat_of(session, student_id, class_group_id)
    running = _pause_of(session, seat.id, on)
    if running is None:
        raise NotFound()
    before, running.to_on = running.to_on, max(on, running.from_on)
    session.flush()
    days = (running.to_on - running.from_on).days
    granted = (before - running.from_on).days if before is not None else 0
    _extend(session, student_id, class_group_id, days - granted)
    try:
        with session.begin_nested():
            seating.seat(session, class_group_id=class_group_id, student_id=student_id)
    except Clash:
        running.to_on = before
        raise
    _note(session, student_id, class_group_id, "复课", on, by)
    return days


def paused_classes(session: Session, student_ids: Iterable[int]) -> list[tuple[int, int, date]]:
    """(learner, class, since) of pauses that run today or are to come."""
    query = (
        select(Enrollment.student_id, Enrollment.class_group_id, Suspension.from_on)
        .join(Suspension, Suspension.enrollment_id == Enrollment.id)
        .where(
            Enrollment.student_id.in_(list(student_ids)),
            Suspension.to_on.is_(None) | (Suspension.to_on > clock.today()),
        )
        .order_by(Suspension.id)
    )
    return [
        (student_id, class_id, since)
        for student_id, class_id, since in session.execute(query)
        if student_id is not None
    ]


def _pause_of(session: Session, enrollment_id: int, on: date) -> Suspension | None:
    query = select(Suspension).where(
        Suspension.enrollment_id == enrollment_id,
        Suspension.to_on.is_(None) | (Suspension.to_on > on),
    )
    return session.scalars(query.order_by(Suspension.id)).first()


def _give_back_makeups(
    session: Session, student_id: int, class_group_id: int, from_on: date, to_on: date | None
) -> None:
    """Makeups of the course that were booked for the days of rest are open again."""
    query = (
        select(Attendance, Absence)
        .join(Absence, Absence.id == Attendance.absence_id)
        .join(Lesson, Lesson.id == Attendance.lesson_id)
        .where(
            Attendance.student_id == student_id,
            Attendance.kind == Kind.MAKEUP,
            Attendance.status == Mark.EXPECTED,
            Absence.course_id == session.get_one(ClassGroup, class_group_id).course_id,
            Lesson.starts_at >= clock.at_local(from_on),
        )
    )
    if to_on is not None:
        query = query.where(Lesson.starts_at < clock.at_local(to_on))
    ids = []
    for place, absence in session.execute(query).all():
        absence.status = AbsenceStatus.OPEN
        ids.append(place.id)
    session.flush()
    session.execute(delete(Attendance).where(Attendance.id.in_(ids)))


def _extend(session: Session, student_id: int, class_group_id: int, days: int) -> None:
    course_id = session.get_one(ClassGroup, class_group_id).course_id
    rights = select(Absence).where(
        Absence.student_id == student_id,
        Absence.course_id == course_id,
        Absence.status.in_((AbsenceStatus.OPEN, AbsenceStatus.BOOKED)),
    )
    for absence in session.scalars(rights):
        absence.expires_on += timedelta(days=days)
    session.flush()
    events.publish(session, RestCounted(student_id=student_id, course_id=course_id, days=days))


def _note(
    session: Session, student_id: int, class_group_id: int, what: str, on: date, by: str
) -> None:
    group = session.get_one(ClassGroup, class_group_id)
    action = "study.paused" if what == "停课" else "study.resumed"
    audit(session, by, action, student_id, class_group=class_group_id)
    values = {
        "child": students.student(session, student_id).name,
        "class_name": group.name,
        "what": what,
        "day": f"{on:%m月%d日}",
    }
    key = f"{action}:{student_id}:{class_group_id}:{on}"
    tell(session, {group.teacher_id}, "study_paused", values, key)
