"""A guardian lets another one see their children: a code that works once, a phone that is proven,
and the inviter's word (C4). No staff are needed."""

import secrets
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.kit import clock, crypto
from backend.kit.errors import DomainError, NotAllowed
from backend.outbox import service as outbox
from backend.outbox.schemas import Notice, Recipient
from backend.security import identities, proofs
from backend.security import queries as security
from backend.security.schemas import Proof
from backend.security.service import audit
from backend.students import queries, rules
from backend.students.models import Guardian, Guardianship, Invitation
from backend.students.schemas import InvitationStatus

LASTS = timedelta(hours=48)
A_DAY = 5
_SIGNS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_LENGTH = 8


class PhoneUnproven(DomainError):
    """Whoever invites has not shown yet that the phone on file is theirs."""


class TooManyInvitations(DomainError):
    """Enough invitations for one day."""


class InvitationGone(DomainError):
    """The code is unknown, too old, or was answered: nobody says which."""


def make(session: Session, *, openid: str, student_ids: list[int]) -> str:
    """A new code for these children of the speaker's own; it is kept nowhere. Raises NotAllowed,
    PhoneUnproven, TooManyInvitations."""
    guardian_id = security.speaker(session, openid).guardian_id
    if guardian_id is None:
        raise NotAllowed()
    own = {child.id for child in queries.children_of(session, guardian_id)}
    if not student_ids or not own.issuperset(student_ids):
        raise NotAllowed()
    # Locked, so that two at once count as two.
    guardian = session.scalars(
        select(Guardian).where(Guardian.id == guardian_id).with_for_update()
    ).one()
    if guardian.phone_checked_at is None:
        raise PhoneUnproven()
    today = select(func.count(Invitation.id)).where(
        Invitation.guardian_id == guardian_id, Invitation.made_at > clock.now() - timedelta(days=1)
    )
    if (session.scalar(today) or 0) >= A_DAY:
        raise TooManyInvitations()
    code = "".join(secrets.choice(_SIGNS) for _ in range(_LENGTH))
    row = Invitation(
        code_index=_index(code),
        guardian_id=guardian_id,
        student_ids=student_ids,
        status=InvitationStatus.OPEN,
        made_at=clock.now(),
        expires_at=clock.now() + LASTS,
    )
    session.add(row)
    session.flush()
    _note(session, openid, "invitation.made", row)
    return code


def is_open(session: Session, code: str, *, openid: str) -> bool:
    """Whether a code can be answered from this WeChat; one's own cannot."""
    row = _open(session, code)
    return row is not None and security.speaker(session, openid).guardian_id != row.guardian_id


def answer(session: Session, *, openid: str, code: str, name: str, phone: str) -> None:
    """Somebody answers an invitation, once: the inviter is asked whether it is them. The phone is
    proven before. Raises InvitationGone, NotAllowed."""
    guardian_id = security.speaker(session, openid).guardian_id
    if guardian_id is not None:
        name, phone = queries.guardian_for_contract(session, guardian_id)
    elif not proofs.is_fresh(session, openid=openid, purpose=Proof.INVITATION, phone=phone):
        raise NotAllowed()
    row = _open(session, code, locked=True)
    if row is None or row.guardian_id == guardian_id:
        raise InvitationGone()
    row.openid, row.name, row.phone = openid, name, phone
    row.status = InvitationStatus.ANSWERED
    session.flush()
    proofs.use_up(session, openid=openid, purpose=Proof.INVITATION)
    _note(session, openid, "invitation.answered", row)
    values = {"name": name, "tail": phone[-4:], "children": _names(session, row)}
    for each in security.identities_of(session, guardian_ids=[row.guardian_id]):
        if each.frozen_at is None:
            outbox.post(
                session,
                to=Recipient(openid=each.openid),
                notice=Notice(template="invitation_answered", values=values),
                dedupe_key=f"invitation:{row.id}:answered:{each.openid}",
            )


def decide(session: Session, *, openid: str, agrees: bool) -> tuple[str, str] | None:
    """The inviter says whether it is them: (who, which children); None when nothing waits. The
    latest answer is decided first."""
    guardian_id = security.speaker(session, openid).guardian_id
    query = (
        select(Invitation)
        .where(
            Invitation.guardian_id == guardian_id,
            Invitation.status == InvitationStatus.ANSWERED,
            Invitation.expires_at > clock.now(),
        )
        .order_by(Invitation.id.desc())
        .limit(1)
        .with_for_update()
    )
    row = session.scalars(query).one_or_none() if guardian_id is not None else None
    if row is None or row.openid is None or row.name is None or row.phone is None:
        return None
    row.status = InvitationStatus.ACCEPTED if agrees else InvitationStatus.REFUSED
    names = _names(session, row)
    if agrees:
        _let_in(session, row, row.openid, row.name, row.phone)
    _note(session, openid, "invitation.accepted" if agrees else "invitation.refused", row)
    result = (
        f"邀请已确认，您现在能看到{names}的课表和通知了。回复「课表」试试。"
        if agrees
        else "对方没有确认这次邀请。请直接和对方联系，或回复「转人工」。"
    )
    outbox.post(
        session,
        to=Recipient(openid=row.openid),
        notice=Notice(template="invitation_decided", values={"result": result}),
        dedupe_key=f"invitation:{row.id}:decided",
    )
    return row.name, names


def _let_in(session: Session, row: Invitation, openid: str, name: str, phone: str) -> None:
    """The invited one becomes a guardian of those children who are still the inviter's."""
    identity = identities.locked(session, openid)
    guardian_id = identity.guardian_id or _file_of(session, name, phone)
    if identity.guardian_id is None:
        identities.bind(session, openid, guardian_id=guardian_id)
    own = {child.id for child in queries.children_of(session, row.guardian_id)}
    there = {child.id for child in queries.children_of(session, guardian_id)}
    for student_id in own & set(row.student_ids) - there:
        session.add(Guardianship(guardian_id=guardian_id, student_id=student_id))
    session.flush()


def _file_of(session: Session, name: str, phone: str) -> int:
    """The file of whoever has this name and this confirmed phone, else a new one."""
    (index, *former), now = crypto.blind_indexes(phone, context="phone"), clock.now()
    found = session.scalars(
        select(Guardian).where(Guardian.phone_index.in_([index, *former])).order_by(Guardian.id)
    )
    for guardian in found:
        if guardian.name == name and not rules.may_be_reissued(guardian.phone_checked_at, now=now):
            return guardian.id
    guardian = Guardian(
        name=name, phone=phone, phone_index=index, phone_checked_at=now, created_at=now
    )
    session.add(guardian)
    session.flush()
    return guardian.id


def _open(session: Session, code: str, *, locked: bool = False) -> Invitation | None:
    query = select(Invitation).where(
        Invitation.code_index == _index(code),
        Invitation.status == InvitationStatus.OPEN,
        Invitation.expires_at > clock.now(),
    )
    return session.scalars(query.with_for_update() if locked else query).one_or_none()


def _names(session: Session, row: Invitation) -> str:
    children = queries.children_of(session, row.guardian_id)
    return "、".join(child.name for child in children if child.id in row.student_ids)


def _note(session: Session, openid: str, action: str, row: Invitation) -> None:
    audit(session, actor=f"wechat:{openid}", action=action, subject=f"invitation:{row.id}")


def _index(code: str) -> str:
    return crypto.blind_index(code.upper(), context="invitation")
