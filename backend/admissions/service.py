"""Changes of the admissions room: leads and their advisors."""

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from backend.admissions import queries, rules
from backend.admissions.assigning import giving, waiting
from backend.admissions.models import FollowUp, Lead
from backend.admissions.schemas import (
    BY_THEMSELVES,
    FROM_FAMILY,
    FROM_WEBSITE,
    LeadView,
    LostReason,
    Stage,
)
from backend.gateways.visitors import is_visitor
from backend.gateways.webchat import lines
from backend.kit import clock
from backend.kit.errors import DomainError
from backend.security import queries as staff
from backend.security.schemas import AccountDeactivated, CodeKind, CodeScanned
from backend.students.tickets import staffing


class OpenAlready(DomainError):
    """The WeChat of a closed lead has an open one (`id`)."""


def open_lead(
    session: Session,
    *,
    openid: str,
    interest: str,
    campus_id: int | None = None,
) -> LeadView:
    """Open a lead for a person who asks, give it an advisor and push the advisor (A13, A14, A17).
    It comes from the channel or campaign whose codes the person has scanned or whose page they
    wrote from.

    A family that is with us is called by its name, and its lead comes from the family itself,
    whatever codes it has scanned. Somebody whose lead is open keeps it and its advisor: what they
    say now is noted on it. Whoever was lost comes back as the same lead.
    """
    known = queries.open_lead_of(session, openid)
    if known is not None:
        note(session, lead_id=known.id, text=interest)
        return known
    lost = _lost(session, openid)
    if lost is not None:
        return reopen(session, lost, interest=interest)
    now, touches = clock.now(), staff.touches(session, openid)
    family = queries.family_of(session, openid)
    by_themselves = FROM_WEBSITE if is_visitor(openid) else BY_THEMSELVES
    source = touches[0].source if touches else by_themselves
    lead = Lead(
        openid=openid,
        source=FROM_FAMILY if family else source,
        last_source=touches[1].source if touches else None,
        interest=interest,
        campus_id=campus_id,
        stage=Stage.NEW,
        created_at=now,
        asked_at=now,
        touched_at=now,
        next_follow_up_at=rules.next_follow_up_of(Stage.NEW, now),
    )
    try:
        with session.begin_nested():
            session.add(lead)
    except IntegrityError:  # Two messages of a newcomer at once: the other one opened it.
        found = queries.open_lead_of(session, openid)
        if found is None:
            raise
        return found
    page = lines.came_from(session, openid) if is_visitor(openid) else None
    if page:
        note(session, lead_id=lead.id, text=f"来自网页 {page}")
    giving.assign(session, lead, campus_id)
    return LeadView.model_validate(lead)


def reopen(session: Session, lead: Lead, *, interest: str, by: int | None = None) -> LeadView:
    """A lost lead is open again, under its lock: with `by` it is theirs, else its advisor's where
    they are here, else the rules choose. Open already changes nothing.

    Raises OpenAlready where the same WeChat has another open lead.
    """
    if lead.closed_at is None:
        return LeadView.model_validate(lead)
    other = queries.open_lead_of(session, lead.openid) if lead.openid else None
    if other is not None:
        raise OpenAlready(id=str(other.id))
    now, before = clock.now(), lead.advisor_id
    note(session, lead_id=lead.id, text=f"重新打开（此前想了解：{lead.interest}）", account_id=by)
    lead.closed_at, lead.lost_reason, lead.stage = None, None, Stage.NEW
    lead.reopened_at, lead.advisor_id, lead.interest = now, None, interest
    lead.next_follow_up_at = rules.next_follow_up_of(Stage.NEW, now)
    session.flush()
    if by is not None:
        lead.advisor_id, lead.assigned_at, lead.claimed_at = by, now, now
        session.flush()
        return LeadView.model_validate(lead)
    waiting.asked(lead)
    member = staff.staff_member(session, before) if before else None
    is_here = member is not None and member.role in rules.ADVISING
    if member is not None and is_here and not staffing.absent(session, {member.id}):
        giving.give(session, lead, member.id)
    else:
        giving.assign(session, lead, lead.campus_id)
    return LeadView.model_validate(lead)


