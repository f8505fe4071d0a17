"""What a draft is made of: the classes it is for may move, everything else stands where it is."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.teaching.drafts import world
from backend.teaching.models import ClassGroup, Lesson
from backend.teaching.timetable import model


@dataclass(frozen=True)
class Scope:
    """The engine's task. `current` are the lessons that may move, by class in their order."""

    institution: model.Institution
    current: dict[int, list[model.Lesson]]
    fixed: tuple[model.Lesson, ...]


def open_classes(session: Session, *, campus_id: int | None) -> list[tuple[int, str]]:
    """Classes on offer, by name: what a draft may be of."""
    query = select(ClassGroup.id, ClassGroup.name).where(ClassGroup.is_open.is_(True))
    if campus_id is not None:
        query = query.where(ClassGroup.campus_id == campus_id)
    return [(row.id, row.name) for row in session.execute(query.order_by(ClassGroup.name))]


def read(
    session: Session, *, class_group_ids: Collection[int], first_on: date, last_on: date
) -> Scope:
    """The classes want as many lessons on these days as they have there now, and those that were
    never laid out."""
    ids = set(class_group_ids)
    seen = world.read(session, first_on=first_on, last_on=last_on, class_group_ids=ids, whole=True)
    current: dict[int, list[model.Lesson]] = defaultdict(list)
    standing: dict[int, list[model.Lesson]] = defaultdict(list)
    for lesson in seen.lessons:
        (current if lesson.group in ids else standing)[lesson.group].append(lesson)
    missing = _missing(session, ids)
    pattern = select(ClassGroup.id, ClassGroup.weekly).where(ClassGroup.id.in_(ids))
    weekly = {row.id: row.weekly for row in session.execute(pattern)}
    groups = []
    for group in seen.institution.groups:
        if group.id in ids:
            wanted = len(current[group.id]) + missing.get(group.id, 0)
            per_week = len(weekly[group.id])
            groups.append(replace(group, lessons=wanted, per_week=per_week))
        else:
            pinned = tuple(standing[group.id])
            groups.append(replace(group, lessons=len(pinned), pinned=pinned, starts_on=first_on))
    fixed = tuple(lesson for some in standing.values() for lesson in some)
    return Scope(replace(seen.institution, groups=tuple(groups)), dict(current), fixed)


def _missing(session: Session, ids: Collection[int]) -> dict[int, int]:
    """How many lessons of each class have never been laid out."""
    there = (
        select(func.count(Lesson.id))
        .where(Lesson.class_group_id == ClassGroup.id, Lesson.status != "cancelled")
        .correlate(ClassGroup)
        .scalar_subquery()
    )
    rows = session.execute(
        select(ClassGroup.id, ClassGroup.lesson_count - there).where(ClassGroup.id.in_(ids))
    )
    return {group_id: max(0, count) for group_id, count in rows}


def matched(
    before: list[model.Lesson], after: list[model.Lesson]
) -> list[tuple[model.Lesson | None, model.Lesson]]:
    """Which lesson of a class becomes which: those that stay are themselves, the others follow in
    their order; a new one has none before it."""
    stays = {world.place(each): each for each in before}
    kept = [(stays.pop(place), each) for each in after if (place := world.place(each)) in stays]
    known = {id(each) for _, each in kept}
    left = sorted(stays.values(), key=lambda each: each.starts_at)
    rest = sorted((a for a in after if id(a) not in known), key=lambda each: each.starts_at)
    pairs: list[tuple[model.Lesson | None, model.Lesson]] = [*kept]
    for number, each in enumerate(rest):
        pairs.append((left[number] if number < len(left) else None, each))
    return pairs
