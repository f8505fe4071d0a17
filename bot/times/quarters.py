"""Parts of years and counted weekdays: 下半年, 第一季度, 上半月, 12月第一个周六."""

import re
from datetime import date, timedelta

from bot.times.forms import YEAR, Context, Days, Form, Read, choose, month_start, year_of
from bot.times.holidays import nth_weekday_of
from bot.times.numerals import whole
from bot.times.solar import GRACE, MONTH, MONTHS_FROM_NOW, months_meant, part_of_month

_PART = re.compile(
    rf"(?:{YEAR}的?)?"
    r"(?:(?P<half>[上下])半年|第?(?P<quarter>[一二三四1-4])季度|(?P<half_month>[上下])半月)"
)
_NTH = re.compile(
    rf"(?:(?P<m>{MONTH})月(?:份)?|(?P<rm>{MONTHS_FROM_NOW}))的?"
    r"第(?P<n>[一二三四1-4])个(?:周|星期|礼拜)(?P<w>[一二三四五六日天末])"
)
_WEEKDAYS = {char: index for index, char in enumerate("一二三四五六日")} | {"天": 6, "末": 5}


def _part(match: re.Match[str]) -> Form:
    groups = match.groupdict()
    if groups["half"]:
        first_month, length = (1, 6) if groups["half"] == "上" else (7, 6)
    else:
        first_month, length = 3 * whole(groups["quarter"] or "一") - 2, 3

    def resolve(context: Context) -> Days | None:
        if groups["half_month"]:
            bounds = (0, 15) if groups["half_month"] == "上" else (15, 31)
            return Days(*part_of_month(context.today.replace(day=1), bounds))
        year = year_of(groups["y"], groups["ry"], context)
        here = context.today.year
        years = [here, here + 1] if year is None else [year]
        ranges = [(date(y, first_month, 1), month_start(y, first_month + length)) for y in years]
        chosen = choose(ranges, context, 0) if year is None else ranges[0]
        return chosen and Days(*chosen, 0.85 if year is None else 1.0)

    return resolve


def _nth(match: re.Match[str]) -> Form:
    groups = match.groupdict()
    nth, weekday = whole(match["n"]), _WEEKDAYS[match["w"]]
    length = timedelta(2 if groups["w"] == "末" else 1)

    def resolve(context: Context) -> Days | None:
        firsts = months_meant(groups["m"], groups["rm"], groups["far"], None, context)
        days = [nth_weekday_of(first.year, first.month, nth, weekday) for first in firsts]
        ranges = [(day, day + length) for day in days]
        chosen = ranges[0] if len(ranges) == 1 else choose(ranges, context, GRACE)
        return chosen and Days(*chosen)

    return resolve


def quarters_at(text: str, position: int) -> Read | None:
    """The half, quarter or counted weekday that begins at a position."""
    if match := _NTH.match(text, position):
        return Read(_nth(match), match.end())
    if match := _PART.match(text, position):
        return Read(_part(match), match.end())
    return None
