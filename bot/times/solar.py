"""Calendar dates, months and years as they are written: 12月5号, 5.6号, 2026-12-05, 下个月初."""

import re
from collections.abc import Callable
from datetime import date, timedelta

from bot.times.forms import (
    YEAR,
    Context,
    Days,
    Form,
    Read,
    add_months,
    choose,
    month_start,
    one_day,
    year_of,
)
from bot.times.numerals import whole
from bot.times.spans import DateRange

MONTH = r"(?:1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])"
MONTHS_FROM_NOW = r"(?:这个?月|本月|当月|(?P<far>(?:下|上){1,4})一?个?月)"
_DAY = (
    r"(?:3[01]|[12]\d|0?[1-9]|三十一?|二十[一二三四五六七八九]?|十[一二三四五六七八九]?"
    r"|廿[一二三四五六七八九]?|[一二三四五六七八九])"
)
_END = r"(?:号|日(?!语|常|本|记|校))"
_TO_DAY = rf"(?=\s?(?:-{{1,2}}|到|至|、|或)\s?{_DAY}{_END})"
_EDGE = r"[初中底末](?!考|级|生|学|期|高|的考)"
_WRITTEN = re.compile(
    rf"""(?:{YEAR}(?:的(?=[\d一二三四五六七八九十月年]))?)?
    (?: (?P<m>(?<!\d){MONTH})月(?:份)? | (?P<rm>{MONTHS_FROM_NOW}) )?
    (?: 的?(?P<d>(?<![\d.]){_DAY}){_END}
      | 的?(?P<tens>[上中下]旬)
      | (?P<d2>(?<=月)(?:3[01]|[12]\d|[1-9])(?![\d个节次人年月岁元块点:课份.%/]))
      | (?P<d3>(?<!\d){_DAY}){_TO_DAY}
      | (?:(?<=月)|(?<=月份)|(?<!个)月)(?P<edge>{_EDGE})
      | (?:(?<=年)|(?<![一二两三四五六七八九十\d半])年)(?P<year_edge>{_EDGE})
    )?
    """,
    re.VERBOSE,
)
_ISO = re.compile(
    r"(?<![\d.])(?P<y>(?:19|20)\d\d)(?P<sep>[-/.])(?P<m>1[0-2]|0?[1-9])(?P=sep)"
    r"(?P<d>3[01]|[12]\d|0?[1-9])[日号]?(?![\d.-])"
    r"|(?<!\d)(?P<y2>20\d\d)(?P<m2>0[1-9]|1[0-2])(?P<d2>[0-2]\d|3[01])(?!\d)"
)
_M, _D = r"(?:1[0-2]|0?[1-9])", r"(?:3[01]|[12]\d|0?[1-9])"
_SHORT = re.compile(
    rf"(?<![\d./-])(?P<m>{_M})"
    rf"(?:/(?P<d>{_D})[日号]?|\.(?P<d2>{_D})(?:[日号]|(?=[上下中]午|晚上|早上|周)))(?![\d./])"
)
_PAIR = re.compile(
    rf"(?<![\d./-])(?P<m>{_M})(?P<sep>[./])(?P<d>{_D})[日号]?\s?(?:-{{1,2}}|到|至)\s?"
    rf"(?P<m2>{_M})(?P=sep)(?P<d2>{_D})[日号]?(?![\d./])"
)
_MONTH_EDGES = {"初": (0, 5), "中": (10, 20), "底": (24, 31), "末": (24, 31)}
_YEAR_EDGES = {"初": (1, 2), "中": (6, 8), "底": (12, 13), "末": (12, 13)}
TENS = {"上": (0, 10), "中": (10, 20), "下": (20, 31)}
GRACE = 60
"""How many days back a month without a year may lie and still be that one."""


def day_range(year: int, month: int, day: int) -> DateRange | None:
    """One day, or None where the calendar has no such day."""
    try:
        found = date(year, month, day)
    except ValueError:
        return None
    return found, found + timedelta(1)


def part_of_month(first: date, bounds: tuple[int, int]) -> DateRange:
    """The days of a month between two offsets from its first."""
    end = month_start(first.year, first.month + 1)
    return first + timedelta(bounds[0]), min(first + timedelta(bounds[1]), end)


