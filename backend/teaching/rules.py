"""Pure decisions of the teaching room."""

from collections.abc import Collection
from datetime import date, datetime, timedelta

from backend.kit import clock
from backend.teaching.schemas import ClassOffer, WeeklySlot


def lesson_times(
    starts_on: date, weekly: list[WeeklySlot], count: int
) -> list[tuple[datetime, datetime]]:
    """The first `count` half-open UTC intervals of a weekly pattern from a date on.

    Raises ValueError when lessons are wanted of a pattern without slots.
    """
    if count and not weekly:
        raise ValueError("a class with lessons needs a weekly pattern")
    times: list[tuple[datetime, datetime]] = []
    on = starts_on
    while len(times) < count:
        for slot in sorted(weekly, key=lambda s: s.start):
            if slot.weekday == on.weekday():
                begins = datetime.combine(on, slot.start, clock.SHANGHAI).astimezone(clock.UTC)
                times.append((begins, begins + timedelta(minutes=slot.minutes)))
        on += timedelta(days=1)
    return times[:count]


def seats_left_of(capacity: int, taken: int) -> int:
    """Free seats; never negative, even if a class was overfilled by hand."""
    return max(0, capacity - taken)


def fits(offer: ClassOffer, *, grade: int | None, weekdays: Collection[int]) -> bool:
    """Whether a class suits a school grade (1–12) and meets only on wanted weekdays."""
    if grade is not None:
        if offer.grade_from is not None and grade < offer.grade_from:
            return False
        if offer.grade_to is not None and grade > offer.grade_to:
            return False
    return not weekdays or all(slot.weekday in weekdays for slot in offer.weekly)
