"""Staff accounts: inviting, passwords, second factors, changing and leaving (X2, X6)."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.kit import clock, crypto, events
from backend.kit.config import settings
from backend.kit.crypto import LinkInvalid
from backend.kit.errors import DomainError, NotAllowed, NotFound
from backend.outbox import service as outbox
from backend.outbox.schemas import Notice
from backend.security import passwords, permissions, queries, rules, second_factor, sessions
from backend.security.models import Account
from backend.security.schemas import Role, StaffLeft
from backend.security.service import audit, hire

INVITATION = "console_invitation"


class PasswordWeak(DomainError):
    """The password is not taken; `why` is a WeakPassword."""


class OneselfSpared(DomainError):
    """Nobody changes their own role or closes their own account, so that nobody locks all out."""


class CodeWrong(DomainError):
    """The code of the second factor is not right."""


def open_once(session: Session, *, name: str, role: Role, phone: str, campus_id: int | None) -> int:
    """The id of the active account with this phone, opened when there is none."""
    index = crypto.blind_index(phone, context="phone")
    found = session.scalars(
        select(Account.id).where(Account.phone_index == index, Account.is_active.is_(True)).limit(1)
    ).one_or_none()
    return found or hire(session, name=name, role=role, campus_id=campus_id, phone=phone).id


def invite(session: Session, account_id: int, *, by: str) -> str:
    """Send somebody the link with which they set a password; earlier links stop working. Returns
    the link."""
    account = _active(session, account_id)
    account.invited_at = now = clock.now()
    token = crypto.sign(INVITATION, {"account": account.id, "at": now.isoformat()})
    link = f"{settings().public_url}/console/invitation/{token}"
    outbox.post(
        session,
        to=queries.recipient_of(session, account.id),
        notice=Notice(template=INVITATION, values={"name": account.name}, url=link),
        dedupe_key=f"invitation:{account.id}:{now.timestamp():.6f}",
    )
    audit(session, actor=by, action="account.invited", subject=f"account:{account.id}")
    return link


def invited(session: Session, token: str) -> Account:
    """Whose invitation this is. Raises LinkInvalid when it is used, replaced or too old."""
    lasts = int(rules.INVITATION_LASTS.total_seconds())
    claims = crypto.unsign(INVITATION, token, max_age_seconds=lasts)
    account = session.scalars(
        select(Account).where(Account.id == claims["account"]).with_for_update()
    ).one_or_none()
    at = datetime.fromisoformat(claims["at"])
    if account is None or not account.is_active or account.invited_at != at:
        raise LinkInvalid(expired=True)
    return account


def accept(session: Session, token: str, *, password: str) -> None:
    """Set the password that the invitation asks for; uses the invitation up."""
    account = invited(session, token)
    _set_password(session, account, password)


def set_local_password(session: Session, account_id: int, password: str) -> str:
    """Give a seeded account a password on a developer's machine; returns the phone to sign in
    with. Raises NotAllowed anywhere else."""
    if settings().environment != "local":
        raise NotAllowed()
    account = _active(session, account_id)
    _set_password(session, account, password)
    return account.phone or ""


def change_password(session: Session, account_id: int, *, new: str, keep: int | None) -> None:
    """Change the password of whoever has just confirmed the old one. Ends all other sessions."""
    _set_password(session, _active(session, account_id), new, keep=keep)


def _set_password(
    session: Session, account: Account, password: str, *, keep: int | None = None
) -> None:
    personal = [account.name, account.phone or "", account.user_name or ""]
    weakness = passwords.weakness_of(password, personal=personal)
    if weakness is not None:
        raise PasswordWeak(why=weakness)
    account.password_hash = passwords.hashed(password)
    account.invited_at = None
    actor = subject = f"account:{account.id}"
    sessions.end_all(session, account.id, by=actor, but=keep)
    audit(session, actor=actor, action="account.password_set", subject=subject)


def set_second_factor(session: Session, account_id: int, *, secret: str, code: str) -> list[str]:
    """Take an app's secret once it has proved itself by a code; returns fresh recovery codes.
    Raises CodeWrong."""
    account = _active(session, account_id)
    counter = second_factor.counter_of(code, secret, last=None, now=clock.now())
    if counter is None:
        raise CodeWrong()
    account.totp_secret, account.totp_counter = secret, counter
    codes = second_factor.new_recovery_codes()
    account.recovery_codes = [second_factor.mark_of(each) for each in codes]
    actor = f"account:{account.id}"
    audit(session, actor=actor, action="account.second_factor_set", subject=actor)
    return codes


def prove_second_factor(session: Session, account_id: int, code: str) -> bool:
    """Whether a code of the app, or an unused recovery code, is right; it is used up."""
    account = _active(session, account_id)
    if account.totp_secret is None:
        return False
    counter = second_factor.counter_of(
        code, account.totp_secret, last=account.totp_counter, now=clock.now()
    )
    if counter is not None:
        account.totp_counter = counter
        return True
    mark = second_factor.mark_of(code)
    if mark not in account.recovery_codes:
        return False
    account.recovery_codes = [each for each in account.recovery_codes if each != mark]
    actor = f"account:{account.id}"
    audit(session, actor=actor, action="account.recovery_code_used", subject=actor)
    return True


def reset_second_factor(session: Session, account_id: int, *, by: str) -> None:
    """Somebody has lost their phone: they are signed out and set up a new app."""
    account = _active(session, account_id)
    account.totp_secret = account.totp_counter = None
    account.recovery_codes = []
    sessions.end_all(session, account_id, by=by)
    subject = f"account:{account_id}"
    audit(session, actor=by, action="account.second_factor_reset", subject=subject)


def needs_second_factor(account: Account) -> bool:
    """Whether sign-in asks for more than the password: by choice, or because of the role."""
    return account.totp_secret is not None or account.role in permissions.SECOND_FACTOR


def change(
    session: Session, account_id: int, *, role: Role, campus_id: int | None, by: int
) -> None:
    """Give somebody another role or campus. Their sessions end: they began
    with other rights."""
    if account_id == by:
        raise OneselfSpared()
    account = _active(session, account_id)
    if (account.role, account.campus_id) == (role, campus_id):
        return
    detail = {"from": [account.role, account.campus_id], "to": [role.value, campus_id]}
    account.role, account.campus_id = role, campus_id
    actor = f"account:{by}"
    sessions.end_all(session, account_id, by=actor)
    audit(session, actor=actor, action="account.changed", subject=f"account:{account_id}", **detail)


def deactivate(session: Session, account_id: int, *, by: str) -> None:
    """Somebody leaves: console, chat commands, links and invitations end with this unit, and their
    work is handed on by whoever listens. Their name stays in what they did. Again changes
    nothing."""
    account = _locked(session, account_id)
    if by == f"account:{account_id}":
        raise OneselfSpared()
    if not account.is_active:
        return
    account.is_active = False
    account.password_hash = account.invited_at = None
    account.totp_secret = account.totp_counter = None
    account.recovery_codes = []
    sessions.end_all(session, account_id, by=by)
    audit(session, actor=by, action="account.deactivated", subject=f"account:{account_id}")
    session.flush()
    events.publish(session, StaffLeft(account_id=account_id, role=Role(account.role)))


def _locked(session: Session, account_id: int) -> Account:
    account = session.scalars(
        select(Account).where(Account.id == account_id).with_for_update()
    ).one_or_none()
    if account is None:
        raise NotFound()
    return account


def _active(session: Session, account_id: int) -> Account:
    account = _locked(session, account_id)
    if not account.is_active:
        raise NotFound()
    return account
