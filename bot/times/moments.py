"""What a phrase means: days and hours put together, and what is inherited from earlier words."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from bot.times.clock import DAY, Part
from bot.times.forms import Context, Days
from bot.times.phrases import Phrase
from bot.times.spans import SHANGHAI, Kind

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Moment:
    """A resolved phrase, before its text is cut out."""

    start_at: datetime | None
    end_at: datetime | None
    kind: Kind
    confidence: float
    days: Days
    part: Part | None = None
    window: tuple[int, int] | None = None
    """The minutes of the day that it names, where it names any."""

    @property
    def day(self) -> date | None:
        """The single day it lies on, for what inherits from it."""
        days = self.days
        return days.start if days.end - days.start == timedelta(1) else None

    @property
    def is_instant(self) -> bool:
        """Whether it is a time of the clock rather than a stretch."""
        if self.window:
            return self.window[1] - self.window[0] == 1
        return self.kind is Kind.DATETIME


def midnight(day: date, minutes: int = 0) -> datetime:
    """Local minutes from a day's midnight; more than 1440 reach into the next day."""
    return datetime.combine(day, time(), SHANGHAI) + timedelta(minutes=minutes)


def _whole(days: Days) -> Moment:
    """A phrase that names nothing smaller than days."""
    if days.times:
        start_at, end_at = days.times
        kind = Kind.DATETIME if end_at - start_at == MINUTE else Kind.INTERVAL
        return Moment(start_at, end_at, kind, days.confidence, days)
    start_at, end_at = midnight(days.start), midnight(days.end)
    kind = Kind.DATE if days.single else Kind.INTERVAL
    if days.weekdays or days.month_days:
        kind = Kind.RECURRENCE
    return Moment(start_at, end_at, kind, days.confidence, days)


def in_hours(days: Days, window: tuple[int, int], confidence: float, part: Part | None) -> Moment:
    """Hours within days: one stretch on a single day, a window of each day on several."""
    start, end = window
    last = days.end - timedelta(1)
    kind = Kind.DATETIME if end - start == 1 and days.single else Kind.INTERVAL
    if days.weekdays or days.month_days:
        kind, last = Kind.RECURRENCE, days.start
    confidence = min(confidence, days.confidence)
    ends = midnight(days.start, start), midnight(last, end)
    return Moment(*ends, kind, confidence, days, part, window)


def _hours_of(phrase: Phrase, said: Part | None, late: int) -> tuple[int, int, float]:
    """The half-open minutes that a phrase's part and clock mean, and how sure that is.

    ``said`` is a part of the day from earlier words; ``late`` are the minutes of the day that are
    over already, because 八点 said at noon today means the evening.
    """
    part, clock = phrase.part, phrase.clock
    if clock is None:
        return (part.start, part.end, 0.95) if part else (0, DAY, 1.0)
    sure = 0.8 if clock.about else 1.0
    if part:
        start = clock.in_part(part)
    elif clock.exact:
        start = clock.minutes
    elif said and said.start <= clock.in_part(said) < said.end:
        start, sure = clock.in_part(said), min(sure, 0.85)
    else:
        start, sure = clock.alone(), min(sure, 0.75)
        if start < late < start + DAY // 2 and start < DAY // 2:
            start += DAY // 2
    length = clock.until - clock.minutes if clock.until is not None else 1
    return start, start + length, sure


