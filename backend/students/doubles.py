"""Which files may be one person's, and which somebody has said are not (S4)."""

from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import ColumnElement, delete, exists, select
from sqlalchemy.orm import Session, aliased

from backend.kit import clock
from backend.kit.db import upsert
from backend.kit.errors import NotFound
from backend.security import service as security
from backend.students.customer_models import Distinct
from backend.students.models import Guardian, Guardianship, SearchKey, Student
from backend.students.names import KeyKind
from backend.students.schemas import Person


class Why(StrEnum):
    """Why two files may be one person's."""

    SAME_PHONE = "same_phone"
    SAME_FAMILY = "same_family"  # One name and one guardian: siblings may well sound alike.
    ALIKE = "alike"  # Names that sound alike, and other phones with the same last four digits.


class Pair(BaseModel):
    """Two files that may be one person's."""

    model_config = ConfigDict(frozen=True)

    person: Person
    first_id: int
    second_id: int
    why: Why


def candidates(session: Session, person: Person, *, limit: int = 50) -> list[Pair]:
    """Pairs that may be one person, the surest reason of each first."""
    found: dict[tuple[int, int], Why] = {}
    reasons = _STUDENT_REASONS if person is Person.STUDENT else _GUARDIAN_REASONS
    for why in reasons:
        for first, second in session.execute(_pairs(person, why).limit(limit)):
            found.setdefault((first, second), why)
    return [
        Pair(person=person, first_id=first, second_id=second, why=why)
        for (first, second), why in found.items()
    ][:limit]


def tell_apart(session: Session, *, person: Person, first_id: int, second_id: int, by: int) -> None:
    """Two people, however alike: they are proposed no more. Again changes nothing. Raises NotFound
    for who is not there, and for one file."""
    first, second = sorted((first_id, second_id))
    model = Student if person is Person.STUDENT else Guardian
    there = session.scalars(select(model.id).where(model.id.in_((first, second)))).all()
    if len(there) != 2:
        raise NotFound()
    key = {"kind": person.value, "first_id": first, "second_id": second}
    statement = upsert(session, Distinct).values(**key, said_by=by, said_at=clock.now())
    fresh = session.scalar(statement.on_conflict_do_nothing().returning(Distinct.first_id))
    if fresh is not None:
        _audit(session, person, first, second, by, "distinguished")


def liken(session: Session, *, person: Person, first_id: int, second_id: int, by: int) -> None:
    """That was a mistake: the two are proposed again. Again changes nothing."""
    first, second = sorted((first_id, second_id))
    statement = delete(Distinct).where(
        Distinct.kind == person, Distinct.first_id == first, Distinct.second_id == second
    )
    if session.scalar(statement.returning(Distinct.first_id)) is not None:
        _audit(session, person, first, second, by, "likened")


def told_apart(session: Session, *, limit: int = 20) -> list[tuple[Person, int, int]]:
    """Whom somebody told apart, the latest first."""
    query = select(Distinct).order_by(Distinct.said_at.desc(), Distinct.first_id).limit(limit)
    return [(Person(row.kind), row.first_id, row.second_id) for row in session.scalars(query)]


_STUDENT_REASONS = (Why.SAME_FAMILY, Why.ALIKE)
_GUARDIAN_REASONS = (Why.SAME_PHONE, Why.ALIKE)


def _told_apart(person: Person, first: Any, second: Any) -> ColumnElement[bool]:
    return exists().where(
        Distinct.kind == person, Distinct.first_id == first, Distinct.second_id == second
    )


def _pairs(person: Person, why: Why) -> Any:
    """A query of pairs, the smaller id first; shells have no keys and no phone indexes."""
    if person is Person.GUARDIAN:
        one, other = aliased(Guardian), aliased(Guardian)
        if why is Why.SAME_PHONE:
            reason: ColumnElement[bool] = one.phone_index == other.phone_index
            reason &= one.phone_index != ""  # Of those who are forgotten.
        else:
            reason = one.phone_tail_index == other.phone_tail_index
            reason &= _share(KeyKind.PINYIN, "guardian_id", one.id, other.id)
        alive = one.merged_into_id.is_(None) & other.merged_into_id.is_(None)
        return (
            select(one.id, other.id)
            .join(other, reason & (one.id < other.id))
            .where(alive, ~_told_apart(person, one.id, other.id))
            .order_by(one.id, other.id)
        )
    left, right = aliased(Guardianship), aliased(Guardianship)
    one, other = aliased(Guardian), aliased(Guardian)
    kind, same = KeyKind.NAME, one.id == other.id
    if why is Why.ALIKE:
        kind = KeyKind.PINYIN
        same = (one.id != other.id) & (one.phone_tail_index == other.phone_tail_index)
    return (
        select(left.student_id, right.student_id)
        .join(one, one.id == left.guardian_id)
        .join(other, same)
        .join(right, (right.guardian_id == other.id) & (left.student_id < right.student_id))
        .where(
            _share(kind, "student_id", left.student_id, right.student_id),
            ~_told_apart(person, left.student_id, right.student_id),
        )
        .distinct()
        .order_by(left.student_id, right.student_id)
    )


def _share(kind: KeyKind, owner: str, one: Any, other: Any) -> ColumnElement[bool]:
    """Whether two people have a key of a kind in common."""
    mine, theirs = aliased(SearchKey), aliased(SearchKey)
    return exists().where(
        getattr(mine, owner) == one,
        getattr(theirs, owner) == other,
        mine.key == theirs.key,
        mine.kind == kind,
        theirs.kind == kind,
    )


def _audit(
    session: Session, person: Person, first_id: int, second_id: int, by: int, action: str
) -> None:
    security.audit(
        session,
        actor=f"account:{by}",
        action=f"{person.value}.{action}",
        subject=f"{person.value}:{first_id}",
        other=second_id,
    )
