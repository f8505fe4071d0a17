"""The words of eligibility, and the rule."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from backend.kit.errors import DomainError


class Unmet(StrEnum):
    """Why a child cannot sign up for a course (yet)."""

    GRADE = "grade"  # 年级不符
    TOO_YOUNG = "too_young"  # 年龄太小
    TOO_OLD = "too_old"  # 年龄太大
    AGE_UNKNOWN = "age_unknown"  # 年龄没填
    PREREQUISITE = "prerequisite"  # 没上过前面的课
    PLACEMENT = "placement"  # 没做测评
    PLACEMENT_FAILED = "placement_failed"  # 测评没通过


class Asked(Protocol):
    """What a child is to fit: a class on offer, or a course that is bought without one."""

    @property
    def name(self) -> str: ...
    @property
    def course_id(self) -> int: ...
    @property
    def course_name(self) -> str: ...
    @property
    def grade_from(self) -> int | None: ...
    @property
    def grade_to(self) -> int | None: ...


@dataclass(frozen=True)
class CourseAsked:
    """A course that is bought without a class."""

    name: str
    course_id: int
    course_name: str
    grade_from: int | None
    grade_to: int | None


@dataclass(frozen=True)
class Entry:
    """What a course asks for. Grades and ages are inclusive, None where there is no bound."""

    grade_from: int | None = None
    grade_to: int | None = None
    age_from: int | None = None
    age_to: int | None = None
    prerequisite_id: int | None = None
    needs_placement: bool = False

    @property
    def asks_age(self) -> bool:
        return self.age_from is not None or self.age_to is not None


@dataclass(frozen=True)
class Candidate:
    """What is known of a child; `placed` is None where no placement was taken."""

    grade: int | None = None
    age: int | None = None
    courses: frozenset[int] = frozenset()
    placed: bool | None = None


class NotEligible(DomainError):
    """The child does not fulfil what the course asks for (`why`, `course`, `child`, and `before`,
    `age_from`, `age_to` where they matter)."""

    status = 409


def unmet(entry: Entry, child: Candidate) -> Unmet | None:
    """The first condition that a child does not fulfil."""
    low, high = entry.grade_from, entry.grade_to
    if child.grade is not None and (
        (low is not None and child.grade < low) or (high is not None and child.grade > high)
    ):
        return Unmet.GRADE
    if entry.asks_age:
        if child.age is None:
            return Unmet.AGE_UNKNOWN
        if entry.age_from is not None and child.age < entry.age_from:
            return Unmet.TOO_YOUNG
        if entry.age_to is not None and child.age > entry.age_to:
            return Unmet.TOO_OLD
    if child.placed is False:
        return Unmet.PLACEMENT_FAILED if _is_tested(entry) else None
    if child.placed is None:
        if entry.needs_placement:
            return Unmet.PLACEMENT
        if entry.prerequisite_id is not None and entry.prerequisite_id not in child.courses:
            return Unmet.PREREQUISITE
    return None


def _is_tested(entry: Entry) -> bool:
    return entry.needs_placement or entry.prerequisite_id is not None
