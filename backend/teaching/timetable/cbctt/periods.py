"""First stage: a period for each lecture, by CP-SAT, without naming rooms.

Room capacity still counts exactly: seats are matched by size, so what a period costs is, for each
interval of sizes, its length times the lectures larger than it beyond the rooms larger than it.
Only the stability of rooms is left out, so the bound holds for the whole problem.
"""

from collections import defaultdict
from collections.abc import Callable
from itertools import pairwise

from ortools.sat.python import cp_model

from backend.teaching.timetable.cbctt.instance import Instance, Place

Periods = list[list[int]]
"""For each course, the periods of its lectures."""


class PeriodModel:
    """`bare`: the hard rules only, for a quick first answer."""

    def __init__(self, instance: Instance, *, bare: bool = False) -> None:
        self.instance = instance
        self.model = cp_model.CpModel()
        self.at = {
            (c, p): self.model.new_bool_var("")
            for c in range(len(instance.courses))
            for p in range(instance.periods)
            if (c, p) not in instance.forbidden
        }
        self._place_lectures()
        terms = self._seats()
        if not bare:
            terms = [*terms, *self._days(), *self._loneliness()]
            self.model.minimize(sum(weight * var for weight, var in terms))

    def _place_lectures(self) -> None:
        instance = self.instance
        taught = defaultdict(set)
        for c, course in enumerate(instance.courses):
            taught[course.teacher].add(c)
            mine = [v for (k, _), v in self.at.items() if k == c]
            self.model.add(sum(mine) == course.lectures)
        groups = {frozenset(g) for g in taught.values()} | {
            frozenset(q) for q, _ in instance.weighed_curricula
        }
        for group in groups:
            if len(group) < 2 or any(group < other for other in groups):
                continue
            for p in range(instance.periods):
                self.model.add_at_most_one(self.at[c, p] for c in group if (c, p) in self.at)

    def _seats(self) -> list[tuple[int, cp_model.IntVar]]:
        courses, rooms = self.instance.courses, self.instance.rooms
        sizes = sorted({c.students for c in courses} | {r.capacity for r in rooms} | {0})
        terms = []
        steps: dict[tuple[frozenset[int], int], int] = defaultdict(int)
        for low, high in pairwise(sizes):
            larger = frozenset(c for c, course in enumerate(courses) if course.students > low)
            steps[larger, sum(r.capacity > low for r in rooms)] += high - low
        everyone = frozenset(range(len(courses)))
        for p in range(self.instance.periods):
            here = {c: self.at[c, p] for c in everyone if (c, p) in self.at}
            self.model.add(sum(here.values()) <= len(rooms))
            for (larger, seats), length in steps.items():
                wanted = [here[c] for c in larger if c in here]
                if len(wanted) > seats and seats < len(rooms):
                    over = self.model.new_int_var(0, len(wanted) - seats, "")
                    self.model.add(over >= sum(wanted) - seats)
                    terms.append((length, over))
        return terms

    def _days(self) -> list[tuple[int, cp_model.IntVar]]:
        terms = []
        for c, course in enumerate(self.instance.courses):
            if course.min_days < 2:
                continue
            used = []
            for d in range(self.instance.days):
                first = d * self.instance.per_day
                mine = [
                    self.at[c, p]
                    for p in range(first, first + self.instance.per_day)
                    if (c, p) in self.at
                ]
                if mine:
                    used.append(self.model.new_bool_var(""))
                    self.model.add(used[-1] <= sum(mine))
            short = self.model.new_int_var(0, course.min_days, "")
            self.model.add(short >= course.min_days - sum(used))
            terms.append((5, short))
        return terms

    def _loneliness(self) -> list[tuple[int, cp_model.IntVar]]:
        terms = []
        per_day = self.instance.per_day
        for members, weight in self.instance.weighed_curricula:
            for p in range(self.instance.periods):
                beside = [n for n in (p - 1, p + 1) if n // per_day == p // per_day]
                here = [self.at[c, p] for c in members if (c, p) in self.at]
                near = [self.at[c, n] for n in beside for c in members if (c, n) in self.at]
                if here:
                    lonely = self.model.new_bool_var("")
                    self.model.add(lonely >= sum(here) - sum(near))
                    terms.append((2 * weight, lonely))
        return terms

    def solve(
        self,
        *,
        seconds: float,
        work: float | None = None,
        seed: int,
        found: Callable[[Periods], bool],
        bound: Callable[[int], None],
    ) -> bool:
        """Report each timetable as it is found; whether the last one is proven the best.

        `work` limits CP-SAT's own deterministic time as well; `found` says whether to go on.
        """
        solver = cp_model.CpSolver()
        solver.parameters.max_time_in_seconds = seconds
        if work is not None:
            solver.parameters.max_deterministic_time = work
        solver.parameters.num_workers = 1
        solver.parameters.interleave_search = True
        solver.parameters.random_seed = seed % 2**31
        reader = _Reader(self, found, bound)
        status = solver.solve(self.model, reader)
        if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            bound(int(solver.best_objective_bound + 0.999))
        return bool(status == cp_model.OPTIMAL)


class _Reader(cp_model.CpSolverSolutionCallback):
    def __init__(
        self, owner: PeriodModel, found: Callable[[Periods], bool], bound: Callable[[int], None]
    ) -> None:
        super().__init__()
        self.owner, self.found, self.bound = owner, found, bound

    def on_solution_callback(self) -> None:
        periods: Periods = [[] for _ in self.owner.instance.courses]
        for (c, p), var in self.owner.at.items():
            if self.boolean_value(var):
                periods[c].append(p)
        self.bound(int(self.best_objective_bound + 0.999))
        if not self.found(periods):
            self.stop_search()


def seated(instance: Instance, periods: Periods) -> list[Place]:
    """Rooms by size, largest lecture into the largest room: the least overflow in each period."""
    rooms = sorted(range(len(instance.rooms)), key=lambda r: -instance.rooms[r].capacity)
    at: dict[int, list[int]] = defaultdict(list)
    for c, mine in enumerate(periods):
        for p in mine:
            at[p].append(c)
    room = {}
    for p, there in at.items():
        ranked = sorted(there, key=lambda c: (-instance.courses[c].students, c))
        room.update({(c, p): r for c, r in zip(ranked, rooms, strict=False)})
    return [(p, room[c, p]) for c, mine in enumerate(periods) for p in mine]
