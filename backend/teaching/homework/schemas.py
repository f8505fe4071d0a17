"""Words of homework."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from backend.kit.errors import DomainError

LONGEST = 500


class Grade(StrEnum):
    """评定: how a piece of work is, in the words that families read."""

    EXCELLENT = "优秀"
    GOOD = "良好"
    PASSED = "已完成"
    AGAIN = "请订正"


class HomeworkView(BaseModel):
    """One piece of homework of a class. `due_at` is the moment until which it may come in time."""

    model_config = ConfigDict(frozen=True)

    id: int
    class_group_id: int
    class_name: str
    course_name: str
    campus_id: int
    teacher_id: int
    words: str
    set_at: datetime
    due_at: datetime
    is_withdrawn: bool


class HandInView(BaseModel):
    """What one learner has handed in, and what the teacher said to it."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: int
    homework_id: int
    student_id: int
    words: str
    handed_at: datetime
    changed_at: datetime
    grade: Grade | None
    comment: str | None
    commented_at: datetime | None


class Assigned(BaseModel):
    """A piece of homework of one learner, with what they have handed in."""

    model_config = ConfigDict(frozen=True)

    student_id: int
    homework: HomeworkView
    handed_in: HandInView | None


class TooSoon(DomainError):
    """The time by which it should be handed in is over already."""


class Empty(DomainError):
    """Homework without a word about what is to be done, or with more than anybody reads."""


class Withdrawn(DomainError):
    """The homework has been taken back meanwhile."""

    status = 409
