"""The term as one long row of five-minute boxes; a set of times is an integer with a bit for each.

So a clash on real dates, weekly or not, with holidays and closures, is one `&`; and a half-open
interval is exact by itself.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import lru_cache

from backend.kit.clock import at_local, local
from backend.teaching.timetable.model import Group, Institution, LearnerType, Span, Window

BOX = 5
BOXES = 24 * 60 // BOX

SCHOOL = (8 * 60, 16 * 60 + 30)
"""When pupils are at school; lessons may not be then (教育部等十三部门 2022-12)."""
LATEST, LATEST_ONLINE = 20 * 60 + 30, 21 * 60


def _stretch(start: int, end: int) -> int:
    """Bits of the minutes [start, end) of the term, outward to whole boxes."""
    first, last = start // BOX, -(-end // BOX)
    return ((1 << max(0, last - first)) - 1) << first


class Grid:
    def __init__(self, institution: Institution) -> None:
        self.institution = institution
        self.first_on = institution.first_on
        self.n_days = (institution.last_on - institution.first_on).days + 1
        self.days = [self.first_on + timedelta(days=n) for n in range(self.n_days)]
        self.all = (1 << (self.n_days * BOXES)) - 1
        self.day_bits = (1 << BOXES) - 1
        self.holidays = self.of_days(institution.holidays)
        self.open = self.of_windows(institution.opening)

    def number(self, on: date) -> int:
        return (on - self.first_on).days

    def moment(self, day: int, minute: int) -> datetime:
        return at_local(self.days[day], minute // 60, minute % 60)

    def minute(self, at: datetime) -> int:
        """Minutes since the term's first midnight."""
        there = local(at)
        return self.number(there.date()) * 24 * 60 + there.hour * 60 + there.minute

    def of_days(self, days: Iterable[date]) -> int:
        numbers = {self.number(day) for day in days}
        return sum(self.day_bits << (n * BOXES) for n in numbers if 0 <= n < self.n_days)

    def of_windows(self, windows: Iterable[Window]) -> int:
        bits = 0
        for window in windows:
            for n, day in enumerate(self.days):
                if day.weekday() == window.weekday:
                    bits |= _stretch(n * 1440 + window.start, n * 1440 + window.end)
        return bits & self.all

    def of_spans(self, spans: Iterable[Span]) -> int:
        bits = 0
        for span in spans:
            start = max(0, self.minute(span.starts_at))
            bits |= _stretch(start, max(start, self.minute(span.ends_at)))
        return bits & self.all

    def of_lesson(self, starts_at: datetime, minutes: int, *, margin: int = 0) -> int:
        start = self.minute(starts_at)
        return _stretch(max(0, start - margin), start + minutes + margin) & self.all

    @lru_cache(maxsize=20_000)  # noqa: B019 - the grid lives as long as its search.
    def at(self, days: tuple[int, ...], start: int, minutes: int, margin: int = 0) -> int:
        one = _stretch(max(0, start - margin), min(1440, start + minutes + margin))
        bits = 0
        for day in days:
            bits |= one << (day * BOXES)
        return bits

    @lru_cache(maxsize=64)  # noqa: B019
    def lawful(self, type: LearnerType, online: bool) -> int:
        """When lessons of such learners may be at all: open, lawful, no holiday."""
        bits = (self.all if online else self.open) & ~self.holidays
        if type is LearnerType.ADULT:
            return bits
        end = LATEST_ONLINE if online else LATEST
        bits &= self.of_windows(Window(d, 6 * 60, end) for d in range(7))
        if type is LearnerType.SCHOOL:
            school = self.of_windows(Window(d, *SCHOOL) for d in range(5))
            for first, last in self.institution.school_breaks:
                span = (last - first).days + 1
                school &= ~self.of_days(first + timedelta(days=n) for n in range(span))
            bits &= ~school
        return bits

    def class_days(self, group: Group) -> list[int]:
        """The days on which a class may meet, holidays left out."""
        taken = {local(pin.starts_at).date() for pin in group.pinned}
        return [
            n
            for n, day in enumerate(self.days)
            if group.starts_on <= day <= group.ends_on
            and day.weekday() in group.weekdays
            and (not group.dates or day in group.dates)
            and day not in self.institution.holidays
            and day not in taken
        ]
