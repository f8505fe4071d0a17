"""转班: a learner's seat moves; attendance history stays (§4, rule 6).

Lessons are bought for a course, so a change of class within it moves no money.
"""

from collections.abc import Iterable
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.kit import clock, events
from backend.kit.errors import NotFound
from backend.outbox import service as outbox
from backend.outbox.schemas import Notice
from backend.security import queries as staff
from backend.security import service as security
from backend.students import queries as students
from backend.teaching import queries, rules
from backend.teaching.life import clashes, seating
from backend.teaching.models import (
    ClassGroup,
    Enrollment,
    Lesson,
    Transfer,
)
from backend.teaching.schemas import (
    AlreadyEnrolled,
    OtherCourse,
    SeatEnded,
    SeatStatus,
    SeatTaken,
)


def change_class(
    session: Session, *, student_id: int, from_class: int, to_class: int, on: date, by: str
) -> None:
    """Move a learner to another class of the same course from a day on. Raises NotFound without a
    seat, OtherCourse, SeatTaken, AlreadyEnrolled, Clash with another lesson of theirs.
    """
    groups = locked(session, {from_class, to_class})
    if len(groups) < 2:
        raise NotFound()
    old, new = groups[from_class], groups[to_class]
    seat = seat_of(session, student_id, from_class)
    if old.course_id != new.course_id or not new.is_open:
        raise OtherCourse()
    if queries.is_enrolled(session, class_group_id=to_class, student_id=student_id):
        raise AlreadyEnrolled()
    if not rules.seats_left_of(new.capacity, queries.taken_seats(session, to_class)):
        raise SeatTaken(class_name=new.name)
    taken = Enrollment(
        class_group_id=to_class,
        student_id=student_id,
        holder=f"transfer:{seat.id}",
        status=SeatStatus.ACTIVE,
        starts_on=on,
        created_at=clock.now(),
    )
    seat.status, seat.ends_on = SeatStatus.ENDED, on
    session.add(taken)
    session.flush()
    session.add(
        Transfer(
            from_enrollment_id=seat.id,
            to_enrollment_id=taken.id,
            on=on,
            asked_by=by,
            created_at=clock.now(),
        )
    )
    for class_group_id in (from_class, to_class):
        seating.seat(session, class_group_id=class_group_id, student_id=student_id)
    audit(session, by, "class.changed", student_id, from_class=from_class, to_class=to_class)
    values = {
        "child": students.student(session, student_id).name,
        "from_class": old.name,
        "to_class": new.name,
        "day": f"{on:%m月%d日}",
    }
    tell(session, {old.teacher_id, new.teacher_id}, "class_changed", values, f"moved:{seat.id}")
    events.publish(session, SeatEnded(class_group_id=from_class))


def classes_to_change_to(
    session: Session, *, student_id: int, from_class: int, on: date
) -> list[int]:
    """Open classes of the same course with a free seat whose coming lessons fit the learner's
    others, the soonest first."""
    course_id = session.get_one(ClassGroup, from_class).course_id
    found = []
    for offer in queries.offers(session, course_id=course_id):
        if offer.id == from_class or not offer.seats_left:
            continue
        coming = select(Lesson.id).where(
            Lesson.class_group_id == offer.id,
            Lesson.status == "planned",
            Lesson.starts_at >= clock.at_local(on),
        )
        lesson_ids = list(session.scalars(coming))
        clash = clashes.with_learner(session, student_id=student_id, lesson_ids=lesson_ids)
        own = session.get_one(ClassGroup, from_class).name
        if lesson_ids and (clash is None or clash.facts.get("class_name") == own):
            found.append(offer.id)
    return found


def classes_of(session: Session, student_ids: Iterable[int]) -> list[tuple[int, int, str]]:
    """(learner, class, its name) for the classes learners sit in."""
    query = (
        select(Enrollment.student_id, ClassGroup.id, ClassGroup.name)
        .join(ClassGroup, ClassGroup.id == Enrollment.class_group_id)
        .where(Enrollment.student_id.in_(list(student_ids)), Enrollment.status == SeatStatus.ACTIVE)
        .order_by(Enrollment.id)
    )
    return [(s, c, name) for s, c, name in session.execute(query) if s is not None]


def locked(session: Session, class_ids: set[int]) -> dict[int, ClassGroup]:
    """Classes by id, held until the unit ends."""
    query = select(ClassGroup).where(ClassGroup.id.in_(class_ids)).order_by(ClassGroup.id)
    return {row.id: row for row in session.scalars(query.with_for_update())}


def seat_of(session: Session, student_id: int, class_group_id: int) -> Enrollment:
    """The seat of a learner in a class. Raises NotFound."""
    found = session.scalars(
        select(Enrollment).where(
            Enrollment.class_group_id == class_group_id,
            Enrollment.student_id == student_id,
            Enrollment.status == SeatStatus.ACTIVE,
        )
    ).first()
    if found is None:
        raise NotFound()
    return found


def audit(session: Session, by: str, action: str, student_id: int, **of: int) -> None:
    """Write down what was done to a learner's seat."""
    security.audit(session, actor=by, action=action, subject=f"student:{student_id}", **of)


def tell(
    session: Session, account_ids: set[int], template: str, values: dict[str, str], key: str
) -> None:
    """Tell these members of staff, each once per key."""
    for account_id in sorted(account_ids):
        outbox.post(
            session,
            to=staff.recipient_of(session, account_id),
            notice=Notice(template=template, values=values),
            dedupe_key=f"{key}:{account_id}",
        )
