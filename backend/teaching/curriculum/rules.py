"""Pure decisions of the curriculum: placement, what a lesson is for, what changed."""

import itertools
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from backend.teaching.curriculum.schemas import (
    LONGEST_NAME,
    LONGEST_TEXT,
    MOST_LESSONS,
    MOST_UNITS,
    Change,
    LevelView,
    Meeting,
    Part,
    Row,
    StandardView,
    Unit,
    Written,
)

WHOLE = "整份标准"


def level_for(levels: Sequence[LevelView], points: int) -> LevelView | None:
    """The highest level that so many points (of 100) lead to; the lowest for whoever reaches none.
    None without levels."""
    ordered = sorted(levels, key=lambda level: level.rank)
    reached = [level for level in ordered if points >= level.from_points]
    return reached[-1] if reached else (ordered[0] if ordered else None)


def is_rising(levels: Iterable[LevelView]) -> bool:
    """Whether each level asks for more points than the one below."""
    points = [level.from_points for level in sorted(levels, key=lambda level: level.rank)]
    return all(low < high for low, high in itertools.pairwise(points))


def wrong_in(written: Written) -> str | None:
    """What is wrong with a draft (a word of `StandardWrong`); None when nothing is."""
    units = written.units
    if not 1 <= len(units) <= MOST_UNITS:
        return "units"
    names = [unit.name for unit in units]
    if len(set(names)) != len(names) or any(not 1 <= len(n) <= LONGEST_NAME for n in names):
        return "names"
    if any(not 1 <= unit.lessons <= MOST_LESSONS for unit in units):
        return "hours"
    texts = [written.goals, written.methods]
    texts += [text for unit in units for text in (unit.goals, unit.content, unit.methods)]
    return "texts" if any(len(text) > LONGEST_TEXT for text in texts) else None


def changes(old: StandardView, new: StandardView) -> list[Change]:
    """What differs from one version to another; units are told apart by their key, not their
    name."""
    found = []
    for label, field in (("总目标", "goals"), ("教学方法", "methods")):
        was, becomes = getattr(old, field), getattr(new, field)
        if was != becomes:
            found.append(Change(what=f"{WHOLE} · {label}", was=was, becomes=becomes))
    if old.hours != new.hours:
        found.append(
            Change(what=f"{WHOLE} · 总课时", was=f"{old.hours}课时", becomes=f"{new.hours}课时")
        )
    before = {unit.key: unit for unit in old.units}
    after = {unit.key: unit for unit in new.units}
    for key, unit in after.items():
        found += _unit_changes(before.get(key), unit)
    for key, unit in before.items():
        if key not in after:
            found.append(Change(what=f"第{unit.number}单元", was=unit.name, becomes=""))
    return found


def _unit_changes(was: Unit | None, unit: Unit) -> list[Change]:
    where = f"第{unit.number}单元"
    if was is None:
        said = f"{unit.name}（{unit.lessons}课时）"
        return [Change(what=where, was="", becomes=said)]
    fields = (
        ("次序", f"第{was.number}单元", f"第{unit.number}单元"),
        ("名称", was.name, unit.name),
        ("目标", was.goals, unit.goals),
        ("内容", was.content, unit.content),
        ("方法", was.methods, unit.methods),
        ("课时", f"{was.lessons}课时", f"{unit.lessons}课时"),
    )
    return [
        Change(what=f"{where}「{unit.name}」 · {label}", was=old, becomes=new)
        for label, old, new in fields
        if old != new
    ]


class Reckoned(NamedTuple):
    """Rows and sums of a plan, as `Plan` has them."""

    rows: tuple[Row, ...]
    done: int
    total: int
    ahead: int
    missing: int
    spare: int


def reckon(units: Sequence[Unit], meetings: Sequence[Meeting], *, now: datetime) -> Reckoned:
    """Spread units over the real lessons, in order. What was noted stands as it was noted: a unit
    finished early frees its lessons, one that goes on takes the next. A lesson that is over without
    a note is taken to have followed the plan."""
    left = {unit.key: unit.lessons for unit in units}
    by_key = {unit.key: unit for unit in units}
    given = dict.fromkeys(left, 0)
    rows, total, taught = [], sum(left.values()), 0
    done, spare = 0, 0
    for meeting in sorted(meetings, key=lambda each: (each.starts_at, each.lesson_id)):
        is_over = meeting.starts_at <= now
        parts = []
        for note in meeting.notes:
            unit = by_key.get(note.key)
            if unit is None:
                parts.append(_foreign(note.key, note.name, is_last=note.is_finished))
                continue
            given[unit.key] += 1
            rest = max(0, left[unit.key] - 1)
            # Whoever says that a unit goes on needs a further lesson, whatever was planned.
            left[unit.key] = 0 if note.is_finished else max(1, rest)
            parts.append(_part(unit, given[unit.key], left[unit.key]))
        if not meeting.notes:
            unit = next((each for each in units if left[each.key]), None)
            if unit is not None:
                given[unit.key] += 1
                left[unit.key] -= 1
                parts.append(_part(unit, given[unit.key], left[unit.key]))
            elif not is_over:
                spare += 1
        if is_over:
            taught += 1
            done = total - sum(left.values())
        rows.append(
            Row(meeting=meeting, parts=tuple(parts), is_over=is_over, is_noted=bool(meeting.notes))
        )
    ahead = done - min(taught, total)
    return Reckoned(tuple(rows), max(0, done), total, ahead, sum(left.values()), spare)


def _part(unit: Unit, nth: int, left: int) -> Part:
    return Part(
        number=unit.number,
        key=unit.key,
        name=unit.name,
        nth=nth,
        lessons=max(unit.lessons, nth + left),
        is_last=not left,
    )


def _foreign(key: str, name: str, *, is_last: bool) -> Part:
    return Part(number=None, key=key, name=name, nth=1, lessons=1, is_last=is_last)
