"""Holidays by name: the day itself, and the days off around it.

The official days off come from the State Council's notices (国务院办公厅关于部分节假日安排的通知).
A year whose notice is not in the table gets the statutory pattern with a lower confidence; an
institution's calendar can name the days before this table does.
"""

from collections.abc import Callable
from datetime import date, timedelta

from backend.kit.holidays import OFFICIAL, WORKED
from bot.times import lunar
from bot.times.spans import DateRange, SchoolCalendar

_FIXED = {
    "元旦": (1, 1),
    "情人节": (2, 14),
    "妇女节": (3, 8),
    "三八": (3, 8),
    "植树节": (3, 12),
    "愚人节": (4, 1),
    "劳动节": (5, 1),
    "五一": (5, 1),
    "青年节": (5, 4),
    "五四": (5, 4),
    "儿童节": (6, 1),
    "六一": (6, 1),
    "建党节": (7, 1),
    "建军节": (8, 1),
    "八一": (8, 1),
    "教师节": (9, 10),
    "国庆": (10, 1),
    "十一": (10, 1),
    "万圣节": (10, 31),
    "双十一": (11, 11),
    "双11": (11, 11),
    "双十二": (12, 12),
    "双12": (12, 12),
    "平安夜": (12, 24),
    "圣诞": (12, 25),
    "跨年夜": (12, 31),
}
_LUNAR = {
    "春节": (1, 1),
    "过年": (1, 1),
    "元宵": (1, 15),
    "龙抬头": (2, 2),
    "端午": (5, 5),
    "七夕": (7, 7),
    "中元节": (7, 15),
    "中秋": (8, 15),
    "重阳": (9, 9),
}
_LAST_MONTH = {"腊八": 8, "小年": 23}
_NTH_WEEKDAY = {"母亲节": (5, 2, 6), "父亲节": (6, 3, 6), "感恩节": (11, 4, 3)}
_EVES = ("除夕", "大年三十", "年三十", "年夜")
_SAME = {"五一": "劳动节", "十一": "国庆", "过年": "春节"} | dict.fromkeys(_EVES, "春节")

NAMES = (*_FIXED, *_LUNAR, *_LAST_MONTH, *_NTH_WEEKDAY, *_EVES, *lunar.TERMS)

_STATUTORY = {"元旦": 1, "清明": 1, "劳动节": 5, "端午": 1, "中秋": 1, "国庆": 7}


def nth_weekday_of(year: int, month: int, nth: int, weekday: int) -> date:
    """The nth (from 1) such weekday of a month; the fifth may fall into the next month."""
    first = date(year, month, 1)
    return first + timedelta((weekday - first.weekday()) % 7 + 7 * (nth - 1))


def day_of(name: str, year: int) -> date | None:
    """The day of a holiday in a solar year, or None where the lunar table ends."""
    if name in _FIXED:
        return date(year, *_FIXED[name])
    if name in _LUNAR:
        return lunar.day_of(year, *_LUNAR[name])
    if name in _LAST_MONTH:
        return lunar.day_of(year - 1, 12, _LAST_MONTH[name])
    if name in _NTH_WEEKDAY:
        return nth_weekday_of(year, *_NTH_WEEKDAY[name])
    if name in _EVES:
        return lunar.new_year_eve_of(year)
    return lunar.term_of(year, name)


def days_off(name: str, year: int, calendar: SchoolCalendar) -> tuple[DateRange, bool] | None:
    """The days off around a holiday and whether they are official, or None when it has none."""
    name = _SAME.get(name, name)
    for first, end in calendar.holidays.get(name, ()):
        if first.year == year:
            return (first, end), True
    if name in OFFICIAL.get(year, {}):
        (month, day), count = OFFICIAL[year][name]
        return (date(year, month, day), date(year, month, day) + timedelta(count)), True
    if name == "春节" and (eve := lunar.new_year_eve_of(year)):
        return (eve, eve + timedelta(8)), False
    if name in _STATUTORY and (day_on := day_of(name, year)):
        return (day_on, day_on + timedelta(_STATUTORY[name])), False
    return None


def is_workday(calendar: SchoolCalendar) -> Callable[[date], bool]:
    """A test for whether offices work on a day, exchanged days (调休) included."""

    def decide(day: date) -> bool:
        if day in WORKED or day in calendar.workdays:
            return True
        if day.weekday() >= 5:
            return False
        found = (days_off(name, day.year, calendar) for name in (*_STATUTORY, "春节"))
        return not any(off[0][0] <= day < off[0][1] for off in found if off)

    return decide
