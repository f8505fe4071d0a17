"""Simulated annealing over (period, room) places, compiled, with deltas in a few operations.

One neighbour: take a lecture, choose a period its course may have and a room; an empty place is
moved into, a taken one is swapped with. So no room is ever double-booked and no forbidden period
used; only conflicts are let through at a price, which opens ways between feasible timetables.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from backend.teaching.timetable.cbctt.instance import Instance, Place

GAIN = 16.0
"""More than this in days and compactness one neighbour hardly ever gains."""

Array = Any  # numpy arrays of ints; numba wants them bare


class Problem(NamedTuple):
    """The instance as arrays; lists of lists as (start, flat list)."""

    per_day: int
    day: Array  # period -> day
    course: Array  # lecture -> course
    min_days: Array
    allowed: Array  # course, period -> bool
    allowed_at: Array
    allowed_list: Array
    over: Array  # course, room -> students too many
    clash: Array  # course, course -> 0/1; a course clashes with itself
    clash_at: Array
    clash_list: Array
    member: Array  # curriculum, course -> bool
    of_at: Array
    of_list: Array  # curricula of a course
    weight: Array  # how many identical curricula this one stands for
    lonely: Array  # day's bits -> isolated lectures


class State(NamedTuple):
    """A timetable with the counters that its neighbours' costs are read from."""

    period: Array
    room: Array
    taken: Array  # period, room -> lecture or -1
    clashes: Array  # course, period -> lectures there that clash with it
    days: Array  # course, day -> lectures
    rooms: Array  # course, room -> lectures
    n_days: Array
    n_rooms: Array
    count: Array  # curriculum, period -> lectures
    bits: Array  # curriculum, day -> bits
    totals: Array  # [conflicts, cost, best cost, accepted]
    best_period: Array
    best_room: Array
    random: Array  # xorshift's state


def _flat(lists: list[list[int]]) -> tuple[Array, Array]:
    starts = np.cumsum([0] + [len(one) for one in lists]).astype(np.int32)
    return starts, np.array([x for one in lists for x in one] or [0], np.int32)


def problem_of(instance: Instance) -> Problem:
    periods, courses = instance.periods, instance.courses
    n = len(courses)
    allowed = np.ones((n, periods), np.bool_)
    for c, p in instance.forbidden:
        allowed[c, p] = False
    clash = np.eye(n, dtype=np.int32)
    for a, b in instance.clashes:
        clash[a, b] = clash[b, a] = 1
    groups = instance.weighed_curricula
    member = np.zeros((max(1, len(groups)), n), np.bool_)
    for q, (members, _) in enumerate(groups):
        member[q, list(members)] = True
    over = np.array(
        [[max(0, c.students - r.capacity) for r in instance.rooms] for c in courses], np.int32
    )
    bits = np.arange(1 << instance.per_day)
    alone = bits & ~(bits << 1) & ~(bits >> 1)
    lonely = np.array([int(x).bit_count() for x in alone], np.int32)
    allowed_at, allowed_list = _flat([list(np.flatnonzero(allowed[c])) for c in range(n)])
    clash_at, clash_list = _flat([list(np.flatnonzero(clash[c])) for c in range(n)])
    of_at, of_list = _flat([list(np.flatnonzero(member[:, c])) for c in range(n)])
    return Problem(
        instance.per_day,
        np.arange(periods, dtype=np.int32) // instance.per_day,
        np.array([c for c, course in enumerate(courses) for _ in range(course.lectures)], np.int32),
        np.array([c.min_days for c in courses], np.int32),
        allowed,
        allowed_at,
        allowed_list,
        over,
        clash,
        clash_at,
        clash_list,
        member,
        of_at,
        of_list,
        np.array([w for _, w in groups] or [0], np.int32),
        lonely,
    )


