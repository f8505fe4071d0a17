"""Days that have a name: relative days, holidays, school periods and the learner's lessons."""

import re
from datetime import timedelta

from bot.times import holidays, school
from bot.times.forms import YEAR, Context, Days, Form, Read, choose, one_day, year_of
from bot.times.spans import DateRange

_RELATIVE = {
    r"大前[天日]|大前儿个?": -3,
    r"(?<![以之提])前[天日儿]个?(?!天)|(?<![以之饭课学周月年天号点假节])前(?=晚)": -2,
    r"昨[天日儿]个?|[寻琴]日|昨(?=[晚夜早])": -1,
    r"今[天日儿]个?|今(?=[晚夜早晨])": 0,
    r"(?<!说)明[天日儿]个?|(?<=说)明天|翌日|听日|明(?=[晚早晨])": 1,
    r"(?<![以之然最])后[天日儿]个?(?!天)|(?<![以之然最饭课学周月年天号点假节])后(?=晚)": 2,
    r"大后[天日]|大后儿个?": 3,
}
_RELATIVE_DAY = re.compile("|".join(f"({words})" for words in reversed(_RELATIVE)))
_DISTANCES = list(reversed(_RELATIVE.values()))

_NUMERALS = "一二三四五六七八九十百千第周数初高两"
_NO_COUNT = (
    r"(?![月点日号岁个次课元块分年级班名位人楼层周小时刻半万千百%折讲册本单:天条]"
    r"|[一二三四五六七八九十]|节课)"
)
_BY_LENGTH = "|".join(
    sorted(
        (n for n in holidays.NAMES if len(n) > 2 or n[0] not in "五六八十三"), key=len, reverse=True
    )
)
_HOLIDAY = re.compile(
    rf"""(?:{YEAR}的?)?
    (?: (?P<new_year>(?<![\d{_NUMERALS}今明去后前本当半多少几新大小过])年(?=[以之]?[前后]))
      | (?:五一|国际)劳动节 | 五四青年节 | 六一儿童节 | 八一建军节 | 三八(?:妇女节|节) | 国庆中秋
      | (?P<name>{_BY_LENGTH})(?:节(?![前后约课]))?(?!妈|爸)
      | (?<![\d{_NUMERALS}])(?P<short>[五六八]一|十一|五四){_NO_COUNT}
    )
    (?P<off>(?:的?(?:小?长假|假期|黄金周|期间|放假期间|放假|假))(?!吗|么|不)|那[几两些]天)?
    """,
    re.VERBOSE,
)
_FULL = {
    "劳动": "劳动节",
    "青年": "青年节",
    "儿童": "儿童节",
    "建军": "建军节",
    "三八": "妇女节",
    "国庆": "国庆",
}

_SCHOOL = re.compile(
    rf"""(?:{YEAR}的?)?(?P<which>[这本上下新当]{{1,4}}个?)?
    (?:(?<=[这本上下新个当])学期的?)?
    (?P<name>(?<!寒)暑假|寒假(?!暑)|暑期|(?<=[这本上下新个当])学期|期中|期末|开学)
    (?:考试?(?:(?:完|结束)(?=[以之]?后))?|测试|复习周|结束(?=[以之]?后))?(?:期间)?""",
    re.VERBOSE,
)
_LESSON = re.compile(
    r"(?P<which>下{1,4}|上{1,4}|这|本)(?:一)?(?:次|节|堂|回)(?:的)?(?:上?课)(?!程|时|件|本|表)"
)
_UNKNOWN = timedelta(1)
_FROM_NOW = re.compile(r"(?:从现在|即日)起?(?=\s?[到至])")
_LATER = re.compile(r"晚(?:一?点|些)儿?(?:时候)?(?=[再给打回联找来过]|跟你|和你)")


def _relative(distance: int) -> Form:
    return lambda context: one_day(context.today + timedelta(distance))


