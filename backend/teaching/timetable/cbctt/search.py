"""What one core does: a plan of first answer, long cooling, and polishing of the best so far.

With several cores the plans differ (roles and seeds) and the best timetable is passed on between
them. With one core all is counted in work (annealing steps, CP-SAT's deterministic time), not in
seconds, so that a seed gives the same answer again; only when the machine is too slow for the
plan does the clock take over, and the run says so.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from backend.teaching.timetable.cbctt.instance import Instance, Place, cost_of, lectures_of
from backend.teaching.timetable.cbctt.periods import PeriodModel, Periods, seated
from backend.teaching.timetable.cbctt.repair import Neighbourhood

STEPS_A_SECOND = 5_000_000
"""Annealing steps that count as one second of a plan; a core of 2025 makes about twice that."""
CHUNK = 400_000
HOT, WARM, COLD = 8.0, 0.6, 0.13
HARD = 18.0
"""A conflict's price: cheap enough to pass through; it rises while a conflict stays."""
PATIENCE = 15
"""Chunks with a conflict after which the search goes back to where it last had none."""


@dataclass
class Clock:
    """How far the plan is, from 0 to 1."""

    seconds: float
    counted: bool
    started: float
    done: float = 0.0
    overtaken: bool = False

    def spend(self, work: float) -> None:
        self.done += work

    @property
    def fraction(self) -> float:
        passed = (time.monotonic() - self.started) / self.seconds
        if not self.counted:
            return passed
        planned = self.done / self.seconds
        self.overtaken = self.overtaken or passed > planned
        return passed if self.overtaken else planned


@dataclass
class Worker:
    instance: Instance
    role: int
    cores: int
    seed: int
    clock: Clock
    offer: Callable[[list[Place], int], None]
    news: Callable[[], tuple[list[Place], int] | None]
    """What another core has found meanwhile, if anything."""
    bound: Callable[[int], None]
    best: list[Place] = field(default_factory=list)
    cost: int = 2**40

    def run(self) -> None:
        self.first_answer()
        if self.role == 1 or self.cores == 1:
            self.look_from_below(0.04)
        self._anneal(self.best or _anywhere(self.instance, self.seed), hot=HOT, until=0.62)
        rng = random.Random(self.seed)
        turn = self.role
        while self.clock.fraction < 0.995:
            now = self.clock.fraction
            end = now + (1 - now) / 2 if now < 0.94 else 1.0
            if turn % 2:
                self.polish(rng, until=min(end, now + 0.08))
            else:
                self.reheat(until=end, hot=WARM * rng.uniform(0.6, 1.3))
            turn += 1

    # --- keeping the best --------------------------------------------------------------------

    def keep(self, places: list[Place]) -> bool:
        hard, cost = cost_of(self.instance, places)
        if hard or cost >= self.cost:
            return False
        self.best, self.cost = places, cost
        self.offer(places, cost)
        return True

    def catch_up(self) -> None:
        found = self.news()
        if found and found[1] < self.cost:
            self.best, self.cost = found

    def _as_good(self, places: list[Place]) -> bool:
        """Elsewhere at the same cost: the next step may start from there."""
        return cost_of(self.instance, places) == (0, self.cost)

    # --- the parts of the plan ---------------------------------------------------------------

    def first_answer(self) -> None:
        """The hard rules alone, by CP-SAT: within a second or two."""

        def found(periods: Periods) -> bool:
            self.keep(seated(self.instance, periods))
            return False

        self._periods(found, bare=True, work=0.03 * self.clock.seconds)

    def look_from_below(self, share: float) -> None:
        """The whole cost by CP-SAT, mostly for its bound on what can be reached."""

        def found(periods: Periods) -> bool:
            self.keep(seated(self.instance, periods))
            return True

        self._periods(found, bare=False, work=share * self.clock.seconds)

    def _periods(self, found: Callable[[Periods], bool], *, bare: bool, work: float) -> None:
        alone = self.clock.counted
        PeriodModel(self.instance, bare=bare).solve(
            seconds=self.clock.seconds if alone else work + 2,
            work=work if alone else None,
            seed=self.seed,
            found=found,
            bound=(lambda _: None) if bare else self.bound,
        )
        self.clock.spend(work)

    def reheat(self, *, until: float, hot: float) -> None:
        self.catch_up()
        self._anneal(self.best or _anywhere(self.instance, self.seed), hot=hot, until=until)

    def _anneal(self, start: list[Place], *, hot: float, until: float) -> None:
        from backend.teaching.timetable.cbctt import annealing  # compiles: only where it is used

        problem = annealing.problem_of(self.instance)
        state = annealing.state_of(problem, self.instance, start, self.seed)
        self.seed += 1
        begun = now = self.clock.fraction
        price, stuck = HARD, 0
        clean = (state.period.copy(), state.room.copy())
        while now < until:
            heat = hot * (COLD / hot) ** ((now - begun) / (until - begun))
            annealing.anneal(problem, state, heat, heat, CHUNK, price)
            if state.totals[0] == 0:
                stuck, price = 0, max(HARD, price / 1.05)
                clean = (state.period.copy(), state.room.copy())
            else:
                stuck, price = stuck + 1, min(price * 1.1, 8 * HARD)
            if stuck > PATIENCE:
                state.period[:], state.room[:] = clean
                annealing.rebuild(problem, state)
                stuck = 0
            if state.totals[2] < self.cost:
                periods, rooms = state.best_period.tolist(), state.best_room.tolist()
                self.keep(list(zip(periods, rooms, strict=True)))
            self.clock.spend(CHUNK / STEPS_A_SECOND)
            now = self.clock.fraction

    def polish(self, rng: random.Random, *, until: float) -> None:
        """Exact neighbourhoods around the best, larger as long as they are solved at once."""
        self.catch_up()
        if not self.best:
            return self.reheat(until=until, hot=HOT)
        size, course = 8, lectures_of(self.instance)
        while self.clock.fraction < until:
            freed, window = _choice(self.instance, self.best, rng, size)
            free = [i for i, c in enumerate(course) if c in freed]
            if window is not None:
                free = [i for i in free if self.best[i][0] in window]
            area = None if window is None else dict.fromkeys(freed, window)
            near = Neighbourhood(self.instance, self.best, free, area)
            alone = self.clock.counted
            places, work, proven = near.solve(
                seconds=self.clock.seconds if alone else 2.0,
                work=1.0 if alone else None,
                seed=rng.getrandbits(30),
            )
            self.clock.spend(work + 0.1)
            if places and not self.keep(places) and self._as_good(places):
                self.best = places
            size = min(size + 1, len(self.instance.courses)) if proven else max(4, size - 1)
        return None


