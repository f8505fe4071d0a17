"""The words of the curriculum."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from backend.kit.errors import DomainError

MOST_UNITS, MOST_LESSONS, LONGEST_TEXT, LONGEST_NAME = 60, 60, 2000, 60


class Status(StrEnum):
    DRAFT = "draft"  # 草稿
    REVIEW = "review"  # 待审核
    PUBLISHED = "published"  # 已发布


class StepKind(StrEnum):
    WRITTEN = "written"  # 起草、修改
    SUBMITTED = "submitted"  # 提交审核
    RETURNED = "returned"  # 退回
    PUBLISHED = "published"  # 发布


class _View(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


class LevelView(_View):
    """One level with its course."""

    id: int
    programme_id: int
    rank: int
    name: str
    course_id: int
    course_name: str
    from_points: int
    needs_before: bool


class ProgrammeView(_View):
    """A programme with its levels, the lowest first."""

    id: int
    name: str
    subject: str
    summary: str
    is_active: bool
    levels: tuple[LevelView, ...] = ()


class Unit(_View):
    """A unit as it is written; `number` from 1 on, `key` empty for a new one."""

    number: int
    key: str = ""
    name: str
    goals: str = ""
    content: str = ""
    methods: str = ""
    lessons: int


class StandardView(_View):
    """One version of a course's standard."""

    id: int
    course_id: int
    course_name: str
    version: int
    status: Status
    goals: str
    methods: str
    changes: str
    published_at: datetime | None
    units: tuple[Unit, ...] = ()

    @property
    def hours(self) -> int:
        """How many lessons all units take."""
        return sum(unit.lessons for unit in self.units)


class Written(_View):
    """What a draft is to say."""

    goals: str
    methods: str
    changes: str = ""
    units: tuple[Unit, ...]


class StepView(_View):
    kind: StepKind
    account_id: int
    at: datetime
    words: str


class Change(_View):
    """What differs between two versions in one place: `was` and `becomes`, "" for nothing."""

    what: str
    was: str
    becomes: str


class Note(_View):
    """A unit noted as taught in a lesson."""

    key: str
    name: str
    is_finished: bool
    words: str = ""


class Meeting(_View):
    """A lesson of a class that takes place, with what was noted of it."""

    lesson_id: int
    starts_at: datetime
    ends_at: datetime
    notes: tuple[Note, ...] = ()


class Part(_View):
    """A unit in a lesson: the `nth` of its `lessons`. `number` is None for a unit that the present
    version does not have; `is_last` where the unit ends."""

    number: int | None
    key: str
    name: str
    nth: int
    lessons: int
    is_last: bool


class Row(_View):
    """A lesson in the plan. `is_noted`: somebody said what was taught; else it is what the plan
    says, also for lessons that are over."""

    meeting: Meeting
    parts: tuple[Part, ...]
    is_over: bool
    is_noted: bool


class Plan(_View):
    """A class's way through its standard. `done` of `total` lessons of content are taught; `ahead`
    is how many more than lessons have passed (negative: behind); `missing` lessons of content find
    no lesson any more, `spare` coming lessons have none."""

    class_group_id: int
    class_name: str
    course_id: int
    course_name: str
    standard_id: int
    version: int
    newest_version: int
    newest_id: int
    rows: tuple[Row, ...]
    done: int
    total: int
    ahead: int
    missing: int
    spare: int

    @property
    def next(self) -> Row | None:
        """The next lesson."""
        return next((row for row in self.rows if not row.is_over), None)

    @property
    def last(self) -> Row | None:
        """The latest lesson that has begun."""
        return next((row for row in reversed(self.rows) if row.is_over), None)


class LevelWrong(DomainError):
    """A programme or level that cannot be so: no name, a rank or course taken, points that do not
    rise with the levels."""


class StandardWrong(DomainError):
    """A draft that cannot be so: `why` is `units`, `names`, `hours` or `texts`."""


class NotOpen(DomainError):
    """The version is not in the state in which this can be done (any more)."""

    status = 409


class SameEyes(DomainError):
    """Who wrote or submitted a version does not publish it."""

    status = 403


class NoStandard(DomainError):
    """The course has no published standard, so there is nothing to plan by."""


class UnitUnknown(DomainError):
    """The standard has no such unit; `last` is its highest number."""


class NotTaughtYet(DomainError):
    """The lesson has not begun: nothing can have been taught in it."""
