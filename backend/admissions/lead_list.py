"""Leads as a list: whose they are, what they are called, and which of them are due."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, SQLColumnExpression, false, or_, select, true
from sqlalchemy.orm import Session

from backend.admissions import queries
from backend.admissions.lead_models import LeadTag
from backend.admissions.models import FollowUp, Lead, SignUp
from backend.admissions.schemas import Happened, LeadsAsked, LeadView, Touch
from backend.kit import clock, crypto
from backend.kit.errors import NotFound
from backend.security import queries as staff
from backend.security.permissions import scope_of
from backend.security.schemas import Permission, Role, Scope, StaffMember

MOST = 200
FAMILIES = 20
PAGE = 30


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
        case Scope.OWN:
            return Lead.advisor_id == member.id
        case None:
            return false()


def reaches(session: Session, member: StaffMember, lead_id: int, needed: Permission) -> bool:
    """Whether a permission reaches this lead."""
    query = select(Lead.id).where(Lead.id == lead_id, within(session, member, needed))
    return session.scalar(query) is not None


def is_addressed(
    session: Session,
    member: StaffMember,
    needed: Permission,
    openid: SQLColumnExpression[Any],
    phone_index: SQLColumnExpression[Any],
) -> ColumnElement[bool]:
    """Which addresses are of open leads that a permission reaches: a condition on columns of
    openids and of phones' blind indexes."""
    theirs = select(Lead).where(Lead.closed_at.is_(None), within(session, member, needed))
    openids = theirs.with_only_columns(Lead.openid).where(Lead.openid.is_not(None))
    phones = theirs.with_only_columns(Lead.phone_index).where(Lead.phone_index.is_not(None))
    return or_(openid.in_(openids), phone_index.in_(phones))


def seen_by(session: Session, member: StaffMember) -> ColumnElement[bool]:
    """What a member of staff may look at: what `SEE_LEADS` reaches, and the public pool (公海)."""
    pool = Lead.advisor_id.is_(None) & Lead.closed_at.is_(None)
    return within(session, member, Permission.SEE_LEADS) | pool


def page(
    session: Session, member: StaffMember, asked: LeadsAsked, *, before: int = 0
) -> list[LeadView]:
    """A page of leads, the newest first; `before` is the last number of the page before. One more
    than a page comes when there are more."""
    query = select(Lead).where(seen_by(session, member))
    stage = Lead.stage == asked.stage if asked.stage else Lead.closed_at.is_(None)
    query = query.where(stage)
    if before:
        query = query.where(Lead.id < before)
    if asked.advisor_id is not None:
        query = query.where(Lead.advisor_id.is_not_distinct_from(asked.advisor_id or None))
    if asked.source:
        query = query.where(Lead.source == asked.source)
    if asked.tag:
        query = query.where(Lead.id.in_(select(LeadTag.lead_id).where(LeadTag.name == asked.tag)))
    if asked.is_due:
        query = query.where(Lead.next_follow_up_at < clock.now())
    if asked.words:
        query = query.where(_found_by(asked.words))
    rows = session.scalars(query.order_by(Lead.id.desc()).limit(PAGE + 1))
    return [LeadView.model_validate(row) for row in rows]


def _found_by(words: str) -> ColumnElement[bool]:
    """By a whole phone number, the lead's number, or words of a name or of what was asked."""
    if words.isdecimal() and words.isascii():
        indexes = crypto.blind_indexes(words, context="phone")
        return Lead.phone_index.in_(indexes) if len(words) > 9 else Lead.id == int(words)
    texts = (Lead.customer, Lead.child_name, Lead.interest)
    return or_(*(text.contains(words, autoescape=True) for text in texts))


def one(session: Session, member: StaffMember, lead_id: int) -> tuple[LeadView, str]:
    """A lead that one may look at, open or closed, and its phone as it may be shown (the last four
    digits). Raises NotFound."""
    query = select(Lead).where(Lead.id == lead_id, seen_by(session, member))
    row = session.scalars(query).one_or_none()
    if row is None:
        raise NotFound()
    return LeadView.model_validate(row), f"尾号{row.phone[-4:]}" if row.phone else ""


def titles(session: Session, member: StaffMember, lead_ids: Sequence[int]) -> dict[int, str]:
    """What those of these leads are called that one may look at."""
    query = select(Lead).where(Lead.id.in_(lead_ids), seen_by(session, member))
    return {row.id: LeadView.model_validate(row).title for row in session.scalars(query)}


def timeline(session: Session, lead_id: int, *, limit: int = MOST) -> list[Happened]:
    """What happened with a lead, the newest first: notes, calls, visits, sign-ups (A15)."""
    notes = session.scalars(
        select(FollowUp)
        .where(FollowUp.lead_id == lead_id)
        .order_by(FollowUp.at.desc(), FollowUp.id.desc())
        .limit(limit)
    ).all()
    people = staff.staff_members(session, {each.account_id for each in notes if each.account_id})
    found = [
        Happened(
            at=each.at,
            kind=Touch(each.kind),
            who=people[each.account_id].name if each.account_id in people else "",
            text=each.note,
        )
        for each in notes
    ]
    signed = select(SignUp).where(SignUp.lead_id == lead_id).order_by(SignUp.id.desc()).limit(20)
    found += [
        Happened(
            at=each.created_at,
            kind=Touch.NOTE,
            who="",
            text=f"报名下单 {each.order_number or ''}（{each.child_name}）",
        )
        for each in session.scalars(signed)
    ]
    return sorted(found, key=lambda each: each.at, reverse=True)


def sources(session: Session) -> list[str]:
    """Where leads have come from so far."""
    return list(session.scalars(select(Lead.source).distinct().order_by(Lead.source).limit(100)))


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
