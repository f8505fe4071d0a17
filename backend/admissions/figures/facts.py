"""What the figures hold of a lead, from the rows that tell of it. The one definition: keeping up
and recounting both ask it (A18).

Eight queries for any number of leads, along their keys: a lead costs the same among ten and among
ten million.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.admissions import rules
from backend.admissions.models import FollowUp, Lead, SignUp, Trial
from backend.admissions.schemas import LostReason, SignUpStatus, Stage, Touch, TrialStatus
from backend.finance import queries as money
from backend.kit import clock
from backend.security.schemas import Role
from backend.students import queries as customers
from backend.students.office_hours import OFFICE
from backend.teaching import queries as classes

PAID = (SignUpStatus.DONE, SignUpStatus.STUCK)
CAMPAIGN = "campaign:"
Values = dict[str, Any]
Key = tuple[date, int, int, str, str]
Sums = dict[Key, Counter[str]]
"""The columns that name a row of `FigureDay`, and what is added up in it."""


def of_leads(session: Session, lead_ids: Collection[int]) -> dict[int, Values]:
    """The columns of `FigureLead` for each of these leads that exists."""
    leads = session.execute(
        select(
            Lead.id, Lead.created_at, Lead.source, Lead.last_source, Lead.campus_id,
            Lead.advisor_id, Lead.stage, Lead.lost_reason, Lead.openid, Lead.closed_at,
        ).where(Lead.id.in_(lead_ids))
    ).all()  # fmt: skip
    answered = _answered(session, lead_ids)
    for lead_id, at in _answered_in_talks(session, leads).items():
        answered[lead_id] = min(at, answered.get(lead_id, at))
    trials = _grouped(
        session.execute(
            select(Trial.lead_id, Trial.id, Trial.status, Trial.course_id)
            .where(Trial.lead_id.in_(lead_ids), Trial.status != TrialStatus.CANCELLED)
            .order_by(Trial.id)
        )
    )
    signed = _grouped(
        session.execute(
            select(
                SignUp.lead_id, SignUp.id, SignUp.status, SignUp.student_id,
                SignUp.class_group_id, SignUp.order_number,
            )
            .where(SignUp.lead_id.in_(lead_ids))
            .order_by(SignUp.id)
        )
    )  # fmt: skip
    rows = [row for each in signed.values() for row in each]
    orders = money.money_of(session, {row.order_number for row in rows if row.order_number})
    courses = classes.courses_of_classes(
        session, {row.class_group_id for row in rows if row.class_group_id}
    )
    again = _again(session, {row.student_id for row in rows if row.student_id})
    return {
        lead.id: _of(lead, answered.get(lead.id), trials[lead.id], signed[lead.id])
        | _bought(lead.id, signed[lead.id], orders, courses, again)
        if lead.lost_reason != LostReason.DOUBLE
        else _nothing(lead)
        for lead in leads
    }


def _nothing(lead: Any) -> Values:
    """A double is no lead: whatever happened counts with the other one."""
    return {
        "came_on": clock.local(lead.created_at).date(),
        "channel": lead.source,
        "campaign": "",
        "campus_id": lead.campus_id or 0,
        "advisor_id": lead.advisor_id or 0,
        "course_id": 0,
        "lost_reason": "",
        **dict.fromkeys(("is_counted", "contacted", "tried", "came", "ordered"), 0),
        **dict.fromkeys(("paid", "renewed", "responded", "quick"), 0),
        **dict.fromkeys(("response_seconds", "office_seconds", "net_fen"), 0),
        "paid_on": None,
    }


def _of(lead: Any, answered: datetime | None, trials: list[Any], signed: list[Any]) -> Values:
    campaigns = [each for each in (lead.source, lead.last_source) if each]
    is_lost = lead.stage == Stage.LOST
    return _nothing(lead) | {
        "campaign": next((each for each in campaigns if each.startswith(CAMPAIGN)), ""),
        "course_id": trials[-1].course_id if trials else 0,
        "lost_reason": (lead.lost_reason or LostReason.OTHER) if is_lost else "",
        "is_counted": 1,
        "contacted": int(answered is not None or lead.stage == Stage.CONTACTED),
        "tried": int(bool(trials)),
        "came": int(any(each.status == TrialStatus.ATTENDED for each in trials)),
        "ordered": int(bool(signed)),
        **wait(lead.created_at, answered),
    }


def wait(asked_at: datetime, answered_at: datetime | None) -> Values:
    """How long somebody waited for a person, by the clock and in office time, which decides whether
    that was quick: a message of the night is answered quickly at ten past nine."""
    if answered_at is None:
        names = ("responded", "quick", "response_seconds", "office_seconds")
        return dict.fromkeys(names, 0)
    office = OFFICE.between(asked_at, answered_at)
    return {
        "responded": 1,
        "quick": int(office < rules.CLAIM_WITHIN),
        "response_seconds": max(0, int((answered_at - asked_at).total_seconds())),
        "office_seconds": int(office.total_seconds()),
    }


def _bought(
    lead_id: int,
    signed: list[Any],
    orders: dict[str, tuple[datetime | None, int, int]],
    courses: dict[int, int],
    again: dict[int, list[tuple[int, int]]],
) -> Values:
    if not signed:
        return {}
    had_paid = [row for row in signed if row.status in (*PAID, SignUpStatus.REFUNDED)]
    paid = [row for row in signed if row.status in PAID]
    moments = [orders[row.order_number][0] for row in paid if row.order_number in orders]
    days: list[date] = [clock.local(at).date() for at in moments if at is not None]
    sums = [orders[row.order_number][1:] for row in had_paid if row.order_number in orders]
    later = (
        other
        for row in had_paid
        for other, their_lead in again.get(row.student_id, [])
        if other > row.id and their_lead != lead_id
    )
    return {
        "course_id": courses.get(signed[-1].class_group_id, 0),
        "paid": int(bool(paid)),
        "renewed": int(next(later, None) is not None),
        "net_fen": sum(total - back for total, back in sums),
        "paid_on": min(days, default=None),
    }


def _answered(session: Session, lead_ids: Collection[int]) -> dict[int, datetime]:
    """When a person first had to do with each lead: a call or visit written down, or what somebody
    tells of it. Claiming, taking and handing over are notes without either."""
    query = select(FollowUp.lead_id, FollowUp.at).where(
        FollowUp.lead_id.in_(lead_ids),
        FollowUp.account_id.is_not(None),
        FollowUp.source_key.is_not(None) | (FollowUp.kind != Touch.NOTE),
    )
    found: dict[int, datetime] = {}
    for lead_id, at in session.execute(query):
        found[lead_id] = min(at, found.get(lead_id, at))
    return found


def _answered_in_talks(session: Session, leads: Iterable[Any]) -> dict[int, datetime]:
    """When an advisor first wrote to each lead, while it was open, in a talk that the bot had given
    away."""
    by_openid: dict[str, list[Any]] = defaultdict(list)
    for lead in leads:
        if lead.openid:
            by_openid[lead.openid].append(lead)
    found: dict[int, datetime] = {}
    for talk in customers.responses(session, Role.ADVISOR, openids=by_openid):
        for lead in by_openid[talk.openid]:
            at = talk.responded_at
            if at is not None and lead.created_at <= at <= (lead.closed_at or at):
                found[lead.id] = min(at, found.get(lead.id, at))
    return found


def _again(session: Session, student_ids: Collection[int]) -> dict[int, list[tuple[int, int]]]:
    """Every paid sign-up of these learners: (sign-up, its lead)."""
    query = select(SignUp.student_id, SignUp.id, SignUp.lead_id).where(
        SignUp.student_id.in_(student_ids), SignUp.status.in_(PAID)
    )
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for student_id, id_, lead_id in session.execute(query):
        found[student_id or 0].append((id_, lead_id or 0))
    return found


def _grouped(rows: Iterable[Any]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.lead_id].append(row)
    return found
