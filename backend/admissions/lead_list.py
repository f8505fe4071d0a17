"""Leads as a list: whose they are, what they are called, and which of them are due."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import Session

from backend.admissions import queries
from backend.admissions.models import Lead, SignUp
from backend.admissions.schemas import LeadView
from backend.kit import crypto
from backend.security import queries as staff
from backend.security.permissions import scope_of
from backend.security.schemas import Permission, Role, Scope, StaffMember

MOST = 200
FAMILIES = 20


def within(session: Session, member: StaffMember, needed: Permission) -> ColumnElement[bool]:
    """The leads that a permission reaches, as a condition: one's own, those of one's campus (its
    advisors' and those that asked for it; also what nobody has and no campus was named for), all.
    """
    match scope_of(member.role, needed):
        case Scope.ALL:
            return true()
        case Scope.CAMPUS:
            here = [
                each.id
                for each in staff.staff_with_roles(session, set(Role))
                if each.campus_id == member.campus_id
            ]
            nobodys = Lead.advisor_id.is_(None) & Lead.campus_id.is_(None)
            return Lead.advisor_id.in_(here) | (Lead.campus_id == member.campus_id) | nobodys
        case _:
            return Lead.advisor_id == member.id


def reaches(session: Session, member: StaffMember, lead_id: int, needed: Permission) -> bool:
    """Whether a permission reaches this lead."""
    query = select(Lead.id).where(Lead.id == lead_id, within(session, member, needed))
    return session.scalar(query) is not None


def open_leads(session: Session, member: StaffMember, *, limit: int = MOST) -> list[LeadView]:
    """Open leads that one may follow up, one's own first, what is due first."""
    query = (
        select(Lead)
        .where(Lead.closed_at.is_(None), within(session, member, Permission.LOG_FOLLOW_UP))
        .order_by(Lead.advisor_id != member.id, Lead.next_follow_up_at, Lead.id)
        .limit(limit)
    )
    return [LeadView.model_validate(row) for row in session.scalars(query)]


def due(session: Session, *, account_id: int, until: datetime, limit: int = 20) -> list[LeadView]:
    """An advisor's leads to be looked at before a moment, the longest overdue first (A16)."""
    query = (
        select(Lead)
        .where(
            Lead.advisor_id == account_id,
            Lead.closed_at.is_(None),
            Lead.next_follow_up_at < until,
        )
        .order_by(Lead.next_follow_up_at, Lead.id)
        .limit(limit)
    )
    return [LeadView.model_validate(row) for row in session.scalars(query)]


def with_phone(session: Session, phone: str) -> list[int]:
    """The open leads with this phone on file."""
    indexes = crypto.blind_indexes(phone, context="phone")
    query = select(Lead.id).where(Lead.phone_index.in_(indexes), Lead.closed_at.is_(None))
    return list(session.scalars(query.order_by(Lead.id)))


def names_of(session: Session, leads: Sequence[LeadView]) -> dict[int, set[str]]:
    """Every name by which colleagues may mean a lead: what the family is called, the child, who
    signed up, and of families that are with us (the first twenty) the guardian."""
    found: dict[int, set[str]] = {lead.id: set() for lead in leads}
    for lead in leads:
        found[lead.id] |= {name for name in (lead.customer, lead.child_name) if name}
    signed = select(SignUp.lead_id, SignUp.child_name, SignUp.guardian_name)
    for lead_id, child, guardian in session.execute(signed.where(SignUp.lead_id.in_(found))):
        found[lead_id or 0] |= {child, guardian}
    for lead in [each for each in leads if each.is_of_family and each.openid][:FAMILIES]:
        family = queries.family_of(session, lead.openid or "")
        found[lead.id] |= {family.rpartition(" ")[2]} if family else set()
    return found
