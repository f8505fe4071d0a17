"""Neighbourhood search: free some lectures of a timetable, place them anew exactly (CP-SAT).

Everything else stays where it is and enters the small model as constants. Freeing all lectures
but keeping their periods is the room stage.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from ortools.sat.python import cp_model

from backend.teaching.timetable.cbctt.instance import Instance, Place, lectures_of

Term = tuple[int, cp_model.IntVar]


@dataclass
class _Kept:
    """What the lectures that stay take up."""

    taken: set[Place] = field(default_factory=set)
    periods: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    rooms: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    at: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))


class Neighbourhood:
    """`window`: the periods where freed lectures may go, by course; None is all of them."""

    def __init__(
        self,
        instance: Instance,
        places: list[Place],
        free: Collection[int],
        window: dict[int, set[int]] | None = None,
    ) -> None:
        self.instance, self.places, self.free = instance, places, sorted(free)
        self.course = lectures_of(instance)
        self.model = cp_model.CpModel()
        self.kept = _Kept()
        freed = set(self.free)
        for i, (p, r) in enumerate(places):
            if i not in freed:
                c = self.course[i]
                self.kept.taken.add((p, r))
                self.kept.periods[c].add(p)
                self.kept.rooms[c].add(r)
                self.kept.at[p].add(c)
        self.needs: dict[int, int] = defaultdict(int)
        for i in self.free:
            self.needs[self.course[i]] += 1
        self.at: dict[tuple[int, int], cp_model.IntVar] = {}
        self.inside: dict[tuple[int, int, int], cp_model.IntVar] = {}
        self._variables(window)
        self._clashes()
        terms = [*self._room_terms(), *self._day_terms(), *self._lonely_terms()]
        self.model.minimize(sum(weight * var for weight, var in terms))

    def _variables(self, window: dict[int, set[int]] | None) -> None:
        instance = self.instance
        old = {(self.course[i], *self.places[i]) for i in self.free}
        old_at = {(c, p) for c, p, _ in old}
        by_place = defaultdict(list)
        for c, need in self.needs.items():
            mine = []
            for p in range(instance.periods) if window is None else sorted(window[c]):
                if (c, p) in instance.forbidden or any(
                    a == c or (min(a, c), max(a, c)) in instance.clashes for a in self.kept.at[p]
                ):
                    continue
                rooms = [r for r in range(len(instance.rooms)) if (p, r) not in self.kept.taken]
                if not rooms:
                    continue
                here = self.at[c, p] = self.model.new_bool_var("")
                self.model.add_hint(here, (c, p) in old_at)
                mine.append(here)
                for r in rooms:
                    var = self.inside[c, p, r] = self.model.new_bool_var("")
                    self.model.add_hint(var, (c, p, r) in old)
                    by_place[p, r].append(var)
                self.model.add(sum(self.inside[c, p, r] for r in rooms) == here)
            self.model.add(sum(mine) == need)
        for several in by_place.values():
            if len(several) > 1:
                self.model.add_at_most_one(several)

    def _clashes(self) -> None:
        instance = self.instance
        taught = defaultdict(set)
        for c in self.needs:
            taught[instance.courses[c].teacher].add(c)
        groups: set[frozenset[int]] = {frozenset(g) for g in taught.values()}
        groups |= {frozenset(self.needs.keys() & set(q)) for q, _ in instance.weighed_curricula}
        for group in groups:
            for p in range(instance.periods) if len(group) > 1 else ():
                self.model.add_at_most_one(self.at[c, p] for c in group if (c, p) in self.at)

    def _room_terms(self) -> Iterable[Term]:
        uses = defaultdict(list)
        for (c, p, r), var in self.inside.items():
            over = self.instance.courses[c].students - self.instance.rooms[r].capacity
            if over > 0:
                yield over, var
            if r not in self.kept.rooms[c]:
                uses[c, r].append(var)
            del p
        for several in uses.values():
            used = self.model.new_bool_var("")
            for var in several:
                self.model.add_implication(var, used)
            yield 1, used

    def _day_terms(self) -> Iterable[Term]:
        per_day = self.instance.per_day
        for c in self.needs:
            days = {p // per_day for p in self.kept.periods[c]}
            missing = self.instance.courses[c].min_days - len(days)
            if missing <= 0:
                continue
            new = defaultdict(list)
            for (k, p), var in self.at.items():
                if k == c and p // per_day not in days:
                    new[p // per_day].append(var)
            used = []
            for several in new.values():
                used.append(self.model.new_bool_var(""))
                self.model.add(used[-1] <= sum(several))
            short = self.model.new_int_var(0, missing, "")
            self.model.add(short >= missing - sum(used))
            yield 5, short

    def _lonely_terms(self) -> Iterable[Term]:
        instance, per_day = self.instance, self.instance.per_day
        for members, weight in instance.weighed_curricula:
            moving = [c for c in members if c in self.needs]
            if not moving:
                continue
            fixed = {p for c in members for p in self.kept.periods[c]}
            for p in range(instance.periods):
                here = [self.at[c, p] for c in moving if (c, p) in self.at]
                beside = [n for n in (p - 1, p + 1) if n // per_day == p // per_day]
                if (p not in fixed and not here) or any(n in fixed for n in beside):
                    continue
                near = [self.at[c, n] for n in beside for c in moving if (c, n) in self.at]
                lonely = self.model.new_bool_var("")
                self.model.add(lonely >= (p in fixed) + sum(here) - sum(near))
                yield 2 * weight, lonely

    def solve(
        self, *, seconds: float, work: float | None, seed: int
    ) -> tuple[list[Place] | None, float, bool]:
        """The places of all lectures (None: nothing found in time), the work done in CP-SAT's
        deterministic seconds, and whether there is nothing better."""
        solver = cp_model.CpSolver()
        solver.parameters.max_time_in_seconds = seconds
        if work is not None:
            solver.parameters.max_deterministic_time = work
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = seed
        status = solver.solve(self.model)
        done = float(solver.response_proto.deterministic_time)
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return None, done, False
        found = defaultdict(list)
        for (c, p, r), var in self.inside.items():
            if solver.boolean_value(var):
                found[c].append((p, r))
        places = list(self.places)
        for i in self.free:
            places[i] = found[self.course[i]].pop()
        return places, done, status == cp_model.OPTIMAL
