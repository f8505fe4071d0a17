"""How long one change of a timetable takes: `make bench-changes [CHANGES=30] [SECONDS=30]`.

A generated institution (3 campuses, 120 teachers, 60 rooms, 400 classes, 4,000 learners, 16 weeks)
is drafted; then lessons taken by chance are asked to go to another day. Measured are what a change
by chat does: putting the weeks around it on a board, ranking the free slots, and, on a day with
nothing free, finding the least repair (without the database's part of it). Prints JSON.
"""

import argparse
import json
import random
import sys
import time
from datetime import timedelta

from backend.kit import clock
from backend.teaching.timetable.change import Standing, slots_for, squeeze
from backend.teaching.timetable.draft import draft
from backend.teaching.timetable.generate import institution_of
from backend.teaching.timetable.model import Institution, Lesson

AROUND = timedelta(days=10)


def standing_around(
    institution: Institution, lessons: tuple[Lesson, ...], one: Lesson
) -> tuple[Standing, float]:
    """The lessons of the days around one on a board, and how long that took."""
    begun = time.monotonic()
    near = [each for each in lessons if abs(each.starts_at - one.starts_at) <= AROUND]
    return Standing(institution, near, firm=True), time.monotonic() - begun


def free(standing: Standing, one: Lesson) -> tuple[int, float]:
    """How many slots a week around a lesson has, and how long ranking them took."""
    begun = time.monotonic()
    found = slots_for(standing, [one], limit=400)
    return len(found), time.monotonic() - begun


def repaired(standing: Standing, one: Lesson, rng: random.Random) -> tuple[int, float]:
    """A lesson squeezed into an evening of another day: how many lessons move, and how long."""
    board = standing.board
    own = standing.unit_of[one]
    today = board.grid.number(clock.local(one.starts_at).date())
    days = [day for day in standing.days(own.group) if 0 < abs(day - today) <= 5]
    begun = time.monotonic()
    moves = squeeze(
        standing,
        one,
        days=(rng.choice(days),) if days else (),
        hours=(0, 24 * 60),
        movable=lambda _unit, _choice: True,
    )
    return len(moves), time.monotonic() - begun


def summed(seconds: list[float]) -> dict[str, float]:
    ordered = sorted(seconds)
    return {
        "median": round(ordered[len(ordered) // 2], 3),
        "p90": round(ordered[len(ordered) * 9 // 10], 3),
        "worst": round(ordered[-1], 3),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--changes", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--classes", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    share = given.classes / 400
    institution = institution_of(
        teachers=round(120 * share),
        rooms=round(60 * share),
        classes=given.classes,
        learners=round(4000 * share),
        seed=given.seed,
    )
    made = draft(institution, seconds=given.seconds, seed=given.seed, tick=time.process_time)
    rng = random.Random(given.seed)
    loads, ranks, repairs = [], [], []
    slots, moved = 0, []
    for one in rng.sample(made.lessons, min(given.changes, len(made.lessons))):
        standing, took = standing_around(institution, made.lessons, one)
        loads.append(took)
        count, took = free(standing, one)
        ranks.append(took)
        slots += count
        count, took = repaired(standing, one, rng)
        repairs.append(took)
        moved.append(count)
    print(
        json.dumps(
            {
                "lessons": len(made.lessons),
                "changes": len(ranks),
                "load_seconds": summed(loads),
                "slots_seconds": summed(ranks),
                "slots_each": round(slots / len(ranks), 1),
                "repair_seconds": summed(repairs),
                "repaired": sum(1 for count in moved if count),
                "repair_moves_most": max(moved),
            }
        )
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
