"""The search measured on ITC-2007's problem: costs, the two searches, and a run from outside.

The compiled kernel runs here uncompiled, in a process of its own: compiling takes longer than all
of these tests. Instances of the competition are read from beside the repository when they are
there; a small one of the same shape is always tried.
"""

import json
import multiprocessing
import os
import random
import signal
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from backend.teaching.timetable.cbctt.instance import (
    BadInstance,
    Instance,
    cost_of,
    lectures_of,
    read_instance,
    write_solution,
)
from backend.teaching.timetable.cbctt.periods import PeriodModel, Periods, seated
from backend.teaching.timetable.cbctt.repair import Neighbourhood
from backend.teaching.timetable.cbctt.run import Board

ROOT = Path(__file__).parents[4]
COMPETITION = ROOT.parent / "shared" / "data" / "cbctt"
COMP01 = COMPETITION / "comp01.ctt"
UNCOMPILED = {**os.environ, "NUMBA_DISABLE_JIT": "1"}


def small(folder: Path, *, prefix: str = "r") -> Path:
    """Twelve courses in four curricula, three rooms, five days of four periods."""
    rng = random.Random(3)
    courses = [f"c{k} t{k % 5} {2 + k % 3} {2 + k % 2} {rng.randint(5, 60)}" for k in range(12)]
    curricula = [f"q{k} 3 c{k} c{k + 4} c{k + 8}" for k in range(4)]
    closed = [f"c{k} {k % 5} {k % 4}" for k in range(6)]
    lines = [
        "Name: Small", "Courses: 12", "Rooms: 3", "Days: 5", "Periods_per_day: 4",
        "Curricula: 4", "Constraints: 6", "", "COURSES:", *courses, "", "ROOMS:",
        *(f"{prefix}{name} {seats}" for name, seats in zip("ABC", (20, 40, 60), strict=True)),
        "", "CURRICULA:", *curricula, "", "UNAVAILABILITY_CONSTRAINTS:", *closed, "", "END.",
    ]  # fmt: skip
    path = folder / "small.ctt"
    path.write_text("\n".join(lines))
    return path


def instances(folder: Path) -> list[Path]:
    return [small(folder), *([COMP01] if COMP01.exists() else [])]


def first_answer(instance: Instance) -> Periods:
    found: list[Periods] = []

    def take(periods: Periods) -> bool:
        found.append(periods)
        return False

    model = PeriodModel(instance, bare=True)
    model.solve(seconds=30, work=20, seed=1, found=take, bound=lambda _: None)
    return found[0]


@pytest.mark.parametrize("prefix", ["r", ""])
def test_both_ways_to_name_rooms_are_read_and_written(tmp_path: Path, prefix: str) -> None:
    instance = read_instance(small(tmp_path, prefix=prefix))
    places = seated(instance, first_answer(instance))
    write_solution(instance, places, tmp_path / "out" / "small.sol")
    words = [line.split() for line in (tmp_path / "out" / "small.sol").read_text().splitlines()]
    assert len(words) == sum(course.lectures for course in instance.courses)
    assert {w[1] for w in words} <= {f"{prefix}A", f"{prefix}B", f"{prefix}C"}


def test_a_file_that_breaks_its_promise_is_refused(tmp_path: Path) -> None:
    path = small(tmp_path)
    path.write_text(path.read_text().replace("Rooms: 3", "Rooms: 4"))
    with pytest.raises(BadInstance, match="4 rooms promised"):
        read_instance(path)


def test_the_first_answer_keeps_the_hard_rules(tmp_path: Path) -> None:
    for path in instances(tmp_path):
        instance = read_instance(path)
        places = seated(instance, first_answer(instance))
        assert cost_of(instance, places)[0] == 0
        # Both in one place and at one time: each is counted.
        assert cost_of(instance, [places[0]] * len(places))[0] > 0


