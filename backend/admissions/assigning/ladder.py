"""The clock's look at a lead: who has not claimed, who has not answered, who has not followed up,
what nobody has touched (A16, A17).

What is due is reckoned from the lead's own columns each time (`measures.next_of`), under its lock;
late, early, twice and after a crash it does the same things once.
"""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.admissions import rules
from backend.admissions.assigning import giving, keeping, offers
from backend.admissions.assigning.measures import RETRY, Act, Measures, Standing, next_of
from backend.admissions.lead_models import Offer
from backend.admissions.models import Lead
from backend.admissions.schemas import Stage
from backend.kit import clock
from backend.outbox import service as outbox
from backend.outbox.schemas import Notice
from backend.security import queries as staff
from backend.students.office_hours import OFFICE
from backend.students.tickets import staffing

AT_ONCE = 6
"""Things done in one look; more wait for the next."""


def due(session: Session, *, limit: int = 500) -> list[int]:
    """Leads that the clock has to look at, the longest due first."""
    query = select(Lead.id).where(Lead.look_at <= clock.now())
    return list(session.scalars(query.order_by(Lead.look_at, Lead.id).limit(limit)))


def look(session: Session, *, lead_id: int) -> list[Act]:
    """Do what is due with a lead and set when it is looked at next; what was done."""
    lead = session.get_one(Lead, lead_id, with_for_update=True)
    measures, done, now = keeping.measures(session), list[Act](), clock.now()
    at = None
    for _ in range(AT_ONCE):
        if lead.closed_at is not None:
            at = None
            break
        coming = next_of(standing(lead), measures, now=now)
        at = coming[0] if coming else None
        if coming is None or coming[0] > now:
            break
        if not _do(session, lead, coming[1], measures):
            at = OFFICE.opening(now + RETRY)
            break
        done.append(coming[1])
    session.flush()
    lead.look_at = at
    session.flush()
    return done


def standing(lead: Lead) -> Standing:
    """A row as the reckoning sees it; another follow-up begins the ladder anew."""
    return Standing(
        stage=Stage(lead.stage),
        advisor_id=lead.advisor_id,
        assigned_at=lead.assigned_at,
        claimed_at=lead.claimed_at,
        claim_due_at=lead.claim_due_at,
        next_follow_up_at=lead.next_follow_up_at,
        rung=lead.rung if lead.rung_for == lead.next_follow_up_at else 0,
        asked_at=lead.asked_at,
        responded_at=lead.responded_at,
        slow_at=lead.slow_at,
        touched_at=lead.touched_at or lead.created_at,
    )


def _do(session: Session, lead: Lead, act: Act, measures: Measures) -> bool:
    """False where it could not be done and is tried again."""
    match act:
        case Act.ASSIGN:
            return giving.assign(session, lead, lead.campus_id)
        case Act.OFFER_ON:
            _offer_on(session, lead, measures)
        case Act.SLOW:
            lead.slow_at = clock.now()
            _tell(session, lead, "lead_slow")
        case Act.NUDGE:
            _nudge(session, lead)
        case Act.TELL:
            _climb(lead, 2)
            giving.tell_managers(
                session, lead, "lead_neglected", why="逾期没有跟进", advisor_id=lead.advisor_id
            )
        case Act.REASSIGN:
            _take_away(session, lead)
        case Act.POOL:
            _tell(session, lead, "lead_recycled")
            why = f"{measures.pool_days}天没有跟进，回到公海"
            giving.to_pool(session, lead, why, tells=False)
    session.flush()
    return True


def _nudge(session: Session, lead: Lead) -> None:
    """The advisor hears of it; of one who is away the managers do."""
    _climb(lead, 1)
    if staffing.absent(session, {lead.advisor_id or 0}):
        _climb(lead, 2)
        why = "该跟进了，顾问正在请假"
        giving.tell_managers(session, lead, "lead_neglected", why=why, advisor_id=lead.advisor_id)
    else:
        _tell(session, lead, "lead_overdue")


def _climb(lead: Lead, rung: int) -> None:
    lead.rung, lead.rung_for = rung, lead.next_follow_up_at


def _offer_on(session: Session, lead: Lead, measures: Measures) -> None:
    """Show the card again to who put it off; else it goes to the next."""
    query = select(Offer).where(Offer.lead_id == lead.id, Offer.ended_at.is_(None))
    offer = session.scalars(query).one_or_none()
    if offer is not None and offer.again:
        offer.again = False
        lead.claim_due_at = OFFICE.after(clock.now(), timedelta(minutes=measures.claim_minutes))
        giving.show(session, lead, offer)
        return
    before = lead.advisor_id or 0
    _tell(session, lead, "lead_passed_on")
    giving.end_offer(session, lead, "late")
    offers.pass_on(session, lead, before, why="超时没有人认领，已放入公海")


def _take_away(session: Session, lead: Lead) -> None:
    """A colleague gets what was not followed up; where there is none, it stays and the managers
    hear of it."""
    before = lead.advisor_id or 0
    _climb(lead, 3)
    but = {*giving.had(session, lead), before}
    if not giving.assign(session, lead, lead.campus_id, but):
        giving.tell_managers(
            session, lead, "lead_neglected", why="逾期没有跟进，也没有同事可转", advisor_id=before
        )
        return
    _tell(session, lead, "lead_passed_on", to=before)
    session.add(
        Offer(
            lead_id=lead.id,
            account_id=before,
            at=clock.now(),
            outcome="overdue",
            ended_at=clock.now(),
        )
    )
    lead.next_follow_up_at = rules.next_follow_up_of(Stage.NEW, clock.now())
    name = staff.staff_members(session, {lead.advisor_id or 0})[lead.advisor_id or 0].name
    giving.remark(session, lead, f"逾期未跟进，转给{name}")


def _tell(session: Session, lead: Lead, template: str, *, to: int | None = None) -> None:
    """The lead's advisor hears of it, or who it was taken from."""
    account_id = to or lead.advisor_id
    if account_id is None:
        return
    values = {
        "customer": giving.titled(session, lead),
        "interest": lead.interest or "课程",
        "number": str(lead.id),
    }
    outbox.post(
        session,
        to=staff.recipient_of(session, account_id),
        notice=Notice(template=template, values=values),
        dedupe_key=f"{template}:{lead.id}:{account_id}:{clock.now():%y%m%d%H%M}",
    )
