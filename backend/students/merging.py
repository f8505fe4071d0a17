"""Two files of one person become one, and two again if that was a mistake (S4).

Everything that pointed to the double points to the kept file afterwards; the double stays as a
shell that is in no list and found by no phone. Which rows moved is written down by their keys, so
that undoing puts exactly those back, or refuses where something newer depends on the merge.
"""

import json
from collections.abc import Collection
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Table, column, exists, select, table, update
from sqlalchemy.orm import Session

from backend.kit import clock, crypto
from backend.kit.errors import DomainError, NotFound
from backend.security import service as security
from backend.students import doubles
from backend.students.customer_models import Merge
from backend.students.models import Guardian, Student
from backend.students.references import MOVED, Reference
from backend.students.schemas import Person

FIELDS = {Person.STUDENT: ("name", "grade"), Person.GUARDIAN: ("name", "phone")}
"""What may be taken over from the double."""


class MergeRefused(DomainError):
    """The two cannot become one; `why` is a Refusal, `where` the reference it is about."""


class UndoRefused(MergeRefused):
    """The two cannot become two again."""


class Refusal(StrEnum):
    """Why not."""

    SAME = "same"  # One file is not its own double.
    MERGED = "merged"  # One of them was merged with a third.
    TWIN = "twin"  # Both have something that one person has once.
    NEWER = "newer"  # Something came to the kept file since.
    GONE = "gone"  # Something that had moved is not there any more.
    ERASED = "erased"  # One of them was forgotten at their own wish.
    CHANGED = "changed"  # A value that was taken over was changed since.


