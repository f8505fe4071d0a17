"""调课: where a lesson can go, what stands in the way, and moving it (T5).

The engine proposes, the independent checker judges, the database has the last word: whoever moves
lessons names where they were, so that nothing is moved that somebody else has moved meanwhile.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.kit import clock
from backend.kit.errors import NotFound
from backend.security import service as security
from backend.teaching import no_clash
from backend.teaching.drafts import telling, views, world
from backend.teaching.drafts.schemas import (
    Forbidden,
    Move,
    Place,
    SlotView,
    Unwise,
    WorldChanged,
)
from backend.teaching.life import clashes, seating
from backend.teaching.models import Attendance, Booking, ClassGroup, Lesson
from backend.teaching.schemas import LessonOver
from backend.teaching.timetable.board import Choice, Unit
from backend.teaching.timetable.change import Standing, slots_for, squeeze
from backend.teaching.timetable.checker import faults_of
from backend.teaching.timetable.model import Lesson as Planned
from backend.teaching.timetable_models import MovedLesson, TimetableChange

AROUND = timedelta(days=7)
FARTHEST = timedelta(days=60)
"""A lesson is not moved farther at once; a class is drafted anew for that."""
SETTING_ASIDE = "moving"
SOFT = frozenset(
    {
        *("holiday", "closed", "outside_class_dates", "staff_hours", "too_many_a_day"),
        *("wrong_teacher", "teacher_skill", "assistant_skill", "too_few_seats", "equipment"),
        "learner_away",
    }
)
"""Rules that a reason overrides; all others of the checker nobody may break."""


def slots(
    session: Session,
    *,
    lesson_id: int,
    from_at: datetime | None = None,
    to_at: datetime | None = None,
    limit: int = 6,
) -> list[SlotView]:
    """Where a lesson could go between two moments (a week around it without), the least disturbing
    first; all of them lawful and free. Raises NotFound, LessonOver."""
    row = _movable(session, lesson_id)
    first_on, last_on = _days(row, from_at, to_at)
    seen = _world(session, row, first_on, last_on, alone=True)
    lesson = seen.lesson(lesson_id)
    standing = Standing(seen.institution, seen.lessons, firm=True)
    found = slots_for(standing, [lesson], first_on=first_on, last_on=last_on, limit=400)
    soonest = max(from_at or clock.now(), clock.now())
    moves = []
    for slot in found:
        at = slot.starts_at[0]
        if at < soonest or (to_at is not None and at >= to_at) or at <= clock.now():
            continue
        becomes = world.place(
            Planned(lesson.group, 0, at, lesson.minutes, slot.teacher, slot.assistant, slot.room)
        )
        moves.append(Move(lesson_id=lesson_id, was=world.place_of(row), becomes=becomes))
    free = _without_visitors_clash(session, moves)[:limit]
    return views.slots(session, free)


def here(session: Session, lesson_id: int) -> Place:
    """Where a lesson is now. Raises NotFound, LessonOver."""
    return world.place_of(_movable(session, lesson_id))


def as_asked(session: Session, lesson_id: int, at: datetime) -> Move:
    """A lesson at another moment, its people and its room unchanged, whether that can be or not.
    Raises NotFound, LessonOver."""
    was = here(session, lesson_id)
    ends_at = at + (was.ends_at - was.starts_at)
    becomes = was.model_copy(update={"starts_at": at.astimezone(clock.UTC), "ends_at": ends_at})
    return Move(lesson_id=lesson_id, was=was, becomes=becomes)


def repair(
    session: Session,
    *,
    lesson_id: int,
    from_at: datetime,
    to_at: datetime,
    campus_id: int | None = None,
) -> list[Move]:
    """What to move, as little as possible, so that a lesson fits between two moments although
    nothing is free there; empty when that cannot be. Only lessons of `campus_id` make room.
    Raises NotFound, LessonOver."""
    row = _movable(session, lesson_id)
    first_on, last_on = _days(row, from_at, to_at)
    seen = _world(session, row, max(first_on - AROUND, clock.today()), last_on + AROUND)
    institution = seen.institution
    past = int((clock.now() - clock.at_local(institution.first_on)).total_seconds()) // 60
    standing = Standing(institution, seen.lessons, firm=True, past=past)
    campus_of = {group.id: group.campus for group in institution.groups}
    lesson = seen.lesson(lesson_id)

    def may_give_way(unit: Unit, choice: Choice) -> bool:
        begins = choice.time.days[0] * 1440 + choice.time.start
        return begins > past and campus_id in (None, campus_of[unit.group.id])

    grid = standing.board.grid
    begin, end = clock.local(max(from_at, clock.now())), clock.local(to_at)
    one_day = (end - timedelta(minutes=1)).date() == begin.date()
    hours = (begin.hour * 60 + begin.minute, 24 * 60)
    if one_day and end.date() == begin.date():
        hours = (hours[0], max(hours[0] + lesson.minutes, end.hour * 60 + end.minute))
    wanted = {
        grid.number(first_on + timedelta(days=n)) for n in range((last_on - first_on).days + 1)
    }
    days = tuple(day for day in standing.days(standing.unit_of[lesson].group) if day in wanted)
    moved = squeeze(
        standing,
        lesson,
        days=days,
        hours=hours if one_day else (0, 24 * 60),
        movable=may_give_way,
    )
    found = [
        Move(
            lesson_id=one.before.number, was=world.place(one.before), becomes=world.place(one.after)
        )
        for one in moved
    ]
    return found if len(_without_visitors_clash(session, found)) == len(found) else []


def hindrances(session: Session, moves: Sequence[Move]) -> tuple[list[str], list[str]]:
    """The checker's rules that these moves would newly break: those that nobody may, and those that
    a reason overrides. Raises NotFound for people who do not teach and rooms that are not there.
    """
    rows = _rows(session, [each.lesson_id for each in moves], lock=False)
    days = [clock.local(each.becomes.starts_at).date() for each in moves]
    ids = [each.lesson_id for each in moves]
    groups = {row.class_group_id for row in rows.values()}
    seen = world.read(
        session,
        first_on=min(days),
        last_on=max(days),
        class_group_ids=groups,
        moving=ids,
        alone=True,
    )
    becomes = {each.lesson_id: each.becomes for each in moves}
    people = {one.id for one in seen.institution.staff}
    for place in becomes.values():
        if not {place.teacher_id, place.assistant_id or place.teacher_id} <= people:
            raise NotFound()
        if place.venue_id is not None and place.venue_id not in seen.campus_of:
            raise NotFound()
    after = [
        world.put(each, becomes[each.number]) if each.number in becomes else each
        for each in seen.lessons
    ]

    def broken(lessons: Sequence[Planned]) -> dict[str, int]:
        count: dict[str, int] = {}
        for fault in faults_of(seen.institution, lessons):
            touched = {fault.lesson.number, fault.other.number if fault.other else 0}
            if touched & becomes.keys():
                count[fault.rule] = count.get(fault.rule, 0) + 1
        return count

    before = broken(seen.lessons)
    fresh = sorted(rule for rule, n in broken(after).items() if n > before.get(rule, 0))
    return [r for r in fresh if r not in SOFT], [r for r in fresh if r in SOFT]


def move(
    session: Session,
    moves: Sequence[Move],
    *,
    by: int,
    reason: str,
    overrides: bool = False,
    campus_id: int | None = None,
) -> int | None:
    """Move lessons together, all or none, and tell exactly those concerned; returns the number of
    the change. None when everything is there already, so that a second tap does nothing.

    Managers move lessons of `campus_id` only. Raises NotFound, LessonOver, WorldChanged when a
    lesson is not where it was said to be, Forbidden, Unwise (unless it `overrides`), Clash.
    """
    rows = _rows(session, [each.lesson_id for each in moves], lock=True)
    if campus_id is not None:
        groups = select(ClassGroup.campus_id).where(
            ClassGroup.id.in_({row.class_group_id for row in rows.values()})
        )
        if set(session.scalars(groups)) != {campus_id}:
            raise NotFound()
    if all(world.place_of(rows[each.lesson_id]) == each.becomes for each in moves):
        return None
    for each in moves:
        row = rows[each.lesson_id]
        if world.place_of(row) != each.was:
            raise WorldChanged()
        if not can_move(row) or each.becomes.starts_at <= clock.now():
            raise LessonOver()
    hard, soft = hindrances(session, moves)
    if hard:
        raise Forbidden(rules=hard)
    if soft and not (overrides and reason.strip()):
        raise Unwise(rules=soft)
    change = TimetableChange(by=by, at=clock.now(), reason=reason.strip()[:200], overrode=soft)
    session.add(change)
    session.flush()
    write(session, [(rows[each.lesson_id], each.becomes) for each in moves])
    session.add_all(
        MovedLesson(
            change_id=change.id,
            lesson_id=each.lesson_id,
            was=each.was.model_dump(mode="json"),
            became=each.becomes.model_dump(mode="json"),
        )
        for each in moves
    )
    security.audit(
        session,
        actor=f"account:{by}",
        action="lesson.moved",
        subject=f"timetable_change:{change.id}",
        lessons=[each.lesson_id for each in moves],
        overrode=soft,
    )
    telling.tell(session, change, moves)
    return change.id


def write(session: Session, wanted: Sequence[tuple[Lesson, Place]]) -> None:
    """Put planned lessons where they are wanted, also where they change places with each other.
    Raises Clash and leaves everything as it was."""
    with clashes.named(session):
        put_down(session, wanted)
    for row, _ in wanted:
        seating.seat(session, class_group_id=row.class_group_id, lesson_id=row.id)


def put_down(session: Session, wanted: Sequence[tuple[Lesson, Place]]) -> None:
    """The rows alone: all are set aside before the first is put down."""
    for row, _ in wanted:
        row.status = SETTING_ASIDE
    session.flush()
    for row, place in wanted:
        row.starts_at, row.ends_at = place.starts_at, place.ends_at
        row.teacher_id, row.assistant_id = place.teacher_id, place.assistant_id
        row.venue_id, row.status, row.reminded_at = place.venue_id, "planned", None
    session.flush()


def _movable(session: Session, lesson_id: int) -> Lesson:
    row = session.get(Lesson, lesson_id)
    if row is None:
        raise NotFound()
    if not can_move(row):
        raise LessonOver()
    return row


def can_move(row: Lesson) -> bool:
    """Whether a lesson is still to come."""
    return row.status == "planned" and row.called_at is None and row.starts_at > clock.now()


def _rows(session: Session, ids: Sequence[int], *, lock: bool) -> dict[int, Lesson]:
    """Lessons by id, locked in one order. Raises NotFound."""
    query = select(Lesson).where(Lesson.id.in_(ids)).order_by(Lesson.id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    found = {row.id: row for row in session.scalars(query)}
    if found.keys() != set(ids):
        raise NotFound()
    return found


def _days(row: Lesson, from_at: datetime | None, to_at: datetime | None) -> tuple[date, date]:
    """The first and the last day asked about, not before today nor too far away."""
    today, now_on = clock.today(), clock.local(row.starts_at).date()
    first = clock.local(from_at).date() if from_at else max(today, now_on - AROUND)
    last = clock.local(to_at - timedelta(minutes=1)).date() if to_at else now_on + AROUND
    first = max(first, today)
    return first, max(first, min(last, now_on + FARTHEST, first + 2 * AROUND))


def _world(
    session: Session, row: Lesson, first_on: date, last_on: date, *, alone: bool = False
) -> world.World:
    return world.read(
        session,
        first_on=first_on,
        last_on=last_on,
        class_group_ids=[row.class_group_id],
        moving=[row.id],
        alone=alone,
    )


def _without_visitors_clash(session: Session, moves: Sequence[Move]) -> list[Move]:
    """Moves after which nobody with a place in the lesson would be elsewhere at the same time; the
    engine knows classes, this knows whoever comes to this one lesson only."""
    if not moves:
        return []
    ids = {each.lesson_id for each in moves}
    who = select(Attendance.student_id).where(
        Attendance.lesson_id.in_(ids), Attendance.status.in_(("expected", "present", "late"))
    )
    taken = session.execute(
        select(Booking.starts_at, Booking.ends_at).where(
            Booking.kind == no_clash.LEARNER,
            Booking.resource_id.in_(who),
            Booking.lesson_id.not_in(ids),
            Booking.starts_at < max(each.becomes.ends_at for each in moves),
            Booking.ends_at > min(each.becomes.starts_at for each in moves),
        )
    ).all()
    return [
        each
        for each in moves
        if len(ids) > 1
        or not any(a < each.becomes.ends_at and each.becomes.starts_at < b for a, b in taken)
    ]
