"""Leads in the hands of staff: written down for who called or walked in, taken out of the public
pool (公海) and put back, handed over singly or many at once (A8, A15, A17)."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.admissions import lead_list, rules, service
from backend.admissions.assigning import giving, keeping, offers
from backend.admissions.models import FollowUp, Lead
from backend.admissions.schemas import (
    WALKED_IN,
    LeadView,
    NewLead,
    Stage,
    Touch,
)
from backend.kit import clock, crypto
from backend.kit.errors import DomainError, NotAllowed, NotFound
from backend.security import queries as staff
from backend.security import service as security
from backend.security.permissions import scope_of
from backend.security.schemas import Permission, Scope, StaffMember


class KnownAlready(DomainError):
    """A colleague follows this family up already."""


class TakenEnough(DomainError):
    """More out of the pool in a day, or in hand at once, than the measures allow."""


class NoAdvisor(DomainError):
    """Leads go to active advisors and managers only."""


def write_down(session: Session, *, new: NewLead, by: StaffMember) -> LeadView:
    """Open a lead for somebody who called or walked in; an advisor keeps it, else the rule for new
    ones gives it to one. A family whose lead is open keeps that, unless another child is meant.

    Raises KnownAlready (with the lead's number) when it is beyond the reach of whoever writes.
    """
    told = select(FollowUp.lead_id).where(FollowUp.source_key == new.source_key)
    known_id = session.scalar(told) or _same(session, new)
    if known_id is not None:
        if not lead_list.reaches(session, by, known_id, Permission.SEE_LEADS):
            raise KnownAlready(id=str(known_id))
        row = session.scalars(select(Lead).where(Lead.id == known_id).with_for_update()).one()
        if session.scalar(told) is None:
            _note(session, row.id, by, new.interest, key=new.source_key, kind=_kind(new))
        return LeadView.model_validate(row)
    now = clock.now()
    keeps = scope_of(by.role, Permission.LOG_FOLLOW_UP) is Scope.OWN
    lead = Lead(
        customer=new.customer,
        child_name=new.child_name,
        phone=new.phone,
        phone_index=crypto.blind_index(new.phone, context="phone"),
        campus_id=new.campus_id,
        source=new.source,
        interest=new.interest,
        stage=Stage.CONTACTED if keeps else Stage.NEW,
        created_at=now,
        touched_at=now,
        next_follow_up_at=rules.next_follow_up_of(Stage.NEW, now),
    )
    session.add(lead)
    session.flush()
    _note(session, lead.id, by, new.interest, key=new.source_key, kind=_kind(new))
    if keeps:
        lead.advisor_id, lead.assigned_at, lead.claimed_at = by.id, now, now
    else:
        giving.assign(session, lead, new.campus_id)
    _audit(session, lead.id, by, "lead.written_down", source=new.source)
    return LeadView.model_validate(lead)


def take(session: Session, *, lead_id: int, by: StaffMember) -> LeadView:
    """Take a lead out of the pool; who has it already keeps it.

    Raises ClaimedByOther when a colleague was faster, TakenEnough, NotFound (closed, gone).
    """
    lead = _open(session, lead_id)
    if lead.advisor_id == by.id:
        return LeadView.model_validate(lead)
    if lead.advisor_id is not None:
        owner = staff.staff_members(session, {lead.advisor_id})[lead.advisor_id]
        raise offers.ClaimedByOther(name=owner.name)
    measures = keeping.measures(session)
    held = select(func.count(Lead.id)).where(Lead.advisor_id == by.id, Lead.closed_at.is_(None))
    if (session.scalar(held) or 0) >= measures.held_at_once:
        raise TakenEnough()
    begins, _ = clock.day_of(clock.today())
    today = select(func.count(FollowUp.id)).where(
        FollowUp.account_id == by.id, FollowUp.note == TAKEN, FollowUp.at >= begins
    )
    if (session.scalar(today) or 0) >= measures.taken_a_day:
        raise TakenEnough()
    now = clock.now()
    lead.advisor_id, lead.assigned_at, lead.claimed_at = by.id, now, now
    lead.touched_at = now
    lead.next_follow_up_at = rules.next_follow_up_of(Stage.NEW, now)
    _note(session, lead.id, by, TAKEN)
    _audit(session, lead.id, by, "lead.taken")
    return LeadView.model_validate(lead)


def put_back(session: Session, *, lead_id: int, by: StaffMember) -> None:
    """Put a lead into the pool. Raises NotAllowed for a colleague's, NotFound."""
    lead = _open(session, lead_id)
    if lead.advisor_id is None:
        return
    if not lead_list.reaches(session, by, lead.id, Permission.LOG_FOLLOW_UP):
        raise NotAllowed()
    giving.end_offer(session, lead, "put_back")
    lead.advisor_id = lead.claimed_at = lead.claim_due_at = None
    _note(session, lead.id, by, "放回公海")
    _audit(session, lead.id, by, "lead.put_back")


def hand_over(session: Session, *, lead_ids: Sequence[int], to_id: int, by: StaffMember) -> int:
    """Hand leads to a colleague, who is pushed for each; returns how many changed hands. What is
    closed, beyond the reach of whoever hands, or theirs already is left out.

    Raises NoAdvisor.
    """
    receiver = staff.staff_member(session, to_id)
    if receiver is None or receiver.role not in rules.ADVISING:
        raise NoAdvisor()
    query = (
        select(Lead)
        .where(
            Lead.id.in_(lead_ids),
            Lead.closed_at.is_(None),
            Lead.advisor_id.is_distinct_from(to_id),
            lead_list.within(session, by, Permission.ASSIGN_LEADS),
        )
        .order_by(Lead.id)
        .limit(rules.HANDED_AT_ONCE)
    )
    rows = session.scalars(query.with_for_update()).all()
    for lead in rows:
        giving.give(session, lead, to_id)
        _note(session, lead.id, by, f"转给{receiver.name}")
        _audit(session, lead.id, by, "lead.handed_over", to=to_id)
    return len(rows)


def hand_by_rules(session: Session, *, lead_ids: Sequence[int], by: StaffMember) -> int:
    """Leads go to whom the rules choose, each under its lock; returns how many did. What is closed
    or beyond the reach of whoever hands is left out."""
    query = (
        select(Lead)
        .where(
            Lead.id.in_(lead_ids),
            Lead.closed_at.is_(None),
            lead_list.within(session, by, Permission.ASSIGN_LEADS),
        )
        .order_by(Lead.id)
        .limit(rules.HANDED_AT_ONCE)
    )
    count = 0
    for lead in session.scalars(query.with_for_update()).all():
        before = {lead.advisor_id} if lead.advisor_id else set[int]()
        if giving.assign(session, lead, lead.campus_id, before):
            count += 1
            _note(session, lead.id, by, "按规则重新分派")
            _audit(session, lead.id, by, "lead.handed_over", to=lead.advisor_id)
    return count


def reopen(session: Session, *, lead_id: int, by: StaffMember) -> LeadView:
    """A lost lead goes on: an advisor's stays theirs, a manager's goes to whom it had or to whom
    the rules choose. Raises NotFound, NotAllowed, OpenAlready."""
    lead = session.scalars(select(Lead).where(Lead.id == lead_id).with_for_update()).one_or_none()
    if lead is None or lead.stage == Stage.WON or lead.merged_into_id is not None:
        raise NotFound()
    if not lead_list.reaches(session, by, lead.id, Permission.LOG_FOLLOW_UP):
        raise NotAllowed()
    if lead.closed_at is None:
        return LeadView.model_validate(lead)
    keeps = scope_of(by.role, Permission.LOG_FOLLOW_UP) is Scope.OWN
    view = service.reopen(session, lead, interest=lead.interest, by=by.id if keeps else None)
    _audit(session, lead.id, by, "lead.reopened")
    return view


TAKEN = "从公海领取"


def _same(session: Session, new: NewLead) -> int | None:
    """The open lead of this phone and child; one without a child's name is the same."""
    ids = lead_list.with_phone(session, new.phone)
    rows = session.scalars(select(Lead).where(Lead.id.in_(ids)).order_by(Lead.id))
    names = {row.id: row.child_name for row in rows}
    fitting = [
        id_
        for id_, name in names.items()
        if not name or not new.child_name or name == new.child_name
    ]
    return fitting[0] if fitting else None


def _kind(new: NewLead) -> Touch:
    return Touch.VISIT if new.source == WALKED_IN else Touch.CALL


def _open(session: Session, lead_id: int) -> Lead:
    lead = session.scalars(select(Lead).where(Lead.id == lead_id).with_for_update()).one_or_none()
    if lead is None or lead.closed_at is not None:
        raise NotFound()
    return lead


def _note(
    session: Session,
    lead_id: int,
    by: StaffMember,
    text: str,
    *,
    key: str | None = None,
    kind: Touch = Touch.NOTE,
) -> None:
    session.add(
        FollowUp(
            lead_id=lead_id,
            account_id=by.id,
            kind=kind,
            note=text,
            at=clock.now(),
            source_key=key,
        )
    )
    session.flush()


def _audit(session: Session, lead_id: int, by: StaffMember, action: str, **detail: object) -> None:
    actor, subject = f"account:{by.id}", f"lead:{lead_id}"
    security.audit(session, actor=actor, action=action, subject=subject, **detail)
