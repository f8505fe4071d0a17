"""补课: a lesson of the same course with a free seat, before the right expires (§4, rule 4)."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from backend.kit import clock, events
from backend.kit.errors import NotFound
from backend.outbox import service as outbox
from backend.outbox.schemas import Notice
from backend.security import queries as staff
from backend.students import queries as students
from backend.teaching import no_clash, queries
from backend.teaching.life import clashes, sheets
from backend.teaching.life.leaves import taken_seats
from backend.teaching.life.queries import seats_taken
from backend.teaching.models import Absence, Attendance, Booking, ClassGroup, Lesson
from backend.teaching.schemas import AbsenceStatus, BookingAsked, Kind, LessonView, MakeupGone, Mark

SOONEST = timedelta(hours=1)


def offers(session: Session, *, absence_id: int, limit: int = 3) -> list[LessonView]:
    """Lessons in which an absence can be made up, soonest first: same course, a free seat, nothing
    else of the learner at that time, before the right expires."""
    absence = session.get_one(Absence, absence_id)
    if absence.status != AbsenceStatus.OPEN:
        return []
    mine, busy = aliased(Attendance), aliased(Booking)
    is_in_it = select(mine.id).where(
        mine.lesson_id == Lesson.id, mine.student_id == absence.student_id
    )
    is_busy = select(busy.lesson_id).where(
        busy.kind == no_clash.LEARNER,
        busy.resource_id == absence.student_id,
        busy.starts_at < Lesson.ends_at,
        Lesson.starts_at < busy.ends_at,
    )
    query = (
        select(Lesson.id)
        .join(ClassGroup, ClassGroup.id == Lesson.class_group_id)
        .where(
            ClassGroup.course_id == absence.course_id,
            Lesson.status == "planned",
            Lesson.called_at.is_(None),
            Lesson.starts_at > clock.now() + SOONEST,
            Lesson.starts_at < clock.at_local(absence.expires_on),
            ~is_in_it.exists(),
            ~is_busy.exists(),
            seats_taken() < ClassGroup.capacity,
        )
        .order_by(Lesson.starts_at, Lesson.id)
        .limit(limit)
    )
    return queries.lessons(session, list(session.scalars(query)))


def book(session: Session, *, absence_id: int, lesson_id: int) -> LessonView:
    """Give a learner a place in another lesson of the course. Booking the same again changes
    nothing. Raises MakeupGone when it cannot be had (any more), Clash, NotFound.
    """
    sheet = sheets.opened(session, lesson_id)
    absence = session.get(Absence, absence_id, with_for_update=True)
    if absence is None:
        raise NotFound()
    place = sheet.places.get(absence.student_id)
    if place is not None and place.absence_id == absence_id and place.status == Mark.EXPECTED:
        return queries.lesson(session, lesson_id)
    lesson = sheet.lesson
    if (
        place is not None
        or absence.status != AbsenceStatus.OPEN
        or lesson.status != "planned"
        or lesson.called_at is not None
        or lesson.starts_at <= clock.now()
        or lesson.starts_at >= clock.at_local(absence.expires_on)
        or sheet.course.id != absence.course_id
        or taken_seats(session, lesson_id) >= sheet.group.capacity
    ):
        raise MakeupGone()
    events.publish(session, BookingAsked(student_id=absence.student_id))
    found = clashes.with_learner(session, student_id=absence.student_id, lesson_ids=[lesson_id])
    if found is not None:
        raise found
    with clashes.named(session):
        session.add(
            Attendance(
                lesson_id=lesson_id,
                student_id=absence.student_id,
                kind=Kind.MAKEUP,
                status=Mark.EXPECTED,
                absence_id=absence_id,
            )
        )
    absence.status = AbsenceStatus.BOOKED
    session.flush()
    outbox.post(
        session,
        to=staff.recipient_of(session, lesson.teacher_id),
        notice=Notice(
            template="makeup_booked",
            values={
                "child": students.student(session, absence.student_id).name,
                "class_name": sheet.group.name,
                "time": f"{clock.local(lesson.starts_at):%m月%d日 %H:%M}",
            },
        ),
        dedupe_key=f"makeup:{absence_id}:{lesson_id}",
    )
    return queries.lesson(session, lesson_id)


def expire(session: Session) -> int:
    """Rights to a makeup whose day has come are lost; returns how many."""
    query = select(Absence).where(
        Absence.status == AbsenceStatus.OPEN, Absence.expires_on <= clock.today()
    )
    rows = list(session.scalars(query.with_for_update()))
    for row in rows:
        row.status = AbsenceStatus.LOST
    return len(rows)