def _anywhere(instance: Instance, seed: int) -> list[Place]:
    """Every lecture in a place of its own, conflicts or not."""
    rng = random.Random(seed)
    taken: set[Place] = set()
    places: list[Place] = [(-1, -1)] * sum(c.lectures for c in instance.courses)
    course = lectures_of(instance)
    closed = {c: sum(k == c for k, _ in instance.forbidden) for c in set(course)}
    for i in sorted(range(len(course)), key=lambda i: (-closed[course[i]], rng.random())):
        open_places = [
            (p, r)
            for p in range(instance.periods)
            if (course[i], p) not in instance.forbidden
            for r in range(len(instance.rooms))
            if (p, r) not in taken
        ]
        places[i] = rng.choice(open_places)
        taken.add(places[i])
    return places


def _choice(
    instance: Instance, places: list[Place], rng: random.Random, size: int
) -> tuple[set[int], set[int] | None]:
    """Which courses to free, and within which periods (None: all)."""
    everyone = range(len(instance.courses))
    kind = rng.random()
    if kind < 0.25:
        days = rng.sample(range(instance.days), min(2, instance.days))
        window = {d * instance.per_day + s for d in days for s in range(instance.per_day)}
        return set(everyone), set(rng.sample(sorted(window), min(len(window), 2 + size // 4)))
    if kind < 0.5:
        return set(rng.sample(everyone, min(len(everyone), size))), None
    first = rng.choice(everyone)
    chosen = {first}
    related = [q for q, _ in instance.weighed_curricula if first in q]
    for q in rng.sample(related, len(related)):
        for c in rng.sample(q, len(q)):
            if len(chosen) < size * 2 // 3:
                chosen.add(c)
    while len(chosen) < min(size, len(everyone)):
        chosen.add(rng.choice(everyone))
    return chosen, None
