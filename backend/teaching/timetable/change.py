"""Changing a timetable that people already live by: where a lesson can go, and least repair."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from time import monotonic

from backend.teaching.timetable.board import Board, Choice, Time, Unit
from backend.teaching.timetable.choices import choices, fits
from backend.teaching.timetable.exact import place_together
from backend.teaching.timetable.model import Group, Institution, Lesson, Slot, Unplaced
from backend.teaching.timetable.reasons import unplaced_of

STAGES = ((3, 24), (8, 50))
"""How many lessons may give way, and how many places each may have: few are soon looked through,
and mostly enough."""
PATIENCE = 1.2
"""Seconds after which `squeeze` begins no further attempt; somebody waits in a chat."""


@dataclass(frozen=True)
class Move:
    before: Lesson
    after: Lesson


@dataclass(frozen=True)
class Repaired:
    lessons: tuple[Lesson, ...]
    moves: tuple[Move, ...]
    unplaced: tuple[Unplaced, ...]


class Standing:
    """A board with today's lessons on it; `loose` are those that cannot stay as they are.

    Pinned lessons always stand, even against each other (the checker tells). With
    `firm` all lessons stand so. `past`: the minute of the term up to which time is over.
    """

    def __init__(
        self,
        institution: Institution,
        lessons: Iterable[Lesson],
        *,
        firm: bool = False,
        past: int = -1,
    ) -> None:
        self.board = Board(institution)
        self.past = past
        self.unit_of: dict[Lesson, Unit] = {}
        self.loose: list[Lesson] = []
        self._days: dict[int, tuple[int, ...]] = {}
        pins = {(g.id, p.starts_at) for g in institution.groups for p in g.pinned}
        ordered = sorted(lessons, key=lambda o: ((o.group, o.starts_at) not in pins, o.starts_at))
        for lesson in ordered:
            group = self.board.groups[lesson.group]
            choice = self.board.choice_of(lesson)
            pinned = firm or (lesson.group, lesson.starts_at) in pins
            unit = Unit(
                len(self.unit_of),
                group,
                1,
                lesson.minutes,
                choice.time.days,
                now=choice,
                same_day=True,
            )
            self.unit_of[lesson] = unit
            if pinned or (
                choice.time.days[0] in self.days(group) and fits(self.board, unit, choice)
            ):
                self.board.put(unit, choice)
            else:
                self.loose.append(lesson)

    def days(self, group: Group) -> tuple[int, ...]:
        if group.id not in self._days:
            free = replace(group, pinned=())
            self._days[group.id] = tuple(self.board.grid.class_days(free))
        return self._days[group.id]

    def same_day(self, group: Group) -> bool:
        """Whether the class meets twice a day already."""
        return any(n > 1 for (who, _), n in self.board.meets.items() if who == group.id)

    def lift(self, lesson: Lesson) -> None:
        unit = self.unit_of[lesson]
        if unit.id in self.board.placed:
            self.board.take(unit)

    def back(self, lesson: Lesson) -> None:
        """Undo `lift`."""
        unit = self.unit_of[lesson]
        if unit.now is not None and lesson not in self.loose:
            self.board.put(unit, unit.now)


def slots_for(
    standing: Standing,
    lessons: Sequence[Lesson],
    *,
    first_on: date | None = None,
    last_on: date | None = None,
    limit: int = 10,
) -> list[Slot]:
    """Where the given lessons of one class could go, the least disturbing first.

    One lesson: any day from `first_on` to `last_on` (a week either way when left out). Several:
    all to one weekday and time, each within its week. The standing is as before afterwards.
    """
    board, some = standing.board, sorted(lessons, key=lambda one: one.starts_at)
    group = board.groups[some[0].group]
    old = [board.choice_of(lesson) for lesson in some]
    base = tuple(choice.time.days[0] for choice in old)
    low = board.grid.number(first_on) if first_on else min(base) - 7
    high = board.grid.number(last_on) if last_on else max(base) + 7
    days = tuple(day for day in standing.days(group) if low <= day <= high)
    now = replace(old[0], time=Time(base, old[0].time.start, 0))
    unit = Unit(
        -1,
        group,
        len(some),
        some[0].minutes,
        days,
        base=base if len(some) > 1 else (),
        now=now,
        same_day=standing.same_day(group),
    )
    for lesson in some:
        standing.lift(lesson)
    times = [
        time for time in board.times(unit) if (time.days, time.start) != (base, old[0].time.start)
    ]
    found = choices(board, unit, breadth=2, times=times)
    for lesson in some:
        standing.back(lesson)
    best: dict[tuple[tuple[int, ...], int], Choice] = {}
    for choice in found:
        best.setdefault((choice.time.days, choice.time.start), choice)
    return [_slot(board, choice, now) for choice in list(best.values())[:limit]]


def _slot(board: Board, choice: Choice, now: Choice) -> Slot:
    return Slot(
        tuple(board.grid.moment(day, choice.time.start) for day in choice.time.days),
        choice.teacher,
        choice.assistant,
        choice.room,
        choice.cost,
        choice.teacher != now.teacher,
        choice.room != now.room,
    )


def repair(
    institution: Institution, lessons: Iterable[Lesson], *, reach: int = 7, seed: int = 1
) -> Repaired:
    """Make a timetable fit an institution that has changed, moving as little as possible.

    What still fits stays. The rest tries: another room, another teacher, another time within
    `reach` days; and if that is not enough, together with lessons in its way.
    """
    given = list(lessons)
    standing = Standing(institution, given)
    board = standing.board
    lost: list[Unit] = []
    for lesson in standing.loose:
        unit = _wide(standing, lesson, reach)
        found = choices(board, unit)
        if found:
            board.put(unit, found[0])
            continue
        others = _in_the_way(standing, unit, reach)
        before = [(other, board.take(other)) for other in others]
        wide = [
            replace(
                other,
                days=_around(standing, other, reach),
                same_day=standing.same_day(other.group),
            )
            for other, _ in before
        ]
        if not place_together(board, [unit, *wide], seed=seed):
            for some in (unit, *wide):
                if some.id in board.placed:
                    board.take(some)
            for other, choice in before:
                board.put(other, choice)
            lost.append(unit)
    moves, after = [], []
    for lesson in given:
        placed = board.placed.get(standing.unit_of[lesson].id)
        if placed is None:
            continue
        _, choice = placed
        new = _at(board, lesson, choice)
        # The same moment may be written in another zone.
        new = lesson if new == lesson else new
        after.append(new)
        if new is not lesson:
            moves.append(Move(lesson, new))
    return Repaired(tuple(after), tuple(moves), tuple(unplaced_of(board, lost)))


def squeeze(
    standing: Standing,
    lesson: Lesson,
    *,
    days: tuple[int, ...],
    hours: tuple[int, int],
    movable: Callable[[Unit, Choice], bool],
    reach: int = 7,
    seed: int = 1,
    patience: float = PATIENCE,
) -> tuple[Move, ...]:
    """Put a lesson on one of `days` within `hours` (minutes) although nothing is free there, by
    moving as few others as possible: those that are `movable`, each within `reach` days. Empty
    when even that finds nothing, or not within `patience` seconds: few others are tried first. The
    standing is as before afterwards.
    """
    board = standing.board
    own = standing.unit_of[lesson]
    unit = replace(own, days=days, same_day=standing.same_day(own.group))
    wanted = [
        time
        for time in board.times(unit)
        if hours[0] <= time.start and time.start + unit.minutes <= hours[1]
    ]
    if not wanted:
        return ()
    standing.lift(lesson)
    moves: tuple[Move, ...] = ()
    until = monotonic() + patience
    tries = [(stage, time) for stage in STAGES for time in wanted[:: max(1, len(wanted) // 4)][:4]]
    for (few, breadth), time in tries:
        left = until - monotonic()
        if moves or left <= 0:
            break
        assert own.now is not None
        there = replace(unit, now=replace(own.now, time=time))
        others = [
            other
            for other in _in_the_way(standing, there, 0, most=40)
            if movable(other, board.placed[other.id][1])
        ][:few]
        moves = _together(standing, unit, others, wanted, breadth=breadth, reach=reach, wall=left,
                          seed=seed)  # fmt: skip
    standing.back(lesson)
    return moves


def _together(
    standing: Standing,
    unit: Unit,
    others: Sequence[Unit],
    wanted: list[Time],
    *,
    breadth: int,
    reach: int,
    wall: float,
    seed: int,
) -> tuple[Move, ...]:
    """What has to move when these others may give way to a unit; the board is as before."""
    board = standing.board
    before = [(other, board.take(other)) for other in others]
    wide = [
        replace(
            other,
            days=_around(standing, other, reach),
            same_day=standing.same_day(other.group),
        )
        for other, _ in before
    ]
    fit = {unit.id: wanted}
    fit |= {one.id: [t for t in board.times(one) if _later(standing, t)] for one in wide}
    moves: tuple[Move, ...] = ()
    if place_together(
        board, [unit, *wide], most=breadth, seconds=0.5, seed=seed, times=fit, wall=wall
    ):
        moves = tuple(_moves(standing, [unit, *wide]))
    for some in (unit, *wide):
        if some.id in board.placed:
            board.take(some)
    for other, choice in before:
        board.put(other, choice)
    return moves


def _later(standing: Standing, time: Time) -> bool:
    return time.days[0] * 1440 + time.start > standing.past


def _moves(standing: Standing, units: Sequence[Unit]) -> Iterator[Move]:
    lessons = {unit.id: lesson for lesson, unit in standing.unit_of.items()}
    for unit in units:
        _, choice = standing.board.placed[unit.id]
        old = lessons[unit.id]
        new = _at(standing.board, old, choice)
        if new != old:
            yield Move(old, new)


def _at(board: Board, lesson: Lesson, choice: Choice) -> Lesson:
    return replace(
        lesson,
        starts_at=board.grid.moment(choice.time.days[0], choice.time.start),
        teacher=choice.teacher,
        assistant=choice.assistant,
        room=choice.room,
    )


def _around(standing: Standing, unit: Unit, reach: int) -> tuple[int, ...]:
    assert unit.now is not None
    middle = unit.now.time.days[0]
    return tuple(d for d in standing.days(unit.group) if abs(d - middle) <= reach)


def _wide(standing: Standing, lesson: Lesson, reach: int) -> Unit:
    unit = standing.unit_of[lesson]
    days = _around(standing, unit, reach)
    return replace(unit, days=days, same_day=standing.same_day(unit.group))


def _in_the_way(standing: Standing, unit: Unit, reach: int, most: int = 8) -> list[Unit]:
    """Lessons near in time that use the people or rooms this one could use."""
    board = standing.board
    assert unit.now is not None
    middle = unit.now.time.days[0]
    teachers = {one.id for one in board.teachers(unit.group)}
    rooms = {room.id for room in board.suitable_rooms(unit.group)}
    learners = set(unit.group.learners)
    pinned = {
        (g.id, board.grid.minute(p.starts_at)) for g in board.groups.values() for p in g.pinned
    }
    ranked = []
    for other, choice in board.placed.values():
        far = abs(choice.time.days[0] - middle)
        key = (other.group.id, choice.time.days[0] * 1440 + choice.time.start)
        if far > reach or key in pinned:
            continue
        same = bool(choice.time.bits & unit.now.time.bits)
        if (
            learners & set(other.group.learners)
            or choice.teacher in teachers
            or choice.room in rooms
        ):
            ranked.append((not same, far, other.id, other))
    return [other for *_, other in sorted(ranked, key=lambda one: one[:3])[:most]]
