"""What a visitor's window shows: written once per key, read in order from any number on."""

import json
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import delete, select, tuple_, update
from sqlalchemy.orm import Session

from backend.gateways.webchat.models import Line, Visitor
from backend.kit import clock
from backend.kit.db import upsert
from backend.kit.errors import NotFound

SHOWN_AT_ONCE = 100
TYPING_LASTS = timedelta(seconds=15)  # As long as WeChat shows it.
SEEN_AGAIN_AFTER = timedelta(seconds=30)
AWAY_AFTER = timedelta(minutes=5)
KEPT_FOR = timedelta(days=30)  # As long as the outbox keeps what it said.


class LineView(BaseModel):
    """A line: `body` is that of a customer message, `key` names what was said."""

    model_config = ConfigDict(frozen=True)

    number: int
    key: str
    is_own: bool
    body: dict[str, Any]
    at: datetime


class Window(BaseModel):
    """What is new in a window. `has_more` says that there are further lines after these; `last_at`
    and `last_is_own` tell of the very last one, new or not."""

    model_config = ConfigDict(frozen=True)

    lines: tuple[LineView, ...] = ()
    has_more: bool = False
    is_typing: bool = False
    last_at: datetime | None = None
    last_is_own: bool = False
    must_note_seen: bool = False


def arrive(session: Session, openid: str, *, source: str | None, came_from: str | None) -> None:
    """A visitor writes, perhaps for the first time. The page they first came from stays; a page
    without a code takes no source away. Holds the visitor's row, which is locked after all else."""
    now = clock.now()
    values = {"openid": openid, "lines": 0, "last_is_own": False, "seen_at": now, "created_at": now}
    session.execute(upsert(session, Visitor).values(values).on_conflict_do_nothing())
    visitor = _locked(session, openid)
    visitor.source = source or visitor.source
    visitor.came_from = visitor.came_from or came_from


def hear(session: Session, openid: str, *, key: str, text: str) -> None:
    """The visitor's own words; from now on an answer is on its way. Once per key."""
    visitor = _locked(session, openid)
    body = {"msgtype": "text", "text": {"content": text}}
    if _add(session, visitor, key, body, is_own=True):
        visitor.seen_at = clock.now()
        visitor.typing_until = clock.now() + TYPING_LASTS


def show(session: Session, openid: str, *, key: str, body: Mapping[str, Any]) -> None:
    """A line of ours, once per key. Raises NotFound for somebody who never wrote."""
    visitor = _locked(session, openid)
    if _add(session, visitor, key, body, is_own=False):
        visitor.typing_until = None


def set_typing(session: Session, openid: str, *, is_typing: bool) -> None:
    """Show that an answer is on its way, or that none is."""
    until = clock.now() + TYPING_LASTS if is_typing else None
    session.execute(update(Visitor).where(Visitor.openid == openid).values(typing_until=until))


def read(session: Session, openid: str, *, after: int) -> Window:
    """The lines after a number, oldest first; after 0 the newest ones. Two queries."""
    visitor = session.get(Visitor, openid)
    if visitor is None:
        return Window()
    first = max(after, visitor.lines - SHOWN_AT_ONCE) if after == 0 else after
    rows = session.scalars(
        select(Line)
        .where(Line.openid == openid, Line.number > first)
        .order_by(Line.number)
        .limit(SHOWN_AT_ONCE)
    ).all()
    now = clock.now()
    return Window(
        lines=tuple(
            LineView(
                number=row.number,
                key=row.key,
                is_own=row.is_own,
                body=json.loads(row.body),
                at=row.at,
            )
            for row in rows
        ),
        has_more=bool(rows) and rows[-1].number < visitor.lines,
        is_typing=visitor.typing_until is not None and visitor.typing_until > now,
        last_at=visitor.last_at,
        last_is_own=visitor.last_is_own,
        must_note_seen=now - visitor.seen_at >= SEEN_AGAIN_AFTER,
    )


def note_seen(session: Session, openid: str) -> None:
    """A window of this visitor is open."""
    session.execute(update(Visitor).where(Visitor.openid == openid).values(seen_at=clock.now()))


def is_away(session: Session, openid: str) -> bool:
    """Whether no window of this visitor has been open for a while."""
    seen_at = session.scalar(select(Visitor.seen_at).where(Visitor.openid == openid))
    return seen_at is None or clock.now() - seen_at >= AWAY_AFTER


def source_of(session: Session, openid: str) -> str | None:
    """The channel or campaign by whose page a visitor came last."""
    return session.scalar(select(Visitor.source).where(Visitor.openid == openid))


def came_from(session: Session, openid: str) -> str | None:
    """The page from which a visitor first wrote, and by which advertisement, as far as known."""
    return session.scalar(select(Visitor.came_from).where(Visitor.openid == openid))


def ticket_of(session: Session, openid: str) -> str:
    """What names a visitor in the QR code that takes their talk to WeChat. Raises NotFound for
    somebody who never wrote."""
    visitor = _locked(session, openid)
    visitor.ticket = visitor.ticket or secrets.token_hex(10)
    return visitor.ticket


def holder_of(session: Session, ticket: str) -> str | None:
    """The visitor whom such a code names."""
    return session.scalar(select(Visitor.openid).where(Visitor.ticket == ticket))


def forget(session: Session, *, limit: int) -> int:
    """Delete lines of 30 days ago; returns how many. Their numbers are not used again."""
    old = select(Line.openid, Line.number).where(Line.at <= clock.now() - KEPT_FOR).limit(limit)
    chosen = session.execute(old).all()
    keys = [(openid, number) for openid, number in chosen]
    session.execute(delete(Line).where(tuple_(Line.openid, Line.number).in_(keys)))
    return len(keys)


def _locked(session: Session, openid: str) -> Visitor:
    query = select(Visitor).where(Visitor.openid == openid).with_for_update()
    visitor = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if visitor is None:
        raise NotFound()
    return visitor


def _add(
    session: Session, visitor: Visitor, key: str, body: Mapping[str, Any], *, is_own: bool
) -> bool:
    """Write a line under the lock on its visitor; False when it is there already."""
    known = select(Line.number).where(Line.openid == visitor.openid, Line.key == key)
    if session.scalar(known) is not None:
        return False
    visitor.lines += 1
    visitor.last_at, visitor.last_is_own = clock.now(), is_own
    session.add(
        Line(
            openid=visitor.openid,
            number=visitor.lines,
            key=key,
            is_own=is_own,
            body=json.dumps(body, ensure_ascii=False),
            at=visitor.last_at,
        )
    )
    session.flush()
    return True
