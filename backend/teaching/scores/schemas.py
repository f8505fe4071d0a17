"""Words of scores."""

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict

from backend.kit.errors import DomainError

FULL_MARK = 100
LONGEST_NAME, LONGEST_COMMENT = 40, 200


class ExamView(BaseModel):
    """One test of a class. Families see nothing of it before `published_at`."""

    model_config = ConfigDict(frozen=True)

    id: int
    class_group_id: int
    class_name: str
    course_id: int
    course_name: str
    campus_id: int
    name: str
    held_on: date
    full_mark: int
    published_at: datetime | None


class ScoreView(BaseModel):
    """What one learner reached: a number (`92.5`) or a short word (`优`)."""

    model_config = ConfigDict(frozen=True)

    id: int
    student_id: int
    mark: str
    comment: str | None
    exam: ExamView


class Entered(BaseModel):
    """What somebody writes beside a learner's name; without a mark it is taken away."""

    model_config = ConfigDict(frozen=True)

    student_id: int
    mark: str
    comment: str = ""


class Changed(BaseModel):
    """A mark that was corrected: what it was, and who changed it."""

    model_config = ConfigDict(frozen=True)

    student_id: int
    was: str | None
    account_id: int
    at: datetime


class ExamWrong(DomainError):
    """A test without a name, of a day to come, or with a full mark that nobody gives."""


class MarkWrong(DomainError):
    """Marks that are neither a number up to the full mark nor a short word; `student_ids` says
    whose."""


class NothingEntered(DomainError):
    """A test cannot be published before somebody has a mark."""
