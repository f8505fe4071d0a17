"""What is forgotten: a message done with keeps its place in the history, not its contents."""

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from backend.kit import clock
from backend.outbox.models import OutboxMessage
from backend.outbox.schemas import Status

KEPT_FOR = timedelta(days=30)
DONE = (Status.SENT, Status.FAILED, Status.DECLINED)


def blank(session: Session, *, limit: int) -> int:
    """Take text, phone, mail and name out of messages done with long ago; returns how many.

    What waits for a person is kept until it is done.
    """
    now = clock.now()
    rows = session.scalars(
        select(OutboxMessage)
        .where(
            OutboxMessage.blanked_at.is_(None),
            OutboxMessage.status.in_(DONE),
            OutboxMessage.next_try_at <= now - KEPT_FOR,
        )
        .order_by(OutboxMessage.id)
        .limit(limit)
        .with_for_update()
    ).all()
    for row in rows:
        _take_out(row)
        row.blanked_at = now
    return len(rows)


def forget(session: Session, *, openid: str) -> int:
    """Take everything out of what was said to a WeChat, and send no more of what still waits: its
    owner wants to be forgotten. Twice finds nothing left."""
    return _empty(session, OutboxMessage.openid == openid)


def forget_about(session: Session, dedupe_keys: Collection[str]) -> int:
    """The same for letters to staff that quote somebody, named by their keys."""
    return _empty(session, OutboxMessage.dedupe_key.in_(dedupe_keys))


def _empty(session: Session, which: ColumnElement[bool]) -> int:
    query = select(OutboxMessage).where(which, OutboxMessage.blanked_at.is_(None))
    rows = session.scalars(query.with_for_update()).all()
    for row in rows:
        _take_out(row)
        row.blanked_at = clock.now()
        if row.status not in DONE:
            row.status = Status.DECLINED
    session.flush()
    return len(rows)


def _take_out(row: OutboxMessage) -> None:
    row.payload, row.recipient_name = "", ""
    row.phone = row.phone_index = row.email = None
