"""Who is who in WeChat: which people a proven phone speaks for, and their other WeChats (C4)."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.kit import clock, crypto, events
from backend.kit.errors import DomainError, NotAllowed
from backend.outbox import service as outbox
from backend.outbox.schemas import Notice, Recipient
from backend.security import identities, proofs
from backend.security import queries as security
from backend.security.schemas import IdentityView, Proof, Speaker
from backend.security.service import IdentityTaken, audit
from backend.students import details, queries, rules
from backend.students.models import Guardian, Guardianship, Student
from backend.students.schemas import Bound, Claim, Companion, PhoneProven


class NameMissing(DomainError):
    """The number may have a new owner, and no name in the file was said."""


def claims_of(session: Session, phone: str) -> list[Claim]:
    """Everybody whose confirmed phone this is; roles of one name are one person. Numbers that were
    only typed into a chat are nobody's."""
    indexes, now = crypto.blind_indexes(phone, context="phone"), clock.now()
    found: dict[str, Claim] = {}

    def add(name: str, **role: object) -> None:
        known = found.get(name, Claim(name=name))
        found[name] = known.model_copy(
            update={**role, "must_name": known.must_name or role.get("must_name", False)}
        )

    for member in security.staff_by_phone(session, phone):
        add(member.name, account_id=member.id)
    confirmed = select(Guardian).where(
        Guardian.phone_index.in_(indexes), Guardian.phone_checked_at.is_not(None)
    )
    for guardian in session.scalars(confirmed.order_by(Guardian.id)):
        children = queries.children_of(session, guardian.id)
        known_as = found.get(guardian.name)
        if children and not (known_as and known_as.guardian_id):
            add(
                guardian.name,
                guardian_id=guardian.id,
                children=tuple(child.name for child in children),
                must_name=rules.may_be_reissued(guardian.phone_checked_at, now=now),
            )
    for learner in session.scalars(select(Student).where(Student.phone_index.in_(indexes))):
        if learner.phone_checked_at and rules.is_of_age(learner.birth_on, today=clock.today()):
            stale = rules.may_be_reissued(learner.phone_checked_at, now=now)
            add(learner.name, student_id=learner.id, must_name=stale)
    return list(found.values())


def is_on_file(session: Session, phone: str) -> bool:
    """Whether a code to this phone can lead to anything. Never said to whoever typed it."""
    indexes = crypto.blind_indexes(phone, context="phone")
    typed = select(Guardian.id).where(Guardian.phone_index.in_(indexes)).limit(1)
    return bool(claims_of(session, phone)) or session.scalar(typed) is not None


def bind(session: Session, *, openid: str, phone: str, name: str | None, said: str) -> Bound:
    """Let an openid that has just proven a phone speak for whom the phone belongs to: `name` picks
    one of several, `said` is what they said of themselves.

    What they have signed up for meanwhile comes along. Raises NotAllowed without the proof,
    NameMissing, and IdentityTaken where the openid speaks for another confirmed guardian.
    """
    if not proofs.is_fresh(session, openid=openid, purpose=Proof.BIND, phone=phone):
        raise NotAllowed()
    events.publish(session, PhoneProven(openid=openid, phone=phone))
    identity = identities.locked(session, openid)
    before = session.get(Guardian, identity.guardian_id) if identity.guardian_id else None
    claims = [each for each in claims_of(session, phone) if name in (None, each.name)]
    if not claims:
        return _without_claim(session, openid, phone, before)
    claim = claims[0]
    if claim.must_name and not claim.is_named_in(said):
        raise NameMissing()
    is_other = before is not None and claim.guardian_id not in (None, before.id)
    if before is not None and is_other and before.phone_checked_at is not None:
        raise IdentityTaken()
    is_new = (claim.guardian_id, claim.student_id, claim.account_id) != (
        *(identity.guardian_id, identity.student_id, identity.account_id),
    )
    identities.bind(
        session,
        openid,
        guardian_id=claim.guardian_id,
        student_id=claim.student_id,
        account_id=claim.account_id,
    )
    if before is not None and is_other and claim.guardian_id is not None:
        _bring_along(session, openid, from_id=before.id, to_id=claim.guardian_id)
    _confirm(session, claim)
    proofs.use_up(session, openid=openid, purpose=Proof.BIND)
    if is_new:
        _tell_others(session, openid, claim)
    children = queries.children_of(session, claim.guardian_id) if claim.guardian_id else []
    return Bound(
        children=tuple(dict.fromkeys(child.name for child in children)),
        staff_name=claim.name if claim.account_id else None,
        learner=claim.name if claim.student_id else None,
        is_new=is_new,
    )


def confirm_phone(session: Session, guardian_id: int) -> None:
    """The phone on file is the guardian's: a code has shown it, or our staff have looked."""
    session.get_one(Guardian, guardian_id).phone_checked_at = clock.now()
    session.flush()


def has_proven_phone(session: Session, speaker: Speaker) -> bool:
    """Whether the phone on file of whoever speaks is known to be theirs (S6: what they wish holds
    for it too)."""
    if speaker.guardian_id is None:
        return speaker.account_id is not None
    return session.get_one(Guardian, speaker.guardian_id).phone_checked_at is not None


