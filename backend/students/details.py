"""People keep their own details (S4): what is harmless holds at once and can be taken back, the
rest is proven by a code or looked at by staff, with what was and what is wanted side by side.

A further field is one line in FIELDS. A field without a column is kept by hand: staff are asked.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.kit import clock, crypto
from backend.kit.errors import DomainError, NotAllowed, NotFound
from backend.outbox import service as outbox
from backend.outbox.schemas import Notice, Recipient
from backend.security import identities, proofs
from backend.security import queries as security
from backend.security.permissions import roles_with
from backend.security.schemas import Permission, Proof, Speaker, StaffMember
from backend.security.service import audit
from backend.students import queries, rules
from backend.students.models import Guardian, Review, Student
from backend.students.schemas import ReviewStatus, ReviewView

UNDO_WITHIN = timedelta(hours=24)
MOST_WAITING = 5


@dataclass(frozen=True)
class Field:
    """A detail: its name, whose it is, where it is kept, and whether a change holds at once."""

    title: str
    of: str  # "student", "guardian", or "" for what is not a detail but asks for the same eyes.
    column: str | None = None
    at_once: bool = False


FIELDS: Mapping[str, Field] = {
    "student.name": Field("孩子姓名", "student", "name", at_once=True),
    "student.grade": Field("年级", "student", "grade", at_once=True),
    "student.birth_on": Field("孩子生日", "student", "birth_on"),
    "student.school": Field("学校", "student", "school", at_once=True),
    "guardian.name": Field("家长姓名", "guardian", "name"),
    "guardian.phone": Field("手机号", "guardian", "phone"),
    "guardian.address": Field("地址", "guardian", "address", at_once=True),
    "guardian.email": Field("邮箱", "guardian", "email", at_once=True),
    "claim": Field("绑定微信", ""),
    "double": Field("合并同名档案", ""),
    "thaw": Field("解除微信冻结", ""),
}


class TooManyWaiting(DomainError):
    """So many changes of this person wait for staff that no further one is taken."""


class NothingToUndo(DomainError):
    """Nothing was changed lately that could be taken back."""


def change(
    session: Session,
    *,
    openid: str,
    field: str,
    after: str,
    student_id: int | None = None,
    reason: str = "",
    source_key: str,
) -> ReviewView:
    """Somebody changes a detail of their own or of their child: done (`applied`) or for staff
    (`waiting`). The same message changes nothing twice. Raises NotAllowed for others' details."""
    speaker, rule = security.speaker(session, openid), FIELDS[field]
    if speaker.guardian_id is None or not rule.of:
        raise NotAllowed()
    if rule.of == "student":
        own = {child.id for child in queries.children_of(session, speaker.guardian_id)}
        if student_id not in own:
            raise NotAllowed()
    row = _row_of(session, rule, guardian_id=speaker.guardian_id, student_id=student_id)
    before = _shown(getattr(row, rule.column) if rule.column else None)
    at_once = rule.at_once and (field != "student.name" or rules.is_spelling(before, after))
    if field == "guardian.phone" and not _has_proven(session, openid, after):
        raise NotAllowed()
    review = open_review(
        session,
        openid=openid,
        field=field,
        guardian_id=speaker.guardian_id,
        student_id=student_id if rule.of == "student" else None,
        before=before,
        after=after,
        reason=reason,
        source_key=source_key,
        waits=not at_once,
    )
    if at_once and review.status is ReviewStatus.APPLIED:
        _apply(session, review, by=f"wechat:{openid}")
    return review


def open_review(
    session: Session,
    *,
    openid: str,
    field: str,
    before: str,
    after: str,
    reason: str,
    source_key: str,
    guardian_id: int | None = None,
    student_id: int | None = None,
    waits: bool = True,
) -> ReviewView:
    """Write a change down once per key; staff hear of one that waits. Raises TooManyWaiting."""
    known = session.scalar(select(Review).where(Review.source_key == source_key))
    if known is not None:
        return ReviewView.model_validate(known)
    waiting = select(Review.id).where(
        Review.openid == openid, Review.status == ReviewStatus.WAITING
    )
    if waits and len(session.scalars(waiting.limit(MOST_WAITING)).all()) >= MOST_WAITING:
        raise TooManyWaiting()
    row = Review(
        field=field,
        guardian_id=guardian_id,
        student_id=student_id,
        openid=openid,
        before=before,
        after=after,
        reason=reason,
        status=ReviewStatus.WAITING if waits else ReviewStatus.APPLIED,
        created_at=clock.now(),
        source_key=source_key,
    )
    session.add(row)
    session.flush()
    if waits:
        _tell_staff(session, row)
    return ReviewView.model_validate(row)


