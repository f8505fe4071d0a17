"""Changes of the teaching room."""

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.kit import clock, events
from backend.kit.errors import NotFound
from backend.teaching import queries, rules
from backend.teaching.life import clashes, seating
from backend.teaching.models import ClassGroup, Course, Enrollment, Lesson
from backend.teaching.schemas import (
    AlreadyEnrolled,
    SeatEnded,
    SeatStatus,
    SeatTaken,
    WeeklySlot,
)

__all__ = [
    "AlreadyEnrolled",
    "SeatTaken",
    "confirm_seat",
    "drop_hold",
    "free_seats",
    "hold_seat",
    "open_class",
    "open_course",
    "pass_hold",
    "release_seat",
]


def open_course(
    session: Session,
    *,
    name: str,
    subject: str,
    summary: str,
    grade_from: int | None = None,
    grade_to: int | None = None,
    valid_months: int | None = None,
) -> Course:
    """Put a course into the catalogue (T1); lessons of it last `valid_months` from their payment,
    without an end when None."""
    course = Course(
        name=name,
        subject=subject,
        summary=summary,
        grade_from=grade_from,
        grade_to=grade_to,
        valid_months=valid_months,
    )
    session.add(course)
    session.flush()
    return course


def keep_validity(session: Session, *, course_id: int, months: int | None) -> None:
    """Lessons of a course that are paid from now on last so many months, None without an end.
    Raises NotFound."""
    query = select(Course).where(Course.id == course_id)
    course = session.scalars(query.with_for_update(key_share=True)).one_or_none()
    if course is None:
        raise NotFound()
    course.valid_months = months


def open_class(
    session: Session,
    *,
    name: str,
    course_id: int,
    campus_id: int,
    teacher_id: int,
    venue_id: int | None,
    capacity: int,
    starts_on: date,
    lesson_count: int,
    weekly: list[WeeklySlot],
) -> ClassGroup:
    """Open a class and lay out its lessons on real dates. Raises Clash when its teacher or room is
    busy with another lesson."""
    group = ClassGroup(
        name=name,
        course_id=course_id,
        campus_id=campus_id,
        teacher_id=teacher_id,
        venue_id=venue_id,
        capacity=capacity,
        starts_on=starts_on,
        lesson_count=lesson_count,
        weekly=[slot.model_dump(mode="json") for slot in weekly],
    )
    session.add(group)
    session.flush()
    with clashes.named(session, class_name=name):
        session.add_all(
            Lesson(
                class_group_id=group.id,
                teacher_id=teacher_id,
                venue_id=venue_id,
                starts_at=starts_at,
                ends_at=ends_at,
            )
            for starts_at, ends_at in rules.lesson_times(starts_on, weekly, lesson_count)
        )
    return group


def hold_seat(session: Session, *, class_group_id: int, holder: str, until: datetime) -> None:
    """Keep a seat for `holder` (one sign-up) until a moment. Holding again only extends it.

    The class row is locked first, so that of many who want the last seat one gets it (A11).
    Raises SeatTaken, NotFound when the class is not on offer.
    """
    group = _lock_class(session, class_group_id)
    if not group.is_open:
        raise NotFound()
    seat = _seat_of(session, holder)
    if seat is not None and seat.status == SeatStatus.ACTIVE:
        return
    still_held = (
        seat is not None
        and seat.status == SeatStatus.HELD
        and seat.held_until is not None
        and seat.held_until > clock.now()
    )
    if not still_held:
        _require_seat(session, group)
    if seat is None:
        seat = Enrollment(
            class_group_id=class_group_id, holder=holder, created_at=clock.now(), status="held"
        )
        session.add(seat)
    seat.class_group_id = class_group_id
    seat.status = SeatStatus.HELD
    seat.held_until = until
    session.flush()


