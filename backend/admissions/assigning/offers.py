"""What an advisor says to a card: claim, later, not mine. Each may come twice, late, or from
somebody else (A14)."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.admissions.assigning import giving, keeping
from backend.admissions.lead_models import Offer
from backend.admissions.models import FollowUp, Lead
from backend.admissions.schemas import LeadView
from backend.kit import clock
from backend.kit.errors import DomainError, NotFound
from backend.security import queries as staff
from backend.security import service as security
from backend.students.office_hours import OFFICE

PUT_OFF_AT_MOST = 2


class ClaimedByOther(DomainError):
    """A colleague was faster, or has got it meanwhile (`name`; empty for the public pool)."""


class PutOffEnough(DomainError):
    """A customer is not kept waiting a third time."""


def claim(session: Session, *, lead_id: int, account_id: int) -> LeadView:
    """An advisor takes a lead on. Taking one's own again changes nothing.

    Raises ClaimedByOther (with the colleague's name), NotFound when the lead is gone.
    """
    lead = _mine(session, lead_id, account_id)
    if lead.claimed_at is None:
        lead.claimed_at = lead.touched_at = clock.now()
        lead.claim_due_at = None
        giving.end_offer(session, lead, "claimed")
        session.add(
            FollowUp(lead_id=lead.id, account_id=account_id, note="认领", at=lead.claimed_at)
        )
        _audit(session, lead, account_id, "lead.claimed")
        session.flush()
    return LeadView.model_validate(lead)


def put_off(session: Session, *, lead_id: int, account_id: int) -> tuple[LeadView, datetime]:
    """«稍后»: the card comes again in a while, or for one's own the next follow-up; returns when.
    Twice in a row is once.

    Raises ClaimedByOther, NotFound, PutOffEnough.
    """
    lead = _mine(session, lead_id, account_id)
    at = OFFICE.after(clock.now(), timedelta(minutes=keeping.measures(session).later_minutes))
    if lead.claimed_at is not None:
        lead.next_follow_up_at = at
        session.flush()
        return LeadView.model_validate(lead), at
    query = select(Offer).where(Offer.lead_id == lead.id, Offer.ended_at.is_(None))
    offer = session.scalars(query.with_for_update()).one_or_none()
    if offer is None:
        raise NotFound()
    if offer.again and lead.claim_due_at is not None:
        return LeadView.model_validate(lead), lead.claim_due_at
    if offer.put_off >= PUT_OFF_AT_MOST:
        raise PutOffEnough(id=str(lead.id))
    offer.put_off, offer.again, lead.claim_due_at = offer.put_off + 1, True, at
    giving.remark(session, lead, "稍后认领", account_id)
    return LeadView.model_validate(lead), at


def decline(session: Session, *, lead_id: int, account_id: int) -> str | None:
    """«不是我的»: the lead goes on to the next; the name of who has it now, None where it lies in
    the pool. Raises ClaimedByOther (also when it was said before), NotFound."""
    lead = _mine(session, lead_id, account_id)
    if lead.claimed_at is not None:
        session.add(
            Offer(lead_id=lead.id, account_id=account_id, at=clock.now(), put_off=0, again=False)
        )
        session.flush()
    giving.end_offer(session, lead, "declined")
    giving.remark(session, lead, "表示不归自己跟进", account_id)
    _audit(session, lead, account_id, "lead.declined")
    return pass_on(session, lead, account_id, why="顾问表示不归自己，没有其他人可分")


def pass_on(session: Session, lead: Lead, from_id: int, *, why: str) -> str | None:
    """To somebody who has not let it pass, else into the pool and to the managers."""
    but = {*giving.had(session, lead), from_id}
    lead.claimed_at = None
    if not giving.assign(session, lead, lead.campus_id, but):
        giving.to_pool(session, lead, why, tells=True)
        return None
    assert lead.advisor_id is not None
    name = staff.staff_members(session, {lead.advisor_id})[lead.advisor_id].name
    giving.remark(session, lead, f"转给{name}")
    return name


def pass_unclaimed(session: Session, *, account_id: int) -> int:
    """Somebody is away from now on: what they have not claimed goes to others; how many."""
    query = select(Lead).where(
        Lead.advisor_id == account_id, Lead.closed_at.is_(None), Lead.claimed_at.is_(None)
    )
    leads = list(session.scalars(query.order_by(Lead.id).limit(200).with_for_update()))
    for lead in leads:
        giving.end_offer(session, lead, "away")
        pass_on(session, lead, account_id, why="顾问请假，没有其他人可分")
    return len(leads)


def _mine(session: Session, lead_id: int, account_id: int) -> Lead:
    lead = session.scalars(select(Lead).where(Lead.id == lead_id).with_for_update()).one_or_none()
    if lead is None or lead.closed_at is not None:
        raise NotFound()
    if lead.advisor_id != account_id:
        owner = lead.advisor_id
        name = staff.staff_members(session, {owner})[owner].name if owner else ""
        raise ClaimedByOther(name=name)
    return lead


def _audit(session: Session, lead: Lead, account_id: int, action: str) -> None:
    actor, subject = f"account:{account_id}", f"lead:{lead.id}"
    security.audit(session, actor=actor, action=action, subject=subject)