def undo(session: Session, *, openid: str) -> ReviewView:
    """Take the latest change that held at once back. Raises NothingToUndo."""
    query = select(Review).where(
        Review.openid == openid,
        Review.status == ReviewStatus.APPLIED,
        Review.decided_by.is_(None),
        Review.created_at > clock.now() - UNDO_WITHIN,
    )
    row = session.scalars(query.order_by(Review.id.desc()).limit(1).with_for_update()).one_or_none()
    speaker = security.speaker(session, openid)
    if row is None or not FIELDS[row.field].at_once or row.guardian_id != speaker.guardian_id:
        raise NothingToUndo()
    view = ReviewView.model_validate(row)
    back = view.model_copy(update={"after": view.before, "before": view.after})
    _apply(session, back, by=f"wechat:{openid}")
    row.status = ReviewStatus.UNDONE
    session.flush()
    return back


def change_phone(session: Session, *, openid: str, phone: str) -> str:
    """The guardian's phone becomes one they have proven, after the old one was proven too; returns
    the old one. Raises NotAllowed where a proof is missing."""
    guardian = _own_file(session, openid)
    old = guardian.phone
    is_proven = _has_proven(session, openid, phone) and proofs.is_fresh(
        session, openid=openid, purpose=Proof.OLD_PHONE, phone=old
    )
    if not is_proven:
        raise NotAllowed()
    for purpose in (Proof.NEW_PHONE, Proof.OLD_PHONE):
        proofs.use_up(session, openid=openid, purpose=purpose)
    _set_phone(session, guardian, phone, by=f"wechat:{openid}")
    return old


def waiting(session: Session, *, limit: int = 50) -> list[ReviewView]:
    """What staff have to look at, the oldest first, with whom it is about."""
    query = (
        select(Review, Guardian.name, Student.name)
        .outerjoin(Guardian, Guardian.id == Review.guardian_id)
        .outerjoin(Student, Student.id == Review.student_id)
        .where(Review.status == ReviewStatus.WAITING)
    )
    return [
        ReviewView.model_validate(row).model_copy(
            update={"who": " · ".join(name for name in (guardian, learner) if name)}
        )
        for row, guardian, learner in session.execute(query.order_by(Review.id).limit(limit))
    ]


def changed_by(session: Session, speaker: Speaker, *, limit: int) -> list[ReviewView]:
    """What a guardian has changed or wants to change of their own and their children's, the latest
    first; not what a WeChat asked for while it was somebody else's."""
    query = select(Review).where(
        Review.openid == speaker.openid,
        Review.guardian_id == speaker.guardian_id,
        Review.field.in_([name for name, rule in FIELDS.items() if rule.of]),
    )
    rows = session.scalars(query.order_by(Review.id.desc()).limit(limit))
    return [ReviewView.model_validate(row) for row in rows]


def decide(
    session: Session, review_id: int, *, by: StaffMember, agrees: bool, note: str = ""
) -> ReviewView:
    """Staff agree to a change or give it back, once; whoever asked hears of it. Raises NotFound."""
    row = session.scalars(
        select(Review).where(Review.id == review_id).with_for_update()
    ).one_or_none()
    if row is None or row.status != ReviewStatus.WAITING:
        raise NotFound()
    row.status = ReviewStatus.APPLIED if agrees else ReviewStatus.REFUSED
    row.decided_at, row.decided_by = clock.now(), by.id
    view, actor = ReviewView.model_validate(row), f"account:{by.id}"
    if agrees:
        _apply(session, view, by=actor)
    else:
        audit(session, actor=actor, action="review.refused", subject=f"review:{row.id}")
    title = FIELDS[row.field].title
    result = (
        f"您申请的「{title}」已经办好，可以回复「我的信息」查看。"
        if agrees
        else f"您申请的「{title}」没有通过{'：' + note if note else ''}。有疑问请回复「转人工」。"
    )
    outbox.post(
        session,
        to=Recipient(openid=row.openid),
        notice=Notice(template="review_decided", values={"result": result}),
        dedupe_key=f"review-decided:{row.id}",
    )
    return view


