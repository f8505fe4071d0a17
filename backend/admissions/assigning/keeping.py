"""What managers set: rules in their order, what is known of advisors, the measures (A17)."""

from collections.abc import Collection
from datetime import time

from pydantic import BaseModel, ConfigDict
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from backend.admissions.assigning.choosing import LANGUAGES, Condition
from backend.admissions.assigning.measures import Measures
from backend.admissions.lead_models import AdvisorDesk, AssignmentRule, LeadPolicy
from backend.admissions.models import Lead
from backend.kit import clock
from backend.kit.errors import DomainError, NotFound
from backend.security import queries as staff
from backend.security import service as security
from backend.security.schemas import Role, StaffMember

ONE = 1


class RuleWrong(DomainError):
    """A rule without a name, or whose words are none of those that it may have."""


class RuleDraft(BaseModel):
    """A rule as it was typed."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    name: str
    campus_id: int | None = None
    subject: str = ""
    language: str = ""
    source: str = ""
    from_time: time | None = None
    to_time: time | None = None
    needs: str = ""
    turn: str = "turn"
    claim_minutes: int | None = None
    is_active: bool = True


class RuleView(RuleDraft):
    """A rule as it is kept."""

    id: int
    place: int


class DeskView(BaseModel):
    """What is known of an advisor."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    account_id: int
    skills: list[str] = []
    languages: list[str] = []
    most_open: int | None = None
    from_time: time | None = None
    to_time: time | None = None


def measures(session: Session) -> Measures:
    """The measures in force."""
    row = session.get(LeadPolicy, ONE)
    return Measures.model_validate(row.measures) if row else Measures()


def set_measures(session: Session, new: Measures, *, by: StaffMember) -> None:
    """Set the measures; the clock looks at every open lead anew."""
    row = session.get(LeadPolicy, ONE, with_for_update=True)
    if row is None:
        row = LeadPolicy(id=ONE, measures={})
        session.add(row)
    row.measures, row.changed_by, row.changed_at = new.model_dump(), by.id, clock.now()
    session.flush()
    # Past the session, which would tell the figures of every lead that nothing about it changed.
    again = update(Lead).where(Lead.closed_at.is_(None)).values(look_at=clock.now())
    session.connection().execute(again)
    _audit(session, by, "lead.measures_set", "lead_policy:1")


def rules(session: Session) -> list[RuleView]:
    """All rules in their order."""
    query = select(AssignmentRule).order_by(AssignmentRule.place, AssignmentRule.id)
    return [RuleView.model_validate(row) for row in session.scalars(query)]


def conditions(session: Session) -> list[Condition]:
    """The rules in force, as the choice sees them."""
    return [
        Condition(
            id=each.id,
            campus_id=each.campus_id,
            subject=each.subject,
            language=each.language,
            source=each.source,
            from_time=each.from_time,
            to_time=each.to_time,
            needs=each.needs,
            by_load=each.turn == "load",
        )
        for each in rules(session)
        if each.is_active
    ]


def write(session: Session, draft: RuleDraft, *, rule_id: int | None, by: StaffMember) -> int:
    """Write a rule anew (at the end) or over an old one. Raises RuleWrong, NotFound."""
    if not draft.name.strip() or draft.turn not in ("turn", "load"):
        raise RuleWrong()
    if draft.language not in ("", *LANGUAGES) or not 0 < (draft.claim_minutes or 1) <= 600:
        raise RuleWrong()
    if rule_id is None:
        last = session.scalar(select(func.max(AssignmentRule.place))) or 0
        row = AssignmentRule(place=last + 1)
        session.add(row)
    else:
        row = _rule(session, rule_id)
    for name, value in draft.model_dump().items():
        setattr(row, name, value)
    row.changed_by, row.changed_at = by.id, clock.now()
    session.flush()
    _audit(session, by, "lead.rule_written", f"assignment_rule:{row.id}")
    return row.id


def move_up(session: Session, *, rule_id: int, by: StaffMember) -> None:
    """A rule changes places with the one before it; the first stays."""
    query = select(AssignmentRule).order_by(AssignmentRule.place, AssignmentRule.id)
    found = list(session.scalars(query.with_for_update()))
    at = next((n for n, row in enumerate(found) if row.id == rule_id), None)
    if at is None:
        raise NotFound()
    if at > 0:
        found[at - 1], found[at] = found[at], found[at - 1]
    for place, row in enumerate(found, 1):
        row.place = place
    session.flush()
    _audit(session, by, "lead.rule_moved", f"assignment_rule:{rule_id}")


def desks(session: Session, account_ids: Collection[int]) -> dict[int, DeskView]:
    """What is known of each of these advisors; nothing of those without a row."""
    query = select(AdvisorDesk).where(AdvisorDesk.account_id.in_(account_ids))
    known = {row.account_id: DeskView.model_validate(row) for row in session.scalars(query)}
    return {id_: known.get(id_, DeskView(account_id=id_)) for id_ in account_ids}


def set_desk(session: Session, desk: DeskView, *, by: StaffMember) -> None:
    """Say what an advisor can and when. Raises NotFound for anybody else, RuleWrong."""
    member = staff.staff_member(session, desk.account_id)
    if member is None or member.role is not Role.ADVISOR:
        raise NotFound()
    if not set(desk.languages) <= set(LANGUAGES) or (desk.most_open or 0) < 0:
        raise RuleWrong()
    row = session.get(AdvisorDesk, desk.account_id, with_for_update=True)
    if row is None:
        row = AdvisorDesk(account_id=desk.account_id)
        session.add(row)
    for name, value in desk.model_dump().items():
        setattr(row, name, value)
    session.flush()
    _audit(session, by, "lead.desk_set", f"account:{desk.account_id}")


def _rule(session: Session, rule_id: int) -> AssignmentRule:
    row = session.get(AssignmentRule, rule_id, with_for_update=True)
    if row is None:
        raise NotFound()
    return row


def _audit(session: Session, by: StaffMember, action: str, subject: str) -> None:
    security.audit(session, actor=f"account:{by.id}", action=action, subject=subject)
