"""Changes of the security room."""

import hashlib
import secrets
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from backend.kit import clock, crypto, events
from backend.kit.config import settings
from backend.kit.db import do_before_commit, upsert
from backend.kit.errors import DomainError, NotAllowed
from backend.outbox import service as outbox
from backend.outbox.schemas import ChannelStopped, MessageStuck, Notice, RecipientUnreachable
from backend.security import chain, queries, rules
from backend.security.models import Account, AuditEntry, Code, Scan, UsedLink, WechatIdentity
from backend.security.schemas import CodeScanned, CodeView, PersonMet, Role

NOT_FOLLOWING = ("43004", "50005")
DELIVERY_TASK, CHANNEL_STOPPED, PROOF_CODE = "delivery_task", "channel_stopped", "proof_code"


LINK_PURPOSE = "go"
LINK_SECONDS = 24 * 3600


class LinkUsed(DomainError):
    """A single-use link was used before."""

    status = 410


class LinkOfAnother(NotAllowed):
    """The link was made for another WeChat than the one that opens it."""


class IdentityTaken(DomainError):
    """The openid already speaks for another guardian; unbinding comes first (C4)."""


def meet(session: Session, openid: str) -> WechatIdentity:
    """The identity row of an openid, made when it is seen for the first time. Safe when two
    messages of a newcomer arrive at once."""
    identity = session.get(WechatIdentity, openid)
    if identity is not None:
        if identity.menu_tag == rules.ABSENT:
            identity.menu_tag = None
        return identity
    values = {"openid": openid, "created_at": clock.now()}
    session.execute(upsert(session, WechatIdentity).values(values).on_conflict_do_nothing())
    met = session.get_one(WechatIdentity, openid)
    events.publish(session, PersonMet(openid=openid, met_at=met.created_at))
    return met


def follow(session: Session, openid: str, *, scene: str | None = None) -> None:
    """A person follows the account; `scene` is the parameter of the QR code that led here."""
    identity = meet(session, openid)
    if identity.followed_at is None or identity.unfollowed_at is not None:
        identity.menu_tag = None  # The platform forgets the tags of whoever leaves.
    identity.followed_at = clock.now()
    identity.unfollowed_at = None
    if scene and not identity.scene:
        identity.scene = scene
        session.flush()
        events.publish(session, PersonMet(openid=openid, met_at=identity.created_at))


def note_scan(session: Session, openid: str, scene: str) -> CodeView | None:
    """Write down that somebody scanned a code, and tell whoever listens; None for no code of ours.

    A code that has run out still says where somebody came from.
    """
    row = session.scalars(select(Code).where(Code.scene == scene)).one_or_none()
    if row is None:
        return None
    session.add(Scan(openid=openid, code_id=row.id, at=clock.now()))
    session.flush()
    code = CodeView.model_validate(row)
    events.publish(session, CodeScanned(openid=openid, code=code))
    return code


def unfollow(session: Session, openid: str) -> None:
    """A person left. The binding stays for a return; nothing is sent while they are away."""
    meet(session, openid).unfollowed_at = clock.now()


def note_refusal(session: Session, refused: RecipientUnreachable) -> None:
    """WeChat refuses to pass anything on to this person (listens to the outbox)."""
    identity = meet(session, refused.openid)
    identity.refused_at, identity.refused_code = clock.now(), refused.code
    if refused.code in NOT_FOLLOWING:
        identity.unfollowed_at = identity.unfollowed_at or clock.now()


def tell(session: Session, *roles: Role, notice: Notice, dedupe_key: str) -> None:
    """Tell everybody who has one of these roles, each once per key."""
    for role in roles:
        for member in queries.staff_with_role(session, role):
            to = queries.recipient_of(session, member.id)
            outbox.post(session, to=to, notice=notice, dedupe_key=f"{dedupe_key}:{member.id}")