def _holiday(match: re.Match[str]) -> Form:
    groups = match.groupdict()
    name = "春节" if groups["new_year"] else groups["name"] or groups["short"]
    if name is None:
        name = next(full for key, full in _FULL.items() if key in match[0])

    def resolve(context: Context) -> Days | None:
        year = year_of(groups["y"], groups["ry"], context)
        here = context.today.year
        found: list[tuple[DateRange, int]] = []
        for candidate in range(here - 1, here + 3) if year is None else [year]:
            if day := holidays.day_of(name, candidate):
                found.append(((day, day + timedelta(1)), candidate))
        ranges = [pair for pair, _ in found]
        chosen = choose(ranges, context, 14) if year is None else next(iter(ranges), None)
        if chosen is None:
            return None
        off = holidays.days_off(name, dict(found)[chosen], context.calendar)
        around = off[0] if off else chosen
        sure = 0.7 if groups["short"] in ("十一", "六一", "八一", "五四") else 0.95
        if groups["off"] and off:
            return Days(*around, min(sure, 0.95 if off[1] else 0.7), around=around)
        return Days(*chosen, sure, around=around)

    return resolve


def _school(match: re.Match[str]) -> Form:
    groups = match.groupdict()
    name, which = groups["name"], groups["which"] or ""

    def resolve(context: Context) -> Days | None:
        year = year_of(groups["y"], groups["ry"], context)
        period = "term" if name == "开学" else school.NAMES[name]
        years = range(context.today.year - 2, context.today.year + 3) if year is None else [year]
        ranges = [pair for y in years for pair in school.ranges_of(period, y, context.calendar)]
        chosen = _pick(ranges, which, context, start_only=name == "开学", fixed=year is not None)
        if chosen is None:
            return None
        sure = 0.9 if context.calendar.periods.get(period) else 0.6
        return one_day(chosen[0], sure) if name == "开学" else Days(*chosen, sure)

    return resolve


def _pick(
    ranges: list[DateRange], which: str, context: Context, *, start_only: bool, fixed: bool
) -> DateRange | None:
    """The period meant by 上, 下 or nothing, among ranges in order."""
    today = context.today
    if fixed:
        if len(ranges) == 1:
            return ranges[0]
        return next((pair for pair in ranges if pair[1] > today), ranges[-1] if ranges else None)
    if "上" in which:
        over = [pair for pair in ranges if pair[1] <= today]
        return over[-which.count("上")] if len(over) >= which.count("上") else None
    if start_only and which[:1] in ("这", "本", "当"):
        return next((pair for pair in reversed(ranges) if pair[0] <= today), None)
    if (which and which[0] in "下新") or start_only:
        ahead = [pair for pair in ranges if pair[0] > context.floor]
        index = max(which.count("下"), 1) - 1
        return ahead[index] if len(ahead) > index else None
    return choose(ranges, context, 0)


def _lesson(match: re.Match[str]) -> Form:
    which = match["which"]

    def resolve(context: Context) -> Days:
        lessons = sorted(context.calendar.lessons)
        now, count = context.now, len(which)
        if which[0] == "下":
            found = [pair for pair in lessons if pair[0] > now][count - 1 : count]
        elif which[0] == "上":
            found = [pair for pair in lessons if pair[1] <= now][-count:][:1]
        else:
            found = [pair for pair in lessons if pair[1] > now][:1]
        if not found:
            after = which[0] != "上"
            return Days(context.today, context.today + _UNKNOWN, 0.3, open_after=after)
        start_at, end_at = (moment.astimezone(now.tzinfo) for moment in found[0])
        days = (start_at.date(), end_at.date() + timedelta(1))
        return Days(*days, 0.95, times=(start_at, end_at))

    return resolve


def _from_now(context: Context) -> Days:
    """The left end of 从现在到过年."""
    times = (context.now, context.now + timedelta(minutes=1))
    return Days(context.today, context.today + timedelta(1), 0.9, times=times)


def _later(context: Context) -> Days:
    """晚点 is some time from now on."""
    return Days(context.today, context.today + timedelta(1), 0.4, open_after=True)


def names_at(text: str, position: int) -> Read | None:
    """The named day, holiday, school period or lesson that begins at a position."""
    if match := _RELATIVE_DAY.match(text, position):
        return Read(_relative(_DISTANCES[(match.lastindex or 1) - 1]), match.end())
    if match := _FROM_NOW.match(text, position):
        return Read(_from_now, match.end())
    if match := _LATER.match(text, position):
        return Read(_later, match.end())
    if match := _LESSON.match(text, position):
        return Read(_lesson(match), match.end())
    if match := _HOLIDAY.match(text, position):
        return Read(_holiday(match), match.end())
    if match := _SCHOOL.match(text, position):
        return Read(_school(match), match.end())
    return None
