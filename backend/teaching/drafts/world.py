"""What the tables say, in the words of the timetable's engine: one look, a fixed number of
statements.

The numbers of the engine's lessons are the ids of their rows, so that they find back.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from backend.kit import clock, holidays
from backend.logistics import queries as logistics
from backend.security import queries as security
from backend.security.schemas import Role
from backend.students import queries as students
from backend.teaching import no_clash, rules
from backend.teaching.drafts import means
from backend.teaching.drafts.schemas import Place
from backend.teaching.models import Attendance, Booking, ClassGroup, Course, Enrollment, Lesson
from backend.teaching.schemas import Kind, SeatStatus
from backend.teaching.timetable import model

MOST_DAYS = 400
"""A term and its holidays; more is no timetable."""


@dataclass(frozen=True)
class World:
    """An institution on some days, and the lessons planned there."""

    institution: model.Institution
    lessons: tuple[model.Lesson, ...]
    campus_of: dict[int, int]

    def lesson(self, lesson_id: int) -> model.Lesson:
        return next(each for each in self.lessons if each.number == lesson_id)


def place_of(row: Lesson) -> Place:
    """Where the row of a lesson has it."""
    return Place.model_validate(row)


def put(lesson: model.Lesson, place: Place) -> model.Lesson:
    """The engine's lesson at a place."""
    return replace(
        lesson,
        starts_at=place.starts_at,
        minutes=place.minutes,
        teacher=place.teacher_id,
        assistant=place.assistant_id,
        room=place.venue_id,
    )


def place(lesson: model.Lesson) -> Place:
    """Where the engine has a lesson."""
    return Place(
        starts_at=lesson.starts_at.astimezone(clock.UTC),
        ends_at=lesson.ends_at.astimezone(clock.UTC),
        teacher_id=lesson.teacher,
        assistant_id=lesson.assistant,
        venue_id=lesson.room,
    )


def read(
    session: Session,
    *,
    first_on: date,
    last_on: date,
    class_group_ids: Collection[int] = (),
    moving: Collection[int] = (),
    whole: bool = False,
    alone: bool = False,
) -> World:
    """The house on the days [first_on, last_on] with its planned lessons; also the classes named,
    whether they have lessons or not, and the lessons that are `moving`, wherever they are; whoever
    comes to one of those for a makeup binds it too.

    `whole` is for a draft: rooms have to hold full classes, and siblings matter. `alone` is for
    moving those lessons and nothing else: only their learners are looked at.
    Raises ValueError for more than `MOST_DAYS`.
    """
    if not 0 <= (last_on - first_on).days < MOST_DAYS:
        raise ValueError("no such stretch of days")
    from_at, to_at = clock.at_local(first_on), clock.at_local(last_on + timedelta(days=1))
    rows = list(
        session.scalars(
            select(Lesson)
            .where(
                Lesson.status == "planned",
                or_(
                    Lesson.id.in_(moving),
                    and_(Lesson.starts_at >= from_at, Lesson.starts_at < to_at),
                ),
            )
            .order_by(Lesson.starts_at, Lesson.id)
        )
    )
    lessons = tuple(_lesson(row) for row in rows)
    days = [clock.local(row.starts_at).date() for row in rows]
    first_on, last_on = min([first_on, *days]), max([last_on, *days])
    group_ids = {row.class_group_id for row in rows} | set(class_group_ids)
    sitting, extra, away = _learners(session, group_ids, moving, from_at, to_at)
    moved = {row.class_group_id for row in rows if row.id in set(moving)}
    if alone:
        theirs = {who for group_id in moved for who in sitting[group_id]} | set(extra)
        sitting = defaultdict(set, {g: some & theirs for g, some in sitting.items()})
    known = means.read(session)
    everybody = {who for some in sitting.values() for who in some} | set(extra)
    groups = session.execute(
        select(ClassGroup, Course)
        .join(Course, Course.id == ClassGroup.course_id)
        .where(ClassGroup.id.in_(group_ids))
        .order_by(ClassGroup.id)
    ).all()
    made = [
        _group(group, course, sitting[group.id], known, first_on, last_on, whole=whole)
        for group, course in groups
    ]
    if extra and moved:
        made = [
            replace(one, learners=tuple(sorted({*one.learners, *extra})))
            if one.id in moved
            else one
            for one in made
        ]
    families = students.households(session, everybody) if whole else {}
    venues = logistics.venues(session)
    institution = model.Institution(
        first_on,
        last_on,
        staff=_staff(session, known, rows, groups),
        rooms=tuple(
            model.Room(
                each.id,
                each.name,
                each.campus_id,
                each.capacity,
                known.equipment.get(each.id, frozenset()),
                known.off("room", each.id),
            )
            for each in venues
        ),
        learners=tuple(
            model.Learner(
                who,
                model.LearnerType.SCHOOL,
                families.get(who),
                known.busy.get(who, ()),
                tuple(away.get(who, ())),
            )
            for who in sorted(everybody)
        ),
        groups=tuple(made),
        holidays=frozenset(_closed(known, first_on, last_on)),
        school_breaks=known.breaks,
        travel=known.travel,
    )
    return World(institution, lessons, {each.id: each.campus_id for each in venues})


