"""The audit trail as a chain: each entry carries the hash of the one before it.

Entries are written where something happens and sealed as the last act of the same unit, under the
one locked row that knows the chain's end. So the lock is held for moments, writers cannot fork the
chain, savepoints may undo entries, and what is committed is sealed. The database refuses to change
or delete sealed entries; who gets around that breaks the chain, and cutting off its end does not
fit the head.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.security.models import AuditEntry, AuditHead

GENESIS = "0" * 64
AT_ONCE = 1000


def digest_of(
    *,
    position: int,
    at: datetime,
    actor: str,
    action: str,
    subject: str,
    detail: dict[str, Any],
    previous: str,
) -> str:
    """SHA-256 over the canonical JSON of an entry and the hash before it (times in UTC with
    microseconds, keys sorted, no spaces)."""
    content = {
        "position": position,
        "at": at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": actor,
        "action": action,
        "subject": subject,
        "detail": detail,
        "previous": previous,
    }
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def seal(session: Session) -> None:
    """Chain what this unit has written. Those of others do not show: they are committed sealed."""
    session.flush()
    fresh = session.scalars(
        select(AuditEntry).where(AuditEntry.digest.is_(None)).order_by(AuditEntry.id)
    ).all()
    if not fresh:
        return
    head = session.scalars(select(AuditHead).with_for_update()).one()
    for entry in fresh:
        entry.position, entry.previous = head.position + 1, head.digest
        entry.digest = _digest(entry, entry.position)
        head.position, head.digest = entry.position, entry.digest


@dataclass(frozen=True)
class Verdict:
    """What a walk along the chain found: how many entries are sound, and where it first breaks.

    `digest` is the end of the chain: who writes it down elsewhere can tell later whether somebody
    has made the whole chain anew.
    """

    sound: int
    broken_at: int | None
    why: str
    digest: str


def verify(session: Session) -> Verdict:
    """Walk the chain from its beginning to its head, reading at most AT_ONCE entries at a time."""
    if session.get_bind().dialect.name == "postgresql":  # Elsewhere a look is one moment anyway.
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    position, previous = 0, GENESIS
    while True:
        rows = session.scalars(
            select(AuditEntry)
            .where(AuditEntry.position > position)
            .order_by(AuditEntry.position)
            .limit(AT_ONCE)
        ).all()
        for row in rows:
            if row.position != position + 1:
                return Verdict(position, position + 1, "missing", previous)
            if row.previous != previous or row.digest != _digest(row, row.position):
                return Verdict(position, row.position, "changed", previous)
            position, previous = row.position, row.digest
        session.expunge_all()
        if len(rows) < AT_ONCE:
            break
    head = session.scalars(select(AuditHead)).one_or_none()
    if head is None or (head.position, head.digest) != (position, previous):
        return Verdict(position, position + 1, "cut", previous)
    loose = session.scalar(select(AuditEntry.id).where(AuditEntry.digest.is_(None)).limit(1))
    if loose is not None:
        return Verdict(position, position + 1, "unsealed", previous)
    return Verdict(position, None, "", previous)


def _digest(entry: AuditEntry, position: int) -> str:
    return digest_of(
        position=position,
        at=entry.at,
        actor=entry.actor,
        action=entry.action,
        subject=entry.subject,
        detail=entry.detail,
        previous=entry.previous or "",
    )
