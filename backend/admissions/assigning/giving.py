"""Leads go to advisors: by the rules, to somebody named, or back into the pool (A14, A17).

All of it under the lead's lock, which whoever calls has taken.
"""

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.admissions import queries
from backend.admissions.assigning import choosing, keeping
from backend.admissions.lead_models import AssignmentRule, Offer
from backend.admissions.models import FollowUp, Lead
from backend.gateways.visitors import is_visitor
from backend.kit import clock
from backend.kit.links import page_in_wechat
from backend.outbox import service as outbox
from backend.outbox.schemas import Notice
from backend.security import queries as staff
from backend.security.schemas import Role
from backend.students.office_hours import OFFICE
from backend.students.tickets import staffing


def claim_link(lead_id: int) -> str:
    """The address behind an advisor's one tap: WeChat says whether it is the advisor who opens."""
    return page_in_wechat(f"/leads/{lead_id}/claim")


def assign(session: Session, lead: Lead, campus_id: int | None, but: Collection[int] = ()) -> bool:
    """Give a lead to the advisor whom the rules choose; False where nobody is left."""
    now = clock.now()
    wanted = choosing.Wanted(
        campus_id=campus_id,
        interest=lead.interest,
        source=lead.source,
        at=clock.local(now).time(),
    )
    rules = keeping.conditions(session)
    found = choosing.choose(wanted, rules, candidates(session), but=but)
    if found is None:
        return False
    give(session, lead, found[0], rule_id=found[1])
    return True


def candidates(session: Session) -> list[choosing.Candidate]:
    """Every advisor with what decides, in a fixed number of queries."""
    members = staff.staff_with_role(session, Role.ADVISOR)
    ids = {member.id for member in members}
    loads, last = queries.loads(session, ids)
    away = staffing.absent(session, ids)
    desks = keeping.desks(session, ids)
    at = clock.local(clock.now()).time()
    return [
        choosing.Candidate(
            id=member.id,
            campus_id=member.campus_id,
            skills=frozenset(desks[member.id].skills),
            languages=frozenset(desks[member.id].languages),
            open=loads[member.id],
            most_open=desks[member.id].most_open,
            last_at=last.get(member.id),
            is_away=member.id in away,
            is_at_work=choosing.is_within(at, desks[member.id].from_time, desks[member.id].to_time),
        )
        for member in members
    ]


def give(session: Session, lead: Lead, chosen: int, *, rule_id: int | None = None) -> None:
    """Hand a lead to a member of staff and push them a card (A14)."""
    end_offer(session, lead, "moved")
    now = clock.now()
    minutes = keeping.measures(session).claim_minutes
    if rule_id is not None:
        minutes = session.get_one(AssignmentRule, rule_id).claim_minutes or minutes
    lead.advisor_id, lead.assigned_at, lead.claimed_at = chosen, now, None
    lead.claim_due_at = OFFICE.after(now, timedelta(minutes=minutes))
    lead.touched_at, lead.rung = now, 0
    offer = Offer(lead_id=lead.id, account_id=chosen, rule_id=rule_id, at=now)
    session.add(offer)
    session.flush()
    show(session, lead, offer)


def show(session: Session, lead: Lead, offer: Offer) -> None:
    """The card: claim, later, not mine."""
    outbox.post(
        session,
        to=staff.recipient_of(session, offer.account_id),
        notice=Notice(
            template="new_lead",
            values={
                "customer": called(session, lead),
                "interest": lead.interest or "课程",
                "time": f"{clock.local(lead.created_at):%m月%d日 %H:%M}",
                "number": str(lead.id),
            },
            url=claim_link(lead.id),
        ),
        dedupe_key=f"new-lead:{offer.id}:{offer.put_off}",
    )


def called(session: Session, lead: Lead) -> str:
    """What colleagues call a lead that they may not know yet."""
    kind = "网站访客" if is_visitor(lead.openid or "") else "微信客户" if lead.openid else "客户"
    family = queries.family_of(session, lead.openid) if lead.openid else None
    return family or lead.customer or f"{kind}{lead.id}"


def titled(session: Session, lead: Lead) -> str:
    """The same with its number, by which colleagues speak of it."""
    name = called(session, lead)
    return name if name.endswith(str(lead.id)) else f"客户{lead.id}（{name}）"


def end_offer(session: Session, lead: Lead, outcome: str) -> None:
    """What became of the lead in front of its advisor, if it was."""
    query = select(Offer).where(Offer.lead_id == lead.id, Offer.ended_at.is_(None))
    for row in session.scalars(query):
        row.outcome, row.ended_at = outcome, clock.now()
    session.flush()


def had(session: Session, lead: Lead) -> set[int]:
    """Who has let this lead pass since it was opened, and is not asked again."""
    query = select(Offer.account_id).where(
        Offer.lead_id == lead.id,
        Offer.outcome.in_(("late", "declined", "overdue")),
        Offer.at >= (lead.reopened_at or lead.created_at),
    )
    return set(session.scalars(query))


def to_pool(session: Session, lead: Lead, why: str, *, tells: bool) -> None:
    """Nobody has it: into the public pool, and with `tells` the managers hear of it."""
    lead.advisor_id = lead.claimed_at = lead.claim_due_at = None
    lead.assigned_at = lead.assigned_at or clock.now()
    remark(session, lead, why)
    if tells:
        tell_managers(session, lead, "lead_unclaimed", why=why)


def tell_managers(
    session: Session, lead: Lead, template: str, *, why: str, advisor_id: int | None = None
) -> None:
    """Those who manage the advisor's campus, or the lead's, hear of it once per lead and moment."""
    campus_id = lead.campus_id
    if advisor_id is not None:
        campus_id = staff.staff_members(session, {advisor_id})[advisor_id].campus_id or campus_id
    values = {
        "customer": titled(session, lead),
        "interest": lead.interest or "课程",
        "why": why,
        "number": str(lead.id),
    }
    for account_id in staffing.told_at(session, Role.CAMPUS_MANAGER, campus_id):
        outbox.post(
            session,
            to=staff.recipient_of(session, account_id),
            notice=Notice(template=template, values=values),
            dedupe_key=f"{template}:{lead.id}:{account_id}:{clock.now():%y%m%d%H%M}",
        )


def remark(session: Session, lead: Lead, text: str, account_id: int | None = None) -> None:
    """Onto the lead's timeline."""
    session.add(FollowUp(lead_id=lead.id, account_id=account_id, note=text, at=clock.now()))
    session.flush()