def test_a_neighbourhood_is_solved_exactly_and_never_gets_worse(tmp_path: Path) -> None:
    for path in instances(tmp_path):
        instance = read_instance(path)
        places = seated(instance, first_answer(instance))
        before = cost_of(instance, places)
        windows: dict[int, set[int]] = defaultdict(set)
        for c, (p, _) in zip(lectures_of(instance), places, strict=True):
            windows[c].add(p)
        same_periods = Neighbourhood(instance, places, range(len(places)), windows)
        free = [i for i, c in enumerate(lectures_of(instance)) if c < 5]
        for near in (same_periods, Neighbourhood(instance, places, free)):
            better, _, proven = near.solve(seconds=30, work=0.5, seed=1)
            assert better is not None
            hard, soft = cost_of(instance, better)
            assert hard == 0
            assert not proven or soft <= before[1]


def test_the_bound_is_below_what_is_found_and_both_agree_at_the_end(tmp_path: Path) -> None:
    instance = read_instance(small(tmp_path))
    bounds, costs = [0], []

    def take(periods: Periods) -> bool:
        costs.append(cost_of(instance, seated(instance, periods))[1])
        return True

    PeriodModel(instance).solve(seconds=30, work=1, seed=1, found=take, bound=bounds.append)
    assert 0 <= max(bounds) <= min(costs)


KERNEL = """
import random, sys
from pathlib import Path
from backend.teaching.timetable.cbctt import annealing
from backend.teaching.timetable.cbctt.instance import cost_of, read_instance
from backend.teaching.timetable.cbctt.search import _anywhere

for path in sys.argv[1:]:
    instance = read_instance(Path(path))
    problem = annealing.problem_of(instance)
    ends = []
    for again in range(2):
        state = annealing.state_of(problem, instance, _anywhere(instance, 5), 5)
        annealing.rebuild(problem, state)
        for heat in (30.0, 4.0, 0.5):
            annealing.anneal(problem, state, heat, heat / 2, 1500, 40.0)
            conflicts, cost = int(state.totals[0]), int(state.totals[1])
            places = list(zip(state.period.tolist(), state.room.tolist()))
            hard, soft = cost_of(instance, places)
            assert len(set(places)) == len(places)
            assert (hard > 0) == (conflicts > 0), (hard, conflicts)
            assert conflicts or soft == cost, (soft, cost)
            counted = [one.copy() for one in state[:11]]
            annealing.rebuild(problem, state)
            assert (conflicts, cost) == (int(state.totals[0]), int(state.totals[1]))
            assert all((one == two).all() for one, two in zip(counted, state[:11]))
        assert state.totals[3] > 50
        ends.append(places)
    assert ends[0] == ends[1]
print("ok")
"""


def test_the_fast_counters_agree_with_plain_counting(tmp_path: Path) -> None:
    """After thousands of neighbours, hot and cold, and the same again with the same seed."""
    paths = [str(path) for path in instances(tmp_path)]
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", KERNEL, *paths],
        cwd=ROOT, env=UNCOMPILED, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.stdout == "ok\n", done.stderr


def test_what_others_found_never_waits_for_a_reader() -> None:
    """A line between processes fills up when its reader is busy for minutes, and holds both."""
    board = Board(multiprocessing.get_context("spawn"), lectures=400)
    assert board.read() is None
    for cost in range(1000, 0, -1):
        board.write([(cost, 7)] * 400, cost)
    assert board.read() == ([(1, 7)] * 400, 1)


def test_a_signal_ends_a_run_with_the_best_so_far(tmp_path: Path) -> None:
    path, out = small(tmp_path), tmp_path / "small.sol"
    command = [sys.executable, "-m", "backend.teaching.timetable.cbctt", str(path), str(out)]
    with subprocess.Popen(
        [*command, "--seconds", "90", "--cores", "1"],
        cwd=ROOT, env=UNCOMPILED, stdout=subprocess.PIPE, text=True,
    ) as run:  # fmt: skip
        assert run.stdout
        line = json.loads(run.stdout.readline())
        assert line["event"] == "better"
        run.send_signal(signal.SIGTERM)
        rest = [json.loads(one) for one in run.stdout.read().splitlines()]
    costs = [one["cost"] for one in [line, *rest] if "cost" in one]
    assert run.returncode == 0
    assert costs == sorted(costs, reverse=True)
    rooms = {room.name: r for r, room in enumerate(read_instance(path).rooms)}
    words = [one.split() for one in out.read_text().splitlines()]
    places = [(int(d) * 4 + int(p), rooms[r]) for _, r, d, p in words]
    assert cost_of(read_instance(path), places) == (0, costs[-1])