def companions(session: Session, openid: str) -> list[Companion]:
    """Every WeChat of the person, of their children and of the children's other guardians, their
    own first."""
    own = security.identity(session, openid)
    if own is None or own.frozen_at is not None:
        return []
    guardians = _family(session, own.guardian_id)
    children = queries.children_of(session, own.guardian_id) if own.guardian_id else []
    learners = {child.id: child.name for child in children}
    if own.student_id is not None:
        learners[own.student_id] = queries.student(session, own.student_id).name
    found = security.identities_of(
        session,
        guardian_ids=list(guardians),
        student_ids=list(learners),
        account_ids=[own.account_id] if own.account_id else [],
    )
    views = [
        Companion(
            openid=each.openid,
            mark=crypto.blind_index(each.openid, context="companion")[:24],
            label=_label(each, guardians, learners),
            bound_at=each.bound_at,
            is_frozen=each.frozen_at is not None,
            is_mine=each.openid == openid,
        )
        for each in found
    ]
    return sorted(views, key=lambda each: not each.is_mine)


def _family(session: Session, guardian_id: int | None) -> dict[int, str]:
    """A guardian and the other guardians of their children, by id: their names."""
    if guardian_id is None:
        return {}
    own = select(Guardianship.student_id).where(Guardianship.guardian_id == guardian_id)
    rows = session.execute(
        select(Guardian.id, Guardian.name)
        .join(Guardianship, Guardianship.guardian_id == Guardian.id)
        .where(Guardianship.student_id.in_(own))
    ).all()
    mine = session.get_one(Guardian, guardian_id)
    return {mine.id: mine.name, **{row.id: row.name for row in rows}}


def _label(identity: IdentityView, guardians: dict[int, str], learners: dict[int, str]) -> str:
    if identity.guardian_id in guardians:
        return f"{guardians[identity.guardian_id]}的微信"
    if identity.student_id in learners:
        return f"{learners[identity.student_id]}的微信"
    return "我的工作微信"


def _without_claim(session: Session, openid: str, phone: str, before: Guardian | None) -> Bound:
    """The phone is proven, yet stands on a file only as typed: on the openid's own it is confirmed
    now; another's is for staff to look at."""
    indexes = crypto.blind_indexes(phone, context="phone")
    if before is not None and before.phone_index in indexes:
        before.phone_checked_at = clock.now()
        session.flush()
        actor, subject = f"wechat:{openid}", f"guardian:{before.id}"
        audit(session, actor=actor, action="guardian.phone_confirmed", subject=subject)
        proofs.use_up(session, openid=openid, purpose=Proof.BIND)
        children = queries.children_of(session, before.id)
        return Bound(children=tuple(child.name for child in children), is_new=False)
    typed = session.scalars(
        select(Guardian).where(Guardian.phone_index.in_(indexes)).order_by(Guardian.id).limit(1)
    ).one_or_none()
    if typed is None:
        raise NotAllowed()
    review = details.open_review(
        session,
        openid=openid,
        field="claim",
        guardian_id=typed.id,
        before=typed.name,
        after="绑定到申请人的微信",
        reason="验证码已核对，但档案里的手机号是在聊天里填写的，没有核对过",
        source_key=f"claim:{openid}:{typed.id}:{clock.today()}",
    )
    return Bound(review_id=review.id)


def _bring_along(session: Session, openid: str, *, from_id: int, to_id: int) -> None:
    """What somebody has signed up for under a file of their own comes to the one they are on."""
    mine = session.scalars(select(Guardianship).where(Guardianship.guardian_id == from_id)).all()
    there = {child.id: child.name for child in queries.children_of(session, to_id)}
    still_used = security.identities_of(session, guardian_ids=[from_id])
    for each in mine:
        name = session.get_one(Student, each.student_id).name
        if each.student_id not in there:
            session.add(Guardianship(guardian_id=to_id, student_id=each.student_id))
            if name in there.values():
                details.open_review(
                    session,
                    openid=openid,
                    field="double",
                    guardian_id=to_id,
                    student_id=each.student_id,
                    before=name,
                    after="同名的两份学员档案，请核对后合并",
                    reason="绑定微信时发现",
                    source_key=f"double:{to_id}:{each.student_id}",
                )
        if not still_used:
            session.delete(each)
    session.flush()
    detail = {"from": from_id, "to": to_id}
    subject = f"guardian:{to_id}"
    audit(session, actor=f"wechat:{openid}", action="guardian.joined", subject=subject, **detail)


def _confirm(session: Session, claim: Claim) -> None:
    if claim.guardian_id is not None:
        confirm_phone(session, claim.guardian_id)
    if claim.student_id is not None:
        session.get_one(Student, claim.student_id).phone_checked_at = clock.now()


def _tell_others(session: Session, openid: str, claim: Claim) -> None:
    """Whoever spoke for this person before hears of the new WeChat, so that a thief is noticed."""
    found = security.identities_of(
        session,
        guardian_ids=[claim.guardian_id] if claim.guardian_id else [],
        student_ids=[claim.student_id] if claim.student_id else [],
    )
    at = f"{clock.local(clock.now()):%m月%d日 %H:%M}"
    for each in found:
        if each.openid != openid and each.frozen_at is None:
            outbox.post(
                session,
                to=Recipient(openid=each.openid),
                notice=Notice(template="wechat_bound", values={"time": at}),
                dedupe_key=f"bound:{openid}:{each.openid}:{clock.now().timestamp():.0f}",
            )