def ask_to_phone(session: Session, stuck: MessageStuck) -> None:
    """No channel reached somebody: one of us has to call them (listens to the outbox).

    A task that is stuck itself makes no further task: it stays on the list of stuck messages. A
    code is nobody's to read out.
    """
    if stuck.template in (DELIVERY_TASK, CHANNEL_STOPPED, PROOF_CODE):
        return
    for role in (Role.OFFICE, Role.PRINCIPAL):  # Whoever sees the messages of every campus.
        staff = queries.staff_with_role(session, role)
        if staff:
            values = {"recipient": stuck.recipient_name or "收件人", "excerpt": stuck.text}
            outbox.post(
                session,
                to=queries.recipient_of(session, staff[0].id),
                notice=Notice(template=DELIVERY_TASK, values=values),
                dedupe_key=f"delivery_task:{stuck.message_id}",
            )
            return


def raise_alarm(session: Session, stopped: ChannelStopped) -> None:
    """A channel refuses everything: tell those who can repair it, at most once an hour, over the
    channels that still work (listens to the outbox)."""
    hour = int(stopped.at.timestamp()) // 3600
    values = {
        "channel": outbox.name_of(stopped.channel),
        "time": f"{clock.local(stopped.at):%H:%M}",
        "code": stopped.code,
        "fix": stopped.fix,
    }
    key = f"stopped:{stopped.channel}:{stopped.code}:{hour}"
    subject = f"channel:{stopped.channel}"
    audit(session, actor="system", action="channel.stopped", subject=subject, code=stopped.code)
    tell(
        session,
        Role.SECURITY,
        Role.PRINCIPAL,
        notice=Notice(template=CHANNEL_STOPPED, values=values),
        dedupe_key=key,
    )


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
    identity.bound_at = identity.bound_at or clock.now()


def bind_student(session: Session, openid: str, student_id: int) -> None:
    """Let a learner's own WeChat speak for them; proven as in `bind_guardian`."""
    identity = meet(session, openid)
    identity.student_id = student_id
    identity.bound_at = identity.bound_at or clock.now()


def unbind_family(session: Session, openid: str, *, into: str) -> None:
    """A WeChat speaks for no guardian and no learner any more, and a pseudonym has scanned what it
    scanned; who follows us still follows."""
    session.execute(update(Scan).where(Scan.openid == openid).values(openid=into))
    identity = session.get(WechatIdentity, openid)
    if identity is not None:
        identity.guardian_id = identity.student_id = None
        session.flush()


def use_link(session: Session, token: str) -> None:
    """Mark a single-use link as used in this unit. Raises LinkUsed the second time."""
    fingerprint = hashlib.sha256(token.encode()).hexdigest()
    try:
        with session.begin_nested():
            session.add(UsedLink(fingerprint=fingerprint, used_at=clock.now()))
    except IntegrityError as error:
        raise LinkUsed() from error


def personal_link(openid: str, path: str, *, once: bool = False) -> str:
    """An address for the chat with one person that leads to a path of ours, theirs alone: the
    platform is asked who opens it. With `once` it works a single time."""
    nonce = secrets.token_hex(4)  # Two links to one place are two links.
    claims = {"openid": openid, "path": path, "once": once, "nonce": nonce}
    query = urlencode({"next": f"/go/{crypto.sign(LINK_PURPOSE, claims)}"})
    return f"{settings().public_url}/oauth/start?{query}"


def follow_link(session: Session, token: str, *, openid: str) -> str:
    """The path behind a personal link. Raises LinkInvalid, LinkOfAnother, LinkUsed."""
    claims = crypto.unsign(LINK_PURPOSE, token, max_age_seconds=LINK_SECONDS)
    if claims["openid"] != openid:
        raise LinkOfAnother()
    if claims["once"]:
        use_link(session, token)
    return str(claims["path"])


def audit(session: Session, *, actor: str, action: str, subject: str, **detail: Any) -> None:
    """Write down who did what, in the transaction that does it. No personal values in `detail`."""
    session.add(
        AuditEntry(at=clock.now(), actor=actor, action=action, subject=subject, detail=detail)
    )
    do_before_commit(session, "audit", chain.seal)
