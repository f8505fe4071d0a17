"""A small institution to make timetables for: two campuses, one week or more of 2027."""

from dataclasses import replace
from datetime import date
from typing import Any

from backend.kit.clock import at_local
from backend.teaching.timetable.model import (
    Group,
    Institution,
    Learner,
    LearnerType,
    Lesson,
    Room,
    Staff,
)

MONDAY = date(2027, 3, 1)
SATURDAY = date(2027, 3, 6)
ANN, BEN, CAT = 1, 2, 3


def group(id_: int = 1, **changes: Any) -> Group:
    usual = Group(
        id_,
        f"G{id_}",
        "英语",
        LearnerType.SCHOOL,
        (1, 2, 3),
        lessons=4,
        per_week=1,
        starts_on=MONDAY,
        ends_on=date(2027, 4, 4),
        campus=1,
    )
    return replace(usual, **changes)


def institution(*groups: Group, **changes: Any) -> Institution:
    usual = Institution(
        MONDAY,
        date(2027, 4, 4),
        staff=(
            Staff(ANN, "Ann", frozenset({"英语"}), frozenset({"英语"})),
            Staff(BEN, "Ben", frozenset({"英语", "数学"}), frozenset({"英语"})),
            Staff(CAT, "Cat", frozenset({"数学"})),
        ),
        rooms=(
            Room(1, "101", 1, 12),
            Room(2, "102", 1, 6, frozenset({"piano"})),
            Room(3, "201", 2, 20),
        ),
        learners=tuple(Learner(n, LearnerType.SCHOOL) for n in range(1, 9)),
        groups=groups or (group(),),
        travel={(1, 2): 30},
    )
    return replace(usual, **changes)


def lesson(group_id: int = 1, hour: int = 10, minute: int = 0, **changes: Any) -> Lesson:
    """On a Saturday, when children may come at any hour."""
    on = changes.pop("on", SATURDAY)
    usual = Lesson(group_id, 1, at_local(on, hour, minute), 90, ANN, None, 1)
    return replace(usual, **changes)
