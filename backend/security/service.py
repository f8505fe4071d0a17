"""Changes of the security room."""

import hashlib
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from backend.kit import clock, crypto
from backend.kit.errors import DomainError
from backend.security.models import Account, AuditEntry, UsedLink, WechatIdentity
from backend.security.schemas import Role


class LinkUsed(DomainError):
    """A single-use link was used before."""

    status = 410


class IdentityTaken(DomainError):
    """The openid already speaks for another guardian; unbinding comes first (C4)."""


def meet(session: Session, openid: str) -> WechatIdentity:
    """The identity row of an openid, made when it is seen for the first time. Safe when two
    messages of a newcomer arrive at once."""
    identity = session.get(WechatIdentity, openid)
    if identity is not None:
        return identity
    try:
        with session.begin_nested():
            identity = WechatIdentity(openid=openid, created_at=clock.now())
            session.add(identity)
    except IntegrityError:
        identity = session.get_one(WechatIdentity, openid)
    return identity


def follow(session: Session, openid: str, *, scene: str | None = None) -> None:
    """A person follows the account; `scene` is the parameter of the QR code that led here."""
    identity = meet(session, openid)
    identity.followed_at = clock.now()
    identity.unfollowed_at = None
    identity.scene = identity.scene or scene or None


def unfollow(session: Session, openid: str) -> None:
    """A person left. The binding stays for a return; nothing is sent while they are away."""
    meet(session, openid).unfollowed_at = clock.now()


def hire(
    session: Session,
    *,
    name: str,
    role: Role,
    campus_id: int | None = None,
    phone: str | None = None,
    openid: str | None = None,
) -> Account:
    """Open an account for a member of staff, bound to a WeChat when one is given."""
    account = Account(
        name=name,
        role=role,
        campus_id=campus_id,
        phone=phone,
        phone_index=crypto.blind_index(phone, context="phone") if phone else None,
        created_at=clock.now(),
    )
    session.add(account)
    session.flush()
    if openid:
        meet(session, openid).account_id = account.id
    audit(session, actor="system", action="account.hired", subject=f"account:{account.id}")
    return account


def bind_guardian(session: Session, openid: str, guardian_id: int) -> None:
    """Let an openid speak for a guardian. Raises IdentityTaken when it speaks for another one.

    Callers prove the claim first: a paid sign-up made from this very openid, or (C4) a code sent
    to the phone on file.
    """
    meet(session, openid)
    identity = session.scalars(
        select(WechatIdentity).where(WechatIdentity.openid == openid).with_for_update()
    ).one()
    if identity.guardian_id not in (None, guardian_id):
        raise IdentityTaken()
    identity.guardian_id = guardian_id


def bind_student(session: Session, openid: str, student_id: int) -> None:
    """Let a learner's own WeChat speak for them; proven as in `bind_guardian`."""
    meet(session, openid).student_id = student_id


def use_link(session: Session, token: str) -> None:
    """Mark a single-use link as used in this unit. Raises LinkUsed the second time."""
    fingerprint = hashlib.sha256(token.encode()).hexdigest()
    try:
        with session.begin_nested():
            session.add(UsedLink(fingerprint=fingerprint, used_at=clock.now()))
    except IntegrityError as error:
        raise LinkUsed() from error


def audit(session: Session, *, actor: str, action: str, subject: str, **detail: Any) -> None:
    """Write down who did what, in the transaction that does it. No personal values in `detail`."""
    session.add(
        AuditEntry(at=clock.now(), actor=actor, action=action, subject=subject, detail=detail)
    )
