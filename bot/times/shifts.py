"""Distances from now: 半小时后, 两周以后, 三天内, 过两天, 最近一周.

Days and longer are counted in whole days, hours and minutes to the minute. A duration without a
direction (三个月的套餐, 两小时一节) is no time and is left alone.
"""

import re
from datetime import datetime, timedelta
from fractions import Fraction

from bot.times.forms import Context, Days, Form, Read, add_months, one_day
from bot.times.holidays import is_workday
from bot.times.numerals import quantity, whole

_AMOUNT = (
    r"(?:[一两二三四五六七八九](?=[二三四五六七八九](?:个|天|周|分|小时|年|星期))"
    r"|\d{1,4}(?:\.\d)?|[零一二两俩三四五六七八九十百廿]{1,6}|半|几)"
)
_UNIT = (
    r"(?:个?(?:工作日|小时|钟头|星期|礼拜|季度|学期)|个半?(?:小时|钟头|月|星期|礼拜)"
    r"|分钟|刻钟|分|天半?|日|周|年半?|h|min|小时|月(?=[以之]?[后前内]))"
)


def _length(prefix: str) -> str:
    """The pattern of an amount and its unit, its groups' names beginning with a prefix."""
    return (
        rf"(?P<{prefix}n>{_AMOUNT})(?:(?P<{prefix}n2>[二三四五六七八九])(?=个|天|周|分|小时|年))?"
        rf"(?P<{prefix}half>个半)?(?P<{prefix}unit>{_UNIT})"
        rf"(?P<{prefix}plus>半(?=[以之过]?[后前内]))?"
    )


_AFTER = re.compile(
    rf"(?:再?过{_length('')}(?:[以之]?后)?|(?:大[概约])?{_length('b')}[以之过]?后(?!天))"
)
_BEFORE = re.compile(rf"{_length('')}[以之]?前(?!面|台|往)")
_WITHIN = re.compile(
    rf"(?:{_length('')}[以之]?内"
    rf"|(?:最近|近|未来|接下来|今后|往后|这|过去的?|前)的?{_length('b')})"
)
_RECENT = re.compile(r"(?:前几天|前些天|这几天|这些天|过几天|再过几天|这阵子)")
_VAGUE = {"前": (-7, 0), "这": (0, 4), "过": (3, 8), "再": (3, 8)}
_OF_WEEK = re.compile(r"的?(?:周|星期|礼拜)(?P<w>[一二三四五六日天])")
_MOST_WORKDAYS = 250
_EXACT = {"小时": 60, "钟头": 60, "分钟": 1, "分": 1, "刻钟": 15, "h": 60, "min": 1}


def _read(match: re.Match[str], prefix: str) -> tuple[Fraction, str, float]:
    """The amount, its unit, and how sure: 一个半月 is 3/2 月, 几天 is about three."""
    said, unit = match[f"{prefix}n"], match[f"{prefix}unit"]
    amount, sure = (Fraction(3), 0.5) if said == "几" else (quantity(said), 0.95)
    if match[f"{prefix}n2"] or match[0] in ("过两天", "再过两天"):
        sure = 0.6
    if match[f"{prefix}half"] or match[f"{prefix}plus"] or "半" in unit:
        amount += Fraction(1, 2)
    unit = unit.removeprefix("个").removeprefix("半").removesuffix("半")
    return amount, unit, sure


def _moved(moment: datetime, amount: Fraction, unit: str, context: Context) -> datetime:
    """A moment moved by an amount of a unit, either way."""
    if unit in _EXACT:
        return moment + timedelta(minutes=float(amount * _EXACT[unit]))
    if unit in ("周", "星期", "礼拜"):
        return moment + timedelta(days=int(amount * 7))
    if unit == "工作日":
        works, left = is_workday(context.calendar), int(abs(amount))
        if left > _MOST_WORKDAYS:
            raise OverflowError("too many working days to count")
        step = timedelta(1 if amount > 0 else -1)
        while left:
            moment += step
            left -= works(moment.date())
        return moment
    months = {"月": 1, "个月": 1, "季度": 3, "年": 12, "学期": 6}.get(unit)
    if months is None:
        return moment + timedelta(days=int(amount))
    total = amount * months
    day = add_months(moment.date(), int(total))
    days = int((total - int(total)) * 30)
    return datetime.combine(day + timedelta(days), moment.timetz())


def _point(amount: Fraction, unit: str, sure: float) -> Form:
    def resolve(context: Context) -> Days | None:
        try:
            moved = _moved(context.now, amount, unit, context)
        except (OverflowError, ValueError):
            return None
        if unit in _EXACT:
            minute = moved.replace(second=0, microsecond=0)
            day = minute.date()
            times = (minute, minute + timedelta(minutes=1))
            return Days(day, day + timedelta(1), sure, times=times)
        return one_day(moved.date(), sure)

    return resolve


def _stretch(amount: Fraction, unit: str, sure: float) -> Form:
    """From now to the far end, or from the far end to now."""

    def resolve(context: Context) -> Days | None:
        try:
            moved = _moved(context.now, -amount if context.past else amount, unit, context)
        except (OverflowError, ValueError):
            return None
        if unit == "工作日":
            moved = datetime.combine(moved.date(), datetime.min.time(), moved.tzinfo) + timedelta(1)
        start, end = sorted((context.now, moved))
        return Days(start.date(), end.date() + timedelta(1), sure, times=(start, end))

    return resolve


def _coming(first: int, last: int, sure: float) -> Form:
    return lambda context: Days(
        context.today + timedelta(first), context.today + timedelta(last), sure
    )


def _weekday_of(shift: Form, weekday: int) -> Form:
    def resolve(context: Context) -> Days | None:
        days = shift(context)
        return days and one_day(days.start + timedelta(weekday - days.start.weekday()), 0.9)

    return resolve


def shifts_at(text: str, position: int) -> Read | None:
    """The distance from now that begins at a position."""
    if match := _RECENT.match(text, position):
        return Read(_coming(*_VAGUE[match[0][0]], 0.5), match.end())
    if match := _AFTER.match(text, position):
        prefix = "" if match["n"] else "b"
        amount, unit, sure = _read(match, prefix)
        if match[f"{prefix}n2"] and unit == "天":
            return Read(_coming(int(amount), whole(match[f"{prefix}n2"]) + 1, sure), match.end())
        form = _point(amount, unit, sure)
        if unit in ("周", "星期", "礼拜") and (more := _OF_WEEK.match(text, match.end())):
            weekday = "一二三四五六日".find(more["w"]) % 7
            return Read(_weekday_of(form, weekday), more.end())
        return Read(form, match.end())
    if match := _WITHIN.match(text, position):
        prefix = "" if match["n"] else "b"
        amount, unit, sure = _read(match, prefix)
        back = match[0].startswith(("过去", "前"))
        if match[0].startswith("这") and unit != "天":
            return None
        if prefix and unit == "天":
            days = int(amount)
            return Read(_coming(-days, 0, 0.7) if back else _coming(0, days, 0.7), match.end())
        return Read(_stretch(-amount if back else amount, unit, sure), match.end())
    if (match := _BEFORE.match(text, position)) and match["n"] != "几":
        amount, unit, sure = _read(match, "")
        return Read(_point(-amount, unit, sure), match.end())
    return None