def _lost(session: Session, openid: str) -> Lead | None:
    """The lost lead of a WeChat that is not too old to go on with, locked."""
    query = (
        select(Lead)
        .where(
            Lead.openid == openid,
            Lead.stage == Stage.LOST,
            Lead.closed_at > clock.now() - rules.REOPENED_WITHIN,
            Lead.lost_reason.is_distinct_from(LostReason.DOUBLE),
            Lead.merged_into_id.is_(None),
        )
        .order_by(Lead.id.desc())
        .limit(1)
    )
    return session.scalars(query.with_for_update()).one_or_none()


def touched(session: Session, event: CodeScanned) -> None:
    """Whoever is a lead already has come across another channel or campaign (listens to scans)."""
    if event.code.kind not in (CodeKind.CHANNEL, CodeKind.CAMPAIGN, CodeKind.REFERRAL):
        return
    lead = session.scalars(
        select(Lead).where(Lead.openid == event.openid, Lead.closed_at.is_(None)).with_for_update()
    ).one_or_none()
    if lead is not None:
        lead.last_source = event.code.source
        session.flush()


def go_on_in_wechat(session: Session, *, visitor: str, openid: str) -> bool:
    """A visitor of the website goes on in WeChat, and their open lead with them; False when they
    have none (any more). Where the follower has an open lead already, that one stays and says so,
    and the visitor's is closed."""
    query = select(Lead).where(Lead.openid == visitor, Lead.closed_at.is_(None))
    lead = session.scalars(query.with_for_update()).one_or_none()
    if lead is None:
        return False
    known = queries.open_lead_of(session, openid)
    if known is None:
        lead.openid = openid
        note(session, lead_id=lead.id, text="已从网站换到微信里继续")
        return True
    note(session, lead_id=known.id, text=f"在网站上也问过：{lead.interest}")
    note(session, lead_id=lead.id, text=f"已并入客户{known.id}")
    move(session, lead_id=lead.id, stage=Stage.LOST)
    return True


def note(session: Session, *, lead_id: int, text: str, account_id: int | None = None) -> None:
    """Add to a lead's timeline (A15)."""
    now = clock.now()
    session.add(FollowUp(lead_id=lead_id, account_id=account_id, note=text, at=now))
    session.get_one(Lead, lead_id).touched_at = now
    session.flush()


def move(session: Session, *, lead_id: int, stage: Stage) -> None:
    """Move a lead to another stage and set when it is looked at next (A15, A16)."""
    lead = session.scalars(select(Lead).where(Lead.id == lead_id).with_for_update()).one()
    now = clock.now()
    lead.stage = stage
    if stage in (Stage.WON, Stage.LOST):
        lead.closed_at, lead.next_follow_up_at, lead.claim_due_at = now, None, None
        giving.end_offer(session, lead, "closed")
    else:
        lead.next_follow_up_at = rules.next_follow_up_of(stage, now)
    session.flush()


def pass_on(session: Session, left: AccountDeactivated) -> None:
    """The open leads of somebody who has left go to their successor, else by the rule for new ones
    (listens to accounts)."""
    query = select(Lead).where(Lead.advisor_id == left.account_id, Lead.closed_at.is_(None))
    leads = list(session.scalars(query.order_by(Lead.id).with_for_update()))
    campus_id = staff.staff_members(session, {left.account_id})[left.account_id].campus_id
    for lead in leads:
        lead.advisor_id = lead.claimed_at = None
        if left.successor_id is not None:
            giving.give(session, lead, left.successor_id)
        else:
            giving.end_offer(session, lead, "moved")
            giving.assign(session, lead, campus_id)
        note(session, lead_id=lead.id, text="原顾问离职，已转交")
