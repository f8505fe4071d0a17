"""T3: a draft is complete where it can be, never clashes, and says why not where it cannot."""

from collections import Counter
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from backend.kit.clock import at_local, local
from backend.teaching.timetable.checker import faults_of
from backend.teaching.timetable.draft import draft
from backend.teaching.timetable.generate import institution_of
from backend.teaching.timetable.model import (
    Cause,
    LearnerType,
    Lesson,
    Progress,
    Relief,
    Span,
    Window,
)
from tests.backend.teaching.timetable.towns import ANN, BEN, MONDAY, group, institution, lesson


@pytest.mark.parametrize("seed", [1, 2])
def test_a_generated_institution_is_placed_without_a_clash(seed: int) -> None:
    town = institution_of(
        teachers=20, rooms=12, classes=36, learners=300, weeks=6, campuses=2, seed=seed
    )
    told: list[Progress] = []
    made = draft(town, polish=5, seed=seed, progress=told.append)
    assert faults_of(town, made.lessons, complete=not made.unplaced) == []
    wanted = sum(one.lessons for one in town.groups)
    assert len(made.lessons) + sum(one.lessons for one in made.unplaced) == wanted
    assert len(made.lessons) >= 0.95 * wanted
    assert told[-1].cost == made.cost >= made.bound


def test_weekly_lessons_keep_their_time_and_leave_out_holidays() -> None:
    closed = frozenset(date(2027, 3, day) for day in range(8, 15))
    town = institution(group(), holidays=closed)
    made = draft(town, polish=3)
    times = {(local(o.starts_at).weekday(), local(o.starts_at).time()) for o in made.lessons}
    assert len(made.lessons) == 4
    assert len(times) == 1
    assert faults_of(town, made.lessons, complete=True) == []


def test_sessions_of_different_length_and_irregular_dates() -> None:
    camp = group(2, per_week=0, lessons=3, learners=(4, 5), minutes=(120, 60), campus=2)
    days = frozenset(date(2027, 3, day) for day in (6, 13, 20))
    town = institution(group(per_week=2, lessons=8, minutes=(60, 90)), replace(camp, dates=days))
    made = draft(town, polish=3)
    assert faults_of(town, made.lessons, complete=True) == []
    assert Counter(o.minutes for o in made.lessons if o.group == 1) == {60: 4, 90: 4}
    assert {local(o.starts_at).date() for o in made.lessons if o.group == 2} == days


def test_a_closed_room_on_one_date_does_not_cost_the_weekly_time() -> None:
    """No weekly place is free on all dates, so single lessons are placed around the closure."""
    closed = (Span(at_local(MONDAY), at_local(date(2027, 3, 8))),)
    rooms = tuple(replace(room, closed=closed) for room in institution().rooms)
    town = institution(group(lessons=4, ends_on=date(2027, 3, 28)), rooms=rooms)
    made = draft(town, polish=3)
    assert faults_of(town, made.lessons) == []
    assert len(made.lessons) >= 3


def test_pinned_lessons_stay() -> None:
    pin = lesson(hour=9)
    town = institution(group(pinned=(pin,)), group(2, learners=(3, 4)))
    made = draft(town, polish=3)
    assert faults_of(town, made.lessons, complete=True) == []
    assert pin.starts_at in {one.starts_at for one in made.lessons if one.group == 1}


@pytest.mark.parametrize(
    ("changes", "cause", "relief"),
    [
        ({"weekdays": frozenset[int]()}, Cause.NO_TIME, None),
        ({"skill": "古筝"}, Cause.NO_TEACHER, Relief.TEACHER),
        ({"equipment": frozenset({"drums"})}, Cause.NO_ROOM, Relief.ROOM),
        ({"seats": 50}, Cause.NO_ROOM, Relief.ROOM),
        ({"skill": "数学", "assisted": True}, Cause.NO_ASSISTANT, Relief.ASSISTANT),
    ],
)
def test_what_is_lacking_altogether(
    changes: dict[str, Any], cause: Cause, relief: Relief | None
) -> None:
    made = draft(institution(group(**changes)), polish=3)
    assert made.lessons == ()
    assert {one.cause for one in made.unplaced} == {cause}
    found = {r.relief for one in made.unplaced for r in one.relaxations}
    assert found == ({relief} if relief else set())


def test_the_smallest_relaxations_are_named() -> None:
    """Two classes, one evening, one room each could use: a room, or the teacher's limit."""
    evening: dict[str, Any] = {
        "weekdays": frozenset({2}),
        "type": LearnerType.SCHOOL,
        "minutes": (240,),
    }
    both = (group(1, **evening), group(2, learners=(4, 5), **evening))
    one_room = institution().rooms[:1]
    made = draft(institution(*both, rooms=one_room), polish=3)
    assert {one.cause for one in made.unplaced} == {Cause.ALL_TAKEN}
    ideas = made.unplaced[0].relaxations
    assert {idea.relief for idea in ideas} == {Relief.ROOM}
    assert all(local(idea.starts_at).weekday() == 2 and idea.seats >= 2 for idea in ideas)

    staff = tuple(replace(o, max_per_day=1) for o in institution().staff if o.id == ANN)
    short: dict[str, Any] = {"weekdays": frozenset({2}), "minutes": (60,)}
    both = (group(1, **short), group(2, learners=(4, 5), **short))
    made = draft(institution(*both, staff=staff), polish=3)
    best = made.unplaced[0].relaxations[0]
    assert (best.relief, best.subject) == (Relief.TEACHER_LIMIT, ANN)

    absent = tuple(replace(o, hours=(Window(0, 0, 60),)) for o in institution().staff)
    made = draft(institution(staff=absent), polish=3)
    found = {(r.relief, r.subject) for one in made.unplaced for r in one.relaxations}
    assert {(Relief.TEACHER_HOURS, ANN), (Relief.TEACHER_HOURS, BEN)} <= found


def test_a_second_draft_changes_only_what_it_must() -> None:
    town = institution_of(teachers=20, rooms=12, classes=20, learners=200, weeks=5, campuses=2)
    before = draft(town, polish=3, seed=1).lessons
    ill = next(one.teacher for one in before if one.number == 1)
    staff = tuple(replace(o, hours=(Window(0, 0, 60),)) if o.id == ill else o for o in town.staff)
    changed = replace(town, staff=staff)
    weekly = {one.id for one in town.groups if one.per_week}
    kept = {
        place(one)
        for one in before
        if one.group in weekly and ill not in (one.teacher, one.assistant)
    }
    after = draft(changed, polish=3, seed=2, current=before).lessons
    fresh = draft(changed, polish=3, seed=2).lessons
    assert faults_of(changed, after) == []
    assert kept <= {place(one) for one in after}
    assert not kept <= {place(one) for one in fresh}


def place(lesson: Lesson) -> Lesson:
    """Its number may change when another lesson of the class moves."""
    return replace(lesson, number=0)


def test_cancelling_ends_it_with_what_there_is() -> None:
    town = institution_of(teachers=20, rooms=12, classes=36, learners=300, weeks=6, campuses=2)
    calls = iter(range(1000))
    made = draft(town, seconds=60, cancelled=lambda: next(calls) > 10)
    assert 0 < len(made.lessons) < sum(one.lessons for one in town.groups)
    assert faults_of(town, made.lessons) == []
