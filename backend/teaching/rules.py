"""Pure decisions of the teaching room."""

from collections.abc import Collection
from datetime import date, datetime, timedelta

from backend.kit import clock
from backend.teaching.schemas import (
    ClassOffer,
    Decision,
    Kind,
    LearnerType,
    Mark,
    Terms,
    WeeklySlot,
    Why,
)

CALL_FROM = timedelta(minutes=30)
"""A roll may be called so long before the lesson begins."""


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


def learner_type_of(grade_from: int | None, grade_to: int | None) -> LearnerType:
    """Whom a course is for, by its grades (0 = kindergarten, None = open to all)."""
    if grade_to == 0:
        return LearnerType.PRESCHOOL
    return LearnerType.ADULT if grade_from is None and grade_to is None else LearnerType.SCHOOL


def decision_of(
    kind: Kind,
    mark: Mark,
    terms: Terms,
    *,
    notice: timedelta = timedelta(0),
    is_paused: bool = False,
    already: int = 0,
) -> Decision:
    """What a lesson consumes (clauses §4, rules 3–5 and 7).

    `notice` is how long before the lesson a leave was asked for; `already` what the lesson that a
    makeup makes up for has consumed, so that a pair never consumes twice. Whoever has no right to a
    makeup, or is in one, gets no further one. Raises ValueError for a mark that decides nothing.
    """
    if mark is Mark.EXPECTED:
        raise ValueError("nothing is decided before the roll is called")
    if mark is Mark.FREED:
        return Decision(lessons=0, why=Why.INSTITUTION, opens_makeup=kind is Kind.REGULAR)
    if kind is Kind.TRIAL:
        return Decision(lessons=0, why=Why.TRIAL)
    if is_paused:
        return Decision(lessons=0, why=Why.PAUSED)
    can_repeat = kind is Kind.REGULAR
    if mark is Mark.LEAVE and notice >= timedelta(minutes=terms.notice_minutes):
        return Decision(lessons=0, why=Why.LEAVE_IN_TIME, opens_makeup=can_repeat)
    if mark is Mark.LEAVE:
        decided = _missed(terms.late_leave_consumes, Why.LATE_LEAVE, Why.LATE_LEAVE_FREE)
        repeats = terms.late_leave_makeup
    elif mark is Mark.ABSENT:
        decided = _missed(terms.absent_consumes, Why.ABSENT, Why.ABSENT_FREE)
        repeats = terms.absent_makeup
    else:
        decided, repeats = Decision(lessons=1, why=Why.ATTENDED), False
    if already and decided.lessons:
        decided = Decision(lessons=0, why=Why.MADE_UP_PAID)
    return decided.model_copy(update={"opens_makeup": repeats and can_repeat})


def _missed(consumes: bool, why: Why, why_free: Why) -> Decision:
    return Decision(lessons=1, why=why) if consumes else Decision(lessons=0, why=why_free)


def free_until(starts_at: datetime, terms: Terms) -> datetime:
    """Until when, inclusive, a leave costs nothing."""
    return starts_at - timedelta(minutes=terms.notice_minutes)


def is_late_call(ends_at: datetime, now: datetime) -> bool:
    """补点名: the roll is called after the day of the lesson."""
    return clock.local(now).date() > clock.local(ends_at).date()
