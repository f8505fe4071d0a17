"""School terms and breaks: the calendar's own, else national approximations.

Without a calendar: the winter break runs from 18 days before the spring festival to the day after
the lantern festival, the summer break is July and August, terms lie between them, half-term
examinations are in the middle of April and at the beginning of November, and finals take the two
weeks before a break. Provinces and years differ by a week or so, hence the lower confidence.
"""

from datetime import date, timedelta

from bot.times import lunar
from bot.times.spans import DateRange, SchoolCalendar

NAMES = {
    "寒假": "winter_break",
    "暑假": "summer_break",
    "暑期": "summer_break",
    "学期": "term",
    "期中": "midterm",
    "期末": "final",
}


def _winter_break_of(year: int) -> DateRange:
    new_year = lunar.day_of(year, 1, 1)
    if new_year is None:
        return date(year, 1, 20), date(year, 2, 20)
    return new_year - timedelta(18), new_year + timedelta(15)


def _defaults_of(period: str, year: int) -> list[DateRange]:
    winter, summer = _winter_break_of(year), (date(year, 7, 1), date(year, 9, 1))
    match period:
        case "winter_break":
            return [winter]
        case "summer_break":
            return [summer]
        case "term":
            return [(winter[1], summer[0]), (summer[1], _winter_break_of(year + 1)[0])]
        case "midterm":
            return [
                (date(year, 4, 15), date(year, 5, 1)),
                (date(year, 11, 1), date(year, 11, 15)),
            ]
        case _:
            fortnight = timedelta(14)
            return [(winter[0] - fortnight, winter[0]), (summer[0] - fortnight, summer[0])]


def ranges_of(period: str, year: int, calendar: SchoolCalendar) -> list[DateRange]:
    """The ranges of a period that begin in a year: the calendar's where it has any for it."""
    own = [pair for pair in calendar.periods.get(period, ()) if pair[0].year == year]
    return sorted(own or _defaults_of(period, year))
