"""What advisors tell of their leads, written down once (A15, A16)."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.admissions import lead_list, rules, service
from backend.admissions.assigning import giving, waiting
from backend.admissions.models import FollowUp, Lead
from backend.admissions.schemas import LeadView, LostReason, Stage, Told
from backend.kit import clock
from backend.kit.errors import NotAllowed, NotFound
from backend.security import service as security
from backend.security.schemas import Permission, StaffMember


def proposed(
    lead: LeadView, *, stage: Stage | None, next_at: datetime | None
) -> tuple[Stage, datetime | None]:
    """Where a lead will stand and when it is looked at next, after a follow-up that speaks of
    `stage` and perhaps of a time."""
    after = rules.stage_after(lead.stage, stage)
    if after is Stage.LOST:
        return after, None
    return after, next_at or rules.next_follow_up_of(after, clock.now())


def log(
    session: Session, *, lead_id: int, member: StaffMember, told: Told, source_key: str
) -> LeadView:
    """Note a follow-up, move the lead and set when it is looked at next. What the same message told
    before changes nothing.

    Raises NotFound when the lead is gone or closed meanwhile, NotAllowed when it is beyond the
    reach of whoever tells.
    """
    lead = session.scalars(select(Lead).where(Lead.id == lead_id).with_for_update()).one_or_none()
    if lead is None:
        raise NotFound()
    before = select(FollowUp.id).where(FollowUp.source_key == source_key)
    if session.scalar(before) is not None:
        return LeadView.model_validate(lead)
    if lead.closed_at is not None:
        raise NotFound()
    if not lead_list.reaches(session, member, lead_id, Permission.LOG_FOLLOW_UP):
        raise NotAllowed()
    now, was = clock.now(), Stage(lead.stage)
    session.add(
        FollowUp(
            lead_id=lead.id,
            account_id=member.id,
            kind=told.kind,
            note=told.note,
            at=now,
            source_key=source_key,
        )
    )
    stage = rules.stage_after(was, told.stage)
    if stage is not was:
        service.move(session, lead_id=lead.id, stage=stage)
    if stage is Stage.LOST:
        lead.lost_reason = told.lost_reason or LostReason.OTHER
    elif told.next_at is not None:
        lead.next_follow_up_at = told.next_at
    lead.customer = lead.customer or told.customer
    waiting.responded(lead)
    if lead.advisor_id == member.id:
        lead.claimed_at = lead.claimed_at or now  # Whoever has talked to them has taken them on.
        lead.claim_due_at = None
        giving.end_offer(session, lead, "claimed")
    security.audit(
        session,
        actor=f"account:{member.id}",
        action="lead.followed",
        subject=f"lead:{lead.id}",
        was=was,
        stage=stage,
        reason=lead.lost_reason,
    )
    session.flush()
    return LeadView.model_validate(lead)