def _lesson(row: Lesson) -> model.Lesson:
    return model.Lesson(
        row.class_group_id,
        row.id,
        row.starts_at,
        int((row.ends_at - row.starts_at).total_seconds()) // 60,
        row.teacher_id,
        row.assistant_id,
        row.venue_id,
    )


def _learners(
    session: Session, group_ids: Collection[int], moving: Collection[int], from_at: Any, to_at: Any
) -> tuple[dict[int, set[int]], list[int], dict[int, list[model.Span]]]:
    """Who sits in each class, who else comes to what is moving, and who is in a makeup when."""
    sitting: dict[int, set[int]] = defaultdict(set)
    seats = select(Enrollment.class_group_id, Enrollment.student_id).where(
        Enrollment.class_group_id.in_(group_ids),
        Enrollment.status == SeatStatus.ACTIVE,
        Enrollment.student_id.is_not(None),
    )
    for group_id, student_id in session.execute(seats):
        sitting[group_id].add(student_id or 0)
    guests = (
        select(Booking.resource_id, Booking.lesson_id, Booking.starts_at, Booking.ends_at)
        .join(
            Attendance,
            (Attendance.lesson_id == Booking.lesson_id)
            & (Attendance.student_id == Booking.resource_id),
        )
        .where(
            Booking.kind == no_clash.LEARNER,
            Booking.starts_at >= from_at,
            Booking.starts_at < to_at,
            Attendance.kind == Kind.MAKEUP,
        )
    )
    extra, away = [], defaultdict(list)
    for who, lesson_id, starts_at, ends_at in session.execute(guests):
        if lesson_id in moving:
            extra.append(who)
        else:
            away[who].append(model.Span(starts_at, ends_at))
    return sitting, extra, away


def _group(
    group: ClassGroup,
    course: Course,
    learners: set[int],
    known: means.Means,
    first_on: date,
    last_on: date,
    *,
    whole: bool,
) -> model.Group:
    need = known.needs.get(group.id, means.PLAIN)
    minutes = tuple(slot["minutes"] for slot in group.weekly) or (90,)
    kind = rules.learner_type_of(course.grade_from, course.grade_to)
    return model.Group(
        group.id,
        group.name,
        course.subject,
        model.LearnerType(kind.value),
        tuple(sorted(learners)),
        lessons=MOST_DAYS * 4,
        per_week=0,
        starts_on=max(group.starts_on, first_on) if whole else group.starts_on,
        ends_on=last_on,
        minutes=minutes,
        campus=None if need.is_online else group.campus_id,
        online=need.is_online,
        teachers=() if need.any_teacher or not whole else (group.teacher_id,),
        assisted=need.is_assisted,
        equipment=need.equipment,
        seats=max(group.capacity, len(learners)) if whole else max(1, len(learners)),
    )


def _staff(
    session: Session,
    known: means.Means,
    rows: Sequence[Lesson],
    groups: Sequence[Any],
) -> tuple[model.Staff, ...]:
    """Teachers who work here, and whoever still stands in a lesson. A class's own teacher can
    always teach it."""
    teaches: dict[int, set[str]] = defaultdict(set)
    for group, course in groups:
        teaches[group.teacher_id].add(course.subject)
    for who, subjects in known.usual.items():
        teaches[who] |= subjects
    there = {each.id: each for each in security.staff_with_role(session, Role.TEACHER)}
    named = {row.teacher_id for row in rows} | {
        row.assistant_id for row in rows if row.assistant_id
    }
    named |= {group.teacher_id for group, _ in groups}
    gone = named - there.keys()
    there |= security.staff_members(session, gone) if gone else {}
    return tuple(known.member(each, frozenset(teaches[each.id])) for each in there.values())


def _closed(known: means.Means, first_on: date, last_on: date) -> set[date]:
    days = (first_on + timedelta(days=n) for n in range((last_on - first_on).days + 1))
    return {on for on in days if holidays.is_holiday(on) or known.is_closed(on)}
