"""转班, 停课 and 复课: a learner's seat moves or rests; attendance history stays (§4, rules 6, 7).

Lessons are bought for a course, so a change of class within it moves no money.
"""

from collections.abc import Iterable
from datetime import date, timedelta

from sqlalchemy import delete, select
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
    Absence,
    Attendance,
    ClassGroup,
    Enrollment,
    Lesson,
    Suspension,
    Transfer,
)
from backend.teaching.schemas import (
    AbsenceStatus,
    AlreadyEnrolled,
    Clash,
    Kind,
    Mark,
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
    groups = _locked(session, {from_class, to_class})
    if len(groups) < 2:
        raise NotFound()
    old, new = groups[from_class], groups[to_class]
    seat = _seat(session, student_id, from_class)
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
    _audit(session, by, "class.changed", student_id, from_class=from_class, to_class=to_class)
    values = {
        "child": students.student(session, student_id).name,
        "from_class": old.name,
        "to_class": new.name,
        "day": f"{on:%m月%d日}",
    }
    _tell(session, {old.teacher_id, new.teacher_id}, "class_changed", values, f"moved:{seat.id}")
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
    _locked(session, {class_group_id})
    seat = _seat(session, student_id, class_group_id)
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
    _locked(session, {class_group_id})
    seat = _seat(session, student_id, class_group_id)
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


def classes_of(session: Session, student_ids: Iterable[int]) -> list[tuple[int, int, str]]:
    """(learner, class, its name) for the classes learners sit in."""
    query = (
        select(Enrollment.student_id, ClassGroup.id, ClassGroup.name)
        .join(ClassGroup, ClassGroup.id == Enrollment.class_group_id)
        .where(Enrollment.student_id.in_(list(student_ids)), Enrollment.status == SeatStatus.ACTIVE)
        .order_by(Enrollment.id)
    )
    return [(s, c, name) for s, c, name in session.execute(query) if s is not None]


def _locked(session: Session, class_ids: set[int]) -> dict[int, ClassGroup]:
    query = select(ClassGroup).where(ClassGroup.id.in_(class_ids)).order_by(ClassGroup.id)
    return {row.id: row for row in session.scalars(query.with_for_update())}


def _seat(session: Session, student_id: int, class_group_id: int) -> Enrollment:
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


def _note(
    session: Session, student_id: int, class_group_id: int, what: str, on: date, by: str
) -> None:
    group = session.get_one(ClassGroup, class_group_id)
    action = "study.paused" if what == "停课" else "study.resumed"
    _audit(session, by, action, student_id, class_group=class_group_id)
    values = {
        "child": students.student(session, student_id).name,
        "class_name": group.name,
        "what": what,
        "day": f"{on:%m月%d日}",
    }
    key = f"{action}:{student_id}:{class_group_id}:{on}"
    _tell(session, {group.teacher_id}, "study_paused", values, key)


def _audit(session: Session, by: str, action: str, student_id: int, **of: int) -> None:
    security.audit(session, actor=by, action=action, subject=f"student:{student_id}", **of)


def _tell(
    session: Session, account_ids: set[int], template: str, values: dict[str, str], key: str
) -> None:
    for account_id in sorted(account_ids):
        outbox.post(
            session,
            to=staff.recipient_of(session, account_id),
            notice=Notice(template=template, values=values),
            dedupe_key=f"{key}:{account_id}",
        )
