"""A whole timetable: patterns by need, exact neighbourhoods for what is left, dates, polishing.

1. Hardest first, every session of the week gets the cheapest place that is free on all its dates.
2. What found none is placed together with those in its way (`exact`).
3. What still has none is taken apart into single lessons, each in its part of the term.
4. The rest of the time, neighbourhoods are placed anew as long as that makes it cheaper.
"""

import random
import time as clock
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import pairwise

from backend.teaching.timetable.board import Board, Choice, Time, Unit
from backend.teaching.timetable.choices import choices, fits
from backend.teaching.timetable.exact import place_together
from backend.teaching.timetable.model import Draft, Group, Institution, Lesson, Progress
from backend.teaching.timetable.reasons import unplaced_of


def draft(
    institution: Institution,
    *,
    seconds: float = 240,
    polish: int | None = None,
    current: Iterable[Lesson] = (),
    seed: int = 1,
    tick: Callable[[], float] = clock.monotonic,
    progress: Callable[[Progress], None] = lambda _: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Draft:
    """The best timetable found in time, or until cancelled; it never has a clash.

    `polish`: so many neighbourhoods at the end and no more; then a seed gives the same again.
    `current`: today's timetable; weekly classes leave their time, teacher and room only when they
    must. `tick`: the clock that `seconds` are read on.
    """
    limit = _Limit(seconds, polish, tick, cancelled)
    return _Search(Board(institution), limit, seed, progress, current).run()


@dataclass
class _Limit:
    seconds: float
    polish: int | None
    tick: Callable[[], float]
    cancelled: Callable[[], bool]

    def __post_init__(self) -> None:
        self.started = self.tick()

    @property
    def passed(self) -> float:
        return self.tick() - self.started

    @property
    def over(self) -> bool:
        return self.passed > self.seconds or self.cancelled()


def units_of(board: Board, group: Group, first_id: int) -> list[Unit]:
    """What a class still wants besides its pinned lessons."""
    days = tuple(board.grid.class_days(group))
    left = group.lessons - len(group.pinned)
    if left <= 0:
        return []
    if group.per_week:
        shares = [
            left // group.per_week + (k < left % group.per_week) for k in range(group.per_week)
        ]
        return [
            Unit(first_id + k, group, n, _minutes(group, k), days, weekly=True)
            for k, n in enumerate(shares)
            if n
        ]
    many = left > len(days)
    return [
        Unit(first_id + k, group, 1, _minutes(group, k), part, same_day=many)
        for k, part in enumerate(_parts(days, left))
    ]


def _as_they_are(board: Board, units: list[Unit], lessons: list[Lesson]) -> list[Unit]:
    """Weekly units that know their usual weekday, time, people and room."""
    usual: dict[tuple[int, int, int], list[Choice]] = defaultdict(list)
    for lesson in lessons:
        choice = board.choice_of(lesson)
        weekday = board.grid.days[choice.time.days[0]].weekday()
        usual[lesson.minutes, weekday, choice.time.start].append(choice)
    ranked = sorted(usual.items(), key=lambda one: (-len(one[1]), one[0]))
    found = []
    for unit in units:
        fitting = [one for one in ranked if unit.weekly and one[0][0] == unit.minutes]
        if fitting:
            ranked.remove(fitting[0])
            (_, weekday, start), same = fitting[0]
            days = tuple(n for n in unit.days if board.grid.days[n].weekday() == weekday)
            row = days[: unit.lessons]
            time = Time(row, start, board.grid.at(row, start, unit.minutes))
            unit = replace(unit, now=replace(same[0], time=time))
        found.append(unit)
    return found


def _minutes(group: Group, k: int) -> int:
    return group.minutes[min(k, len(group.minutes) - 1)]


def _parts(days: tuple[int, ...], n: int) -> list[tuple[int, ...]]:
    """The days in n pieces one after the other, so that lessons are spread over them."""
    cuts = [len(days) * k // n for k in range(n + 1)]
    return [days[a:b] or days for a, b in pairwise(cuts)]


class _Search:
    def __init__(
        self,
        board: Board,
        limit: _Limit,
        seed: int,
        progress: Callable[[Progress], None],
        current: Iterable[Lesson],
    ) -> None:
        self.board, self.limit, self.progress = board, limit, progress
        self.rng = random.Random(seed)
        self.units: dict[int, Unit] = {}
        self.told = -1.0
        today: dict[int, list[Lesson]] = defaultdict(list)
        for lesson in current:
            today[lesson.group].append(lesson)
        for group in board.institution.groups:
            for pin in group.pinned:
                choice = board.choice_of(pin)
                unit = Unit(-len(board.placed) - 1, group, 1, pin.minutes, choice.time.days)
                board.put(unit, choice)
        for group in board.institution.groups:
            units = units_of(board, group, len(self.units))
            for unit in _as_they_are(board, units, today[group.id]):
                self.units[unit.id] = unit
        self.times = {unit.id: board.times(unit) for unit in self.units.values()}
        self.bound = sum(self._least(unit) for unit in self.units.values())

    @property
    def over(self) -> bool:
        return self.limit.over

    def run(self) -> Draft:
        for unit in self.units.values():
            if unit.now and fits(self.board, unit, unit.now):
                self.board.put(unit, unit.now)
        for unit in sorted(self._left(), key=self._ease):
            if self.over:
                break
            self._place(unit)
            self._tell()
        self._settle(rounds=6)
        self._split()
        self._settle(rounds=2)
        rounds = 0
        while not self.over and rounds != self.limit.polish:
            self._polish()
            self._tell()
            rounds += 1
        self._tell(last=True)
        left = self._left()
        lost = unplaced_of(self.board, left)
        return Draft(tuple(self.board.lessons()), tuple(lost), self.board.cost, self.bound)

    def _left(self) -> list[Unit]:
        return [unit for unit in self.units.values() if unit.id not in self.board.placed]

    def _tell(self, *, last: bool = False) -> None:
        passed = self.limit.passed
        if last or passed - self.told >= 1:
            self.told = passed
            missing = sum(unit.lessons for unit in self._left())
            self.progress(Progress(passed, missing, self.board.cost, self.bound))

    def _ease(self, unit: Unit) -> tuple[float, int]:
        group = unit.group
        ways = len(self.times[unit.id]) * len(self.board.teachers(group))
        rooms = 1 if group.online else len(self.board.suitable_rooms(group))
        return ways * rooms / (1 + len(group.learners)), unit.id

    def _least(self, unit: Unit) -> int:
        """What the unit costs at least: its room, and its time of the day."""
        rooms = [self.board.room_cost(r, unit.group) for r in self.board.suitable_rooms(unit.group)]
        room = 0 if unit.group.online else min(rooms, default=0)
        starts = [
            int(t.start < 9 * 60) + int(t.start + unit.minutes > 20 * 60)
            for t in self.times[unit.id]
        ]
        return (room + min(starts, default=0)) * unit.lessons

    def _place(self, unit: Unit) -> bool:
        found = choices(self.board, unit, times=self.times[unit.id])
        if found:
            self.board.put(unit, found[0])
        return bool(found)

    def _settle(self, *, rounds: int) -> None:
        """Place what is left together with what is in its way."""
        for _ in range(rounds):
            for unit in self._left():
                if self.over:
                    return
                if self.times[unit.id] and not self._place(unit):
                    self._anew([unit, *self._in_the_way(unit)])
                self._tell()

    def _in_the_way(self, unit: Unit, most: int = 7) -> list[Unit]:
        time = self.rng.choice(self.times[unit.id])
        teachers = {one.id for one in self.board.teachers(unit.group)}
        rooms = {room.id for room in self.board.suitable_rooms(unit.group)}
        learners = set(unit.group.learners)
        must, may = [], []
        for other, choice in self.board.placed.values():
            if other.id < 0 or not choice.time.bits & time.bits:
                continue
            if learners & set(other.group.learners):
                must.append(other)
            elif choice.teacher in teachers or choice.room in rooms:
                may.append(other)
        self.rng.shuffle(may)
        return (must + may)[:most]

    def _anew(self, units: Iterable[Unit]) -> None:
        """Place them together; if that is no better, all is as it was."""
        some = list(units)
        board = self.board
        before = board.cost
        old: dict[int, Choice] = {u.id: board.take(u) for u in some if u.id in board.placed}
        lost = sum(u.lessons for u in some if u.id not in old)
        place_together(board, some, seed=self.rng.getrandbits(30))
        missing = sum(u.lessons for u in some if u.id not in board.placed)
        if (missing, board.cost) <= (lost, before) or missing < lost:
            return
        for unit in some:
            if unit.id in board.placed:
                board.take(unit)
        for unit in some:
            if unit.id in old:
                board.put(unit, old[unit.id])

    def _split(self) -> None:
        """Take apart what has no place of its own every week."""
        for unit in self._left():
            if not unit.weekly and len(unit.days) == len(self.board.grid.class_days(unit.group)):
                continue
            del self.units[unit.id]
            every = tuple(self.board.grid.class_days(unit.group))
            parts = _parts(every, unit.lessons) if unit.weekly else [every]
            for part in parts:
                single = replace(
                    unit, id=1 + max(self.times), lessons=1, weekly=False, days=part, now=None
                )
                self.units[single.id] = single
                self.times[single.id] = self.board.times(single)
                if not self.over:
                    self._place(single)

    def _polish(self) -> None:
        placed = [unit for unit in self.units.values() if unit.id in self.board.placed]
        if not placed:
            return
        seed = self.rng.choice(placed)
        _, choice = self.board.placed[seed.id]
        kind = self.rng.random()

        def near(unit: Unit, other: Choice) -> bool:
            if kind < 0.4:
                return other.teacher == choice.teacher
            if kind < 0.7:
                return unit.group.skill == seed.group.skill
            return bool(other.time.bits & choice.time.bits) and (
                unit.group.campus == seed.group.campus
            )

        some = [u for u in placed if u is not seed and near(u, self.board.placed[u.id][1])]
        self._anew([seed, *self.rng.sample(some, min(7, len(some)))])
