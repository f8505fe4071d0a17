"""How long a customer waits for a person: from their message to the first answer, in office time
(A8). The bot's answers do not count."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.admissions.assigning.measures import Measures, respond_by, waited
from backend.admissions.models import Lead
from backend.admissions.schemas import LeadView
from backend.kit import clock
from backend.students.schemas import CustomerAnswered


class Wait(BaseModel):
    """A customer's wait: minutes of office time, `is_over` once a person has answered."""

    model_config = ConfigDict(frozen=True)

    minutes: int
    due_at: datetime
    is_over: bool
    is_late: bool


def asked(lead: Lead) -> None:
    """A customer's message waits for a person from now on, if none does yet."""
    lead.touched_at = clock.now()
    if lead.asked_at is None or lead.responded_at is not None:
        lead.asked_at, lead.responded_at, lead.slow_at = clock.now(), None, None


def responded(lead: Lead) -> None:
    """A person has spoken with the customer."""
    lead.touched_at = clock.now()
    if lead.asked_at is not None and lead.responded_at is None:
        lead.responded_at = clock.now()


def answered(session: Session, event: CustomerAnswered) -> None:
    """A person has written to somebody whose lead is open (listens to talks and tickets)."""
    query = select(Lead).where(Lead.openid == event.openid, Lead.closed_at.is_(None))
    for lead in session.scalars(query.with_for_update()):
        responded(lead)
    session.flush()


def wait_of(lead: LeadView, measures: Measures) -> Wait | None:
    """The wait of a lead as it is shown; None for whoever has asked nothing of a person."""
    if lead.asked_at is None:
        return None
    until = lead.responded_at or lead.closed_at or clock.now()
    due_at = respond_by(lead.asked_at, measures)
    return Wait(
        minutes=int(waited(lead.asked_at, until).total_seconds() // 60),
        due_at=due_at,
        is_over=lead.responded_at is not None or lead.closed_at is not None,
        is_late=until > due_at,
    )
