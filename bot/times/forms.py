"""What a day-level expression means once it is known when it is said.

Reading a text and resolving it are kept apart: a pattern gives a ``Form``, and the form is asked
with a ``Context``. Bare expressions (周三, 15号, 5月6号) mean the first such day on or after the
context's ``floor``, which is today at first and the left end of a range or list later on: that is
all the inheritance that 下周一到周三 or 15号或者20号 needs.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from bot.times.numerals import whole
from bot.times.spans import DateRange, SchoolCalendar


@dataclass(frozen=True, slots=True)
class Context:
    """When and for whom an expression is resolved."""

    now: datetime
    calendar: SchoolCalendar
    floor: date
    past: bool = False
    """True where the words around speak of what has happened (交的, 没来)."""

    @property
    def today(self) -> date:
        """The local day on which it is said."""
        return self.now.date()

    def graced(self, days: int) -> date:
        """The floor, or some days earlier while nothing else has set it.

        On 5 December 11月20号 is two weeks ago rather than next year.
        """
        return self.floor - timedelta(days) if self.floor == self.today else self.floor

    def from_floor(self, floor: date) -> "Context":
        """The same context, looking forward from another day and not into the past."""
        return replace(self, floor=floor, past=False)


@dataclass(frozen=True, slots=True)
class Days:
    """Half-open days, or a recurrence's rule with its first day or days."""

    start: date
    end: date
    confidence: float = 1.0
    weekdays: tuple[int, ...] = ()
    month_days: tuple[int, ...] = ()
    rolls: bool = False
    """True where the day may move on when its time of day is over (周三三点, said at five)."""
    around: DateRange | None = None
    """The days off around a holiday, which 国庆前 and 国庆后 count from."""
    times: tuple[datetime, datetime] | None = None
    """Exact times instead of days: a lesson, or a shift by hours."""
    open_after: bool | None = None
    """For a lesson nobody knows the time of: after now (True) or before now (False)."""

    @property
    def single(self) -> bool:
        """Whether this is one plain day."""
        return self.end - self.start == timedelta(1) and not (self.weekdays or self.month_days)


Form = Callable[[Context], Days | None]


@dataclass(frozen=True, slots=True)
class Read:
    """A form and where its text ends."""

    form: Form
    after: int


def one_day(day: date, confidence: float = 1.0, *, rolls: bool = False) -> Days:
    """A single whole day."""
    return Days(day, day + timedelta(1), confidence, rolls=rolls)


def choose(ranges: Iterable[DateRange], context: Context, grace: int) -> DateRange | None:
    """Of ranges in order, the one that is meant: the first not over, or the last begun."""
    listed = list(ranges)
    if context.past:
        begun = [pair for pair in listed if pair[0] <= context.today]
        return begun[-1] if begun else None
    floor = context.graced(grace)
    return next((pair for pair in listed if pair[1] > floor), None)


def month_start(year: int, month: int) -> date:
    """The first day of a month whose number may lie outside 1 to 12."""
    years, index = divmod(month - 1, 12)
    return date(year + years, index + 1, 1)


def add_months(day: date, months: int) -> date:
    """The same day of another month, or its last day where it has no such day."""
    first = month_start(day.year, day.month + months)
    length = (month_start(first.year, first.month + 1) - first).days
    return first.replace(day=min(day.day, length))


RELATIVE_YEARS = {"前年": -2, "去年": -1, "今年": 0, "本年": 0, "当年": 0, "明年": 1, "后年": 2}
YEAR = (
    r"(?:(?P<y>(?:19|20)\d\d|二[零〇][零〇一二三四五六七八九]{2}|\d\d(?=年\d{1,2}月))年"
    r"|(?P<ry>(?<![以三两四五六七八九十])(?:今年|明年|后年|去年|前年|本年|当年)))"
)
"""A year, absolute or relative; see `year_of`."""


def year_of(absolute: str | None, relative: str | None, context: Context) -> int | None:
    """The year that the groups of `YEAR` name, None when there is none."""
    if relative:
        return context.today.year + RELATIVE_YEARS[relative]
    if absolute:
        number = whole(absolute)
        return number if number > 99 else 2000 + number
    return None