def state_of(problem: Problem, instance: Instance, places: list[Place], seed: int) -> State:
    """`places`: one (period, room) for each lecture, in the order of the courses."""
    n, periods, rooms = len(instance.courses), instance.periods, len(instance.rooms)
    days, lectures = instance.days, len(places)
    state = State(
        np.array([p for p, _ in places], np.int32),
        np.array([r for _, r in places], np.int32),
        np.full((periods, rooms), -1, np.int32),
        np.zeros((n, periods), np.int32),
        np.zeros((n, days), np.int32),
        np.zeros((n, rooms), np.int32),
        np.zeros(n, np.int32),
        np.zeros(n, np.int32),
        np.zeros((len(problem.weight), periods), np.int32),
        np.zeros((len(problem.weight), days), np.int32),
        np.zeros(4, np.int64),
        np.zeros(lectures, np.int32),
        np.zeros(lectures, np.int32),
        np.array([(seed * 0x9E3779B97F4A7C15 + 0x2545F4914F6CDD1D) % 2**64], np.uint64),
    )
    state.totals[2] = 2**40
    rebuild(problem, state)
    return state


@njit(cache=True, error_model="numpy")
def rebuild(pb: Problem, st: State) -> None:
    """Count everything anew from `period` and `room`."""
    st.taken[:] = -1
    st.clashes[:] = 0
    st.days[:] = 0
    st.rooms[:] = 0
    st.count[:] = 0
    st.bits[:] = 0
    conflicts = 0
    cost = 0
    for i in range(len(pb.course)):
        c, p, r = pb.course[i], st.period[i], st.room[i]
        conflicts += st.clashes[c, p]
        st.taken[p, r] = i
        for k in range(pb.clash_at[c], pb.clash_at[c + 1]):
            st.clashes[pb.clash_list[k], p] += 1
        st.days[c, pb.day[p]] += 1
        st.rooms[c, r] += 1
        cost += pb.over[c, r]
        for k in range(pb.of_at[c], pb.of_at[c + 1]):
            q = pb.of_list[k]
            st.count[q, p] += 1
            st.bits[q, pb.day[p]] |= 1 << (p - pb.day[p] * pb.per_day)
    for c in range(len(pb.min_days)):
        st.n_days[c] = np.sum(st.days[c] > 0)
        st.n_rooms[c] = np.sum(st.rooms[c] > 0)
        cost += 5 * max(0, pb.min_days[c] - st.n_days[c]) + max(0, st.n_rooms[c] - 1)
    for q in range(st.bits.shape[0]):
        for d in range(st.bits.shape[1]):
            cost += 2 * pb.weight[q] * pb.lonely[st.bits[q, d]]
    st.totals[0] = conflicts
    st.totals[1] = cost


