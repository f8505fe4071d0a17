"""Entries: written, found, looked at again, retired."""

from datetime import date, timedelta

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from backend.admissions.knowledge import matching
from backend.admissions.knowledge.models import Entry
from backend.admissions.knowledge.schemas import ChangedMeanwhile, Draft, EntryView
from backend.kit import clock
from backend.kit.errors import NotFound
from backend.outbox import service as outbox
from backend.outbox.schemas import Notice
from backend.security import queries as staff
from backend.security import service as security
from backend.security.permissions import roles_with
from backend.security.schemas import Permission

REVIEWED_FOR = timedelta(days=180)
MOST = 500
"""Entries the bot looks through; the console says when there are more."""


def answers(session: Session, text: str, *, campus_id: int | None) -> list[tuple[EntryView, float]]:
    """Entries that answer a text today, the likeliest first: one, or a few to choose from. An entry
    of another campus than the one that is spoken of answers nothing."""
    query = select(Entry).where(_holds(clock.today())).order_by(Entry.id).limit(MOST)
    if campus_id is not None:
        query = query.where(or_(Entry.campus_id.is_(None), Entry.campus_id == campus_id))
    found = {row.id: row for row in session.scalars(query)}
    if not found:
        return []
    known = matching.known_of((row.id, row.question, row.phrasings) for row in found.values())
    return [
        (EntryView.model_validate(found[id_]), score)
        for id_, score in matching.matches(text, known)
    ]


def write(session: Session, *, draft: Draft, by_id: int, source_key: str) -> EntryView:
    """A new entry; the same form sent twice is one."""
    query = select(Entry).where(Entry.source_key == source_key)
    again = session.scalar(query)
    if again is not None:
        return EntryView.model_validate(again)
    row = Entry(**_columns(draft), created_at=clock.now(), revision=0, source_key=source_key)
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        return EntryView.model_validate(session.scalars(query).one())
    _audit(session, row, "written", by_id)
    return EntryView.model_validate(row)


def change(session: Session, *, entry_id: int, draft: Draft, revision: int, by_id: int) -> None:
    """Save an entry that was opened at a revision. Raises ChangedMeanwhile, NotFound."""
    row = _locked(session, entry_id)
    if row.revision != revision:
        raise ChangedMeanwhile()
    for name, value in _columns(draft).items():
        setattr(row, name, value)
    row.revision += 1
    _audit(session, row, "changed", by_id)


def confirm(session: Session, *, entry_id: int, by_id: int) -> None:
    """Somebody has looked: it is still true. It is looked at again in half a year."""
    row = _locked(session, entry_id)
    if row.review_on <= clock.today():
        row.review_on = clock.today() + REVIEWED_FOR
        row.revision += 1
        _audit(session, row, "confirmed", by_id)


def retire(session: Session, *, entry_id: int, by_id: int) -> None:
    """The bot says it no more. Again changes nothing."""
    row = _locked(session, entry_id)
    if row.retired_at is None:
        row.retired_at = clock.now()
        row.revision += 1
        _audit(session, row, "retired", by_id)


def one(session: Session, entry_id: int) -> EntryView:
    """An entry by id. Raises NotFound."""
    row = session.get(Entry, entry_id)
    if row is None:
        raise NotFound()
    return EntryView.model_validate(row)


def listed(session: Session, *, words: str = "", only_due: bool = False) -> list[EntryView]:
    """Entries in use that hold the words, those to be looked at first on top."""
    query = select(Entry).where(Entry.retired_at.is_(None))
    if words:
        held = (
            Entry.question.contains(words, autoescape=True),
            Entry.answer.contains(words, autoescape=True),
        )
        query = query.where(or_(*held))
    if only_due:
        query = query.where(Entry.review_on <= clock.today())
    rows = session.scalars(query.order_by(Entry.review_on, Entry.id).limit(MOST))
    return [EntryView.model_validate(row) for row in rows]


def to_review(session: Session) -> list[int]:
    """Entries whose day of review has come and whose owner has not been told of it."""
    query = select(Entry.id).where(
        Entry.retired_at.is_(None),
        Entry.review_on <= clock.today(),
        or_(Entry.told_on.is_(None), Entry.told_on < Entry.review_on),
    )
    return list(session.scalars(query.order_by(Entry.review_on).limit(200)))


def remind(session: Session, *, entry_id: int) -> None:
    """Tell the owner, else all who keep the knowledge, once per day of review."""
    row = _locked(session, entry_id)
    if row.review_on > clock.today() or (row.told_on and row.told_on >= row.review_on):
        return
    row.told_on = row.review_on
    owner = staff.staff_member(session, row.owner_id)
    keepers = (
        [owner] if owner else staff.staff_with_roles(session, roles_with(Permission.TEACH_BOT))
    )
    for member in keepers:
        outbox.post(
            session,
            to=staff.recipient_of(session, member.id),
            notice=Notice(
                template="knowledge_review",
                values={"question": row.question, "day": f"{row.review_on:%m月%d日}"},
            ),
            dedupe_key=f"knowledge-review:{row.id}:{row.review_on}:{member.id}",
        )
    session.flush()


def _holds(on: date) -> ColumnElement[bool]:
    still = or_(Entry.valid_until.is_(None), Entry.valid_until > on)
    return Entry.retired_at.is_(None) & (Entry.valid_from <= on) & still


def _columns(draft: Draft) -> dict[str, object]:
    return {**draft.model_dump(), "phrasings": list(draft.phrasings)}


def _locked(session: Session, entry_id: int) -> Entry:
    row = session.get(Entry, entry_id, with_for_update=True)
    if row is None:
        raise NotFound()
    return row


def _audit(session: Session, row: Entry, action: str, by_id: int) -> None:
    session.flush()
    security.audit(
        session,
        actor=f"account:{by_id}",
        action=f"knowledge.{action}",
        subject=f"knowledge:{row.id}",
        question=row.question,
    )
