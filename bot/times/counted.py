"""Days counted from another: 国庆前一天, 中秋后两天, 开学第一周, 国庆后第一个周末, 本月最后一个周日."""

import re
from datetime import date, timedelta

from bot.times.forms import Context, Days, Form, Read
from bot.times.numerals import whole

_WEEK = r"(?:周|星期|礼拜)"
_COUNT = r"[一两二三四五六七1-7]"
_WEEKDAYS = {char: index for index, char in enumerate("一二三四五六日")} | {"天": 6, "末": 5}
_BESIDE = re.compile(
    rf"的?(?:(?P<side>[前后])(?P<n>{_COUNT})[天日]|(?P<eve>前夕)|第(?P<nth>[二三四五])天)"
)
_NTH = re.compile(
    rf"(?P<after>[以之]?后)?的?(?:第(?P<n>[一二三四1-4])|(?P<last>最后一))个?"
    rf"(?:{_WEEK}(?P<w>[一二三四五六日天末])|(?P<week>{_WEEK}))"
)


def _beside(base: Form, match: re.Match[str]) -> Form:
    """Days right before or after a day or a holiday with its days off."""

    def resolve(context: Context) -> Days | None:
        days = base(context)
        if days is None or not (days.single or days.around):
            return days
        first, end = days.around or (days.start, days.end)
        sure = min(days.confidence, 0.85)
        if match["nth"]:
            day = days.start + timedelta(whole(match["nth"]) - 1)
            return Days(day, day + timedelta(1), sure)
        count = timedelta(1 if match["eve"] else whole(match["n"].replace("两", "二")))
        if match["side"] == "后":
            return Days(end, end + count, sure)
        return Days(first - count, first, sure)

    return resolve


def _nth(base: Form, match: re.Match[str]) -> Form:
    """The counted week or weekday of a stretch, or after it."""

    def resolve(context: Context) -> Days | None:
        days = base(context)
        if days is None or days.weekdays or days.month_days:
            return days
        end = days.around[1] if days.around else days.end
        begin = end if match["after"] else days.start
        sure = min(days.confidence, 0.85)
        if match["week"]:
            first = end - timedelta(7) if match["last"] else begin + timedelta(7 * (_of(match) - 1))
            return Days(first, first + timedelta(7), sure)
        weekday = _WEEKDAYS[match["w"]]
        length = timedelta(2 if match["w"] == "末" else 1)
        if match["last"]:
            day = end - timedelta(1)
            day -= timedelta((day.weekday() - weekday) % 7)
        else:
            day = _first(begin, weekday) + timedelta(7 * (_of(match) - 1))
        return Days(day, day + length, sure)

    return resolve


def _of(match: re.Match[str]) -> int:
    return whole(match["n"])


def _first(day: date, weekday: int) -> date:
    return day + timedelta((weekday - day.weekday()) % 7)


def counted(text: str, read: Read) -> Read:
    """The day-level reading, or what is counted from it where the text goes on to count."""
    if match := _BESIDE.match(text, read.after):
        return Read(_beside(read.form, match), match.end())
    if match := _NTH.match(text, read.after):
        return Read(_nth(read.form, match), match.end())
    return read
