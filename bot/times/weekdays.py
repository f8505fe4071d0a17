"""Weeks, weekdays and weekends, once and again and again.

Weeks begin on Monday. A bare weekday is the coming one, today included; 这周三 lies in this week
even when it is over; 下周三 in the next. A bare 周末, several weekdays in a row (周二四, 周六日)
and 周一到周… are recurrences; within a named week (下周一三五) they are that week's.
"""

import re
from dataclasses import replace
from datetime import timedelta

from bot.times.forms import Context, Days, Form, Read, one_day
from bot.times.numerals import whole

_WEEK = r"(?:周|星期|礼拜)"
_DAYS = {char: index for index, char in enumerate("一二三四五六日")} | {"天": 6, "末": 5}
_DAYS |= {str(number): number - 1 for number in range(1, 8)}
_NO_COUNT = (
    r"(?!节|次|堂|趟|课时|个?小时|个月|年级|楼|岁|周(?![一二三四五六日天末])|定|样|直|般|旦|共|胎|维"
    r"|对一|天(?!气|天))"
)
_DAY = (
    rf"(?:[一二三四五六]{_NO_COUNT}|[1-7](?![\d点:.]){_NO_COUNT}"
    r"|日(?!语|本|常(?!规)|记)|天(?!气|天))"
)
_MORE = (
    r"(?:[二三四五六日](?!节|次|堂|回|趟|课时|个?小时|年级|楼|岁|周|点|刻|分|:|时|号|月|百|十|对|人|个|年|班"
    r"|天|语|本|常|记|维|楼|号|位|名|家))"
)
_SCOPE = r"(?P<scope>(?:这一?|本|当)个?|(?P<far>(?:下|上){1,4})一?个?)?"
_ONE = re.compile(_SCOPE + _WEEK + rf"(?P<day>{_DAY})")
_TO = re.compile(rf"\s?(?:到|至|-{{1,2}})\s?{_WEEK}?(?P<day>{_MORE})")
_AND = re.compile(
    rf"\s?(?:[、,/]|和|跟|与|及|以及)?\s?(?:{_WEEK}(?P<full>{_DAY})|(?P<bare>{_MORE}))"
)
_EACH = re.compile(r"(?:每一?个?|逢)(?=周|星期|礼拜|工作日)")
_WEEKEND = re.compile(_SCOPE + rf"(?:{_WEEK}末|双休日?)(?:两天)?")
_WHOLE_WEEK = re.compile(r"(?P<scope>这一?个?|本|当|(?P<far>(?:下|上){1,4})一?个?)" + _WEEK)
_WORKDAYS = re.compile(
    r"(?:每个?)?(?:工作日(?!内)|平日|周中|周内)|平时(?=晚|下午|上午|早|中午|白天)"
)
_DAILY = re.compile(r"每一?[天日]|每(?=晚|早(?!点))")
_FORTNIGHTLY = re.compile(rf"(?:隔一?个?{_WEEK}?|[单双]周)的?(?={_WEEK}[一二三四五六日天末])")
_MONTHLY_NTH = re.compile(rf"每个?月的?第(?P<n>[一二三四1-4])个{_WEEK}(?P<w>[一二三四五六日天末])")
_BARE_LIST = re.compile(
    r"(?<![周期拜\d第])(?:一三五|二四六|一三|二四|三五)(?=的?(?:晚|下午|上午|早上|中午|上课))"
)
_MONTHLY = re.compile(
    r"每个?月的?(?P<days>(?:[一二三]?十[一二三四五六七八九]?|[一二三四五六七八九]|\d{1,2})[号日])"
)


def _shift(scope: str | None, far: str | None) -> int | None:
    """How many weeks from this one: 下下 is 2, 这 is 0, nothing said is None."""
    if far:
        return far.count("下") - far.count("上")
    return 0 if scope else None


def _next_of(weekdays: tuple[int, ...], context: Context) -> int:
    """Days from the floor to the first of these weekdays."""
    return min((day - context.floor.weekday()) % 7 for day in weekdays)


def _single(weekday: int, shift: int | None) -> Form:
    def resolve(context: Context) -> Days:
        if shift is None and context.past:
            return one_day(context.today - timedelta((context.today.weekday() - weekday) % 7), 0.8)
        if shift is None:
            start = context.floor + timedelta((weekday - context.floor.weekday()) % 7)
            return one_day(start, 0.9, rolls=True)
        monday = context.today - timedelta(context.today.weekday())
        return one_day(monday + timedelta(weekday + 7 * shift))

    return resolve


def _several(weekdays: tuple[int, ...], shift: int | None, *, run: bool, sure: float) -> Form:
    """Weekdays that come again; ``run`` for those that stand as one block, like a weekend."""

    def resolve(context: Context) -> Days:
        monday = context.today - timedelta(context.today.weekday())
        if shift is not None:
            start = monday + timedelta(7 * shift + weekdays[0])
            end = monday + timedelta(7 * shift + weekdays[-1] + 1)
            return Days(start, end, 0.9, () if run else weekdays)
        floor = context.floor
        if run and floor.weekday() in weekdays:
            start = floor - timedelta(floor.weekday() - weekdays[0])
        else:
            start = floor + timedelta(_next_of(weekdays, context))
        length = weekdays[-1] - start.weekday() + 1 if run else 1
        return Days(start, start + timedelta(length), sure, weekdays)

    return resolve


