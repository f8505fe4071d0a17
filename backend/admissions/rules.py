"""Pure decisions of the admissions room."""

import re
from datetime import datetime, timedelta

from backend.admissions.schemas import OPEN_STAGES, Stage
from backend.security.schemas import Role

PAY_WITHIN = timedelta(minutes=30)
SEAT_MARGIN = timedelta(minutes=3)  # Money paid in the last second still finds its seat.
CLAIM_WITHIN = timedelta(minutes=10)
"""A first answer within this is a quick one in the figures."""
REOPENED_WITHIN = timedelta(days=180)
"""Whoever was lost longer ago is a new lead."""
HANDED_AT_ONCE = 200
ADVISING = (Role.ADVISOR, Role.CAMPUS_MANAGER, Role.PRINCIPAL)


def is_phone(text: str) -> bool:
    """Whether a text is a mainland mobile number."""
    return re.fullmatch(r"1[3-9][0-9]{9}", text) is not None


def stage_after(now: Stage, told: Stage | None) -> Stage:
    """Where a lead stands after a follow-up that speaks of `told` (A15). Only a loss leads back;
    «paid» is never told, it is what finance says."""
    if told is Stage.LOST:
        return told
    if told is None or told is Stage.WON:
        return now
    order = list(OPEN_STAGES)
    return max(now, told, key=order.index) if now in order else now


def next_follow_up_of(stage: Stage, at: datetime) -> datetime:
    """When a lead is looked at next if nobody says otherwise (A16)."""
    waits = {
        Stage.NEW: timedelta(hours=2),
        Stage.CONTACTED: timedelta(days=2),
        Stage.TRIAL: timedelta(days=2),
        Stage.ORDERED: timedelta(hours=1),
    }
    return at + waits.get(stage, timedelta(days=7))