def confirm_seat(session: Session, *, holder: str, student_id: int) -> int:
    """Turn a hold into a seat in class, for good; returns the class id. Confirming again changes
    nothing.

    A hold that ran out is honoured while the class has room. Raises SeatTaken when it has none,
    AlreadyEnrolled, Clash with another lesson of the learner, NotFound when nothing was ever held.
    """
    seat = _seat_of(session, holder)
    if seat is None:
        raise NotFound()
    group = _lock_class(session, seat.class_group_id)
    if seat.status == SeatStatus.ACTIVE:
        return group.id
    if queries.is_enrolled(session, class_group_id=group.id, student_id=student_id):
        raise AlreadyEnrolled()
    lapsed = (
        seat.status == SeatStatus.ENDED or seat.held_until is None or seat.held_until <= clock.now()
    )
    if lapsed:
        _require_seat(session, group)
    seat.status, seat.student_id, seat.held_until = SeatStatus.ACTIVE, student_id, None
    seat.starts_on = clock.today()
    session.flush()
    seating.seat(session, class_group_id=group.id, student_id=student_id)
    return group.id


def free_seats(session: Session, *, class_group_id: int) -> int:
    """How many seats of an open class are free, and will be until this unit ends: the class is
    locked. None of a closed one. Raises NotFound."""
    group = _lock_class(session, class_group_id)
    left = rules.seats_left_of(group.capacity, queries.taken_seats(session, group.id))
    return left if group.is_open else 0


def pass_hold(session: Session, *, holder: str, to: str, until: datetime) -> bool:
    """Let somebody else have a held seat, until another moment; False when nothing is held (any
    more). The seat is never free in between."""
    seat = _seat_of(session, holder)
    if seat is None or seat.status != SeatStatus.HELD:
        return False
    seat.holder, seat.held_until = to, until
    session.flush()
    return True


def drop_hold(session: Session, *, holder: str) -> None:
    """End a hold whose seat this very unit gives to the same person in another way: nobody else
    hears of it. Everybody else releases."""
    seat = _seat_of(session, holder)
    if seat is not None and seat.status == SeatStatus.HELD:
        seat.status, seat.held_until = SeatStatus.ENDED, None
        session.flush()


def release_seat(session: Session, *, holder: str) -> None:
    """Give a held seat back. A seat in class is not touched: leaving a class is another verb."""
    seat = _seat_of(session, holder)
    if seat is not None and seat.status == SeatStatus.HELD:
        seat.status, seat.held_until = SeatStatus.ENDED, None
        session.flush()
        events.publish(session, SeatEnded(class_group_id=seat.class_group_id))


def leave_class(session: Session, *, holder: str) -> None:
    """The learner who came by this hold sits in its class no more, nor in one that they changed to;
    leaving twice is fine."""
    seat = _seat_of(session, holder)
    while seat is not None and (moved := _seat_of(session, f"transfer:{seat.id}")) is not None:
        seat = moved
    if seat is not None and seat.status != SeatStatus.ENDED:
        seat.status, seat.held_until, seat.ends_on = SeatStatus.ENDED, None, clock.today()
        session.flush()
        if seat.student_id is not None:
            seating.seat(session, class_group_id=seat.class_group_id, student_id=seat.student_id)
        events.publish(session, SeatEnded(class_group_id=seat.class_group_id))


def _lock_class(session: Session, class_group_id: int) -> ClassGroup:
    # Rows that refer to the class hold a share of it: a lock that such shares stand in the way of
    # would let two who have both written theirs wait for each other.
    query = select(ClassGroup).where(ClassGroup.id == class_group_id)
    group = session.scalars(query.with_for_update(key_share=True)).one_or_none()
    if group is None:
        raise NotFound()
    return group


def _seat_of(session: Session, holder: str) -> Enrollment | None:
    return session.scalars(
        select(Enrollment).where(Enrollment.holder == holder).with_for_update()
    ).one_or_none()


def _require_seat(session: Session, group: ClassGroup) -> None:
    if not rules.seats_left_of(group.capacity, queries.taken_seats(session, group.id)):
        raise SeatTaken(class_name=group.name)
