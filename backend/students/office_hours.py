"""Working time in Shanghai: split days, weekly rest, holidays and the weekends worked for them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from backend.kit import clock, holidays


@dataclass(frozen=True)
class OfficeHours:
    """Half-open spells of every day of the week but `days_off`. Nobody works on an official
    holiday; a day off that is worked in exchange for one (调休) is a working day."""

    spells: tuple[tuple[time, time], ...] = (
        (time(9), time(12)),
        (time(13, 30), time(20, 30)),
    )
    days_off: frozenset[int] = frozenset({0})  # Training institutions rest on Monday.
    keeps_holidays: bool = True

    def __post_init__(self) -> None:
        if not self.spells or len(self.days_off) >= 7:
            raise ValueError("office hours need at least one working spell")

    def opening(self, at: datetime) -> datetime:
        """The next moment of office time: `at` itself while we are open."""
        return self.after(at, timedelta(0))

    def after(self, start_at: datetime, working: timedelta) -> datetime:
        """The UTC moment at which `working` hours of office time have passed since `start_at`."""
        left = working
        for begins, ends in self._spells_from(start_at):
            if left <= ends - begins:
                return (begins + left).astimezone(clock.UTC)
            left -= ends - begins
        raise AssertionError("office hours never end")

    def between(self, start_at: datetime, end_at: datetime) -> timedelta:
        """How much office time lies between two moments; none where the second is not later."""
        total, until = timedelta(0), clock.local(end_at)
        for begins, ends in self._spells_from(start_at):
            if begins >= until:
                break
            total += min(ends, until) - begins
        return total

    @property
    def workday(self) -> timedelta:
        """The office time of a full day."""
        return sum((_since_midnight(b) - _since_midnight(a) for a, b in self.spells), timedelta(0))

    def is_working_day(self, on: date) -> bool:
        """Whether anybody works on that day."""
        if self.keeps_holidays and holidays.is_holiday(on):
            return False
        is_exchanged = self.keeps_holidays and holidays.is_worked(on)
        return is_exchanged or on.weekday() not in self.days_off

    def _spells_from(self, start_at: datetime) -> Iterator[tuple[datetime, datetime]]:
        """What is left of the spell that `start_at` lies in, then all later ones, without end."""
        start = clock.local(start_at)
        on = start.date()
        while True:
            if self.is_working_day(on):
                for opens, closes in self.spells:
                    begins = max(start, datetime.combine(on, opens, clock.SHANGHAI))
                    ends = datetime.combine(on, closes, clock.SHANGHAI)
                    if begins < ends:
                        yield begins, ends
            on += timedelta(days=1)


def _since_midnight(at: time) -> timedelta:
    return timedelta(hours=at.hour, minutes=at.minute, seconds=at.second)


OFFICE = OfficeHours()
"""When our own people work."""
