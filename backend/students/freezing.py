"""A stolen WeChat: who may freeze it, and how it is given back (C4).

The person themselves from another WeChat (bound, or by a code to the phone on file), the other
guardian of a child, and staff at the console freeze at once. Giving back takes both: a code to the
phone on file, and staff.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.kit import crypto
from backend.kit.errors import NotAllowed, NotFound
from backend.security import identities, proofs
from backend.security import queries as security
from backend.security.schemas import IdentityView, Proof, StaffMember
from backend.students import bindings, details, takeovers
from backend.students.models import Guardian, Student
from backend.students.schemas import EndedBy, ReviewView


def freeze_companion(session: Session, *, openid: str, stolen: str) -> None:
    """A person freezes a WeChat of their own or of their family. Raises NotAllowed for others'."""
    if stolen not in {each.openid for each in bindings.companions(session, openid)}:
        raise NotAllowed()
    _freeze(session, stolen, by=f"wechat:{openid}", reason="家人或本人在聊天里报告被盗")


def freeze_others(session: Session, *, openid: str, phone: str) -> int:
    """Whoever has just proven the phone on file from a WeChat that is not bound (yet) freezes all
    that speak for its owner; returns how many. A number that may have a new owner, or was only
    typed, freezes nobody: staff do. Raises NotAllowed without the proof."""
    if not proofs.is_fresh(session, openid=openid, purpose=Proof.FREEZE, phone=phone):
        raise NotAllowed()
    proofs.use_up(session, openid=openid, purpose=Proof.FREEZE)
    owners = [claim for claim in bindings.claims_of(session, phone) if not claim.must_name]
    behind = security.identities_of(
        session,
        guardian_ids=[claim.guardian_id for claim in owners if claim.guardian_id],
        student_ids=[claim.student_id for claim in owners if claim.student_id],
        account_ids=[claim.account_id for claim in owners if claim.account_id],
    )
    stolen = [each.openid for each in behind if each.openid != openid]
    for each in stolen:
        _freeze(session, each, by=f"wechat:{openid}", reason="验证码核对后报告被盗")
    return len(stolen)


def freeze_by_staff(session: Session, *, phone: str, reason: str, by: StaffMember) -> int:
    """Staff freeze every WeChat behind a phone on file; returns how many. Raises NotFound."""
    stolen = _behind(session, phone)
    if not stolen:
        raise NotFound()
    for each in stolen:
        _freeze(session, each.openid, by=f"account:{by.id}", reason=reason)
    return len(stolen)


def phone_behind(session: Session, openid: str) -> str | None:
    """The phone on file of whom a WeChat speaks for, frozen or not."""
    identity = security.identity(session, openid)
    if identity is None:
        return None
    if identity.guardian_id is not None:
        return session.get_one(Guardian, identity.guardian_id).phone
    if identity.account_id is not None:
        return security.recipient_of(session, identity.account_id).phone
    learner = session.get(Student, identity.student_id) if identity.student_id else None
    return learner.phone if learner else None


def ask_to_thaw(session: Session, *, openid: str, source_key: str) -> ReviewView:
    """The owner has their WeChat back and has proven the phone on file: staff decide. Raises
    NotAllowed."""
    phone, identity = phone_behind(session, openid), security.identity(session, openid)
    is_proven = phone is not None and proofs.is_fresh(
        session, openid=openid, purpose=Proof.THAW, phone=phone
    )
    if identity is None or identity.frozen_at is None or not is_proven:
        raise NotAllowed()
    return details.open_review(
        session,
        openid=openid,
        field="thaw",
        guardian_id=identity.guardian_id,
        student_id=identity.student_id,
        before="已冻结",
        after="解除冻结",
        reason="本人已用登记手机号的验证码核对",
        source_key=source_key,
    )


def _behind(session: Session, phone: str) -> list[IdentityView]:
    """Every WeChat that speaks for somebody with this phone, confirmed or typed."""
    indexes = crypto.blind_indexes(phone, context="phone")
    guardians = session.scalars(select(Guardian.id).where(Guardian.phone_index.in_(indexes))).all()
    learners = session.scalars(select(Student.id).where(Student.phone_index.in_(indexes))).all()
    staff = [member.id for member in security.staff_by_phone(session, phone)]
    return security.identities_of(
        session, guardian_ids=guardians, student_ids=learners, account_ids=staff
    )


def _freeze(session: Session, openid: str, *, by: str, reason: str) -> None:
    """Freeze, and end a talk with a person: what they answer must not reach the thief."""
    view = takeovers.of_customer(session, openid)
    if view is not None:
        takeovers.end(session, takeover_id=view.id, by=EndedBy.NOBODY)
    identities.freeze(session, openid, by=by, reason=reason)
