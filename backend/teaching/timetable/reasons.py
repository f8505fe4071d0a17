"""Why something has no place, and the least that would have to give."""

from collections.abc import Iterable

from backend.teaching.timetable.board import Board, Time, Unit
from backend.teaching.timetable.choices import assistant_for
from backend.teaching.timetable.model import Cause, Relaxation, Relief, Unplaced

MOST = 5
FEW_LEARNERS = 3


def unplaced_of(board: Board, units: Iterable[Unit]) -> list[Unplaced]:
    return [
        Unplaced(unit.group.id, unit.lessons, *why_not(board, unit))
        for unit in sorted(units, key=lambda one: one.id)
    ]


def why_not(board: Board, unit: Unit) -> tuple[Cause, tuple[Relaxation, ...]]:
    group, times = unit.group, board.times(unit)
    if not times:
        return Cause.NO_TIME, ()
    if not board.teachers(group):
        return Cause.NO_TEACHER, (_first(board, times[0], unit, Relief.TEACHER),)
    if group.assisted and not any(group.skill in one.assists for one in board.staff.values()):
        return Cause.NO_ASSISTANT, (_first(board, times[0], unit, Relief.ASSISTANT),)
    if not group.online and not board.suitable_rooms(group):
        return Cause.NO_ROOM, (_first(board, times[0], unit, Relief.ROOM, seats=group.size),)
    found: list[tuple[int, Relaxation]] = []
    for time in times:
        found += _single_obstacle(board, unit, time)
    found.sort(key=lambda one: (one[0], one[1].starts_at))
    best: list[Relaxation] = []
    for _, relaxation in found:
        # One of a kind is enough: five hours of the same teacher are no five ideas.
        kinds = [(one.relief, one.subject) for one in best]
        if kinds.count((relaxation.relief, relaxation.subject)) < 2 and len(best) < MOST:
            best.append(relaxation)
    return Cause.ALL_TAKEN, tuple(best)


def _first(
    board: Board,
    time: Time,
    unit: Unit,
    relief: Relief,
    *,
    seats: int = 0,
    subject: int | None = None,
    people: tuple[int, ...] = (),
) -> Relaxation:
    at = board.grid.moment(time.days[0], time.start)
    return Relaxation(relief, at, unit.lessons, seats, subject, people)


def _single_obstacle(board: Board, unit: Unit, time: Time) -> list[tuple[int, Relaxation]]:
    """What is missing at this time, if it is only one thing; the cheaper the smaller the number."""
    group = unit.group
    if (board.busy["class", group.id] | board.busy["day", group.id]) & time.bits:
        return []
    hindered = tuple(
        who
        for who in group.learners
        if (board.busy["learner", who] | board.away["learner", who]) & time.bits
    )
    if len(hindered) > FEW_LEARNERS:
        return []
    rooms = [
        room
        for room in board.suitable_rooms(group)
        if not (board.busy["room", room.id] | board.away["room", room.id]) & time.bits
    ]
    roomless = not group.online and not rooms
    campuses: list[int | None] = [group.campus]
    if rooms and group.campus is None:
        campuses = [*sorted({room.campus for room in rooms})]
    able = [
        (one.id, campus)
        for one in board.teachers(group)
        for campus in campuses
        if board.free(one.id, unit, time, campus)
    ]
    helped = not group.assisted or any(
        assistant_for(board, unit, time, campus, teacher) is not None for teacher, campus in able
    )
    lacks = bool(hindered) + roomless + (not able) + (bool(able) and not helped)
    if lacks != 1:
        return []
    if hindered:
        relief = _first(board, time, unit, Relief.LEARNERS, people=hindered)
        return [(4 * len(hindered), relief)]
    if roomless:
        return [(6, _first(board, time, unit, Relief.ROOM, seats=group.size))]
    if able:
        return [(6, _first(board, time, unit, Relief.ASSISTANT))]
    ideas = [(8, _first(board, time, unit, Relief.TEACHER))]
    for one in board.teachers(group):
        if board.busy["staff", one.id] & time.bits:
            continue
        if not board.away["staff", one.id] & time.bits:
            full = any(board.load[one.id][day] >= one.max_per_day for day in time.days)
            if full:
                ideas.append((1, _first(board, time, unit, Relief.TEACHER_LIMIT, subject=one.id)))
        else:
            ideas.append((3, _first(board, time, unit, Relief.TEACHER_HOURS, subject=one.id)))
    return ideas
