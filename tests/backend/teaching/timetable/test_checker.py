"""T4: the checker sees every kind of clash, and nothing in a sound timetable."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from backend.kit.clock import at_local
from backend.teaching.timetable.checker import faults_of
from backend.teaching.timetable.model import LearnerType, Lesson, Span, Window
from tests.backend.teaching.timetable.towns import (
    ANN,
    BEN,
    CAT,
    MONDAY,
    SATURDAY,
    group,
    institution,
    lesson,
)


def rules(lessons: list[Lesson], *groups: Any, **changes: Any) -> set[str]:
    return {fault.rule for fault in faults_of(institution(*groups, **changes), lessons)}


def test_a_sound_timetable_has_no_fault() -> None:
    assert rules([lesson(), lesson(hour=13)]) == set()


@pytest.mark.parametrize(
    ("others", "rule"),
    [
        ({"room": 2, "teacher": BEN, "minutes": 60}, "learner_twice"),
        ({"room": 1, "teacher": BEN}, "room_twice"),
        ({"room": 2, "teacher": ANN}, "staff_twice"),
        ({"room": 2, "teacher": CAT, "assistant": ANN}, "staff_twice"),
    ],
)
def test_overlaps(others: dict[str, Any], rule: str) -> None:
    """Earlier and overlapping counts; touching does not (half-open)."""
    both = (group(1), group(2, learners=(3, 4)))
    assert rule in rules([lesson(1, 10), lesson(2, 9, 30, **others)], *both)
    assert rule not in rules([lesson(1, 10), lesson(2, 11, 30, **others)], *both)


def test_one_within_a_longer_one() -> None:
    both = (group(1), group(2, learners=(9,)))
    long = lesson(1, 9, minutes=240)
    short = [lesson(2, 9, 30, minutes=30, room=2, teacher=BEN), lesson(2, 12, room=1, teacher=BEN)]
    learners = (*institution().learners, replace(institution().learners[0], id=9))
    assert rules([long, *short], *both, learners=learners) == {"room_twice"}


def test_the_way_between_campuses() -> None:
    both = (group(1), group(2, learners=(4,), campus=2))
    near, far = lesson(2, 11, 45, room=3), lesson(2, 12, 0, room=3)
    assert rules([lesson(), near], *both) == {"way_too_short"}
    assert rules([lesson(), far], *both) == set()


def staff(**changes: Any) -> dict[str, Any]:
    ann, *others = institution().staff
    return {"staff": (replace(ann, **changes), *others)}


def room(**changes: Any) -> dict[str, Any]:
    first, *others = institution().rooms
    return {"rooms": (replace(first, **changes), *others)}


AWAY = (Span(at_local(SATURDAY, 11), at_local(SATURDAY, 12)),)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"holidays": frozenset({SATURDAY})}, "holiday"),
        ({"opening": (Window(5, 600, 660),)}, "closed"),
        (staff(teaches=frozenset({"数学"})), "teacher_skill"),
        (staff(hours=(Window(5, 540, 660),)), "staff_hours"),
        (staff(away=AWAY), "staff_away"),
        (staff(max_per_day=0), "too_many_a_day"),
        (room(seats=2), "too_few_seats"),
        (room(campus=2), "wrong_campus"),
        (room(closed=AWAY), "room_closed"),
    ],
)
def test_what_an_institution_forbids(changes: dict[str, Any], rule: str) -> None:
    assert rules([lesson()], **changes) == {rule}


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"equipment": frozenset({"piano"})}, "equipment"),
        ({"assisted": True}, "assistant_skill"),
        ({"teachers": (BEN,)}, "wrong_teacher"),
        ({"starts_on": date(2027, 3, 8)}, "outside_class_dates"),
        ({"pinned": (lesson(hour=14),)}, "pinned"),
        ({"lessons": 0}, "lessons"),
    ],
)
def test_what_a_class_forbids(changes: dict[str, Any], rule: str) -> None:
    assert rules([lesson()], group(**changes)) == {rule}


def test_soft_seats_and_split_hours_are_allowed() -> None:
    assert rules([lesson()], seats_hard=False, **room(seats=2)) == set()
    assert rules([lesson()], **staff(hours=(Window(5, 540, 660), Window(5, 660, 700)))) == set()


def test_a_learner_who_cannot_come() -> None:
    busy = tuple(replace(one, busy=(Window(5, 660, 720),)) for one in institution().learners)
    assert rules([lesson()], learners=busy) == {"learner_away"}


@pytest.mark.parametrize(
    ("on", "hour", "minute", "changes", "expected"),
    [
        (SATURDAY, 19, 0, {}, set()),
        (SATURDAY, 19, 5, {}, {"too_late_for_children"}),
        (SATURDAY, 19, 30, {"online": True}, set()),
        (SATURDAY, 19, 35, {"online": True}, {"too_late_for_children"}),
        (SATURDAY, 19, 30, {"type": LearnerType.ADULT}, set()),
        (MONDAY, 16, 25, {}, {"in_school_hours"}),
        (MONDAY, 16, 30, {}, set()),
        (MONDAY, 10, 0, {"type": LearnerType.PRESCHOOL}, set()),
        (MONDAY, 19, 30, {"type": LearnerType.PRESCHOOL}, {"too_late_for_children"}),
        (MONDAY, 10, 0, {"type": LearnerType.ADULT}, set()),
    ],
)
def test_lawful_hours(
    on: date, hour: int, minute: int, changes: dict[str, Any], expected: set[str]
) -> None:
    """教育部等十三部门 2022-12: children's lessons end by 20:30, online by 21:00, after school."""
    where = None if changes.get("online") else 1
    one = lesson(hour=hour, minute=minute, on=on, room=where)
    assert rules([one], group(**changes)) == expected


def test_school_breaks_free_the_day() -> None:
    free = ((MONDAY, MONDAY + timedelta(days=4)),)
    assert rules([lesson(on=MONDAY)], school_breaks=free) == set()


def test_completeness_is_asked_for() -> None:
    town = institution()
    assert faults_of(town, [lesson()]) == []
    assert [fault.who for fault in faults_of(town, [lesson()], complete=True)] == [1]
