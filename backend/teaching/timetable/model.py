"""What a timetable is made for and what it is made of; pure words, no database.

Times of the day are minutes after midnight in Shanghai; intervals are half-open; all lengths are
multiples of five minutes. Lessons carry aware moments.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum


class LearnerType(StrEnum):
    PRESCHOOL = "preschool"  # 学龄前
    SCHOOL = "school"  # 中小学
    ADULT = "adult"  # 成人


@dataclass(frozen=True)
class Window:
    """A stretch of every week: weekday 0 = Monday."""

    weekday: int
    start: int
    end: int


@dataclass(frozen=True)
class Span:
    """A stretch of the calendar."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Learner:
    id: int
    type: LearnerType
    family: int | None = None
    """Siblings share it."""
    busy: tuple[Window, ...] = ()
    away: tuple[Span, ...] = ()


@dataclass(frozen=True)
class Staff:
    """A teacher of `teaches`, an assistant in `assists`, or both. No `hours`: always there."""

    id: int
    name: str
    teaches: frozenset[str] = frozenset()
    assists: frozenset[str] = frozenset()
    hours: tuple[Window, ...] = ()
    away: tuple[Span, ...] = ()
    max_per_day: int = 6
    likes: tuple[Window, ...] = ()
    avoids: tuple[Window, ...] = ()


@dataclass(frozen=True)
class Room:
    id: int
    name: str
    campus: int
    seats: int
    equipment: frozenset[str] = frozenset()
    closed: tuple[Span, ...] = ()


@dataclass(frozen=True)
class Lesson:
    """One meeting. `room` is None for lessons online, `number` counts from 1 within the class."""

    group: int
    number: int
    starts_at: datetime
    minutes: int
    teacher: int
    assistant: int | None = None
    room: int | None = None

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + timedelta(minutes=self.minutes)


@dataclass(frozen=True)
class Group:
    """A class 班级 that wants `lessons`: `per_week` of them each week at the same times, or with
    `per_week` 0 on any days from `starts_on` up to and with `ends_on` (or on `dates` only).

    `minutes`: of each session of the week, or of each single lesson; the last one repeats.
    `teachers`: who may teach it; empty means everybody with the skill. `seats` is what a room must
    have, counted from the learners when 0. `pinned` lessons stay as they are.
    """

    id: int
    name: str
    skill: str
    type: LearnerType
    learners: tuple[int, ...]
    lessons: int
    per_week: int
    starts_on: date
    ends_on: date
    minutes: tuple[int, ...] = (90,)
    campus: int | None = None
    online: bool = False
    teachers: tuple[int, ...] = ()
    assisted: bool = False
    equipment: frozenset[str] = frozenset()
    seats: int = 0
    weekdays: frozenset[int] = frozenset(range(7))
    dates: frozenset[date] = frozenset()
    pinned: tuple[Lesson, ...] = ()

    @property
    def size(self) -> int:
        return self.seats or len(self.learners)


@dataclass(frozen=True)
class Institution:
    first_on: date
    last_on: date
    """The last day, included."""
    staff: tuple[Staff, ...]
    rooms: tuple[Room, ...]
    learners: tuple[Learner, ...]
    groups: tuple[Group, ...]
    holidays: frozenset[date] = frozenset()
    school_breaks: tuple[tuple[date, date], ...] = ()
    """First and last days between which pupils are not at school."""
    opening: tuple[Window, ...] = tuple(Window(d, 8 * 60, 21 * 60 + 30) for d in range(7))
    travel: Mapping[tuple[int, int], int] = field(default_factory=dict)
    """Minutes between two campuses, smaller number first."""
    seats_hard: bool = True
    step: int = 30
    """Lessons start at multiples of so many minutes."""

    def minutes_between(self, one: int | None, other: int | None) -> int:
        if one is None or other is None or one == other:
            return 0
        return self.travel.get((min(one, other), max(one, other)), 0)


class Cause(StrEnum):
    """Why something could not be placed."""

    NO_TIME = "no_time"  # No lawful and open time, or too few weeks.
    NO_TEACHER = "no_teacher"  # Nobody has the skill.
    NO_ASSISTANT = "no_assistant"
    NO_ROOM = "no_room"  # No room is large or equipped enough.
    ALL_TAKEN = "all_taken"  # Each part exists, but never together.


class Relief(StrEnum):
    """What would make room; `Relaxation.subject` names whom or what."""

    ROOM = "room"  # One more room of `seats` seats then.
    TEACHER = "teacher"  # One more teacher of this skill then.
    TEACHER_LIMIT = "teacher_limit"  # `subject` teaches one more lesson that day.
    TEACHER_HOURS = "teacher_hours"  # `subject` is available then.
    ASSISTANT = "assistant"
    LEARNERS = "learners"  # `people` cannot come then, or are elsewhere.


@dataclass(frozen=True)
class Relaxation:
    relief: Relief
    starts_at: datetime
    """The first lesson that it would be needed for."""
    lessons: int
    seats: int = 0
    subject: int | None = None
    people: tuple[int, ...] = ()


@dataclass(frozen=True)
class Unplaced:
    group: int
    lessons: int
    cause: Cause
    relaxations: tuple[Relaxation, ...] = ()


@dataclass(frozen=True)
class Draft:
    lessons: tuple[Lesson, ...]
    unplaced: tuple[Unplaced, ...]
    cost: int
    bound: int
    """No timetable of the same placed lessons costs less."""


@dataclass(frozen=True)
class Progress:
    """What is told while searching; `unplaced` counts lessons."""

    seconds: float
    unplaced: int
    cost: int
    bound: int


@dataclass(frozen=True)
class Slot:
    """A place where the lessons asked for could go, best first. `moves`: what changes."""

    starts_at: tuple[datetime, ...]
    teacher: int
    assistant: int | None
    room: int | None
    cost: int
    new_teacher: bool
    new_room: bool
