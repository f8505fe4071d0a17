"""The measures that managers set, and what the clock does next with a lead. Pure (A16, A17)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from backend.admissions.schemas import Stage
from backend.students.office_hours import OFFICE


class Measures(BaseModel):
    """Minutes are of office time, days of the calendar."""

    model_config = ConfigDict(frozen=True)

    claim_minutes: int = Field(10, ge=1, le=600)
    later_minutes: int = Field(30, ge=5, le=600)
    respond_minutes: int = Field(30, ge=5, le=2400)
    nudge_minutes: int = Field(30, ge=0, le=2400)
    manager_minutes: int = Field(240, ge=1, le=4800)
    reassign_minutes: int = Field(600, ge=1, le=9600)
    pool_days: int = Field(10, ge=1, le=365)
    taken_a_day: int = Field(20, ge=1, le=500)
    held_at_once: int = Field(150, ge=1, le=5000)


class Act(StrEnum):
    """What the clock does with a lead."""

    ASSIGN = "assign"  # Nobody was there when it came.
    OFFER_ON = "offer_on"  # It was not claimed in time.
    SLOW = "slow"  # The customer waits for a person too long.
    NUDGE = "nudge"  # The next follow-up is overdue: the advisor hears of it,
    TELL = "tell"  # then their manager,
    REASSIGN = "reassign"  # then a colleague gets it.
    POOL = "pool"  # Nobody has touched it for days.


RUNGS = (Act.NUDGE, Act.TELL, Act.REASSIGN)
RETRY = timedelta(minutes=5)


@dataclass(frozen=True)
class Standing:
    """What the clock has to know of an open lead."""

    stage: Stage
    advisor_id: int | None
    assigned_at: datetime | None
    claimed_at: datetime | None
    claim_due_at: datetime | None
    next_follow_up_at: datetime | None
    rung: int
    asked_at: datetime | None
    responded_at: datetime | None
    slow_at: datetime | None
    touched_at: datetime


def next_of(lead: Standing, measures: Measures, *, now: datetime) -> tuple[datetime, Act] | None:
    """When something is due next with an open lead, and what: the earliest of all that may come.
    None for what lies in the pool after somebody has had it."""
    due: list[tuple[datetime, Act]] = []
    if lead.advisor_id is None:
        if lead.assigned_at is None:
            return OFFICE.opening(now), Act.ASSIGN
        return None
    if lead.claimed_at is None:
        if lead.claim_due_at is not None:
            due.append((lead.claim_due_at, Act.OFFER_ON))
    elif lead.next_follow_up_at is not None and lead.rung < len(RUNGS):
        waits = (measures.nudge_minutes, measures.manager_minutes, measures.reassign_minutes)
        late = timedelta(minutes=max(waits[: lead.rung + 1]))
        due.append((OFFICE.after(lead.next_follow_up_at, late), RUNGS[lead.rung]))
    if lead.asked_at is not None and lead.responded_at is None and lead.slow_at is None:
        due.append((respond_by(lead.asked_at, measures), Act.SLOW))
    if lead.stage is not Stage.ORDERED and lead.claimed_at is not None:
        due.append((lead.touched_at + timedelta(days=measures.pool_days), Act.POOL))
    return min(due, key=lambda each: each[0], default=None)


def respond_by(asked_at: datetime, measures: Measures) -> datetime:
    """Until when a person has to have answered a customer (office time)."""
    return OFFICE.after(asked_at, timedelta(minutes=measures.respond_minutes))


def waited(asked_at: datetime, until: datetime) -> timedelta:
    """How long a customer has waited, in office time: a message of the night waits from nine."""
    return OFFICE.between(asked_at, until)
