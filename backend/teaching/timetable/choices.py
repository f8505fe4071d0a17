"""Where a unit can go on a board: times, then the best people and rooms for each."""

import heapq

from backend.teaching.timetable.board import Board, Choice, Time, Unit

MOVED, OTHER_TEACHER, OTHER_ROOM = 500, 300, 100
"""What leaving today's place costs, far above any wish: least change comes first."""


def choices(
    board: Board, unit: Unit, *, breadth: int = 1, times: list[Time] | None = None
) -> list[Choice]:
    """All times that fit, each with the best `breadth` teachers and rooms, cheapest first."""
    blocked, siblings = board.blocked(unit), board.siblings(unit)
    teachers = board.teachers(unit.group)
    rooms = [] if unit.group.online else board.suitable_rooms(unit.group)
    campuses: list[int | None] = [None]
    if not unit.group.online:
        campuses = [*sorted({room.campus for room in rooms})]
    found = []
    for time in board.times(unit) if times is None else times:
        if blocked & time.bits:
            continue
        base = board.time_cost(unit, time, siblings) * unit.lessons + _moved(unit, time)
        for campus in campuses:
            here: list[tuple[int, int | None]] = [(0, None)]
            if campus is not None:
                here = [
                    (
                        board.room_cost(room, unit.group) * unit.lessons
                        + _other_room(unit, room.id),
                        room.id,
                    )
                    for room in rooms
                    if room.campus == campus
                    and not (board.busy["room", room.id] | board.away["room", room.id]) & time.bits
                ]
                here = heapq.nsmallest(breadth, here, key=lambda one: one[0])
                if not here:
                    continue
            able = [
                (
                    board.staff_cost(one.id, unit, time) * unit.lessons
                    + _other_teacher(unit, one.id),
                    one.id,
                )
                for one in teachers
                if board.free(one.id, unit, time, campus)
            ]
            for teacher_cost, teacher in heapq.nsmallest(breadth, able):
                assistant = None
                if unit.group.assisted:
                    assistant = assistant_for(board, unit, time, campus, teacher)
                    if assistant is None:
                        continue
                found += [
                    Choice(time, teacher, assistant, room, base + teacher_cost + room_cost)
                    for room_cost, room in here
                ]
    return sorted(found, key=lambda one: (one.cost, one.time.days, one.time.start))


def assistant_for(
    board: Board, unit: Unit, time: Time, campus: int | None, teacher: int
) -> int | None:
    able = [
        one.id
        for one in board.institution.staff
        if unit.group.skill in one.assists
        and one.id != teacher
        and board.free(one.id, unit, time, campus)
    ]
    if unit.now and unit.now.assistant in able:
        return unit.now.assistant
    return min(able, key=lambda who: (board.staff_cost(who, unit, time), who), default=None)


def fits(board: Board, unit: Unit, choice: Choice) -> bool:
    """Whether this very choice would be without a clash and lawful."""
    group, time = unit.group, choice.time
    lawful = board.grid.lawful(group.type, group.online)
    if (
        time.bits & ~lawful
        or board.blocked(unit) & time.bits
        or not set(time.days) <= set(unit.days)
    ):
        return False
    campus = None
    if not group.online:
        room = board.rooms.get(choice.room or 0)
        if room is None or room not in board.suitable_rooms(group):
            return False
        if (board.busy["room", room.id] | board.away["room", room.id]) & time.bits:
            return False
        campus = room.campus
    if choice.teacher not in {one.id for one in board.teachers(group)}:
        return False
    if group.assisted and (
        choice.assistant is None or group.skill not in board.staff[choice.assistant].assists
    ):
        return False
    return all(board.free(who, unit, time, campus) for who in board.people(choice))


def _moved(unit: Unit, time: Time) -> int:
    if unit.now is None or (unit.now.time.days, unit.now.time.start) == (time.days, time.start):
        return 0
    far = sum(abs(a - b) for a, b in zip(unit.now.time.days, time.days, strict=False))
    return (MOVED + min(far, 14) * 10 + abs(unit.now.time.start - time.start) // 30) * unit.lessons


def _other_teacher(unit: Unit, who: int) -> int:
    return OTHER_TEACHER * unit.lessons if unit.now and unit.now.teacher != who else 0


def _other_room(unit: Unit, room: int) -> int:
    return OTHER_ROOM * unit.lessons if unit.now and unit.now.room != room else 0
