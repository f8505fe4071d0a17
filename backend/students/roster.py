"""The list of students and guardians: searched, filtered, a page at a time (S3).

Rooms above know things that this one does not (classes, lessons left). They hand in conditions on
the column of a student's id, so that one statement finds a page whatever it is filtered by. Shells
of merged doubles and those who were forgotten are in no list.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from pydantic import BaseModel, ConfigDict
from sqlalchemy import (
    ColumnElement,
    Select,
    SQLColumnExpression,
    and_,
    exists,
    false,
    func,
    or_,
    select,
    true,
)
from sqlalchemy.orm import Session, aliased

from backend.kit import crypto
from backend.kit.db import is_there
from backend.kit.errors import NotFound
from backend.security import queries as security
from backend.students import names
from backend.students.customer_models import Tag, Tagging
from backend.students.models import Guardian, Guardianship, SearchKey, Student
from backend.students.schemas import Person

Condition = Callable[[SQLColumnExpression[int]], ColumnElement[bool]]
"""Of a student's id."""
Word = TypeVar("Word")
PAGE = 30
LAST = "\U0010ffff"


class TagView(BaseModel):
    """A tag as it shows."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: int
    name: str
    colour: str


class Relative(BaseModel):
    """The other end of a guardianship, by name."""

    model_config = ConfigDict(frozen=True)

    id: int
    name: str
    phone: str = ""


class Listed(BaseModel):
    """A line of the list. Phones are masked unless they were asked for in full; of a student they
    are the guardians'."""

    model_config = ConfigDict(frozen=True)

    id: int
    name: str
    grade: str | None = None
    phone: str = ""
    created_at: datetime
    relatives: list[Relative] = []
    tags: list[TagView] = []


@dataclass(frozen=True)
class Wanted:
    """Who is looked for; empty parts leave nobody out. `words` are a name, its pinyin or initials
    from the beginning, a whole phone number or its last four digits, of a student also the identity
    number. All `among` hold of one student; of a guardian's, of one child of theirs."""

    words: str = ""
    tag_id: int | None = None
    among: tuple[Condition, ...] = ()


def students(
    session: Session, wanted: Wanted, *, after: int = 0, limit: int = PAGE, in_full: bool = False
) -> list[Listed]:
    """Students by id after one id, at most `limit` and one more, in four statements."""
    query = select(Student).where(Student.merged_into_id.is_(None), Student.id > after)
    query = query.where(Student.erased_at.is_(None))
    if words := names.plain(wanted.words):
        query = query.where(_student_called(words))
    if wanted.tag_id is not None:
        tagged = select(Tagging.student_id).where(Tagging.tag_id == wanted.tag_id)
        query = query.where(Student.id.in_(tagged))
    query = query.where(*(each(Student.id) for each in wanted.among))
    rows = list(session.scalars(query.order_by(Student.id).limit(limit + 1)))
    ids = [row.id for row in rows]
    pairs = session.execute(
        select(Guardianship.student_id, Guardian.id, Guardian.name, Guardian.phone)
        .join(Guardian, Guardian.id == Guardianship.guardian_id)
        .where(Guardianship.student_id.in_(ids))
        .order_by(Guardianship.id)
    )
    relatives: dict[int, list[Relative]] = {}
    for student_id, id_, name, phone in pairs:
        shown = phone if in_full else masked(phone)
        relatives.setdefault(student_id, []).append(Relative(id=id_, name=name, phone=shown))
    tags = _tags_of(session, Tagging.student_id.in_(ids))
    return [
        Listed(
            id=row.id,
            name=row.name,
            grade=row.grade,
            created_at=row.created_at,
            relatives=relatives.get(row.id, []),
            tags=tags.get(row.id, []),
        )
        for row in rows
    ]


def guardians(
    session: Session, wanted: Wanted, *, after: int = 0, limit: int = PAGE, in_full: bool = False
) -> list[Listed]:
    """Guardians by id after one id, as `students`."""
    query = select(Guardian).where(Guardian.merged_into_id.is_(None), Guardian.id > after)
    query = query.where(Guardian.erased_at.is_(None))
    if words := names.plain(wanted.words):
        query = query.where(_guardian_called(words))
    if wanted.tag_id is not None:
        tagged = select(Tagging.guardian_id).where(Tagging.tag_id == wanted.tag_id)
        query = query.where(Guardian.id.in_(tagged))
    query = query.where(_child_of(Guardian.id, wanted.among))
    rows = list(session.scalars(query.order_by(Guardian.id).limit(limit + 1)))
    ids = [row.id for row in rows]
    pairs = session.execute(
        select(Guardianship.guardian_id, Student.id, Student.name)
        .join(Student, Student.id == Guardianship.student_id)
        .where(Guardianship.guardian_id.in_(ids), Student.merged_into_id.is_(None))
        .order_by(Guardianship.id)
    )
    relatives: dict[int, list[Relative]] = {}
    for guardian_id, id_, name in pairs:
        relatives.setdefault(guardian_id, []).append(Relative(id=id_, name=name))
    tags = _tags_of(session, Tagging.guardian_id.in_(ids))
    return [
        Listed(
            id=row.id,
            name=row.name,
            phone=row.phone if in_full else masked(row.phone),
            created_at=row.created_at,
            relatives=relatives.get(row.id, []),
            tags=tags.get(row.id, []),
        )
        for row in rows
    ]


