"""Sessions of the console: rows that can be listed and ended, behind a secret in a cookie."""

import hashlib
import secrets
from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from backend.kit import clock
from backend.kit.errors import NotFound
from backend.security import rules, service
from backend.security.models import Account, ConsoleSession
from backend.security.schemas import SessionView, StaffMember

SEEN_EVERY = timedelta(minutes=1)


def begin(session: Session, account_id: int, *, address: str, device: str) -> str:
    """Sign a browser in; returns the secret for its cookie, which is kept nowhere else."""
    secret, now = secrets.token_urlsafe(32), clock.now()
    row = ConsoleSession(
        account_id=account_id,
        fingerprint=_fingerprint(secret),
        began_at=now,
        seen_at=now,
        address=address[:45],
        device=device[:120],
    )
    session.add(row)
    session.flush()
    actor = f"account:{account_id}"
    service.audit(session, actor=actor, action="console.signed_in", subject=f"session:{row.id}")
    return secret


def reader(session: Session, secret: str) -> tuple[StaffMember, int, bool] | None:
    """Who is behind a cookie's secret, their session's id, and whether it is time to note that it
    is in use; None where the session has ended or its owner has left."""
    row = session.execute(
        select(ConsoleSession, Account)
        .join(Account, Account.id == ConsoleSession.account_id)
        .where(ConsoleSession.fingerprint == _fingerprint(secret), Account.is_active.is_(True))
    ).one_or_none()
    if row is None:
        return None
    found, account = row
    now = clock.now()
    if not rules.is_live(found.began_at, found.seen_at, found.ended_at, now=now):
        return None
    return StaffMember.model_validate(account), found.id, now - found.seen_at > SEEN_EVERY


def note_seen(session: Session, session_id: int) -> None:
    """Somebody uses a session."""
    session.execute(
        update(ConsoleSession).where(ConsoleSession.id == session_id).values(seen_at=clock.now())
    )


def live_of(session: Session, account_id: int) -> list[SessionView]:
    """Where somebody is signed in, the latest first."""
    now = clock.now()
    rows = session.scalars(
        select(ConsoleSession)
        .where(
            ConsoleSession.account_id == account_id,
            ConsoleSession.ended_at.is_(None),
            ConsoleSession.began_at > now - rules.SESSION_LASTS,
            ConsoleSession.seen_at > now - rules.SESSION_RESTS,
        )
        .order_by(ConsoleSession.seen_at.desc())
        .limit(50)
    )
    return [SessionView.model_validate(row) for row in rows]


def end(session: Session, session_id: int, *, of: int, by: str) -> None:
    """End one session of an account; ending it again changes nothing. Raises NotFound for one of
    somebody else."""
    row = session.scalars(
        select(ConsoleSession)
        .where(ConsoleSession.id == session_id, ConsoleSession.account_id == of)
        .with_for_update()
    ).one_or_none()
    if row is None:
        raise NotFound()
    if row.ended_at is None:
        row.ended_at = clock.now()
        service.audit(session, actor=by, action="session.ended", subject=f"session:{row.id}")


def end_all(session: Session, account_id: int, *, by: str, but: int | None = None) -> None:
    """End every session of an account, except perhaps the one at hand."""
    rows = session.scalars(
        select(ConsoleSession.id).where(
            ConsoleSession.account_id == account_id, ConsoleSession.ended_at.is_(None)
        )
    )
    for session_id in rows.all():
        if session_id != but:
            end(session, session_id, of=account_id, by=by)


def _fingerprint(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
