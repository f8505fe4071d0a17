"""Calendar dates, months and years, solar and lunar."""

import re
from datetime import date, timedelta

from bot.times import lunar
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

_MONTH = r"(?:1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])"
_DAY = (
    r"(?:3[01]|[12]\d|0?[1-9]|三十一?|二十[一二三四五六七八九]?|十[一二三四五六七八九]?"
    r"|廿[一二三四五六七八九]?|[一二三四五六七八九])"
)
_TO_DAY = rf"(?=\s?(?:-{{1,2}}|到|至|、|或)\s?{_DAY}(?:号|日(?!语|常)))"
_SOLAR = re.compile(
    rf"""{YEAR}?的?
    (?: (?P<m>(?<!\d){_MONTH})月(?:份)? | (?P<rm>这个?月|本月|当月|(?P<far>(?:下|上)+)一?个?月) )?的?
    (?: (?P<d>(?<![\d.]){_DAY})(?:号|日(?!语|常|本|记|校))
      | (?P<part>[上中下]旬)
      | (?P<d2>(?<=月)(?:3[01]|[12]\d|[1-9])(?![\d个节次人年月岁元块点:课份.%/]))
      | (?P<d3>(?<!\d){_DAY}){_TO_DAY}
    )?
    (?P<edge>(?:(?<=月)|(?<=月份)|(?<=年)|[月年])[底末初中](?!考|级|生|学|期|高|的考))?
    """,
    re.VERBOSE,
)
_ISO = re.compile(
    r"(?<![\d.])(?P<y>(?:19|20)\d\d)(?P<sep>[-/.])(?P<m>1[0-2]|0?[1-9])(?P=sep)"
    r"(?P<d>3[01]|[12]\d|0?[1-9])(?:[日号])?(?![\d.-])"
    r"|(?<!\d)(?P<y2>20\d\d)(?P<m2>0[1-9]|1[0-2])(?P<d2>[0-2]\d|3[01])(?!\d)"
)
_SHORT = re.compile(
    r"(?<![\d./-])(?P<m>1[0-2]|0?[1-9])(?:/(?P<d>3[01]|[12]\d|0?[1-9])(?:[日号])?"
    r"|\.(?P<d2>3[01]|[12]\d|0?[1-9])(?:[日号]"
    r"|(?=\s?(?:-|到|至)\s?(?:1[0-2]|0?[1-9])\.\d)|(?<=-\d\.\d)|(?=上午|下午|晚上|早上|周)))"
    r"(?![\d./])"
)
_LUNAR_DAY = r"(?:初[一二三四五六七八九十]|廿[一二三四五六七八九]?|三十|二十[一二三四五六七八九]?|十[一二三四五六七八九]?|\d{1,2})"
_LUNAR = re.compile(
    rf"""(?:{YEAR}的?)?(?P<mark>农历|阴历|旧历)?(?:{YEAR.replace("P<", "P<z")}的?)?
    (?: (?P<leap>闰)?(?P<m>正|冬|腊|十[一二]?|[一二三四五六七八九]|1[0-2]|[1-9])月(?:份)?
        (?P<d>{_LUNAR_DAY})?(?:日|号)?
      | (?:大年|新年|年|春节|过年)(?P<new>初[一二三四五六七八九十])
      | (?<![最当起年])(?P<alone>初[四五六七八九十])(?!中|级|班|步|年)
    )""",
    re.VERBOSE,
)
_HALF_YEAR = re.compile(
    rf"(?:{YEAR}的?)?(?:(?P<half>[上下])半年|第?(?P<quarter>[一二三四1-4])季度|(?P<half_month>[上下])半月)"
)
_NTH = re.compile(
    rf"(?:(?P<m>{_MONTH})月(?:份)?|(?P<rm>这个?月|本月|(?P<far>(?:下|上)+)个?月))的?"
    r"第(?P<n>[一二三四1-4])个(?:周|星期|礼拜)(?P<w>[一二三四五六日天末])"
)
_CUSTOMARY = {(8, "十五"), (5, "初五"), (9, "初九"), (7, "初七")}
_MONTH_EDGES = {"初": (0, 5), "中": (10, 20), "底": (24, 31), "末": (24, 31)}
_YEAR_EDGES = {"初": (1, 2), "中": (6, 8), "底": (12, 13), "末": (12, 13)}
_TENS = {"上": (0, 10), "中": (10, 20), "下": (20, 31)}


