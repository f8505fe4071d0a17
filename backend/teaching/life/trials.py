"""试听: a guest's place in one lesson of a class, never oversold and never consuming (§4, rule 5).

Who may try what is admissions' to say; `holder` is its name for the trial.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, aliased

from backend.kit import clock, events
from backend.outbox import service as outbox
from backend.outbox.schemas import Notice
from backend.security import queries as staff
from backend.teaching import no_clash, queries
from backend.teaching.life import clashes, sheets
from backend.teaching.life.queries import seats_taken
from backend.teaching.models import Booking, ClassGroup, Enrollment, Guest, Lesson
from backend.teaching.schemas import (
    GuestSeen,
    GuestSentAway,
    LessonOver,
    LessonView,
    Mark,
    NotInLesson,
    SeatStatus,
    SeatTaken,
)

SOONEST = timedelta(hours=1)
AHEAD = timedelta(days=42)
_LOOKED_AT = 60


def offers(
    session: Session,
    *,
    class_group_ids: Collection[int],
    from_at: datetime | None = None,
    to_at: datetime | None = None,
    student_id: int | None = None,
    limit: int = 3,
) -> list[LessonView]:
    """Coming lessons of these classes with a free place in [from_at, to_at): the next one of each
    class, then further ones, shown soonest first; for a learner of ours those at which they have
    nothing else."""
    earliest = clock.now() + SOONEST
    query = (
        select(Lesson.id, Lesson.class_group_id)
        .join(ClassGroup, ClassGroup.id == Lesson.class_group_id)
        .where(
            Lesson.class_group_id.in_(class_group_ids),
            Lesson.status == "planned",
            Lesson.called_at.is_(None),
            Lesson.starts_at > (max(from_at, earliest) if from_at else earliest),
            Lesson.starts_at < (to_at or clock.now() + AHEAD),
            seats_taken() + _held() < ClassGroup.capacity,
        )
        .order_by(Lesson.starts_at, Lesson.id)
        .limit(_LOOKED_AT)
    )
    if student_id is not None:
        busy = aliased(Booking)
        is_busy = select(busy.lesson_id).where(
            busy.kind == no_clash.LEARNER,
            busy.resource_id == student_id,
            busy.starts_at < Lesson.ends_at,
            Lesson.starts_at < busy.ends_at,
        )
        query = query.where(~is_busy.exists())
    rows = session.execute(query).all()
    firsts = {class_id: id_ for id_, class_id in reversed(rows)}.values()
    chosen = [id_ for id_, _ in rows if id_ in firsts] + [
        id_ for id_, _ in rows if id_ not in firsts
    ]
    return queries.lessons(session, chosen[:limit])


def wait_for(session: Session, *, lesson_id: int) -> None:
    """Lock a lesson before anything points to it: on PostgreSQL a reference alone locks the row a
    little, and two that then want the whole of it would wait for each other. Raises NotFound."""
    sheets.opened(session, lesson_id)


def book(
    session: Session, *, lesson_id: int, holder: str, name: str, student_id: int | None = None
) -> LessonView:
    """Give a guest a place in a lesson, or move the one that `holder` has to it. The lesson's row
    is locked first, so that of many who want the last place one gets it. Booking the same again
    changes nothing. Raises SeatTaken, LessonOver, Clash, NotFound.
    """
    sheet = sheets.opened(session, lesson_id)
    guest = _guest(session, holder)
    if guest and guest.lesson_id == lesson_id and guest.status == Mark.EXPECTED:
        return queries.lesson(session, lesson_id)
    lesson = sheet.lesson
    if lesson.status != "planned" or lesson.called_at or lesson.starts_at <= clock.now():
        raise LessonOver()
    free = select(seats_taken() + _held() < ClassGroup.capacity)
    free = free.where(Lesson.id == lesson_id, ClassGroup.id == Lesson.class_group_id)
    if not session.scalar(free):
        raise SeatTaken(class_name=sheet.group.name)
    if student_id is not None:
        found = clashes.with_learner(session, student_id=student_id, lesson_ids=[lesson_id])
        if found is not None:
            raise found
    if guest is None:
        guest = Guest(holder=holder, lesson_id=lesson_id, name=name, status=Mark.EXPECTED)
        session.add(guest)
    elif guest.status == Mark.EXPECTED:
        _tell_teacher(session, guest, "trial_freed")
    guest.lesson_id, guest.name, guest.status = lesson_id, name, Mark.EXPECTED
    session.flush()
    _tell_teacher(session, guest, "trial_booked")
    return queries.lesson(session, lesson_id)


def free(session: Session, *, holder: str) -> None:
    """A guest does not come; twice is fine."""
    guest = _guest(session, holder)
    if guest is not None and guest.status == Mark.EXPECTED:
        guest.status = Mark.FREED
        session.flush()
        _tell_teacher(session, guest, "trial_freed")


def send_away(session: Session, *, lesson_id: int) -> None:
    """A lesson does not take place: its guests are free, and admissions hears of it."""
    query = select(Guest).where(Guest.lesson_id == lesson_id, Guest.status == Mark.EXPECTED)
    for guest in session.scalars(query.with_for_update()).all():
        guest.status = Mark.FREED
        session.flush()
        events.publish(session, GuestSentAway(holder=guest.holder))


def seen(session: Session, *, lesson_id: int, marks: Mapping[int, Mark]) -> int:
    """What the roll says of a lesson's guests; returns how many marks are new. Raises
    NotInLesson."""
    query = select(Guest).where(Guest.lesson_id == lesson_id, Guest.status != Mark.FREED)
    guests = {guest.id: guest for guest in session.scalars(query.with_for_update())}
    if set(marks) - set(guests):
        raise NotInLesson()
    changed = [guests[id_] for id_, mark in marks.items() if guests[id_].status != mark]
    for guest in changed:
        guest.status = marks[guest.id]
        session.flush()
        came = guest.status in (Mark.PRESENT, Mark.LATE)
        events.publish(session, GuestSeen(holder=guest.holder, came=came))
    return len(changed)


def _held() -> ColumnElement[int]:
    """Seats of the class of the surrounding query that wait for their payment."""
    counted = select(func.count(Enrollment.id)).where(
        Enrollment.class_group_id == ClassGroup.id,
        Enrollment.status == SeatStatus.HELD,
        Enrollment.held_until > clock.now(),
    )
    return counted.correlate(ClassGroup).scalar_subquery()


def _guest(session: Session, holder: str) -> Guest | None:
    query = select(Guest).where(Guest.holder == holder).with_for_update()
    return session.scalars(query).one_or_none()


def _tell_teacher(session: Session, guest: Guest, template: str) -> None:
    lesson = session.get_one(Lesson, guest.lesson_id)
    values = {
        "child": guest.name,
        "class_name": session.get_one(ClassGroup, lesson.class_group_id).name,
        "time": f"{clock.local(lesson.starts_at):%m月%d日 %H:%M}",
    }
    outbox.post(
        session,
        to=staff.recipient_of(session, lesson.teacher_id),
        notice=Notice(template=template, values=values),
        dedupe_key=f"{template}:{guest.holder}:{lesson.id}:{clock.now():%y%m%d%H%M%S}",
    )
