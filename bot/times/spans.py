"""What the finder takes and gives: spans of text with their times, and a school's calendar."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")

DateRange = tuple[date, date]
"""Days from the first (included) to the second (excluded)."""


class Kind(StrEnum):
    """What sort of time an expression names."""

    DATE = "date"
    DATETIME = "datetime"
    INTERVAL = "interval"
    RECURRENCE = "recurrence"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class TimeSpan:
    """One time expression: where it stands in the text and which time it means.

    ``text`` is ``original[start_index:end_index]``. ``start_at`` and ``end_at`` are aware, in
    Asia/Shanghai and half-open. A date is one whole day, a datetime one minute, an interval
    anything else with two ends; an open range has ``None`` at exactly one end. A recurrence
    gives its first occurrence that is not over yet, and ``weekdays`` (0 is Monday) or
    ``month_days``, or both: the weekday that falls on one of these days (每个月第一个周六).

    ``window`` narrows a recurrence, or an interval of several days (下周晚上), to some hours of
    each day. Its end ``00:00`` means midnight; an end before its start lies on the next day.
    ``confidence`` is between 0 and 1: below 0.8 something was guessed (the half of the day, the
    year, a school's holidays) and a careful bot asks before it acts.
    """

    text: str
    start_index: int
    end_index: int
    start_at: datetime | None
    end_at: datetime | None
    kind: Kind
    confidence: float
    weekdays: tuple[int, ...] = ()
    month_days: tuple[int, ...] = ()
    window: tuple[time, time] | None = None


@dataclass(frozen=True, slots=True)
class SchoolCalendar:
    """What an institution and one learner know better than the national defaults.

    ``periods`` maps ``term``, ``winter_break``, ``summer_break``, ``midterm`` and ``final`` to
    their date ranges; ``holidays`` maps a holiday's name (国庆) to the days off around it. Both
    are looked up per year and an absent year falls back to the defaults. ``workdays`` are the
    Saturdays and Sundays worked in exchange (调休). ``lessons`` are the learner's own lessons
    around now, as aware (start, end) pairs in any order: 下节课 and 上次课 come from them.
    """

    periods: Mapping[str, Sequence[DateRange]] = field(default_factory=dict)
    holidays: Mapping[str, Sequence[DateRange]] = field(default_factory=dict)
    workdays: frozenset[date] = frozenset()
    lessons: Sequence[tuple[datetime, datetime]] = ()
