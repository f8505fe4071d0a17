"""Changes of the admissions room: leads and their advisors."""

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from backend.admissions import queries, rules
from backend.admissions.models import FollowUp, Lead
from backend.admissions.schemas import (
    BY_THEMSELVES,
    FROM_FAMILY,
    FROM_WEBSITE,
    LeadView,
    Stage,
)
from backend.gateways.visitors import is_visitor
from backend.gateways.webchat import lines
from backend.kit import clock
from backend.kit.errors import DomainError, NotFound
from backend.kit.links import page_in_wechat
from backend.outbox import service as outbox
from backend.outbox.schemas import Notice
from backend.security import queries as staff
from backend.security import service as security
from backend.security.schemas import AccountDeactivated, CodeKind, CodeScanned, Role


class ClaimedByOther(DomainError):
    """A colleague was faster."""


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
    say now is noted on it.
    """
    known = queries.open_lead_of(session, openid)
    if known is not None:
        note(session, lead_id=known.id, text=interest)
        return known
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
    assign(session, lead, campus_id)
    return LeadView.model_validate(lead)


def touched(session: Session, event: CodeScanned) -> None:
    """Whoever is a lead already has come across another channel or campaign (listens to scans)."""
    if event.code.kind not in (CodeKind.CHANNEL, CodeKind.CAMPAIGN):
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


def claim(session: Session, *, lead_id: int, account_id: int) -> LeadView:
    """An advisor takes a lead on. Taking one's own again changes nothing.

    Raises ClaimedByOther (with the colleague's name), NotFound when the lead is gone or was
    assigned to somebody else.
    """
    lead = session.scalars(select(Lead).where(Lead.id == lead_id).with_for_update()).one_or_none()
    if lead is None or lead.closed_at is not None:
        raise NotFound()
    if lead.advisor_id != account_id:
        owner = lead.advisor_id
        name = staff.staff_members(session, {owner})[owner].name if owner else ""
        raise ClaimedByOther(name=name)
    if lead.claimed_at is None:
        lead.claimed_at = clock.now()
        session.add(
            FollowUp(lead_id=lead.id, account_id=account_id, note="认领", at=lead.claimed_at)
        )
        security.audit(
            session, actor=f"account:{account_id}", action="lead.claimed", subject=f"lead:{lead.id}"
        )
        session.flush()
    return LeadView.model_validate(lead)


def note(session: Session, *, lead_id: int, text: str, account_id: int | None = None) -> None:
    """Add to a lead's timeline (A15)."""
    session.add(FollowUp(lead_id=lead_id, account_id=account_id, note=text, at=clock.now()))
    session.flush()


def move(session: Session, *, lead_id: int, stage: Stage) -> None:
    """Move a lead to another stage and set when it is looked at next (A15, A16)."""
    lead = session.scalars(select(Lead).where(Lead.id == lead_id).with_for_update()).one()
    now = clock.now()
    lead.stage = stage
    if stage in (Stage.WON, Stage.LOST):
        lead.closed_at, lead.next_follow_up_at = now, None
    else:
        lead.next_follow_up_at = rules.next_follow_up_of(stage, now)
    session.flush()


def claim_link(lead_id: int) -> str:
    """The address behind an advisor's one tap: WeChat says whether it is the advisor who opens."""
    return page_in_wechat(f"/leads/{lead_id}/claim")


def pass_on(session: Session, left: AccountDeactivated) -> None:
    """The open leads of somebody who has left go to their successor, else by the rule for new ones
    (listens to accounts)."""
    query = select(Lead).where(Lead.advisor_id == left.account_id, Lead.closed_at.is_(None))
    leads = list(session.scalars(query.order_by(Lead.id).with_for_update()))
    campus_id = staff.staff_members(session, {left.account_id})[left.account_id].campus_id
    for lead in leads:
        lead.advisor_id = lead.claimed_at = None
        if left.successor_id is not None:
            give(session, lead, left.successor_id)
        else:
            assign(session, lead, campus_id)
        note(session, lead_id=lead.id, text="原顾问离职，已转交")


def assign(session: Session, lead: Lead, campus_id: int | None) -> None:
    """Give a lead to the advisor whom the rule chooses; without advisors it stays in the pool."""
    candidates = staff.staff_with_role(session, Role.ADVISOR, campus_id=campus_id)
    if not candidates:
        candidates = staff.staff_with_role(session, Role.ADVISOR)
    loads, last_assigned_at = queries.loads(session, {member.id for member in candidates})
    chosen = rules.choose_advisor(loads, last_assigned_at)
    if chosen is not None:
        give(session, lead, chosen)


def give(session: Session, lead: Lead, chosen: int) -> None:
    """Hand a lead to a member of staff and push them (A14)."""
    lead.advisor_id, lead.assigned_at = chosen, clock.now()
    session.flush()
    kind = "网站访客" if is_visitor(lead.openid or "") else "微信客户" if lead.openid else "客户"
    stranger = f"{kind}{lead.id}"
    family = queries.family_of(session, lead.openid) if lead.openid else lead.customer
    outbox.post(
        session,
        to=staff.recipient_of(session, chosen),
        notice=Notice(
            template="new_lead",
            values={
                "customer": family or stranger,
                "interest": lead.interest,
                "time": f"{clock.local(lead.created_at):%m月%d日 %H:%M}",
            },
            url=claim_link(lead.id),
        ),
        dedupe_key=f"new-lead:{lead.id}:{chosen}:{lead.assigned_at:%y%m%d%H%M%S}",
    )