class MergeView(BaseModel):
    """A merge as the console shows it."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: int
    kind: Person
    kept_id: int
    gone_id: int
    merged_at: Any
    moved: dict[str, list[Any]]


def to_move(session: Session, person: Person, gone_id: int) -> dict[str, int]:
    """How many rows of each reference a merge would move; those with none are left out."""
    counts = {each.name: len(_keys(session, each, gone_id)) for each in MOVED[person]}
    return {name: count for name, count in counts.items() if count}


def merge(
    session: Session,
    *,
    person: Person,
    kept_id: int,
    gone_id: int,
    take: Collection[str] = (),
    by: int,
) -> int:
    """Make the two one; `take` names fields whose value comes from the double. Returns the merge.
    The same again changes nothing. Raises NotFound, MergeRefused."""
    if kept_id == gone_id:
        raise MergeRefused(why=Refusal.SAME)
    kept, gone = _both(session, person, kept_id, gone_id)
    if gone.merged_into_id == kept_id and (known := _standing(session, person, gone_id)):
        return known.id
    if kept.merged_into_id is not None or gone.merged_into_id is not None:
        raise MergeRefused(why=Refusal.MERGED)
    if kept.erased_at is not None or gone.erased_at is not None:
        raise MergeRefused(why=Refusal.ERASED)
    moved: dict[str, list[Any]] = {}
    own: dict[str, list[Any]] = {}
    for each in MOVED[person]:
        own[each.name] = _keys(session, each, kept_id)
        moved[each.name] = _movable(session, each, kept_id, gone_id)
        _point(session, each, moved[each.name], kept_id)
    changes = {
        name: [getattr(kept, name), getattr(gone, name)]
        for name in FIELDS[person]
        if name in take and getattr(kept, name) != getattr(gone, name)
    }
    _set(kept, {name: after for name, (_, after) in changes.items()})
    gone.merged_into_id = kept_id
    if isinstance(gone, Guardian):
        gone.phone_index = ""
    row = Merge(
        kind=person,
        kept_id=kept_id,
        gone_id=gone_id,
        moved=moved,
        own=own,
        changes=json.dumps(changes, ensure_ascii=False),
        merged_by=by,
        merged_at=clock.now(),
    )
    session.add(row)
    session.flush()
    doubles.refresh(session, person, (kept_id, gone_id))
    counts = {name: len(keys) for name, keys in moved.items() if keys}
    _audit(session, row, by, "merged", moved=counts, taken=sorted(changes))
    session.expire_all()
    return row.id


def undo(session: Session, merge_id: int, *, by: int) -> None:
    """Make the two what they were. Again changes nothing. Raises NotFound, UndoRefused."""
    row = session.get(Merge, merge_id, with_for_update=True)
    if row is None:
        raise NotFound()
    if row.undone_at is not None:
        return
    person = Person(row.kind)
    kept, gone = _both(session, person, row.kept_id, row.gone_id)
    if kept.merged_into_id is not None:
        raise UndoRefused(why=Refusal.MERGED)
    if kept.erased_at is not None or gone.erased_at is not None:
        raise UndoRefused(why=Refusal.ERASED)
    for each in MOVED[person]:
        moved = row.moved.get(each.name, [])
        now = set(_keys(session, each, row.kept_id))
        if now - set(moved) - set(row.own.get(each.name, [])):
            raise UndoRefused(why=Refusal.NEWER, where=each.name)
        if set(moved) - now:
            raise UndoRefused(why=Refusal.GONE, where=each.name)
    changes: dict[str, list[Any]] = json.loads(row.changes)
    if any(getattr(kept, name) != after for name, (_, after) in changes.items()):
        raise UndoRefused(why=Refusal.CHANGED)
    for each in MOVED[person]:
        _point(session, each, row.moved.get(each.name, []), row.gone_id)
    _set(kept, {name: before for name, (before, _) in changes.items()})
    gone.merged_into_id = None
    if isinstance(gone, Guardian):
        gone.phone_index = crypto.blind_index(gone.phone, context="phone")
    row.undone_at, row.undone_by = clock.now(), by
    session.flush()
    doubles.refresh(session, person, (row.kept_id, row.gone_id))
    _audit(session, row, by, "unmerged")
    session.expire_all()


def latest(session: Session, *, limit: int = 20) -> list[MergeView]:
    """Merges that stand, the newest first."""
    query = select(Merge).where(Merge.undone_at.is_(None)).order_by(Merge.id.desc())
    return [MergeView.model_validate(row) for row in session.scalars(query.limit(limit))]


def _both(
    session: Session, person: Person, kept_id: int, gone_id: int
) -> tuple[Student | Guardian, Student | Guardian]:
    """Both rows, locked in one order whoever is kept. Raises NotFound."""
    model = Student if person is Person.STUDENT else Guardian
    rows: list[Any] = [
        session.get(model, id_, with_for_update=True, populate_existing=True)
        for id_ in sorted((kept_id, gone_id))
    ]
    if None in rows:
        raise NotFound()
    return (rows[0], rows[1]) if kept_id < gone_id else (rows[1], rows[0])


def _standing(session: Session, person: Person, gone_id: int) -> Merge | None:
    return session.scalars(
        select(Merge).where(
            Merge.kind == person, Merge.gone_id == gone_id, Merge.undone_at.is_(None)
        )
    ).one_or_none()


def _set(kept: Student | Guardian, values: dict[str, Any]) -> None:
    for name, value in values.items():
        setattr(kept, name, value)
        if name == "phone" and isinstance(kept, Guardian):
            kept.phone_index = crypto.blind_index(value, context="phone")


def _table(each: Reference) -> Any:
    names = {each.key, each.column, *each.twin_of, *(name for name, _ in each.where)}
    return table(each.table, *map(column, sorted(names)))


def _keys(session: Session, each: Reference, person_id: int) -> list[Any]:
    named = _table(each).c
    query = select(named[each.key]).where(named[each.column] == person_id)
    return list(session.scalars(query.order_by(named[each.key])))


def _movable(session: Session, each: Reference, kept_id: int, gone_id: int) -> list[Any]:
    """The double's rows without those whose twin the kept file has. Raises MergeRefused."""
    mine, theirs = _table(each).alias("mine"), _table(each).alias("theirs")
    keys = _keys(session, each, gone_id)
    if not keys or not (each.twin_of or each.where):
        return keys
    has_twin = exists().where(
        mine.c[each.column] == kept_id,
        *(mine.c[name] == theirs.c[name] for name in each.twin_of),
        *(side.c[name] == value for side in (mine, theirs) for name, value in each.where),
    )
    query = select(theirs.c[each.key]).where(theirs.c[each.column] == gone_id, has_twin)
    twins = set(session.scalars(query))
    if twins and each.refuses:
        raise MergeRefused(why=Refusal.TWIN, where=each.name)
    return [key for key in keys if key not in twins]


def _point(session: Session, each: Reference, keys: list[Any], person_id: int) -> None:
    named: Table = _table(each)
    if keys:
        session.execute(
            update(named).where(named.c[each.key].in_(keys)).values({each.column: person_id})
        )


def _audit(session: Session, row: Merge, by: int, action: str, **detail: object) -> None:
    security.audit(
        session,
        actor=f"account:{by}",
        action=f"{row.kind}.{action}",
        subject=f"{row.kind}:{row.kept_id}",
        gone=row.gone_id,
        merge=row.id,
        **detail,
    )
