"""A timetable in the making: who and what is taken when, and what may go where at what cost."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

from backend.teaching.timetable.grid import Grid
from backend.teaching.timetable.model import Group, Institution, Lesson, Room, Staff

Key = tuple[str, int]


@dataclass(frozen=True)
class Time:
    days: tuple[int, ...]
    start: int
    bits: int = field(repr=False, compare=False)


@dataclass(frozen=True)
class Unit:
    """What is placed in one go: a session of every week, or a single lesson.

    `weekly`: the same weekday and time as often as there are lessons. Else one day out of `days`.
    `base`: the lessons move together, each within the week it is in (days of now).
    `now`: where it stands today; leaving that costs extra. `same_day`: may share its day with
    others of the class.
    """

    id: int
    group: Group
    lessons: int
    minutes: int
    days: tuple[int, ...]
    weekly: bool = False
    base: tuple[int, ...] = ()
    now: "Choice | None" = None
    same_day: bool = False


@dataclass(frozen=True)
class Choice:
    time: Time
    teacher: int
    assistant: int | None
    room: int | None
    cost: int = field(default=0, compare=False)


class Board:
    def __init__(self, institution: Institution) -> None:
        self.institution = institution
        self.grid = Grid(institution)
        self.staff = {one.id: one for one in institution.staff}
        self.rooms = {room.id: room for room in institution.rooms}
        self.groups = {group.id: group for group in institution.groups}
        self._teachers: dict[int, list[Staff]] = {}
        self._rooms: dict[int, list[Room]] = {}
        self.busy: dict[Key, int] = defaultdict(int)
        self.at_campus: dict[tuple[int, int], int] = defaultdict(int)
        self.load: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
        self.meets: dict[tuple[int, int], int] = defaultdict(int)
        self.placed: dict[int, tuple[Unit, Choice]] = {}
        self.away: dict[Key, int] = {}
        self.wishes: dict[int, tuple[int, int]] = {}
        grid = self.grid
        weeks: dict[tuple[object, ...], int] = {}

        def of_week(windows: tuple[object, ...]) -> int:
            if windows not in weeks:
                weeks[windows] = grid.of_windows(windows)  # type: ignore[arg-type]
            return weeks[windows]

        for one in institution.staff:
            closed = grid.of_spans(one.away)
            if one.hours:
                closed |= grid.all & ~of_week(one.hours)
            self.away["staff", one.id] = closed
            self.wishes[one.id] = (of_week(one.likes), of_week(one.avoids))
        for room in institution.rooms:
            self.away["room", room.id] = grid.of_spans(room.closed)
        for learner in institution.learners:
            self.away["learner", learner.id] = of_week(learner.busy) | grid.of_spans(learner.away)

    @cached_property
    def families(self) -> dict[int, list[int]]:
        """A learner's siblings."""
        by_family = defaultdict(list)
        for learner in self.institution.learners:
            if learner.family is not None:
                by_family[learner.family].append(learner.id)
        return {who: [o for o in some if o != who] for some in by_family.values() for who in some}

    # --- taking and giving back -----------------------------------------------------------------

    def put(self, unit: Unit, choice: Choice) -> None:
        for key in self._keys(unit, choice):
            self.busy[key] |= choice.time.bits
        self._count(unit, choice, 1)
        self.placed[unit.id] = (unit, choice)

    def take(self, unit: Unit) -> Choice:
        _, choice = self.placed.pop(unit.id)
        for key in self._keys(unit, choice):
            self.busy[key] &= ~choice.time.bits
        self._count(unit, choice, -1)
        return choice

    def _keys(self, unit: Unit, choice: Choice) -> Iterator[Key]:
        yield "class", unit.group.id
        yield "staff", choice.teacher
        if choice.assistant is not None:
            yield "staff", choice.assistant
        if choice.room is not None:
            yield "room", choice.room
        for who in unit.group.learners:
            yield "learner", who

    def _count(self, unit: Unit, choice: Choice, sign: int) -> None:
        group = unit.group.id
        for day in choice.time.days:
            self.meets[group, day] += sign
            if self.meets[group, day] == (1 if sign > 0 else 0):
                self.busy["day", group] ^= self.grid.at((day,), 0, 24 * 60)
        campus = self.rooms[choice.room].campus if choice.room is not None else None
        for who in self.people(choice):
            for day in choice.time.days:
                self.load[who][day] += sign
            if campus is None:
                continue
            if sign > 0:
                self.at_campus[who, campus] |= choice.time.bits
            else:
                self.at_campus[who, campus] &= ~choice.time.bits

    @staticmethod
    def people(choice: Choice) -> list[int]:
        some = [choice.teacher]
        return some if choice.assistant is None else [*some, choice.assistant]

    # --- what fits ------------------------------------------------------------------------------

    def times(self, unit: Unit) -> list[Time]:
        """All lawful times, whoever may be busy then."""
        grid, step = self.grid, self.institution.step
        lawful = grid.lawful(unit.group.type, unit.group.online)
        if unit.weekly:
            by_weekday = [
                tuple(n for n in unit.days if grid.days[n].weekday() == w)[: unit.lessons]
                for w in range(7)
            ]
            rows = [row for row in by_weekday if len(row) == unit.lessons]
        elif unit.base:
            allowed = set(unit.days)
            shifted = [tuple(n - grid.days[n].weekday() + w for n in unit.base) for w in range(7)]
            rows = [row for row in shifted if set(row) <= allowed]
        else:
            rows = [(n,) for n in unit.days]
        found = []
        for row in rows:
            for start in range(0, 24 * 60 - unit.minutes + 1, step):
                bits = grid.at(row, start, unit.minutes)
                if not bits & ~lawful:
                    found.append(Time(row, start, bits))
        return found

    def blocked(self, unit: Unit) -> int:
        """When the class or any of its learners cannot."""
        bits = self.busy["class", unit.group.id]
        if not unit.same_day:
            bits |= self.busy["day", unit.group.id]
        for who in unit.group.learners:
            bits |= self.busy["learner", who] | self.away["learner", who]
        return bits

    def free(self, who: int, unit: Unit, time: Time, campus: int | None) -> bool:
        bits = self.busy["staff", who] | self.away["staff", who]
        if bits & time.bits:
            return False
        limit, load = self.staff[who].max_per_day, self.load[who]
        if any(load[day] >= limit for day in time.days):
            return False
        if campus is None:
            return True
        for other in self.campuses:
            way = self.institution.minutes_between(campus, other)
            taken = self.at_campus[who, other]
            if way and taken and taken & self.grid.at(time.days, time.start, unit.minutes, way):
                return False
        return True

    @cached_property
    def campuses(self) -> list[int]:
        return sorted({room.campus for room in self.institution.rooms})

    def teachers(self, group: Group) -> list[Staff]:
        if group.id not in self._teachers:
            self._teachers[group.id] = self._able(group)
        return self._teachers[group.id]

    def _able(self, group: Group) -> list[Staff]:
        if group.teachers:
            return [self.staff[who] for who in group.teachers]
        return [one for one in self.institution.staff if group.skill in one.teaches]

    def suitable_rooms(self, group: Group) -> list[Room]:
        """Right campus and equipment; enough seats too where seats are hard."""
        if group.id not in self._rooms:
            self._rooms[group.id] = self._fitting(group)
        return self._rooms[group.id]

    def _fitting(self, group: Group) -> list[Room]:
        return [
            room
            for room in self.institution.rooms
            if (group.campus is None or room.campus == group.campus)
            and group.equipment <= room.equipment
            and (room.seats >= group.size or not self.institution.seats_hard)
        ]

    # --- costs ----------------------------------------------------------------------------------

    def staff_cost(self, who: int, unit: Unit, time: Time) -> int:
        """Wishes, and days without long waits: next to another lesson is best."""
        likes, avoids = self.wishes[who]
        cost = 6 * bool(avoids & time.bits) + 2 * bool(likes and time.bits & ~likes)
        busy = self.busy["staff", who] & ~time.bits
        if busy & self.grid.at(time.days, time.start, unit.minutes, 30):
            return cost
        return cost + (3 if busy & self.grid.at(time.days, 0, 24 * 60) else 1)

    def room_cost(self, room: Room, group: Group) -> int:
        over = max(0, group.size - room.seats)
        return 4 * over + min(4, max(0, room.seats - group.size) // 8)

    def time_cost(self, unit: Unit, time: Time, siblings: int) -> int:
        cost = int(time.start < 9 * 60) + int(time.start + unit.minutes > 20 * 60)
        near = self.grid.at(tuple(d + e for d in time.days for e in (-1, 1) if d + e >= 0), 0, 1440)
        own = self.busy["day", unit.group.id] & ~self.grid.at(time.days, 0, 1440)
        cost += 2 * bool(own & near)
        if siblings & self.grid.at(time.days, 0, 1440) and not siblings & self.grid.at(
            time.days, time.start, unit.minutes, 60
        ):
            cost += 1
        return cost

    def siblings(self, unit: Unit) -> int:
        bits = 0
        for who in unit.group.learners:
            for other in self.families.get(who, ()):
                bits |= self.busy["learner", other]
        return bits

    def cost_of(self, unit: Unit, choice: Choice) -> int:
        """What a placed unit costs where it is."""
        one = self.time_cost(unit, choice.time, self.siblings(unit))
        one += self.staff_cost(choice.teacher, unit, choice.time)
        if choice.room is not None:
            one += self.room_cost(self.rooms[choice.room], unit.group)
        return one * unit.lessons

    @property
    def cost(self) -> int:
        return sum(self.cost_of(unit, choice) for unit, choice in self.placed.values())

    # --- reading it out -------------------------------------------------------------------------

    def lessons(self) -> list[Lesson]:
        by_group = defaultdict(list)
        for unit, choice in self.placed.values():
            for day in choice.time.days:
                at = self.grid.moment(day, choice.time.start)
                lesson = Lesson(
                    unit.group.id,
                    0,
                    at,
                    unit.minutes,
                    choice.teacher,
                    choice.assistant,
                    choice.room,
                )
                by_group[unit.group.id].append(lesson)
        return [
            replace(lesson, number=n)
            for group in sorted(by_group)
            for n, lesson in enumerate(sorted(by_group[group], key=lambda o: o.starts_at), 1)
        ]

    def choice_of(self, lesson: Lesson) -> Choice:
        minute = self.grid.minute(lesson.starts_at)
        day, start = divmod(minute, 24 * 60)
        bits = self.grid.at((day,), start, lesson.minutes)
        return Choice(Time((day,), start, bits), lesson.teacher, lesson.assistant, lesson.room)
