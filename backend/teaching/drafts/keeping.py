"""Entering what people, rooms and classes can do; what the timetable is then made from. Saving the
same again changes nothing; managers keep what is of their campus."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from backend.kit import clock
from backend.kit.errors import NotFound
from backend.logistics import queries as logistics
from backend.security import queries as staff
from backend.security import service as security
from backend.security.schemas import Role, StaffMember
from backend.students import queries as students
from backend.students.schemas import Child
from backend.teaching import queries
from backend.teaching.drafts import means
from backend.teaching.drafts.schemas import TimeOffKind
from backend.teaching.models import ClassGroup, Course, Enrollment, Lesson
from backend.teaching.schemas import LessonView, SeatStatus
from backend.teaching.timetable_models import (
    CampusWay,
    ClassNeed,
    LearnerBusy,
    RoomFitting,
    StaffHours,
    TimeOff,
)

Window = dict[str, int]
MOST_OFF = 60


@dataclass(frozen=True)
class StaffForm:
    teaches: list[str]
    assists: list[str]
    hours: list[Window]
    avoids: list[Window]
    max_per_day: int


def teachers(session: Session, *, campus_id: int | None) -> list[StaffMember]:
    """Whose hours somebody keeps."""
    found = staff.staff_with_role(session, Role.TEACHER)
    return [each for each in found if campus_id in (None, each.campus_id)]


def teacher(session: Session, account_id: int, *, campus_id: int | None) -> StaffMember:
    """One of them. Raises NotFound."""
    for each in teachers(session, campus_id=campus_id):
        if each.id == account_id:
            return each
    raise NotFound()


def hours_of(session: Session, account_id: int) -> StaffForm:
    """What a teacher has entered; without, nothing but the limit."""
    row = session.get(StaffHours, account_id)
    if row is None:
        return StaffForm([], [], [], [], means.MAX_PER_DAY)
    return StaffForm(row.teaches, row.assists, row.hours, row.avoids, row.max_per_day)


def keep_hours(session: Session, account_id: int, form: StaffForm, *, by: int) -> None:
    """Replace what was entered for a teacher."""
    row = session.get(StaffHours, account_id, with_for_update=True)
    if row is None:
        row = StaffHours(account_id=account_id)
        session.add(row)
    row.teaches, row.assists = form.teaches, form.assists
    row.hours, row.avoids, row.max_per_day = form.hours, form.avoids, form.max_per_day
    _audit(session, by, f"account:{account_id}")


def equipment_of(session: Session) -> dict[int, list[str]]:
    return {row.venue_id: row.equipment for row in session.scalars(select(RoomFitting))}


def keep_equipment(
    session: Session, venue_id: int, equipment: list[str], *, by: int, campus_id: int | None
) -> None:
    """What is in a room. Raises NotFound."""
    if venue_id not in {each.id for each in logistics.venues(session, campus_id=campus_id)}:
        raise NotFound()
    row = session.get(RoomFitting, venue_id, with_for_update=True)
    if row is None:
        row = RoomFitting(venue_id=venue_id)
        session.add(row)
    row.equipment = equipment
    _audit(session, by, f"venue:{venue_id}")


def need_of(session: Session, class_group_id: int, *, campus_id: int | None) -> means.Need:
    """What a class needs. Raises NotFound."""
    _class(session, class_group_id, campus_id)
    row = session.get(ClassNeed, class_group_id)
    if row is None:
        return means.PLAIN
    return means.Need(frozenset(row.equipment), row.is_assisted, row.is_online, row.any_teacher)


def keep_need(
    session: Session, class_group_id: int, need: means.Need, *, by: int, campus_id: int | None
) -> None:
    """Replace what a class needs. Raises NotFound."""
    _class(session, class_group_id, campus_id)
    row = session.get(ClassNeed, class_group_id, with_for_update=True)
    if row is None:
        row = ClassNeed(class_group_id=class_group_id)
        session.add(row)
    row.equipment, row.is_assisted = sorted(need.equipment), need.is_assisted
    row.is_online, row.any_teacher = need.is_online, need.any_teacher
    _audit(session, by, f"class:{class_group_id}")


def learners_of(session: Session, class_group_id: int) -> list[tuple[Child, list[Window]]]:
    """Who sits in a class, and when they can never come."""
    ids = _sitting(session, class_group_id)
    busy: dict[int, list[Window]] = {}
    rows = select(LearnerBusy).where(LearnerBusy.student_id.in_(ids)).order_by(LearnerBusy.id)
    for row in session.scalars(rows):
        window = {"weekday": row.weekday, "start": row.start, "end": row.end}
        busy.setdefault(row.student_id, []).append(window)
    children = students.students(session, ids)
    return [(children[id_], busy.get(id_, [])) for id_ in ids if id_ in children]


def keep_busy(
    session: Session,
    class_group_id: int,
    student_id: int,
    windows: Sequence[Window],
    *,
    by: int,
    campus_id: int | None,
) -> None:
    """Replace when a learner of a class can never come. Raises NotFound."""
    _class(session, class_group_id, campus_id)
    if student_id not in _sitting(session, class_group_id):
        raise NotFound()
    session.execute(delete(LearnerBusy).where(LearnerBusy.student_id == student_id))
    session.add_all(LearnerBusy(student_id=student_id, **window) for window in windows)
    _audit(session, by, f"student:{student_id}")


def keep_way(session: Session, from_id: int, to_id: int, minutes: int, *, by: int) -> None:
    """The way between two campuses. Raises NotFound for no such pair."""
    if (from_id, to_id) not in means.ways(session):
        raise NotFound()
    row = session.get(CampusWay, (from_id, to_id), with_for_update=True)
    if row is None:
        row = CampusWay(from_id=from_id, to_id=to_id)
        session.add(row)
    row.minutes = minutes
    _audit(session, by, f"way:{from_id}-{to_id}")


def offs(session: Session, kind: TimeOffKind, subject_id: int) -> list[TimeOff]:
    """When somebody or something is not there, from today on, soonest first."""
    query = (
        select(TimeOff)
        .where(
            TimeOff.kind == kind, TimeOff.subject_id == subject_id, TimeOff.ends_at > clock.now()
        )
        .order_by(TimeOff.starts_at)
        .limit(MOST_OFF)
    )
    return list(session.scalars(query))


def take_off(
    session: Session,
    kind: TimeOffKind,
    subject_id: int,
    *,
    from_at: datetime,
    to_at: datetime,
    words: str,
    by: int,
) -> None:
    """Somebody or something is not there; entering the same stretch twice is entering it once."""
    same = select(TimeOff.id).where(
        TimeOff.kind == kind,
        TimeOff.subject_id == subject_id,
        TimeOff.starts_at == from_at,
        TimeOff.ends_at == to_at,
    )
    if session.scalar(same) is None:
        session.add(
            TimeOff(
                kind=kind, subject_id=subject_id, starts_at=from_at, ends_at=to_at, words=words[:60]
            )
        )
    _audit(session, by, f"{kind}:{subject_id}")


def take_back(
    session: Session, off_id: int, kind: TimeOffKind, subject_id: int, *, by: int
) -> None:
    """It is there after all; taking back twice is fine."""
    row = session.get(TimeOff, off_id)
    if row is not None and (row.kind, row.subject_id) == (kind, subject_id):
        session.delete(row)
        _audit(session, by, f"{kind}:{subject_id}")


def in_the_way(
    session: Session, kind: TimeOffKind, subject_id: int, found: Sequence[TimeOff]
) -> list[LessonView]:
    """Lessons that stand where somebody or something is not there: they have to be moved."""
    if not found:
        return []
    query = select(Lesson.id).where(
        Lesson.status == "planned",
        Lesson.starts_at > clock.now(),
        or_(
            *(
                (Lesson.starts_at < each.ends_at) & (Lesson.ends_at > each.starts_at)
                for each in found
            )
        ),
    )
    if kind is TimeOffKind.STAFF:
        query = query.where(or_(Lesson.teacher_id == subject_id, Lesson.assistant_id == subject_id))
    elif kind is TimeOffKind.ROOM:
        query = query.where(Lesson.venue_id == subject_id)
    return queries.lessons(session, list(session.scalars(query.limit(20))))


def subjects(session: Session) -> list[str]:
    return list(session.scalars(select(Course.subject).distinct().order_by(Course.subject)))


def _class(session: Session, class_group_id: int, campus_id: int | None) -> ClassGroup:
    row = session.get(ClassGroup, class_group_id)
    if row is None or campus_id not in (None, row.campus_id):
        raise NotFound()
    return row


def _sitting(session: Session, class_group_id: int) -> list[int]:
    query = select(Enrollment.student_id).where(
        Enrollment.class_group_id == class_group_id, Enrollment.status == SeatStatus.ACTIVE
    )
    return sorted({id_ for id_ in session.scalars(query) if id_ is not None})


def _audit(session: Session, by: int, subject: str) -> None:
    session.flush()
    security.audit(session, actor=f"account:{by}", action="timetable.means", subject=subject)