def moment_of(
    phrase: Phrase, context: Context, earlier: Moment | None, *, rolls: bool = True
) -> Moment | None:
    """One phrase alone, or None where it names no possible day.

    It inherits the day or part of the day of ``earlier`` words where it has none. Without
    ``rolls`` an hour that is over stays where it is, which the left end of a range needs.
    """
    days = phrase.days(context) if phrase.days else None
    if phrase.days and days is None:
        return None
    if days and days.open_after is not None:
        start_at, end_at = (context.now, None) if days.open_after else (None, context.now)
        return Moment(start_at, end_at, Kind.OPEN, days.confidence, days)
    if days and phrase.part is None and phrase.clock is None:
        return _whole(days)
    inherited = _inherited_day(earlier, context) if days is None else None
    day = inherited or context.today
    hosts = days or Days(day, day + timedelta(1))
    said = earlier.part if earlier else None
    late = context.now.hour * 60 + context.now.minute if hosts.start == context.today else 0
    start, end, sure = _hours_of(phrase, said, late)
    part = phrase.part or (said if days is None else None)
    if rolls and not context.past and midnight(hosts.start, end) <= context.now:
        if days is None and inherited is None:
            hosts = Days(day + timedelta(1), day + timedelta(2))
            start, end, sure = *_hours_of(phrase, said, 0)[:2], min(sure, 0.6)
        elif phrase.days and (hosts.rolls or hosts.weekdays or hosts.month_days):
            hosts = phrase.days(context.from_floor(hosts.start + timedelta(1))) or hosts
    return in_hours(hosts, (start, end), sure, part)


def _inherited_day(earlier: Moment | None, context: Context) -> date | None:
    """The day of earlier words, unless it is over."""
    if earlier is None or (earlier.end_at and earlier.end_at <= context.now):
        return None
    return earlier.day


def joined(left: Moment, phrase: Phrase, context: Context) -> Moment | None:
    """The range from a moment to a phrase, which inherits what it does not say."""
    if left.start_at is None or left.kind is Kind.OPEN:
        return None
    if phrase.days is None:
        return _joined_hours(left, phrase)
    right = moment_of(phrase, context.from_floor(left.days.start), None)
    if right is None or right.end_at is None or right.start_at is None:
        return None
    if Kind.RECURRENCE in (left.kind, right.kind) or right.kind is Kind.OPEN:
        return None
    end_at = right.start_at if right.is_instant else right.end_at
    if end_at <= left.start_at:
        return None
    sure = min(left.confidence, right.confidence)
    days = Days(left.days.start, max(right.days.end, left.days.end), sure)
    return Moment(left.start_at, end_at, Kind.INTERVAL, sure, days)


def _joined_hours(left: Moment, phrase: Phrase) -> Moment | None:
    """From an hour to an hour: the second is the first such time after the first."""
    if left.window is None:
        return None
    start, clock, part = left.window[0], phrase.clock, phrase.part
    if clock is None:
        end = part.end if part else start
    elif part:
        end = clock.in_part(part)
    elif clock.exact:
        end = clock.minutes
    else:
        twelve = DAY // 2
        end = next(m for m in range(clock.minutes % twelve, 3 * DAY, twelve) if m > start)
    if end <= start:
        end += DAY
    return in_hours(left.days, (start, end), left.confidence, left.part)


def around(moment: Moment) -> Moment:
    """The days around a moment (春节前后): three more at either end."""
    if moment.start_at is None or moment.end_at is None or moment.kind is Kind.RECURRENCE:
        return moment
    ends = (moment.start_at - timedelta(3), moment.end_at + timedelta(3))
    return Moment(*ends, Kind.INTERVAL, min(moment.confidence, 0.6), moment.days)


def bounded(moment: Moment, *, before: bool, inclusive: bool) -> Moment:
    """The open range before or after a moment; ``inclusive`` keeps the moment itself in it."""
    around = moment.days.around if moment.window is None else None
    if moment.kind is Kind.RECURRENCE and moment.window:
        start, end = moment.window
        window = (0, end if inclusive else start) if before else (start, max(DAY, end))
        if window[0] >= window[1]:
            return moment
        return in_hours(moment.days, window, moment.confidence, moment.part)
    if moment.kind is Kind.RECURRENCE:
        return moment
    first = midnight(around[0]) if around else moment.start_at
    last = midnight(around[1]) if around else moment.end_at
    if before:
        edge = last if inclusive and not moment.is_instant else first
        return replace(moment, start_at=None, end_at=edge, kind=Kind.OPEN)
    edge = moment.start_at if inclusive or moment.is_instant else last
    return replace(moment, start_at=edge, end_at=None, kind=Kind.OPEN)
