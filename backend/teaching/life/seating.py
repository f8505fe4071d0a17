"""Who is expected in which lesson: the learners of its class on that day, less those who pause."""

from collections.abc import Collection

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from backend.kit import clock
from backend.kit.db import upsert
from backend.teaching.life import clashes
from backend.teaching.models import Attendance, Enrollment, Lesson, Suspension
from backend.teaching.schemas import Kind, Mark, SeatStatus


def seat(
    session: Session,
    *,
    class_group_id: int,
    lesson_id: int | None = None,
    student_id: int | None = None,
) -> None:
    """Give every learner of a class a place in its lessons whose roll has not been called, and take
    away places without a seat in the class; narrowed to one lesson or learner. Doing it again
    changes nothing, so that it mends whatever was forgotten. Raises Clash.
    """
    of_class = select(Lesson).where(
        Lesson.class_group_id == class_group_id,
        Lesson.status == "planned",
        Lesson.called_at.is_(None),
    )
    seats = select(Enrollment).where(
        Enrollment.class_group_id == class_group_id,
        Enrollment.student_id.is_not(None),
        or_(Enrollment.status == SeatStatus.ACTIVE, Enrollment.ends_on.is_not(None)),
    )
    if lesson_id is not None:
        of_class = of_class.where(Lesson.id == lesson_id)
    if student_id is not None:
        seats = seats.where(Enrollment.student_id == student_id)
    lessons = list(session.scalars(of_class))
    sitting = list(session.scalars(seats))
    pauses = list(
        session.scalars(
            select(Suspension).where(Suspension.enrollment_id.in_([each.id for each in sitting]))
        )
    )
    wanted = {
        (lesson.id, each.student_id)
        for each in sitting
        for lesson in lessons
        if each.student_id is not None and _sits(each, lesson, pauses)
    }
    held = select(Attendance).where(Attendance.lesson_id.in_([lesson.id for lesson in lessons]))
    if student_id is not None:
        held = held.where(Attendance.student_id == student_id)
    places = list(session.scalars(held))
    stale = [
        place.id
        for place in places
        if place.kind == Kind.REGULAR
        and place.status == Mark.EXPECTED
        and (place.lesson_id, place.student_id) not in wanted
    ]
    if stale:
        session.execute(delete(Attendance).where(Attendance.id.in_(stale)))
    missing = wanted - {(place.lesson_id, place.student_id) for place in places}
    if missing:
        _place(session, missing)


def _place(session: Session, wanted: Collection[tuple[int, int]]) -> None:
    rows = [
        {"lesson_id": lesson_id, "student_id": student_id, "kind": "regular", "status": "expected"}
        for lesson_id, student_id in sorted(wanted)
    ]
    found = None
    for student_id in {student_id for _, student_id in wanted}:
        own = [lesson_id for lesson_id, of in wanted if of == student_id]
        found = found or clashes.with_learner(session, student_id=student_id, lesson_ids=own)
    if found is not None:
        raise found
    with clashes.named(session):
        session.execute(
            upsert(session, Attendance)
            .values([{**row, "revision": 0} for row in rows])
            # Somebody else may have seated the same learner just now.
            .on_conflict_do_nothing(index_elements=["lesson_id", "student_id"])
        )


def _sits(seat: Enrollment, lesson: Lesson, pauses: Collection[Suspension]) -> bool:
    on = clock.local(lesson.starts_at).date()
    if lesson.starts_at <= seat.created_at or (seat.starts_on is not None and on < seat.starts_on):
        return False
    if seat.ends_on is not None and on >= seat.ends_on:
        return False
    return not any(
        pause.enrollment_id == seat.id
        and pause.from_on <= on
        and (pause.to_on is None or on < pause.to_on)
        for pause in pauses
    )
