"""Dates of the lunar calendar as people say them: 农历八月十五, 腊月廿八, 大年初三."""

import re
from datetime import timedelta

from bot.times import lunar
from bot.times.forms import YEAR, Context, Days, Form, Read, choose, year_of
from bot.times.numerals import whole
from bot.times.spans import DateRange

_DAY = (
    r"(?:初[一二三四五六七八九十]|廿[一二三四五六七八九]?|三十|二十[一二三四五六七八九]?"
    r"|十[一二三四五六七八九]?|\d{1,2})"
)
_MONTH = r"(?:正|冬|腊|十[一二]?|[一二三四五六七八九]|1[0-2]|[1-9])"
_LUNAR = re.compile(
    rf"""(?:{YEAR}的?)?(?P<mark>农历|阴历|旧历)?(?:{YEAR.replace("P<", "P<late_")}的?)?
    (?: (?P<leap>闰)?(?P<m>{_MONTH})月(?:份)?(?P<d>{_DAY})?[日号]?
      | (?:大年|新年|年|春节|过年)(?P<new>初[一二三四五六七八九十])
      | (?<![最当起年])(?P<alone>初[四五六七八九十])(?!中|级|班|步|年)
    )""",
    re.VERBOSE,
)
_MONTHS = {"正": 1, "冬": 11, "腊": 12}
_CUSTOMARY = {("八", "十五")}
"""Said without 农历 and meant so nevertheless."""


def _is_lunar(match: re.Match[str]) -> bool:
    """Whether a month and day are lunar ones: by a mark, by their names, or by custom."""
    month, day = match["m"], match["d"] or ""
    if month is None or match["mark"] or match["leap"] or month in _MONTHS:
        return True
    if day.startswith(("初", "廿")):
        return True
    return (month, day) in _CUSTOMARY and not match[0].endswith(("日", "号"))


def _form(match: re.Match[str]) -> Form:
    groups = match.groupdict()
    month_text = groups["m"] or "正"
    month = _MONTHS.get(month_text) or whole(month_text)
    day_text = groups["d"] or groups["new"] or groups["alone"]
    day = whole(day_text.removeprefix("初")) if day_text else None
    leap = groups["leap"] is not None
    sure = 0.6 if groups["alone"] else 0.9

    def resolve(context: Context) -> Days | None:
        year = year_of(groups["y"] or groups["late_y"], groups["ry"] or groups["late_ry"], context)
        here = context.today.year
        ranges: list[DateRange] = []
        for candidate in range(here - 2, here + 3) if year is None else [year]:
            first = lunar.day_of(candidate, month, day or 1, leap=leap)
            last = lunar.day_of(candidate, month, day or 30, leap=leap)
            if first and last:
                ranges.append((first, last + timedelta(1)))
        chosen = choose(ranges, context, 14) if year is None else next(iter(ranges), None)
        return chosen and Days(*chosen, sure)

    return resolve


def lunar_at(text: str, position: int) -> Read | None:
    """The lunar date or month that begins at a position."""
    match = _LUNAR.match(text, position)
    if match is None or not _is_lunar(match):
        return None
    return Read(_form(match), match.end())