def _make(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _days_of(found: list[date | None]) -> list[DateRange]:
    return [(day, day + timedelta(1)) for day in found if day]


def _part_of_month(first: date, bounds: tuple[int, int]) -> DateRange:
    end = month_start(first.year, first.month + 1)
    return first + timedelta(bounds[0]), min(first + timedelta(bounds[1]), end)


def _dated(year: int | None, month: int, day: int, sure: float) -> Form:
    """A month and day, in a year or else in the one that is meant."""

    def resolve(context: Context) -> Days | None:
        if year is not None:
            found = _make(year, month, day)
            return one_day(found, sure) if found else None
        near = (context.today.year - 1, context.today.year, context.today.year + 1)
        later = (*near, near[-1] + 1, near[-1] + 2, near[-1] + 3)
        chosen = choose(_days_of([_make(y, month, day) for y in later]), context, 60)
        return chosen and one_day(chosen[0], min(sure, 0.9))

    return resolve


def _solar(match: re.Match[str]) -> Form | None:
    groups = match.groupdict()
    day_text = groups["d"] or groups["d2"] or groups["d3"]
    month = whole(groups["m"]) if groups["m"] else None
    edge, part = groups["edge"], groups["part"]
    if not match[0] or (groups["d3"] and not month and not groups["rm"] and not day_text):
        return None
    lone_numeral = day_text and not (month or groups["rm"]) and not day_text.isdigit()
    if lone_numeral and match[0].endswith("日") and "十" not in (day_text or ""):
        return None

    def resolve(context: Context) -> Days | None:
        year = year_of(groups["y"], groups["ry"], context)
        if edge and (edge[0] == "年" or (len(edge) == 1 and not month and not groups["rm"])):
            if edge[0] == "月" or day_text:
                return None
            first, last = _YEAR_EDGES[edge[-1]]
            here = year if year is not None else context.today.year
            years = [here] if year is not None or edge[-1] in "底末" else [here, here + 1]
            chosen = choose(
                [(month_start(y, first), month_start(y, last)) for y in years], context, 0
            )
            return chosen and Days(*chosen, 0.8)
        starts = _months(month, groups, year, context, whole_month=not (day_text or part or edge))
        if day_text:
            if starts is None:
                starts = [
                    month_start(context.floor.year, context.floor.month + i) for i in range(-1, 4)
                ]
            found = [_make(first.year, first.month, whole(day_text)) for first in starts]
            grace = 60 if month else 0
            chosen = choose(_days_of(found), context, grace) if len(found) > 1 else None
            if len(found) == 1 and found[0]:
                return one_day(found[0])
            rolls = month is None
            return chosen and one_day(chosen[0], 0.9, rolls=rolls)
        bounds = _TENS[part[0]] if part else _MONTH_EDGES[edge[-1]] if edge else None
        if bounds:
            if starts is None:
                here = context.floor.replace(day=1)
                starts = [here] if bounds[1] == 31 else [here, add_months(here, 1)]
                if context.past:
                    starts = [add_months(here, -1), here]
            ranges = [_part_of_month(first, bounds) for first in starts]
            chosen = choose(ranges, context, 60 if month else 0) if len(ranges) > 1 else ranges[0]
            return chosen and Days(*chosen, 0.8)
        if starts is not None:
            ranges = [(first, add_months(first, 1)) for first in starts]
            chosen = choose(ranges, context, 60) if len(ranges) > 1 else ranges[0]
            return chosen and Days(*chosen, 1.0 if len(ranges) == 1 else 0.85)
        return Days(date(year, 1, 1), date(year + 1, 1, 1)) if year is not None else None

    return resolve


def _months(
    month: int | None,
    groups: dict[str, str | None],
    year: int | None,
    context: Context,
    *,
    whole_month: bool,
) -> list[date] | None:
    """The first days of the months that may be meant, None where no month is named."""
    if groups["rm"]:
        far = groups["far"] or ""
        return [add_months(context.today.replace(day=1), far.count("下") - far.count("上"))]
    if month is None:
        return None
    if year is not None:
        return [date(year, month, 1)]
    here = context.today.year
    return [date(here + i, month, 1) for i in range(-1, 5)]


def _lunar(match: re.Match[str]) -> Form | None:
    groups = match.groupdict()
    month_text, day_text = groups["m"], groups["d"] or groups["new"] or groups["alone"]
    if month_text is None:
        month = 1
    else:
        month = {"正": 1, "冬": 11, "腊": 12}.get(month_text) or whole(month_text)
        old = groups["mark"] or month_text in "正冬腊" or groups["leap"]
        old = old or (day_text or "").startswith(("初", "廿"))
        customary = (month, day_text) in _CUSTOMARY and not match[0].endswith(("日", "号"))
        if not (old or customary):
            return None
    day = whole(day_text.removeprefix("初")) if day_text else None
    sure = 0.6 if groups["alone"] else 0.9

    def resolve(context: Context) -> Days | None:
        year = year_of(groups["y"] or groups["zy"], groups["ry"] or groups["zry"], context)
        here = context.today.year
        years = range(here - 2, here + 3) if year is None else [year]
        ranges: list[DateRange] = []
        for candidate in years:
            leap = groups["leap"] is not None
            first = lunar.day_of(candidate, month, day or 1, leap=leap)
            last = lunar.day_of(candidate, month, day or 30, leap=leap)
            if first and last:
                ranges.append((first, last + timedelta(1)))
        chosen = choose(ranges, context, 14) if year is None else next(iter(ranges), None)
        return chosen and Days(*chosen, sure)

    return resolve


def _half_year(match: re.Match[str]) -> Form:
    groups = match.groupdict()

    def resolve(context: Context) -> Days | None:
        year = year_of(groups["y"], groups["ry"], context)
        here = context.today.year
        if groups["half_month"]:
            first = context.today.replace(day=1)
            return Days(
                *_part_of_month(first, (0, 15) if groups["half_month"] == "上" else (15, 31))
            )
        if groups["half"]:
            first_month, count = (1, 6) if groups["half"] == "上" else (7, 6)
        else:
            first_month, count = 3 * whole(groups["quarter"] or "1") - 2, 3
        years = [here, here + 1] if year is None else [year]
        ranges = [(date(y, first_month, 1), month_start(y, first_month + count)) for y in years]
        chosen = choose(ranges, context, 0) if year is None else ranges[0]
        return chosen and Days(*chosen, 0.85 if year is None else 1.0)

    return resolve


def _nth(match: re.Match[str]) -> Form:
    groups = match.groupdict()
    weekday = "一二三四五六日".find(groups["w"] or "") if groups["w"] not in ("天", "末") else 6
    weekday = 5 if groups["w"] == "末" else weekday
    length = 2 if groups["w"] == "末" else 1

    def resolve(context: Context) -> Days | None:
        from bot.times.holidays import nth_weekday_of

        month = whole(groups["m"]) if groups["m"] else None
        starts = _months(month, groups, None, context, whole_month=False) or []
        nth = whole(groups["n"] or "1")
        days = [nth_weekday_of(first.year, first.month, nth, weekday) for first in starts]
        ranges = [(day, day + timedelta(length)) for day in days]
        chosen = choose(ranges, context, 60) if len(ranges) > 1 else ranges[0]
        return chosen and Days(*chosen)

    return resolve


def dates_at(text: str, position: int) -> Read | None:
    """The calendar date, month, year or part of one that begins at a position."""
    if match := _ISO.match(text, position):
        year, month, day = (int(match[k] or match[f"{k}2"]) for k in "ymd")
        return Read(_dated(year, month, day, 1.0), match.end())
    for pattern, build in ((_NTH, _nth), (_HALF_YEAR, _half_year), (_LUNAR, _lunar)):
        if (match := pattern.match(text, position)) and (form := build(match)):
            return Read(form, match.end())
    if match := _SHORT.match(text, position):
        day = int(match["d"] or match["d2"])
        return Read(_dated(None, int(match["m"]), day, 0.7), match.end())
    if (match := _SOLAR.match(text, position)) and match[0].strip("的") == match[0]:
        form = _solar(match)
        return Read(form, match.end()) if form else None
    return None
