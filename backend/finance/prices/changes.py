"""Price changes with four eyes: proposed by one, in force once another has approved.

A draft is checked when it is proposed and again when it is approved, since the law, the courses and
the other prices may have changed meanwhile. Whoever decides holds the proposal's row.
"""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.finance import service as finance
from backend.finance.models import Price
from backend.finance.prices import caps, limits
from backend.finance.prices.baskets import standalone
from backend.finance.prices.drafts import (
    DRAFT,
    Draft,
    EndDraft,
    FeeDraft,
    PackageDraft,
    PromotionDraft,
    SwitchDraft,
    ValidityDraft,
    What,
)
from backend.finance.prices.models import (
    FeeRuleSwitch,
    Package,
    PackageItem,
    PriceChange,
    Promotion,
)
from backend.finance.prices.schemas import PriceMissing
from backend.finance.schemas import NewLine
from backend.kit import clock
from backend.kit.errors import DomainError, NotFound
from backend.kit.links import page_in_wechat
from backend.outbox import service as outbox
from backend.outbox.schemas import Notice
from backend.security import permissions
from backend.security import queries as staff
from backend.security import service as security
from backend.security.schemas import Permission, StaffMember
from backend.teaching import queries as teaching
from backend.teaching import service as courses

PATH = "/prices"


