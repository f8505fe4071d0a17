"""The days that figures are of, as addresses and people name them."""

from collections.abc import Mapping
from datetime import date, timedelta

from backend.admissions.figures.schemas import Period
from backend.kit import clock

DAY, WEEK = timedelta(days=1), timedelta(days=7)
LONGEST = timedelta(days=3 * 366)
NAMES: Mapping[str, str] = {
    "today": "今天",
    "week": "本周",
    "last_week": "上周",
    "month": "本月",
    "last_month": "上月",
    "year": "今年",
}


def named(name: str) -> Period:
    """One of `NAMES`; this month for anything else."""
    today = clock.today()
    monday, first = today - timedelta(days=today.weekday()), today.replace(day=1)
    begins = {
        "today": (today, today + DAY),
        "week": (monday, monday + WEEK),
        "last_week": (monday - WEEK, monday),
        "last_month": ((first - DAY).replace(day=1), first),
        "year": (first.replace(month=1), first.replace(year=first.year + 1, month=1)),
    }
    from_on, to_on = begins.get(name, (first, (first + timedelta(days=32)).replace(day=1)))
    return Period(from_on=from_on, to_on=to_on, name=NAMES.get(name, NAMES["month"]))


def asked(period: str, from_on: str, to_on: str) -> Period:
    """What a form asks for: its two days (the last included) where they make sense, else a name."""
    try:
        first, last = date.fromisoformat(from_on), date.fromisoformat(to_on)
    except ValueError:
        return named(period)
    if not first <= last or last - first > LONGEST or not 2000 <= first.year <= 2100:
        return named(period)
    return Period(from_on=first, to_on=last + DAY, name=f"{first:%m月%d日}至{last:%m月%d日}")


def before(period: Period) -> Period:
    """The same length right before it."""
    length = period.to_on - period.from_on
    return Period(from_on=period.from_on - length, to_on=period.from_on)


def query_of(period: Period) -> dict[str, str]:
    """A period as an address has it."""
    last = period.to_on - DAY
    return {"from": period.from_on.isoformat(), "to": last.isoformat()}
