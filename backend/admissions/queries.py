"""Reads of the admissions room."""

from datetime import datetime

from sqlalchemy import ColumnElement, SQLColumnExpression, func, select
from sqlalchemy.orm import Session

from backend.admissions.models import Lead, SignUp
from backend.admissions.schemas import OPEN_STAGES, LeadView, Stage
from backend.security import queries as staff
from backend.students import queries as students


def open_lead_of(session: Session, openid: str) -> LeadView | None:
    """The lead that is being worked on for a WeChat, if any."""
    row = session.scalars(
        select(Lead).where(Lead.openid == openid, Lead.closed_at.is_(None))
    ).one_or_none()
    return LeadView.model_validate(row) if row else None


def family_of(session: Session, openid: str) -> str | None:
    """«老学员家长 陈建国»: what an advisor calls a family of ours that asks for more; None for
    strangers."""
    guardian_id = staff.speaker(session, openid).guardian_id
    if guardian_id is None:
        return None
    name, _ = students.guardian_for_contract(session, guardian_id)
    return f"老学员家长 {name}"


def lead(session: Session, lead_id: int) -> LeadView | None:
    """An open lead by its number."""
    row = session.get(Lead, lead_id)
    return LeadView.model_validate(row) if row and row.closed_at is None else None


def leads_of_advisor(session: Session, account_id: int, *, limit: int = 10) -> list[LeadView]:
    """An advisor's open leads: unclaimed first, then by next follow-up."""
    query = (
        select(Lead)
        .where(Lead.advisor_id == account_id, Lead.closed_at.is_(None))
        .order_by(Lead.claimed_at.is_not(None), Lead.next_follow_up_at, Lead.id)
        .limit(limit)
    )
    return [LeadView.model_validate(row) for row in session.scalars(query)]


def loads(session: Session, account_ids: set[int]) -> tuple[dict[int, int], dict[int, datetime]]:
    """Open leads and the last assignment of each advisor, for `assigning.choosing`: what it costs
    grows with what they have in hand, not with all leads there ever were."""
    counts = dict.fromkeys(account_ids, 0)
    query = (
        select(Lead.advisor_id, func.count(Lead.id))
        .where(Lead.advisor_id.in_(account_ids), Lead.stage.in_(OPEN_STAGES))
        .group_by(Lead.advisor_id)
    )
    counts.update({who: count for who, count in session.execute(query) if who is not None})
    if not account_ids:
        return counts, {}
    newest = select(func.max(Lead.assigned_at))
    columns = [
        newest.where(Lead.advisor_id == who).scalar_subquery().label(f"a{who}")
        for who in sorted(account_ids)
    ]
    latest = zip(sorted(account_ids), session.execute(select(*columns)).one(), strict=True)
    return counts, {who: at for who, at in latest if at is not None}


def stage_of(session: Session, lead_id: int) -> Stage:
    """The stage of a lead; raises NoResultFound."""
    return Stage(session.get_one(Lead, lead_id).stage)


def advisors_of(session: Session, lead_id: int | None) -> set[int]:
    """The advisor of a lead as a set of account ids: empty where there is none."""
    if lead_id is None:
        return set()
    advisor_id = session.get_one(Lead, lead_id).advisor_id
    return set() if advisor_id is None else {advisor_id}


def signed_with(student_id: SQLColumnExpression[int], advisor_id: int) -> ColumnElement[bool]:
    """Who signed up through an advisor's leads: a condition on a column of student ids."""
    query = select(SignUp.student_id).join(Lead, Lead.id == SignUp.lead_id)
    return student_id.in_(
        query.where(Lead.advisor_id == advisor_id, SignUp.student_id.is_not(None))
    )
