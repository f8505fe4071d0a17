"""A few units taken off a board and placed anew as well as can be, by CP-SAT."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import combinations

from ortools.sat.python import cp_model

from backend.teaching.timetable.board import Board, Choice, Time, Unit
from backend.teaching.timetable.choices import choices

MISSING = 100_000
"""What an unplaced lesson costs: more than anything else together."""


def place_together(
    board: Board,
    units: Sequence[Unit],
    *,
    breadth: int = 2,
    most: int = 70,
    seconds: float = 1.5,
    seed: int = 0,
    times: Mapping[int, list[Time]] | None = None,
    wall: float | None = None,
) -> bool:
    """Place units that are off the board; whether every one found a place. `times`: the only ones
    for some of the units, by id.

    `seconds` are CP-SAT's deterministic ones, so the answer does not depend on the machine's load,
    unless `wall` seconds of the clock are over first: for whoever waits for it.
    What the choices cost is counted as if the other units were not there.
    """
    only = times or {}
    options = [
        choices(board, unit, breadth=breadth, times=only.get(unit.id))[:most] for unit in units
    ]
    model = cp_model.CpModel()
    picks = [[model.new_bool_var("") for _ in some] for some in options]
    missing = [model.new_bool_var("") for _ in units]
    for own, none in zip(picks, missing, strict=True):
        model.add_exactly_one([*own, none])
    loads: dict[tuple[int, int], list[cp_model.IntVar]] = defaultdict(list)
    for some, own in zip(options, picks, strict=True):
        for choice, pick in zip(some, own, strict=True):
            for who in board.people(choice):
                for day in choice.time.days:
                    loads[who, day].append(pick)
    seen = set()
    for (who, day), several in loads.items():
        left = board.staff[who].max_per_day - board.load[who][day]
        mark = (left, tuple(var.index for var in several))
        if len(several) > left and mark not in seen:
            seen.add(mark)
            model.add(sum(several) <= left)
    for i, j in combinations(range(len(units)), 2):
        shared = bool(set(units[i].group.learners) & set(units[j].group.learners))
        for a, pick in zip(options[i], picks[i], strict=True):
            for b, other in zip(options[j], picks[j], strict=True):
                if _clash(board, units[i], a, units[j], b, shared):
                    model.add_bool_or([pick.negated(), other.negated()])
    price = sum(
        choice.cost * pick
        for some, own in zip(options, picks, strict=True)
        for choice, pick in zip(some, own, strict=True)
    )
    lost = sum(MISSING * unit.lessons * none for unit, none in zip(units, missing, strict=True))
    model.minimize(price + lost)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.max_deterministic_time = seconds
    solver.parameters.max_time_in_seconds = 10 * seconds if wall is None else max(wall, 0.01)
    solver.parameters.random_seed = seed
    if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return False
    for unit, some, own in zip(units, options, picks, strict=True):
        for choice, pick in zip(some, own, strict=True):
            if solver.boolean_value(pick):
                board.put(unit, choice)
    return not any(solver.boolean_value(none) for none in missing)


def _clash(
    board: Board, one: Unit, a: Choice, other: Unit, b: Choice, shared_learners: bool
) -> bool:
    same = one.group.id == other.group.id
    if same and not one.same_day and set(a.time.days) & set(b.time.days):
        return True
    people = bool({a.teacher, a.assistant} & {b.teacher, b.assistant} - {None})
    room = a.room is not None and a.room == b.room
    if (same or shared_learners or people or room) and a.time.bits & b.time.bits:
        return True
    if not people or a.room is None or b.room is None:
        return False
    way = board.institution.minutes_between(board.rooms[a.room].campus, board.rooms[b.room].campus)
    wide = board.grid.at(a.time.days, a.time.start, one.minutes, way) if way else 0
    return bool(wide & b.time.bits)