def _apply(session: Session, review: ReviewView, *, by: str) -> None:
    """Let a change hold. What has no column of ours is kept by whoever agreed to it."""
    rule = FIELDS[review.field]
    match review.field:
        case "claim" if review.guardian_id is not None:
            session.get_one(Guardian, review.guardian_id).phone_checked_at = clock.now()
            identities.bind(session, review.openid, guardian_id=review.guardian_id)
        case "thaw":
            identities.thaw(session, review.openid, by=by)
        case "guardian.phone" if review.guardian_id is not None:
            guardian = session.get_one(Guardian, review.guardian_id)
            _set_phone(session, guardian, review.after, by=by)
        case _ if rule.column:
            row = _row_of(
                session, rule, guardian_id=review.guardian_id, student_id=review.student_id
            )
            setattr(row, rule.column, _read(rule, review.after))
    session.flush()
    subject = f"student:{review.student_id}" if review.student_id else f"review:{review.id}"
    detail = {"field": review.field}
    audit(session, actor=by, action="details.changed", subject=subject, **detail)


def _set_phone(session: Session, guardian: Guardian, phone: str, *, by: str) -> None:
    """Put another phone on file; the old one hears of it, so that a theft is noticed."""
    old, guardian.phone = guardian.phone, phone
    guardian.phone_index = crypto.blind_index(phone, context="phone")
    guardian.phone_checked_at = clock.now()
    session.flush()
    audit(session, actor=by, action="guardian.phone_changed", subject=f"guardian:{guardian.id}")
    outbox.post(
        session,
        to=Recipient(phone=old),
        notice=Notice(template="phone_changed", values={"tail": phone[-4:]}),
        dedupe_key=f"phone-changed:{guardian.id}:{clock.now().timestamp():.0f}",
    )


def _own_file(session: Session, openid: str) -> Guardian:
    guardian_id = security.speaker(session, openid).guardian_id
    if guardian_id is None:
        raise NotAllowed()
    return session.scalars(
        select(Guardian).where(Guardian.id == guardian_id).with_for_update()
    ).one()


def _has_proven(session: Session, openid: str, phone: str) -> bool:
    return proofs.is_fresh(session, openid=openid, purpose=Proof.NEW_PHONE, phone=phone)


def _row_of(
    session: Session, rule: Field, *, guardian_id: int | None, student_id: int | None
) -> Student | Guardian:
    if rule.of == "student":
        return session.get_one(Student, student_id, with_for_update=True)
    return session.get_one(Guardian, guardian_id, with_for_update=True)


def _shown(value: object) -> str:
    return "" if value is None else str(value)


def _read(rule: Field, text: str) -> object:
    if rule.column == "birth_on":
        return date.fromisoformat(text)
    return text or None


def _tell_staff(session: Session, row: Review) -> None:
    """Whoever may decide first: the academic office, then the head."""
    staff = security.staff_with_roles(session, roles_with(Permission.REVIEW_DETAILS))
    order = list(rules.REVIEWERS)
    staff = sorted(
        (each for each in staff if each.role in order), key=lambda each: order.index(each.role)
    )
    if not staff:
        return
    guardian = session.get(Guardian, row.guardian_id) if row.guardian_id else None
    values = {
        "who": guardian.name if guardian else "微信用户",
        "what": FIELDS[row.field].title,
        "number": str(row.id),
    }
    outbox.post(
        session,
        to=security.recipient_of(session, staff[0].id),
        notice=Notice(template="review_opened", values=values),
        dedupe_key=f"review-opened:{row.id}",
    )
