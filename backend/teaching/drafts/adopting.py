"""A draft becomes the timetable: all of it in one unit, or nothing (T4)."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.kit import clock
from backend.security import service as security
from backend.teaching.drafts import moving, running, telling, world
from backend.teaching.drafts.schemas import Move, NotOver, Place, RunStatus, WorldChanged
from backend.teaching.life import clashes, seating
from backend.teaching.models import ClassGroup, Lesson
from backend.teaching.timetable import model
from backend.teaching.timetable.checker import faults_of
from backend.teaching.timetable_models import (
    DraftLesson,
    DraftRun,
    MovedLesson,
    TimetableChange,
)

REASON = "新课表"


def adopt(session: Session, run_id: int, *, by: int, campus_id: int | None = None) -> int | None:
    """Put a finished draft in force and tell exactly those whose lessons move; returns the change.
    None when it has been adopted already, or nothing moves.

    The world may have moved on: raises WorldChanged (`class_name` or `rules`) when a lesson is not
    where the draft found it, or somebody's new hours, a repair or a new lesson are in the way;
    Clash when somebody was quicker; NotOver, NotFound. Then nothing has changed.
    """
    run = running.locked(session, run_id, campus_id=campus_id)
    if run.status == RunStatus.ADOPTED:
        return None
    if run.status != RunStatus.DONE:
        raise NotOver()
    rows = list(
        session.scalars(
            select(DraftLesson).where(DraftLesson.run_id == run.id).order_by(DraftLesson.id)
        )
    )
    lessons = _lessons(session, rows)
    _must_still_fit(session, run, rows)
    moves = [
        Move(lesson_id=row.lesson_id, was=Place.model_validate(row.was), becomes=_place(row))
        for row in rows
        if row.lesson_id is not None and Place.model_validate(row.was) != _place(row)
    ]
    change = TimetableChange(by=by, at=clock.now(), reason=REASON, overrode=[])
    session.add(change)
    session.flush()
    _write(session, moves, lessons, [row for row in rows if row.lesson_id is None])
    _follow(session, rows)
    session.add_all(
        MovedLesson(
            change_id=change.id,
            lesson_id=each.lesson_id,
            was=each.was.model_dump(mode="json"),
            became=each.becomes.model_dump(mode="json"),
        )
        for each in moves
    )
    run.status, run.adopted_by, run.adopted_at = RunStatus.ADOPTED, by, clock.now()
    session.flush()
    security.audit(
        session,
        actor=f"account:{by}",
        action="timetable.adopted",
        subject=f"draft:{run.id}",
        moved=len(moves),
        added=sum(row.lesson_id is None for row in rows),
    )
    telling.tell(session, change, moves)
    return change.id


def _place(row: DraftLesson) -> Place:
    return Place.model_validate(row)


def _lessons(session: Session, rows: Sequence[DraftLesson]) -> dict[int, Lesson]:
    """The lessons that move, locked, each where the draft found it. Raises WorldChanged."""
    was = {row.lesson_id: Place.model_validate(row.was) for row in rows if row.lesson_id}
    found = {
        row.id: row
        for row in session.scalars(
            select(Lesson)
            .where(Lesson.id.in_(was))
            .order_by(Lesson.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    }
    for lesson_id, place in was.items():
        row = found.get(lesson_id or 0)
        if row is None or not moving.can_move(row) or world.place_of(row) != place:
            name = session.get_one(ClassGroup, row.class_group_id).name if row else ""
            raise WorldChanged(class_name=name)
    return found


def _must_still_fit(session: Session, run: DraftRun, rows: Sequence[DraftLesson]) -> None:
    """The checker looks at the house as it is now with the draft in it. Raises WorldChanged."""
    seen = world.read(
        session,
        first_on=run.first_on,
        last_on=run.last_on,
        class_group_ids=run.class_group_ids,
    )
    moved = {row.lesson_id: _place(row) for row in rows if row.lesson_id}
    now = [
        world.put(each, moved[each.number]) if each.number in moved else each
        for each in seen.lessons
    ]
    fresh = [
        world.put(model.Lesson(row.class_group_id, -row.id, row.starts_at, 0, 0), _place(row))
        for row in rows
        if row.lesson_id is None
    ]
    ours = {*moved, *(each.number for each in fresh)}

    def broken(lessons: Sequence[model.Lesson]) -> Counter[str]:
        return Counter(
            fault.rule
            for fault in faults_of(seen.institution, lessons)
            if fault.lesson.number in ours or (fault.other and fault.other.number in ours)
        )

    worse = broken([*now, *fresh]) - broken(seen.lessons)
    if worse:
        raise WorldChanged(rules=sorted(worse))


def _write(
    session: Session,
    moves: Sequence[Move],
    lessons: dict[int, Lesson],
    fresh: Sequence[DraftLesson],
) -> None:
    """Everything is set aside before anything is put down, so that lessons can change places."""
    with clashes.named(session):
        moving.put_down(session, [(lessons[each.lesson_id], each.becomes) for each in moves])
        session.add_all(
            Lesson(class_group_id=row.class_group_id, **_place(row).model_dump()) for row in fresh
        )
        session.flush()
    touched = {lessons[each.lesson_id].class_group_id for each in moves}
    for group_id in sorted(touched | {row.class_group_id for row in fresh}):
        seating.seat(session, class_group_id=group_id)


def _follow(session: Session, rows: Sequence[DraftLesson]) -> None:
    """A class is offered at the times, and with the teacher and room, of most of its lessons."""
    by_group: dict[int, list[DraftLesson]] = defaultdict(list)
    for row in rows:
        by_group[row.class_group_id].append(row)
    groups = session.scalars(select(ClassGroup).where(ClassGroup.id.in_(by_group)))
    for group in groups:
        some = by_group[group.id]
        usual = Counter(
            (
                clock.local(row.starts_at).weekday(),
                f"{clock.local(row.starts_at):%H:%M}",
                _place(row).minutes,
            )
            for row in some
        ).most_common(max(1, len(group.weekly)))
        if sum(n for _, n in usual) * 2 >= len(some):
            group.weekly = [
                {"weekday": weekday, "start": start, "minutes": minutes}
                for (weekday, start, minutes), _ in sorted(usual)
            ]
        group.teacher_id = Counter(row.teacher_id for row in some).most_common(1)[0][0]
        group.venue_id = Counter(row.venue_id for row in some).most_common(1)[0][0]
    session.flush()
