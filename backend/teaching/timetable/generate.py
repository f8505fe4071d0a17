"""An institution made by chance, of any size, for measuring: campuses, people, rooms, classes."""

import random
from datetime import date, timedelta

from backend.teaching.timetable.model import (
    Group,
    Institution,
    Learner,
    LearnerType,
    Room,
    Span,
    Staff,
    Window,
)

SKILLS = ["语文", "数学", "英语", "钢琴", "编程", "美术", "舞蹈", "口才", "书法", "会计"]
EQUIPMENT = {"钢琴": "piano", "编程": "computers", "舞蹈": "floor"}


def institution_of(
    *,
    campuses: int = 3,
    teachers: int = 120,
    rooms: int = 60,
    classes: int = 400,
    learners: int = 4000,
    weeks: int = 16,
    seed: int = 1,
    first_on: date = date(2027, 2, 22),
) -> Institution:
    rng = random.Random(seed)
    last_on = first_on + timedelta(days=7 * weeks + 13)
    holidays = {first_on + timedelta(days=d) for d in (42, 67, 68, 109)}
    every_room = _rooms(rng, rooms, campuses, first_on)
    staff = _staff(rng, teachers, first_on)
    everybody = _learners(rng, learners)
    groups = _groups(rng, classes, campuses, everybody, weeks, first_on, last_on)
    travel = {
        (a, b): 30 + 15 * (b - a)
        for a in range(1, campuses + 1)
        for b in range(a + 1, campuses + 1)
    }
    return Institution(
        first_on,
        last_on,
        tuple(staff),
        tuple(every_room),
        tuple(everybody),
        tuple(groups),
        frozenset(holidays),
        travel=travel,
    )


def _rooms(rng: random.Random, n: int, campuses: int, first_on: date) -> list[Room]:
    found = []
    for k in range(n):
        wants = [*EQUIPMENT.values(), "board", "board"]
        equipment = frozenset({"board", wants[(k // campuses) % len(wants)]})
        closed: tuple[Span, ...] = ()
        if rng.random() < 0.2:
            closed = (_days_away(rng, first_on, 1),)
        # One room of each kind is large, so that every class has a room somewhere.
        seats = 30 if k // campuses < len(wants) else rng.choice([12, 16, 20, 24, 30])
        found.append(Room(k + 1, f"{k + 1:03}", k % campuses + 1, seats, equipment, closed))
    return found


def _days_away(rng: random.Random, first_on: date, most: int) -> Span:
    from backend.kit.clock import at_local

    start = first_on + timedelta(days=rng.randrange(20, 90))
    return Span(at_local(start), at_local(start + timedelta(days=rng.randint(1, most))))


def _staff(rng: random.Random, n: int, first_on: date) -> list[Staff]:
    found = []
    for k in range(n):
        skills = {SKILLS[k % len(SKILLS)]}
        if rng.random() < 0.3:
            skills.add(rng.choice(SKILLS))
        off = rng.sample(range(5), 1 if rng.random() < 0.7 else 2)
        hours = tuple(Window(d, 9 * 60, 21 * 60) for d in range(7) if d not in off)
        away = (_days_away(rng, first_on, 3),) if rng.random() < 0.1 else ()
        avoids = tuple(Window(d, 19 * 60, 21 * 60) for d in range(7)) if rng.random() < 0.3 else ()
        found.append(
            Staff(
                k + 1,
                f"T{k + 1}",
                teaches=frozenset(skills),
                assists=frozenset(skills),
                hours=hours,
                away=away,
                max_per_day=5,
                avoids=avoids,
            )
        )
    return found


def _learners(rng: random.Random, n: int) -> list[Learner]:
    kinds = [LearnerType.SCHOOL] * 7 + [LearnerType.PRESCHOOL] + [LearnerType.ADULT] * 2
    found = []
    family = 0
    for k in range(n):
        type_ = rng.choice(kinds)
        family += not (rng.random() < 0.15)
        busy: tuple[Window, ...] = ()
        if rng.random() < 0.2:
            busy = (Window(rng.randrange(7), 8 * 60, 13 * 60),)
        found.append(Learner(k + 1, type_, family, busy))
    return found


def _groups(
    rng: random.Random,
    n: int,
    campuses: int,
    learners: list[Learner],
    weeks: int,
    first_on: date,
    last_on: date,
) -> list[Group]:
    """Each learner has a home campus and is in one to three classes."""
    pools: dict[tuple[LearnerType, int], list[int]] = {}
    for one in learners:
        pools.setdefault((one.type, one.id % campuses), []).append(one.id)
    sizes = {key: len(pool) for key, pool in pools.items()}
    found = []
    for k in range(n):
        (type_, home) = rng.choices(list(sizes), weights=list(sizes.values()))[0]
        pool = pools[type_, home]
        # The pool is gone through in turn, so everybody has a class and most have more than one.
        size = min(len(pool), rng.randint(8, 20))
        members = [pool.pop(0) for _ in range(size)]
        pool.extend(rng.sample(members, len(members)))
        skill = rng.choice(SKILLS)
        online = rng.random() < 0.05
        irregular = rng.random() < 0.1
        per_week = 0 if irregular else rng.choice([1, 1, 2])
        needs = EQUIPMENT.get(skill) if not online and rng.random() < 0.8 else None
        found.append(
            Group(
                k + 1,
                f"{skill}{k + 1}",
                skill,
                type_,
                tuple(members),
                lessons=8 if irregular else per_week * weeks,
                per_week=per_week,
                starts_on=first_on,
                ends_on=last_on,
                minutes=(rng.choice([60, 90, 90, 120]), 90) if per_week == 2 else (90,),
                campus=None if online else home + 1,
                online=online,
                assisted=type_ is LearnerType.PRESCHOOL,
                equipment=frozenset({needs} if needs else set()),
            )
        )
    return found