class ChangeStatus(StrEnum):
    PROPOSED = "proposed"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class ChangeView(BaseModel):
    """A proposal as its page shows it."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: int
    kind: str
    draft: dict[str, Any]
    status: ChangeStatus
    proposed_by: int
    proposed_at: datetime
    decided_by: int | None
    decided_at: datetime | None
    note: str | None


class OwnProposal(DomainError):
    """Four eyes: who proposed a price does not approve it."""

    status = 403


class ChangeDecided(DomainError):
    """The proposal is not waiting any more (`status`)."""

    status = 409


class DraftUnfit(DomainError):
    """The draft speaks of what is not there, is too late, or takes a code that exists (`why`)."""


def propose(session: Session, draft: Draft, *, by: StaffMember, source_key: str) -> ChangeView:
    """Write a proposal down and tell those who may approve it; the same form again gives the same
    proposal. Raises NotAllowed, DraftUnfit, FeeCapExceeded."""
    permissions.must(by.role, Permission.KEEP_PRICES)
    known = session.scalar(select(PriceChange).where(PriceChange.source_key == source_key))
    if known is not None:
        return ChangeView.model_validate(known)
    check(session, draft)
    change = PriceChange(
        kind=draft.kind,
        draft=draft.model_dump(mode="json"),
        status=ChangeStatus.PROPOSED,
        proposed_by=by.id,
        proposed_at=clock.now(),
        source_key=source_key,
    )
    session.add(change)
    session.flush()
    _audit(session, change, by, "price.proposed")
    approvers = permissions.roles_with(Permission.APPROVE_PRICES)
    for member in staff.staff_with_roles(session, approvers):
        if member.id == by.id:
            continue
        outbox.post(
            session,
            to=staff.recipient_of(session, member.id),
            notice=Notice(
                template="price_proposed",
                values={"name": by.name, "what": summary(session, draft)},
                url=page_in_wechat(PATH),
            ),
            dedupe_key=f"price-change:{change.id}:{member.id}",
        )
    return ChangeView.model_validate(change)


def approve(session: Session, *, change_id: int, by: StaffMember) -> ChangeView:
    """Another one says yes, and the draft is in force. Raises NotFound, NotAllowed, OwnProposal,
    ChangeDecided, and what `propose` raises of a draft that does not fit any more."""
    permissions.must(by.role, Permission.APPROVE_PRICES)
    change = _waiting(session, change_id)
    if change.proposed_by == by.id:
        raise OwnProposal()
    draft = DRAFT.validate_python(change.draft)
    check(session, draft)
    change.made_id = _make(session, draft)
    _decide(change, ChangeStatus.APPROVED, by)
    _audit(session, change, by, "price.approved", made_id=change.made_id)
    session.flush()
    return ChangeView.model_validate(change)


def refuse(session: Session, *, change_id: int, by: StaffMember, note: str) -> ChangeView:
    """No, with a reason; the proposer's own no is a withdrawal. Raises NotFound, NotAllowed,
    ChangeDecided."""
    change = _waiting(session, change_id)
    if change.proposed_by == by.id:
        permissions.must(by.role, Permission.KEEP_PRICES)
        change.status, change.decided_at = ChangeStatus.WITHDRAWN, clock.now()
        _audit(session, change, by, "price.withdrawn")
    else:
        permissions.must(by.role, Permission.APPROVE_PRICES)
        _decide(change, ChangeStatus.REFUSED, by)
        _audit(session, change, by, "price.refused", note=note)
    change.note = note[:200] or None
    session.flush()
    return ChangeView.model_validate(change)


def listed(session: Session, *, limit: int = 30) -> list[ChangeView]:
    """Proposals: those that wait first, then the latest decided ones."""
    waits = PriceChange.status == ChangeStatus.PROPOSED
    query = select(PriceChange).order_by(waits.desc(), PriceChange.id.desc()).limit(limit)
    return [ChangeView.model_validate(row) for row in session.scalars(query)]


def check(session: Session, draft: Draft) -> None:
    """Raise what is wrong with a draft as things stand today."""
    match draft:
        case FeeDraft():
            _check_fee(session, draft)
        case PackageDraft():
            _must_know(session, [course_id for course_id, _ in draft.items])
            _must_not_be_past(draft.effective_from)
            try:
                alone = sum(
                    standalone(session, course_id, lessons, campus_id=draft.campus_id or 0,
                               on=draft.effective_from)
                    for course_id, lessons in draft.items
                )  # fmt: skip
            except PriceMissing:
                raise DraftUnfit(why="no_fee") from None
            if draft.total_fen > alone:
                raise DraftUnfit(why="dearer")
            _must_be_legal(session, [c for c, _ in draft.items], draft.total_fen,
                           sum(lessons for _, lessons in draft.items), None)  # fmt: skip
        case PromotionDraft():
            _must_know(session, [draft.course_id] if draft.course_id else [])
            _must_not_be_past(draft.effective_from)
            taken = select(Promotion.id).where(Promotion.code == draft.code)
            if draft.code and session.scalar(taken) is not None:
                raise DraftUnfit(why="code")
        case EndDraft():
            _row(session, draft)
            _must_not_be_past(draft.effective_to)
        case SwitchDraft():
            if draft.rule not in {cap.key for cap in caps.CAPS}:
                raise DraftUnfit(why="gone")
        case ValidityDraft():
            _must_know(session, [draft.course_id])


def summary(session: Session, draft: Draft) -> str:
    """A draft in a few words, for the notice and the list."""
    names = {}
    match draft:
        case FeeDraft():
            names = teaching.course_names(session, [draft.course_id])
            kind = "课时包" if draft.is_bundle else "收费标准"
            return f"{names.get(draft.course_id, '')}{kind}"
        case PackageDraft() | PromotionDraft() | EndDraft():
            verb = "停用" if isinstance(draft, EndDraft) else ""
            return f"{verb}{draft.name}"
        case SwitchDraft():
            return "收费上限的适用范围"
        case ValidityDraft():
            names = teaching.course_names(session, [draft.course_id])
            return f"{names.get(draft.course_id, '')}课时有效期"


def _row(session: Session, draft: EndDraft) -> Price | Package | Promotion:
    """What is to be ended, locked."""
    row: Price | Package | Promotion | None
    match draft.what:
        case What.FEE:
            row = session.get(Price, draft.id, with_for_update=True)
        case What.PACKAGE:
            row = session.get(Package, draft.id, with_for_update=True)
        case What.PROMOTION:
            row = session.get(Promotion, draft.id, with_for_update=True)
    if row is None:
        raise DraftUnfit(why="gone")
    return row


def _make(session: Session, draft: Draft) -> int | None:
    """Bring a checked draft into force; returns the id of what it became."""
    match draft:
        case FeeDraft():
            facts = draft.model_dump(exclude={"kind", "learner"})
            return finance.set_price(session, learner_type=draft.learner, **facts)
        case PackageDraft():
            facts = draft.model_dump(exclude={"kind", "items"})
            items = [PackageItem(course_id=c, lesson_count=n) for c, n in draft.items]
            return _added(session, Package(items=items, **facts))
        case PromotionDraft():
            facts = draft.model_dump(exclude={"kind", "learner"})
            return _added(session, Promotion(learner_type=draft.learner, **facts))
        case EndDraft():
            row = _row(session, draft)
            row.effective_to = max(draft.effective_to, row.effective_from)
            session.flush()
            return row.id
        case SwitchDraft():
            key = {"rule": draft.rule, "learner_type": draft.learner}
            switch = session.get(FeeRuleSwitch, key) or FeeRuleSwitch(**key)
            switch.is_on = draft.is_on
            session.add(switch)
            session.flush()
            return None
        case ValidityDraft():
            courses.keep_validity(session, course_id=draft.course_id, months=draft.months)
            return draft.course_id


def _added(session: Session, row: Package | Promotion) -> int:
    session.add(row)
    session.flush()
    return row.id


def _check_fee(session: Session, draft: FeeDraft) -> None:
    _must_know(session, [draft.course_id])
    _must_not_be_past(draft.effective_from)
    _must_be_legal(session, [draft.course_id], draft.amount_fen + draft.material_fee_fen,
                   draft.lesson_count, draft)  # fmt: skip


def _must_be_legal(
    session: Session, course_ids: Sequence[int], fen: int, lessons: int, fee: FeeDraft | None
) -> None:
    """What nobody could ever be billed is not worth a price."""
    learner = (fee.learner if fee else None) or limits.learner_of(session, course_ids)
    line = NewLine(
        description="-", course_id=course_ids[0], lesson_count=lessons, list_fen=fen, net_fen=fen
    )
    limits.enforce(session, [line], learner=learner, months=fee.months if fee else None)


def _must_know(session: Session, course_ids: Sequence[int]) -> None:
    if len(teaching.course_names(session, course_ids)) < len(set(course_ids)):
        raise DraftUnfit(why="gone")


def _must_not_be_past(on: date) -> None:
    if on < clock.today():
        raise DraftUnfit(why="past")


def _waiting(session: Session, change_id: int) -> PriceChange:
    change = session.get(PriceChange, change_id, with_for_update=True, populate_existing=True)
    if change is None:
        raise NotFound()
    if change.status != ChangeStatus.PROPOSED:
        raise ChangeDecided(status=change.status)
    return change


def _decide(change: PriceChange, status: ChangeStatus, by: StaffMember) -> None:
    change.status, change.decided_by, change.decided_at = status, by.id, clock.now()


def _audit(
    session: Session, change: PriceChange, by: StaffMember, action: str, **detail: object
) -> None:
    security.audit(
        session,
        actor=f"account:{by.id}",
        action=action,
        subject=f"price_change:{change.id}",
        draft=change.draft,
        **detail,
    )
