"""The words of the teaching room."""

from datetime import date, datetime, time
from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class SeatStatus(StrEnum):
    HELD = "held"  # 占位
    ACTIVE = "active"  # 在班
    ENDED = "ended"  # 离班


class WeeklySlot(BaseModel):
    """A usual lesson time of a class: weekday 0 = Monday, local start, minutes."""

    model_config = ConfigDict(frozen=True)

    weekday: int
    start: time
    minutes: int


class ClassOffer(BaseModel):
    """A class as a prospect may see it; `seats_left` is derived at the moment of asking."""

    model_config = ConfigDict(frozen=True)

    id: int
    name: str
    course_id: int
    course_name: str
    subject: str
    summary: str
    grade_from: int | None
    grade_to: int | None
    campus_id: int
    campus_name: str
    teacher_name: str
    starts_on: date
    lesson_count: int
    weekly: list[WeeklySlot]
    capacity: int
    seats_left: int


class LessonView(BaseModel):
    """A lesson as its learner, guardian or teacher sees it. Times are aware UTC, half-open."""

    model_config = ConfigDict(frozen=True)

    id: int
    class_group_id: int
    class_name: str
    course_name: str
    campus_name: str
    venue_name: str | None
    teacher_name: str
    starts_at: datetime
    ends_at: datetime
    student_id: int | None = None


class Catalogue(BaseModel):
    """Names that people use in messages, for finding them there: id by name."""

    model_config = ConfigDict(frozen=True)

    courses: dict[str, int]
    classes: dict[str, int]
    subjects: list[str]
    teachers: dict[str, int]


class SeatEnded(BaseModel):
    """Event: a seat became free again."""

    model_config = ConfigDict(frozen=True)

    class_group_id: int


class SeatView(BaseModel):
    """A learner's seat in a class, also a former one."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    student_id: int
    class_group_id: int
    class_name: str
    campus_id: int
    is_active: bool