def which(
    session: Session, student_ids: Collection[int], classes: Mapping[Word, Condition]
) -> dict[int, list[Word]]:
    """The classes that each of these students falls into now, in one statement."""
    columns = [condition(Student.id).label(f"c{n}") for n, condition in enumerate(classes.values())]
    rows = session.execute(select(Student.id, *columns).where(Student.id.in_(student_ids)))
    return {
        row[0]: [word for word, holds in zip(classes, row[1:], strict=True) if holds]
        for row in rows
    }


def known_students(
    session: Session, ids: Collection[int], among: Collection[Condition]
) -> set[int]:
    """Those of these students that fulfil every condition: whom somebody may see."""
    query = select(Student.id).where(Student.id.in_(ids), Student.merged_into_id.is_(None))
    return set(session.scalars(query.where(*(each(Student.id) for each in among))))


def known_guardians(
    session: Session, ids: Collection[int], among: Collection[Condition]
) -> set[int]:
    """Those of these guardians with a child that fulfils every condition."""
    query = select(Guardian.id).where(Guardian.id.in_(ids), Guardian.merged_into_id.is_(None))
    return set(session.scalars(query.where(_child_of(Guardian.id, among))))


def one(session: Session, person: Person, id_: int) -> Listed:
    """One line by id. Raises NotFound, also for a shell."""
    among = Wanted()
    if person is Person.STUDENT:
        found = students(session, among, after=id_ - 1, limit=1)
    else:
        found = guardians(session, among, after=id_ - 1, limit=1)
    if not found or found[0].id != id_:
        raise NotFound()
    return found[0]


def names_of(session: Session, person: Person, ids: Collection[int]) -> dict[int, str]:
    """What people are called, shells too."""
    model = Student if person is Person.STUDENT else Guardian
    return dict(session.execute(select(model.id, model.name).where(model.id.in_(ids))).all())


def made_since(at: datetime) -> Condition:
    """Students whose file is younger: looked up one by one, because a list of all who are young is
    as long as the institution is large."""
    young = aliased(Student)
    return lambda student_id: exists().where(young.id == student_id, young.created_at >= at)


def heard_since(at: datetime) -> Condition:
    """Students who, or whose guardians, have written, tapped or paid since."""

    def condition(student_id: SQLColumnExpression[int]) -> ColumnElement[bool]:
        by_guardian = is_there(
            Guardianship.student_id == student_id,
            security.guardian_heard(Guardianship.guardian_id, at),
        )
        return or_(by_guardian, security.student_heard(student_id, at))

    return condition


def masked(phone: str) -> str:
    """138****0001; whatever is no phone number shows nothing."""
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 11 else ""


def _child_of(
    guardian_id: SQLColumnExpression[int], among: Collection[Condition]
) -> ColumnElement[bool]:
    """Whether one child of a guardian fulfils all conditions; without any, everybody does."""
    if not among:
        return true()
    child = aliased(Guardianship)
    conditions = (each(child.student_id) for each in among)
    return exists().where(child.guardian_id == guardian_id, *conditions)


def _student_called(words: str) -> ColumnElement[bool]:
    if len(words) == 18 and words[:17].isdecimal():
        numbers = crypto.blind_indexes(words.upper(), context="id_number")
        return Student.id_number_index.in_(numbers)
    if words.isdecimal():
        return Student.id.in_(
            select(Guardianship.student_id)
            .join(Guardian, Guardian.id == Guardianship.guardian_id)
            .where(_phone_is(words))
        )
    return Student.id.in_(_beginning(select(SearchKey.student_id), words))


def _guardian_called(words: str) -> ColumnElement[bool]:
    if words.isdecimal():
        return _phone_is(words)
    return Guardian.id.in_(_beginning(select(SearchKey.guardian_id), words))


def _phone_is(digits: str) -> ColumnElement[bool]:
    if len(digits) == 4:
        return Guardian.phone_tail_index.in_(crypto.blind_indexes(digits, context="phone_tail"))
    if len(digits) == 11:
        return Guardian.phone_index.in_(crypto.blind_indexes(digits, context="phone"))
    return false()


def _beginning(query: Select[int | None], words: str) -> Select[int | None]:
    """Keys that begin with these words: a range of the index."""
    column = query.selected_columns[0]
    return query.where(
        and_(column.is_not(None), SearchKey.key >= words, SearchKey.key < words + LAST)
    )


def _tags_of(session: Session, condition: ColumnElement[bool]) -> dict[int, list[TagView]]:
    person = func.coalesce(Tagging.student_id, Tagging.guardian_id)
    query = (
        select(person, Tag)
        .join(Tag, Tag.id == Tagging.tag_id)
        .where(condition)
        .order_by(Tagging.id)
    )
    found: dict[int, list[TagView]] = {}
    for id_, tag in session.execute(query):
        found.setdefault(id_, []).append(TagView.model_validate(tag))
    return found