@njit(cache=True, error_model="numpy", inline="always")
def _random(state: Array) -> Any:
    x = state[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    state[0] = x
    return (x * np.uint64(0x2545F4914F6CDD1D)) >> np.uint64(32)


@njit(cache=True, error_model="numpy", inline="always")
def _below(state: Array, n: int) -> Any:
    return np.int64((_random(state) * np.uint64(n)) >> np.uint64(32))


@njit(cache=True, error_model="numpy")
def _time_change(pb: Problem, st: State, c: int, p: int, q: int, other: int) -> int:
    """What moving one lecture of `c` from p to q costs in days and compactness.

    Curricula that hold `other` as well are left out: in a swap their bits stay as they are.
    """
    per_day = pb.per_day
    d, e = pb.day[p], pb.day[q]
    change = 0
    if d != e:
        n = st.n_days[c]
        m = n - (st.days[c, d] == 1) + (st.days[c, e] == 0)
        if m != n:
            change += 5 * (max(0, pb.min_days[c] - m) - max(0, pb.min_days[c] - n))
    off = ~(1 << (p - d * per_day))
    on = 1 << (q - e * per_day)
    for k in range(pb.of_at[c], pb.of_at[c + 1]):
        g = pb.of_list[k]
        if other >= 0 and pb.member[g, other]:
            continue
        old = st.bits[g, d]
        new = old & off if st.count[g, p] == 1 else old
        if d == e:
            change += 2 * pb.weight[g] * (pb.lonely[new | on] - pb.lonely[old])
        else:
            there = st.bits[g, e]
            change += (
                2
                * pb.weight[g]
                * (pb.lonely[new] - pb.lonely[old] + pb.lonely[there | on] - pb.lonely[there])
            )
    return change


@njit(cache=True, error_model="numpy")
def _room_change(pb: Problem, st: State, c: int, r: int, s: int) -> Any:
    change = pb.over[c, s] - pb.over[c, r]
    return change - (st.rooms[c, r] == 1) + (st.rooms[c, s] == 0)


@njit(cache=True, error_model="numpy")
def _put(pb: Problem, st: State, i: int, p: int, r: int) -> None:
    """Move lecture i's counters to (p, r); `taken` is the caller's."""
    c, old, room = pb.course[i], st.period[i], st.room[i]
    if old != p:
        d, e = pb.day[old], pb.day[p]
        for k in range(pb.clash_at[c], pb.clash_at[c + 1]):
            b = pb.clash_list[k]
            st.clashes[b, old] -= 1
            st.clashes[b, p] += 1
        st.days[c, d] -= 1
        if st.days[c, d] == 0:
            st.n_days[c] -= 1
        if st.days[c, e] == 0:
            st.n_days[c] += 1
        st.days[c, e] += 1
        for k in range(pb.of_at[c], pb.of_at[c + 1]):
            g = pb.of_list[k]
            st.count[g, old] -= 1
            if st.count[g, old] == 0:
                st.bits[g, d] &= ~(1 << (old - d * pb.per_day))
            st.count[g, p] += 1
            st.bits[g, e] |= 1 << (p - e * pb.per_day)
        st.period[i] = p
    if room != r:
        st.rooms[c, room] -= 1
        if st.rooms[c, room] == 0:
            st.n_rooms[c] -= 1
        if st.rooms[c, r] == 0:
            st.n_rooms[c] += 1
        st.rooms[c, r] += 1
        st.room[i] = r


@njit(cache=True, error_model="numpy")
def anneal(pb: Problem, st: State, hot: float, cold: float, steps: int, hard: float) -> None:
    """Try `steps` neighbours while the temperature falls from `hot` to `cold`."""
    lectures, n_rooms = len(pb.course), st.taken.shape[1]
    temperature = hot
    every = 1000
    factor = (cold / hot) ** (every / steps)
    for step in range(steps):
        if step % every == every - 1:
            temperature *= factor
        i = _below(st.random, lectures)
        c, p, r = pb.course[i], st.period[i], st.room[i]
        kind = _random(st.random)
        q, s = p, r
        if kind & np.uint64(7) != np.uint64(0):
            first = pb.allowed_at[c]
            q = pb.allowed_list[first + _below(st.random, pb.allowed_at[c + 1] - first)]
        if kind & np.uint64(16) or q == p:
            s = _below(st.random, n_rooms)
        if q == p and s == r:
            continue
        j = st.taken[q, s]
        conflicts = 0
        cost = 0
        if j < 0:
            if q != p:
                conflicts = st.clashes[c, q] - st.clashes[c, p] + 1
        else:
            b = pb.course[j]
            if b == c:
                continue
            if q != p:
                if not pb.allowed[b, p]:
                    continue
                conflicts = (
                    st.clashes[c, q]
                    - st.clashes[c, p]
                    + st.clashes[b, p]
                    - st.clashes[b, q]
                    + 2
                    - 2 * pb.clash[c, b]
                )
        # The dice are thrown before the costly part, and what is hopeless ends here.
        limit = -temperature * np.log((np.float64(_random(st.random)) + 1.0) / 4294967297.0)
        if s != r:
            cost += _room_change(pb, st, c, r, s)
            if j >= 0:
                cost += _room_change(pb, st, pb.course[j], s, r)
        if cost + hard * conflicts > limit + GAIN:
            continue
        if q != p:
            cost += _time_change(pb, st, c, p, q, pb.course[j] if j >= 0 else -1)
            if j >= 0:
                cost += _time_change(pb, st, pb.course[j], q, p, c)
        if cost + hard * conflicts > limit:
            continue
        _put(pb, st, i, q, s)
        st.taken[p, r] = -1
        if j >= 0:
            _put(pb, st, j, p, r)
            st.taken[p, r] = j
        st.taken[q, s] = i
        st.totals[0] += conflicts
        st.totals[1] += cost
        st.totals[3] += 1
        if st.totals[0] == 0 and st.totals[1] < st.totals[2]:
            st.totals[2] = st.totals[1]
            st.best_period[:] = st.period
            st.best_room[:] = st.room
