"""Which files may be one person's, and which somebody has said are not (S4).

Proposals are rows, because to find them is to look at everybody. Each change of a name, a phone or
a family leaves an `Unsearched` in its own unit; `keep_up` looks again at those alone, by indexes.
Everybody who writes proposals takes one turn: of two searches at once, the one that saw less could
otherwise end last.
"""

from collections.abc import Collection, Iterable
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import ColumnElement, delete, exists, insert, or_, select
from sqlalchemy.orm import Session, aliased

from backend.kit import clock
from backend.kit.db import take_turn, upsert
from backend.kit.errors import NotFound
from backend.security import service as security
from backend.students.customer_models import Distinct, Proposal, Unsearched
from backend.students.models import Guardian, Guardianship, SearchKey, Student
from backend.students.names import KeyKind
from backend.students.schemas import Person

PAGE = 50
BATCH = 200


class Why(StrEnum):
    """Why two files may be one person's."""

    SAME_PHONE = "same_phone"
    SAME_FAMILY = "same_family"  # One name and one guardian: siblings may well sound alike.
    ALIKE = "alike"  # Names that sound alike, and other phones with the same last four digits.


class Pair(BaseModel):
    """Two files that may be one person's; `id` is where a page ends."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: int
    kind: Person
    first_id: int
    second_id: int
    why: Why


Found = dict[tuple[int, int], Why]


def proposed(session: Session, *, before: int | None = None, limit: int = PAGE) -> list[Pair]:
    """Pairs that may be one person, the latest found first, from before one of them; at most
    `limit` and one more, in one statement."""
    query = select(Proposal).order_by(Proposal.id.desc()).limit(limit + 1)
    if before is not None:
        query = query.where(Proposal.id < before)
    return [Pair.model_validate(row) for row in session.scalars(query)]


def keep_up(session: Session) -> int:
    """Look again at a batch of those who changed; returns how many changes were left to look at.
    Twice and at once are harmless."""
    _one_at_a_time(session)
    query = select(Unsearched).order_by(Unsearched.id).limit(BATCH)
    rows = session.execute(
        query.with_only_columns(Unsearched.id, Unsearched.kind, Unsearched.person_id)
    ).all()
    session.execute(delete(Unsearched).where(Unsearched.id.in_([row.id for row in rows])))
    for person in Person:
        if ids := {row.person_id for row in rows if row.kind == person}:
            refresh(session, person, ids)
    return len(rows)


def refresh(session: Session, person: Person, ids: Collection[int]) -> None:
    """What is proposed about these people is what a search finds about them now; of guardians, also
    what is proposed about their children."""
    _one_at_a_time(session)
    session.flush()
    query = select(Proposal).where(
        Proposal.kind == person, or_(Proposal.first_id.in_(ids), Proposal.second_id.in_(ids))
    )
    _write(session, person, stored=session.scalars(query), found=search(session, person, ids))
    if person is Person.GUARDIAN:
        of_theirs = select(Guardianship.student_id).where(Guardianship.guardian_id.in_(ids))
        if children := set(session.scalars(of_theirs)):
            refresh(session, Person.STUDENT, children)


def recount(session: Session) -> int:
    """Search everybody against everybody and write what differs; returns how much did."""
    _one_at_a_time(session)
    return sum(
        _write(
            session,
            person,
            stored=session.scalars(select(Proposal).where(Proposal.kind == person)),
            found=search(session, person),
        )
        for person in Person
    )


def search(session: Session, person: Person, ids: Collection[int] | None = None) -> Found:
    """Pairs that may be one person and that nobody has told apart, with the surest reason: all
    there are, or those of these people."""
    found: Found = {}
    for why in _REASONS[person]:
        for one, other in session.execute(_pairs(person, why, ids)):
            found.setdefault((min(one, other), max(one, other)), why)
    return found


def tell_apart(session: Session, *, person: Person, first_id: int, second_id: int, by: int) -> None:
    """Two people, however alike: they are proposed no more. Again changes nothing. Raises NotFound
    for who is not there, and for one file."""
    first, second = sorted((first_id, second_id))
    model = Student if person is Person.STUDENT else Guardian
    there = session.scalars(select(model.id).where(model.id.in_((first, second)))).all()
    if len(there) != 2:
        raise NotFound()
    _one_at_a_time(session)
    key = {"kind": person.value, "first_id": first, "second_id": second}
    statement = upsert(session, Distinct).values(**key, said_by=by, said_at=clock.now())
    fresh = session.scalar(statement.on_conflict_do_nothing().returning(Distinct.first_id))
    if fresh is not None:
        refresh(session, person, (first,))
        _audit(session, person, first, second, by, "distinguished")


def liken(session: Session, *, person: Person, first_id: int, second_id: int, by: int) -> None:
    """That was a mistake: the two are proposed again. Again changes nothing."""
    first, second = sorted((first_id, second_id))
    _one_at_a_time(session)
    statement = delete(Distinct).where(
        Distinct.kind == person, Distinct.first_id == first, Distinct.second_id == second
    )
    if session.scalar(statement.returning(Distinct.first_id)) is not None:
        refresh(session, person, (first,))
        _audit(session, person, first, second, by, "likened")


def told_apart(session: Session, *, limit: int = 20) -> list[tuple[Person, int, int]]:
    """Whom somebody told apart, the latest first."""
    query = select(Distinct).order_by(Distinct.said_at.desc(), Distinct.first_id).limit(limit)
    return [(Person(row.kind), row.first_id, row.second_id) for row in session.scalars(query)]


_REASONS = {
    Person.STUDENT: (Why.SAME_FAMILY, Why.ALIKE),
    Person.GUARDIAN: (Why.SAME_PHONE, Why.ALIKE),
}


def _one_at_a_time(session: Session) -> None:
    take_turn(session, "students_proposal")


def _write(session: Session, person: Person, *, stored: Iterable[Proposal], found: Found) -> int:
    """Make rows of what was found and end those that it does not hold; returns how many."""
    new, changes = dict(found), 0
    for row in list(stored):
        why = new.pop((row.first_id, row.second_id), None)
        changes += why != row.why
        if why is None:
            session.delete(row)
        else:
            row.why = why
    rows = [
        {"kind": person, "first_id": first, "second_id": second, "why": why}
        for (first, second), why in sorted(new.items())
    ]
    if rows:
        session.execute(insert(Proposal), rows)
    session.flush()
    return changes + len(rows)


def _told_apart(person: Person, one: Any, other: Any) -> ColumnElement[bool]:
    return exists().where(
        Distinct.kind == person,
        or_(
            (Distinct.first_id == one) & (Distinct.second_id == other),
            (Distinct.first_id == other) & (Distinct.second_id == one),
        ),
    )


def _pairs(person: Person, why: Why, ids: Collection[int] | None) -> Any:
    """A query of pairs; whoever is a shell or forgotten has no keys and no phone indexes. Without
    ids the smaller id is first."""
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
            .join(other, reason & _whose(one.id, other.id, ids))
            .where(alive, ~_told_apart(person, one.id, other.id))
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
        .join(right, right.guardian_id == other.id)
        .where(
            _whose(left.student_id, right.student_id, ids),
            _share(kind, "student_id", left.student_id, right.student_id),
            ~_told_apart(person, left.student_id, right.student_id),
        )
        .distinct()
    )


def _whose(one: Any, other: Any, ids: Collection[int] | None) -> Any:
    """Each pair once of all, or those of these people with them first."""
    if ids is None:
        return one < other
    return one.in_(ids) & (one != other)


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
