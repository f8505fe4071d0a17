"""Tags 标签 on students and guardians: which there are, who may set them, setting and unsetting
(S3). Setting twice is setting once."""

from collections.abc import Collection
from enum import StrEnum

from sqlalchemy import delete, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from backend.kit import clock
from backend.kit.db import upsert
from backend.kit.errors import DomainError, NotAllowed, NotFound
from backend.security import service as security
from backend.security.schemas import Role, StaffMember
from backend.students.customer_models import Tag, Tagging
from backend.students.roster import TagView
from backend.students.schemas import Person

LONGEST = 20
MOST_AT_ONCE = 500


class Colour(StrEnum):
    """How a tag looks; named as the page's style sheet names them."""

    GREY = "secondary"
    BLUE = "primary"
    GREEN = "success"
    YELLOW = "warning"
    RED = "danger"


class TagWrong(DomainError):
    """A tag needs a name of its own, a colour and a kind."""


class KeptTag(TagView):
    """A tag with everything about it. Without `kind` it is for both."""

    kind: Person | None
    setters: list[Role]


def all_tags(session: Session) -> list[KeptTag]:
    """Tags in use, by name."""
    rows = session.scalars(select(Tag).where(Tag.is_in_use.is_(True)).order_by(Tag.name))
    return [_view(row) for row in rows]


def settable(session: Session, member: StaffMember, person: Person) -> list[KeptTag]:
    """Tags that somebody may put on students or guardians."""
    return [each for each in all_tags(session) if _may(each, member, person)]


def keep(
    session: Session,
    *,
    name: str,
    colour: Colour,
    kind: Person | None,
    setters: Collection[Role],
    by: StaffMember,
) -> KeptTag:
    """Make a tag, or change the one of this name. Raises TagWrong."""
    if not 1 <= len(name) <= LONGEST:
        raise TagWrong()
    row = session.scalars(select(Tag).where(Tag.name == name).with_for_update()).one_or_none()
    if row is None:
        row = Tag(name=name)
        session.add(row)
    row.colour, row.kind, row.is_in_use = colour, kind.value if kind else "", True
    row.setters = sorted(each.value for each in setters)
    session.flush()
    _audit(session, by, "tag.kept", f"tag:{row.id}")
    return _view(row)


def retire(session: Session, tag_id: int, *, by: StaffMember) -> None:
    """A tag is no longer used: nobody has it any more. Again changes nothing."""
    row = session.get(Tag, tag_id, with_for_update=True)
    if row is None or not row.is_in_use:
        return
    row.is_in_use = False
    session.execute(delete(Tagging).where(Tagging.tag_id == tag_id))
    _audit(session, by, "tag.retired", f"tag:{tag_id}")


def put(
    session: Session, *, tag_id: int, person: Person, ids: Collection[int], by: StaffMember
) -> int:
    """Put a tag on people; returns how many did not have it. Callers have made sure that `by` may
    see them. Raises NotFound, NotAllowed."""
    tag = _settable(session, tag_id, person, by)
    column = _column(person)
    has = select(column).where(Tagging.tag_id == tag.id, column.in_(ids))
    fresh = sorted(set(ids) - set(session.scalars(has)))
    if fresh:
        now = clock.now()
        rows = [
            {"tag_id": tag.id, column.key: id_, "set_by": by.id, "set_at": now} for id_ in fresh
        ]
        session.execute(upsert(session, Tagging).values(rows).on_conflict_do_nothing())
        _audit(session, by, "tag.put", f"tag:{tag.id}", person=person.value, ids=fresh)
    return len(fresh)


def take_off(
    session: Session, *, tag_id: int, person: Person, ids: Collection[int], by: StaffMember
) -> int:
    """Take a tag off people; returns how many had it. Raises NotFound, NotAllowed."""
    tag = _settable(session, tag_id, person, by)
    column = _column(person)
    condition = (Tagging.tag_id == tag.id, column.in_(ids))
    had = sorted(each for each in session.scalars(select(column).where(*condition)) if each)
    if had:
        session.execute(delete(Tagging).where(*condition))
        _audit(session, by, "tag.taken_off", f"tag:{tag.id}", person=person.value, ids=had)
    return len(had)


def _settable(session: Session, tag_id: int, person: Person, by: StaffMember) -> Tag:
    row = session.get(Tag, tag_id)
    if row is None or not row.is_in_use:
        raise NotFound()
    if not _may(_view(row), by, person):
        raise NotAllowed()
    return row


def _may(tag: KeptTag, member: StaffMember, person: Person) -> bool:
    is_for = tag.kind in (None, person)
    return is_for and (not tag.setters or member.role in tag.setters)


def _column(person: Person) -> InstrumentedAttribute[int | None]:
    return Tagging.student_id if person is Person.STUDENT else Tagging.guardian_id


def _view(row: Tag) -> KeptTag:
    return KeptTag(
        id=row.id,
        name=row.name,
        colour=row.colour,
        kind=Person(row.kind) if row.kind else None,
        setters=[Role(each) for each in row.setters],
    )


def _audit(session: Session, by: StaffMember, action: str, subject: str, **detail: object) -> None:
    security.audit(session, actor=f"account:{by.id}", action=action, subject=subject, **detail)
