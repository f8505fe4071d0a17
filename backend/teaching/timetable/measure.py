"""`python -m backend.teaching.timetable.measure --seconds 240`: a generated institution, drafted.

Prints JSON: what was placed, whether the checker finds a clash, how long a change takes, memory.
"""

import argparse
import json
import random
import resource
import sys
import time
from dataclasses import asdict, replace
from datetime import timedelta

from backend.teaching.timetable.change import Standing, repair, slots_for
from backend.teaching.timetable.checker import faults_of
from backend.teaching.timetable.draft import draft
from backend.teaching.timetable.generate import institution_of
from backend.teaching.timetable.model import Institution, Lesson, Progress, Span


def _with_one_ill(institution: Institution, lesson: Lesson) -> Institution:
    """The lesson's teacher is away for a week from then."""
    span = Span(lesson.starts_at, lesson.starts_at + timedelta(days=7))
    staff = tuple(
        replace(one, away=(*one.away, span)) if one.id == lesson.teacher else one
        for one in institution.staff
    )
    return replace(institution, staff=staff)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=240)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cpu", action="store_true", help="count this process's CPU seconds")
    parser.add_argument("--classes", type=int, default=400)
    given = parser.parse_args()
    share = given.classes / 400
    institution = institution_of(
        teachers=round(120 * share),
        rooms=round(60 * share),
        classes=given.classes,
        learners=round(4000 * share),
        seed=given.seed,
    )

    complete_after: list[float] = []

    def progress(now: Progress) -> None:
        if not now.unplaced and not complete_after:
            complete_after.append(now.seconds)
        print(json.dumps(asdict(now)), flush=True)

    started, busy = time.monotonic(), time.process_time()
    made = draft(
        institution,
        seconds=given.seconds,
        seed=given.seed,
        progress=progress,
        tick=time.process_time if given.cpu else time.monotonic,
    )
    spent, cpu = time.monotonic() - started, time.process_time() - busy
    faults = faults_of(institution, made.lessons, complete=not made.unplaced)

    started = time.monotonic()
    standing = Standing(institution, made.lessons)
    loaded = time.monotonic() - started
    rng = random.Random(given.seed)
    waits, empty = [], 0
    for lesson in rng.sample(made.lessons, min(40, len(made.lessons))):
        started = time.monotonic()
        empty += not slots_for(standing, [lesson])
        waits.append(time.monotonic() - started)
    started = time.monotonic()
    one = made.lessons[0].group
    slots_for(standing, [lesson for lesson in made.lessons if lesson.group == one])
    whole_class = time.monotonic() - started
    started = time.monotonic()
    repaired = repair(_with_one_ill(institution, made.lessons[0]), made.lessons)
    print(
        json.dumps(
            {
                "wall_seconds": round(spent, 1),
                "cpu_seconds": round(cpu, 1),
                "lessons": len(made.lessons),
                "unplaced": [asdict(one) for one in made.unplaced],
                "complete_after": complete_after and round(complete_after[0], 1),
                "cost": made.cost,
                "bound": made.bound,
                "faults": len(faults),
                "load_seconds": round(loaded, 2),
                "slots_seconds_median": round(sorted(waits)[len(waits) // 2], 3),
                "slots_seconds_worst": round(max(waits), 3),
                "slots_class_seconds": round(whole_class, 3),
                "without_slot": empty,
                "repair_seconds": round(time.monotonic() - started, 2),
                "repair_moves": len(repaired.moves),
                "repair_unplaced": len(repaired.unplaced),
                "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            },
            default=str,
            ensure_ascii=False,
        )
    )
    return 1 if faults or made.unplaced else 0


if __name__ == "__main__":
    sys.exit(main())