def months_meant(
    month: str | None, from_now: str | None, far: str | None, year: int | None, context: Context
) -> list[date]:
    """The first days of the months that may be meant, in order; one where there is no doubt."""
    if from_now:
        far = far or ""
        return [add_months(context.today.replace(day=1), far.count("下") - far.count("上"))]
    if month is None:
        return [month_start(context.floor.year, context.floor.month + i) for i in range(-1, 4)]
    if year is not None:
        return [date(year, whole(month), 1)]
    # Eight years hold at least one 29 February.
    return [date(context.today.year + i, whole(month), 1) for i in range(-1, 9)]


def _cut(groups: dict[str, str | None]) -> Callable[[date], DateRange | None]:
    """What is taken of a month: a day, some days or all of it."""
    if day := groups["d"] or groups["d2"] or groups["d3"]:
        number = whole(day)
        return lambda first: day_range(first.year, first.month, number)
    if groups["tens"] or groups["edge"]:
        tens, edge = groups["tens"], groups["edge"]
        bounds = TENS[tens[0]] if tens else _MONTH_EDGES[edge or "初"]
        return lambda first: part_of_month(first, bounds)
    return lambda first: (first, add_months(first, 1))


def _written(match: re.Match[str]) -> Form | None:
    groups = match.groupdict()
    month, day = groups["m"], groups["d"]
    named = month or groups["rm"]
    if day and not named and match[0].endswith("日") and not (day.isdigit() or "十" in day):
        return None
    cut = _cut(groups)
    is_part = any(groups[key] for key in ("d", "d2", "d3", "tens", "edge"))

    def resolve(context: Context) -> Days | None:
        year = year_of(groups["y"], groups["ry"], context)
        if groups["year_edge"]:
            return _edge_of_year(groups["year_edge"], year, context)
        if not named and not is_part:
            return Days(date(year, 1, 1), date(year + 1, 1, 1)) if year is not None else None
        firsts = months_meant(month, groups["rm"], groups["far"], year, context)
        ranges = [found for first in firsts if (found := cut(first))]
        if len(firsts) == 1:
            return Days(*ranges[0]) if ranges else None
        chosen = choose(ranges, context, GRACE if month else 0)
        return chosen and Days(*chosen, 0.9 if day else 0.8, rolls=not named and day is not None)

    return resolve


def _edge_of_year(edge: str, year: int | None, context: Context) -> Days | None:
    first, last = _YEAR_EDGES[edge]
    years = [context.today.year, context.today.year + 1] if year is None else [year]
    ranges = [(month_start(y, first), month_start(y, last)) for y in years]
    chosen = ranges[0] if len(ranges) == 1 else choose(ranges, context, 0)
    return chosen and Days(*chosen, 0.8)


def _numeric(year: int | None, month: int, day: int, sure: float) -> Form:
    """A date in digits, in its year or else in the one that is meant."""

    def resolve(context: Context) -> Days | None:
        years = [year] if year is not None else range(context.today.year - 1, 9999)[:9]
        ranges = [found for y in years if (found := day_range(y, month, day))]
        if year is not None:
            return one_day(ranges[0][0], sure) if ranges else None
        chosen = choose(ranges, context, GRACE)
        return chosen and one_day(chosen[0], sure)

    return resolve


def _pair(match: re.Match[str]) -> Form:
    """From one short date to another, where a dot alone would be too little to go by."""
    begin = _numeric(None, int(match["m"]), int(match["d"]), 0.7)
    finish = _numeric(None, int(match["m2"]), int(match["d2"]), 0.7)

    def resolve(context: Context) -> Days | None:
        first = begin(context)
        last = first and finish(context.from_floor(first.start))
        return Days(first.start, last.end, 0.7) if first and last else None

    return resolve


def solar_at(text: str, position: int) -> Read | None:
    """The solar date, month, year or part of one that begins at a position."""
    if match := _ISO.match(text, position):
        year, month, day = (int(match[key] or match[f"{key}2"]) for key in "ymd")
        return Read(_numeric(year, month, day, 1.0), match.end())
    if match := _PAIR.match(text, position):
        return Read(_pair(match), match.end())
    if match := _SHORT.match(text, position):
        day = int(match["d"] or match["d2"])
        return Read(_numeric(None, int(match["m"]), day, 0.7), match.end())
    match = _WRITTEN.match(text, position)
    if match is None or not match[0] or match[0].strip("的") != match[0]:
        return None
    form = _written(match)
    return Read(form, match.end()) if form else None
