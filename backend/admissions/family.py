"""Whose advisor somebody is, and what is forgotten of a family's leads and sign-ups."""

from collections.abc import Collection

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from backend.admissions.models import FollowUp, Lead, SignUp, Waiting

GONE = "已删除"


def forget(
    session: Session, *, openid: str, student_ids: Collection[int], into: str
) -> tuple[int, int]:
    """Take names, phones and words out of leads and sign-ups of a WeChat or of these learners;
    returns how many of each. Sources and dates stay for the figures."""
    leads = session.scalars(select(Lead).where(Lead.openid == openid)).all()
    for lead in leads:
        lead.openid, lead.interest = into, ""
        lead.customer = lead.child_name = lead.phone = lead.phone_index = None
        lead.closed_at = lead.closed_at or lead.created_at
    notes = update(FollowUp).where(FollowUp.lead_id.in_([lead.id for lead in leads]))
    session.execute(notes.values(note=""))
    mine = (SignUp.openid == openid) | SignUp.student_id.in_(student_ids)
    signed = session.scalars(select(SignUp).where(mine)).all()
    for row in signed:
        row.child_name, row.guardian_name, row.phone, row.grade = GONE, GONE, "", None
        if row.openid == openid:
            row.openid = into
    for waiting in session.scalars(select(Waiting).where(Waiting.openid == openid)):
        # The line closes up: the clock's job passes on a seat that was offered.
        waiting.child_name, waiting.phone, waiting.grade = f"{GONE}{waiting.id}", None, None
        waiting.openid = into
        waiting.offer_until = waiting.joined_at if waiting.status == "offered" else None
        if waiting.status == "waiting":
            waiting.status, waiting.closed_at = "left", waiting.joined_at
    session.flush()
    return len(leads), len(signed)
