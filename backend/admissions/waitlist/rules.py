"""Pure decisions of the waitlist."""

from datetime import datetime, timedelta

from backend.students.office_hours import OFFICE

OFFERED_FOR = timedelta(hours=3)
"""Of office time: nobody loses a seat in their sleep."""
TO_SIGN_UP = timedelta(minutes=30)
"""Whoever says yes has at least so long for the rest."""
MARGIN = timedelta(minutes=3)
"""The seat is held a little longer than was promised, so that the last second still counts."""
TRANSFER, NEWCOMER = 0, 1


def rank_of(*, is_transfer: bool) -> int:
    """Whoever has paid for the course and would change class goes before newcomers; within a rank
    the earlier one goes first."""
    return TRANSFER if is_transfer else NEWCOMER


def offered_until(now: datetime) -> datetime:
    """Until when an offer that is made now stands."""
    return OFFICE.after(now, OFFERED_FOR)


def accepted_until(offer_until: datetime, now: datetime) -> datetime:
    """Until when the seat is held for somebody who has just said yes."""
    return max(offer_until, now + TO_SIGN_UP)