def _whole_week(shift: int) -> Form:
    def resolve(context: Context) -> Days:
        monday = context.today - timedelta(context.today.weekday() - 7 * shift)
        return Days(monday, monday + timedelta(7))

    return resolve


def _monthly(month_day: int) -> Form:
    def resolve(context: Context) -> Days:
        day = context.floor
        while day.day != month_day:
            day += timedelta(1)
        return Days(day, day + timedelta(1), 0.9, month_days=(month_day,))

    return resolve


def _monthly_nth(nth: int, weekday: int) -> Form:
    """A weekday once a month: the one that falls on certain days of it."""
    month_days = tuple(range(7 * nth - 6, 7 * nth + 1))

    def resolve(context: Context) -> Days:
        day = context.floor
        while day.day not in month_days or day.weekday() != weekday:
            day += timedelta(1)
        return Days(day, day + timedelta(1), 0.9, (weekday,), month_days)

    return resolve


def _doubtful(form: Form, most: float) -> Form:
    """The form, not surer than that."""

    def resolve(context: Context) -> Days | None:
        days = form(context)
        return days and replace(days, confidence=min(days.confidence, most))

    return resolve


def _listed(text: str, position: int, first: int) -> tuple[list[int], int]:
    """The weekdays that follow in ascending order, and where they end."""
    days, after = [first], position
    while match := _AND.match(text, after):
        day = _DAYS[match["full"] or match["bare"]]
        if day <= days[-1]:
            break
        if match["bare"] and text[after].isspace():
            break
        days.append(day)
        after = match.end()
    return days, after


def weekdays_at(text: str, position: int) -> Read | None:
    """The week, weekday, weekend or weekly recurrence that begins at a position."""
    if match := _DAILY.match(text, position):
        return Read(_several(tuple(range(7)), None, run=False, sure=0.95), match.end())
    if match := _MONTHLY.match(text, position):
        month_day = whole(match["days"][:-1])
        return Read(_monthly(month_day), match.end()) if 1 <= month_day <= 31 else None
    if match := _WORKDAYS.match(text, position):
        return Read(_several((0, 1, 2, 3, 4), None, run=False, sure=0.9), match.end())
    if match := _BARE_LIST.match(text, position):
        listed = tuple(_DAYS[char] for char in match[0])
        return Read(_several(listed, None, run=False, sure=0.8), match.end())
    if match := _MONTHLY_NTH.match(text, position):
        return Read(_monthly_nth(whole(match["n"]), _DAYS[match["w"]]), match.end())
    if (match := _FORTNIGHTLY.match(text, position)) and (day := _ONE.match(text, match.end())):
        # Which of the two weeks it begins with is not said.
        read = _from_weekday(text, day, recurring=True)
        return read and Read(_doubtful(read.form, 0.6), read.after)
    each = _EACH.match(text, position)
    begin = each.end() if each else position
    if each and (match := _WORKDAYS.match(text, begin)):
        return Read(_several((0, 1, 2, 3, 4), None, run=False, sure=0.9), match.end())
    if match := _WEEKEND.match(text, begin):
        shift = _shift(match["scope"], match["far"])
        form = _several((5, 6), None if each else shift, run=True, sure=0.9)
        return Read(form, match.end())
    if match := _ONE.match(text, begin):
        return _from_weekday(text, match, recurring=each is not None)
    if not each and (match := _WHOLE_WEEK.match(text, position)):
        return Read(_whole_week(_shift(match["scope"], match["far"]) or 0), match.end())
    return None


def _from_weekday(text: str, match: re.Match[str], *, recurring: bool) -> Read | None:
    first = _DAYS[match["day"]]
    shift = None if recurring else _shift(match["scope"], match["far"])
    to = _TO.match(text, match.end())
    if to and _DAYS[to["day"]] > first and shift is None and (recurring or first == 0):
        days = tuple(range(first, _DAYS[to["day"]] + 1))
        return Read(_several(days, None, run=False, sure=0.9), to.end())
    if to and text[to.start("day") - 1] not in "周期拜":
        return Read(_span(first, _DAYS[to["day"]], shift), to.end())
    listed, after = _listed(text, match.end(), first)
    if len(listed) > 1:
        sure = 0.9 if recurring or after == match.end() + len(listed) - 1 else 0.8
        return Read(_several(tuple(listed), shift, run=listed == [5, 6], sure=sure), after)
    if recurring:
        return Read(_several((first,), None, run=False, sure=0.95), match.end())
    return Read(_single(first, shift), match.end())


def _span(first: int, last: int, shift: int | None) -> Form:
    """From a weekday to the next such other one, said as a bare numeral (周三到五)."""
    begin = _single(first, shift)

    def resolve(context: Context) -> Days | None:
        days = begin(context)
        return days and Days(days.start, days.start + timedelta((last - first) % 7 + 1), 0.9)

    return resolve
