"""Curriculum-based course timetabling (ITC-2007 track 3, UD2): reading, writing, costing.

A timetable is a list of places (period, room), one for each lecture in the order of the courses;
periods are counted through the week. Room names are taken as they stand in the file.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from pathlib import Path

Place = tuple[int, int]


class BadInstance(ValueError):
    """The file does not hold what its header promises."""


@dataclass(frozen=True)
class Course:
    name: str
    teacher: str
    lectures: int
    min_days: int
    students: int


@dataclass(frozen=True)
class Room:
    name: str
    capacity: int


@dataclass(frozen=True)
class Instance:
    name: str
    days: int
    per_day: int
    courses: list[Course]
    rooms: list[Room]
    curricula: list[list[int]]
    forbidden: set[tuple[int, int]]
    """(course, period)"""

    @property
    def periods(self) -> int:
        return self.days * self.per_day

    @cached_property
    def clashes(self) -> set[tuple[int, int]]:
        """Pairs of courses, smaller first, that share a teacher or a curriculum."""
        taught = defaultdict(list)
        for c, course in enumerate(self.courses):
            taught[course.teacher].append(c)
        groups = [*self.curricula, *taught.values()]
        return {pair for group in groups for pair in combinations(sorted(set(group)), 2)}

    @cached_property
    def weighed_curricula(self) -> list[tuple[tuple[int, ...], int]]:
        """Curricula with the same courses are one that counts several times."""
        counted = Counter(tuple(sorted(set(q))) for q in self.curricula)
        return sorted(counted.items())


def read_instance(path: Path) -> Instance:
    head: dict[str, str] = {}
    sections: dict[str, list[list[str]]] = defaultdict(list)
    section = ""
    for line in path.read_text("utf-8", errors="replace").splitlines():
        words = line.split()
        if not words:
            continue
        if words[0] == "END.":
            break
        if len(words) == 1 and words[0].endswith(":") and words[0][:-1].isupper():
            section = words[0][:-1]
        elif section:
            sections[section].append(words)
        else:
            head[words[0].rstrip(":").lower()] = " ".join(words[1:])
    try:
        return _instance(head, sections)
    except (KeyError, IndexError, ValueError) as error:
        raise BadInstance(f"{path}: {error!r}") from error


def _instance(head: dict[str, str], sections: dict[str, list[list[str]]]) -> Instance:
    days, per_day = int(head["days"]), int(head["periods_per_day"])
    courses = [Course(w[0], w[1], *map(int, w[2:5])) for w in sections["COURSES"]]
    number = {course.name: c for c, course in enumerate(courses)}
    curricula = [[number[name] for name in w[2 : 2 + int(w[1])]] for w in sections["CURRICULA"]]
    forbidden = set()
    for w in sections["UNAVAILABILITY_CONSTRAINTS"]:
        day, slot = int(w[1]), int(w[2])
        if not (0 <= day < days and 0 <= slot < per_day):
            raise ValueError(f"no such period: {' '.join(w)}")
        forbidden.add((number[w[0]], day * per_day + slot))
    rooms = [Room(w[0], int(w[1])) for w in sections["ROOMS"]]
    for field, found in (("courses", courses), ("rooms", rooms), ("curricula", curricula)):
        if int(head[field]) != len(found):
            raise ValueError(f"{head[field]} {field} promised, {len(found)} found")
    return Instance(head.get("name", "?"), days, per_day, courses, rooms, curricula, forbidden)


def lectures_of(instance: Instance) -> list[int]:
    """The course of each lecture."""
    return [c for c, course in enumerate(instance.courses) for _ in range(course.lectures)]


def write_solution(instance: Instance, places: list[Place], path: Path) -> None:
    """One lecture a line, `course room day period`; the file is replaced in one step."""
    lines = []
    for c, (period, room) in zip(lectures_of(instance), places, strict=True):
        day, slot = divmod(period, instance.per_day)
        lines.append(f"{instance.courses[c].name} {instance.rooms[room].name} {day} {slot}\n")
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(path.name + ".part")
    fresh.write_text("".join(lines), "utf-8")
    fresh.replace(path)


def cost_of(instance: Instance, places: list[Place]) -> tuple[int, int]:
    """(hard violations, soft cost), counted plainly, as a check on the fast counters."""
    at: dict[int, list[int]] = defaultdict(list)
    days: dict[int, set[int]] = defaultdict(set)
    rooms: dict[int, set[int]] = defaultdict(set)
    taken: Counter[Place] = Counter()
    hard = soft = 0
    for c, (period, room) in zip(lectures_of(instance), places, strict=True):
        at[period].append(c)
        days[c].add(period // instance.per_day)
        rooms[c].add(room)
        taken[period, room] += 1
        hard += (c, period) in instance.forbidden
        soft += max(0, instance.courses[c].students - instance.rooms[room].capacity)
    hard += sum(n - 1 for n in taken.values())
    for there in at.values():
        for a, b in combinations(sorted(there), 2):
            hard += a == b or (a, b) in instance.clashes
    for c, course in enumerate(instance.courses):
        soft += 5 * max(0, course.min_days - len(days[c])) + max(0, len(rooms[c]) - 1)
    for members, weight in instance.weighed_curricula:
        busy = Counter(p for p, there in at.items() for c in there if c in members)
        for p, n in busy.items():
            before = p % instance.per_day > 0 and p - 1 in busy
            after = (p + 1) % instance.per_day > 0 and p + 1 in busy
            soft += 2 * weight * n * (not before and not after)
    return hard, soft
