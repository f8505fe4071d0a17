"""Finding every time expression of a text and resolving it against a clock."""

import re
from dataclasses import replace
from datetime import datetime, time

from bot.times.clock import DAY, RANGE
from bot.times.forms import Context
from bot.times.moments import Moment, around, bounded, joined, moment_of
from bot.times.normal import plain
from bot.times.phrases import Phrase, phrase_at
from bot.times.spans import SHANGHAI, Kind, SchoolCalendar, TimeSpan
from bot.times.veil import veiled

_RANGE = re.compile(RANGE)
_LIST = re.compile(r"\s?(?:[、,/]|或者?是?|还是|和|跟|与|及|以及|要么|要不)?\s?\Z")
_BEFORE = re.compile(r"\s?(?:之前|以前|(?P<upto>为止|截止)|前(?![天面台年几两三往来去晚一后排段]))")
_AFTER = re.compile(
    r"\s?(?:之后|以后|往后|(?P<starts>起(?![床来得])|开始)|后(?![天面年来晚续几两悔排]))"
)
_AROUND = re.compile(r"\s?前后")
_INSIDE = re.compile(r"\s?(?:之内|以内|内(?![容部向]))")
_ENDS_LATE = re.compile(r"(?:[月年]底|[月年]末)\Z")
_PAST_CUE = re.compile(
    r"[^,。?!;、]{0,6}?(?:没[来上去到](?!时间|空)|缺[的了课]|[交缴付买报][的过](?!话)|[上来]过"
    r"|[交缴付买报签]了(?!吗|没|么)|都没(?!空|时间|课|人|位))"
)


def _with_bounds(words: str, moment: Moment, end: int) -> tuple[Moment, int]:
    """Take in a following 前, 后, 起, 开始, 为止 or 内."""
    if moment.kind is Kind.OPEN:
        return moment, end
    if match := _INSIDE.match(words, end):
        return (moment, end) if moment.is_instant else (moment, match.end())
    if match := _AROUND.match(words, end):
        return (moment, end) if moment.window else (around(moment), match.end())
    if match := _BEFORE.match(words, end):
        inclusive = match["upto"] is not None or _ENDS_LATE.search(words, 0, end) is not None
        return bounded(moment, before=True, inclusive=inclusive), match.end()
    match = _AFTER.match(words, end)
    if match is None or (moment.kind is Kind.RECURRENCE and moment.window is None):
        return moment, end
    starts = match["starts"] is not None
    if starts and moment.window is not None:
        return moment, end
    return bounded(moment, before=False, inclusive=starts), match.end()


def _context(
    words: str, phrase: Phrase, base: Context, earlier: Moment | None, gap: int
) -> Context:
    """The context of a phrase, looking at the words before and after it."""
    if earlier and earlier.kind is not Kind.RECURRENCE and _LIST.match(words[gap : phrase.start]):
        return base.from_floor(earlier.days.start)
    return replace(base, past=_PAST_CUE.match(words, phrase.end) is not None)


def _read(
    words: str, phrase: Phrase, context: Context, earlier: Moment | None
) -> tuple[Moment, int] | None:
    """What a phrase means together with what follows it, and where that ends."""
    moment = moment_of(phrase, context, earlier)
    if moment is None:
        return None
    end = phrase.end
    if (link := _RANGE.match(words, end)) and (
        right := phrase_at(words, link.end(), sure=moment.window is not None)
    ):
        left = moment_of(phrase, context, earlier, rolls=False)
        whole = left and joined(left, right, context)
        if whole is None or (whole.end_at and whole.end_at <= context.now):
            whole = joined(moment, right, context) or whole
        if whole:
            moment, end = whole, right.end
    return _with_bounds(words, moment, end)


def _time_of_day(minutes: int) -> time:
    hours, minute = divmod(minutes % DAY, 60)
    return time(hours, minute)


def _span(text: str, start: int, end: int, moment: Moment) -> TimeSpan:
    days, window = moment.days, moment.window
    recurring = moment.kind is Kind.RECURRENCE
    shown = window if recurring or not days.single else None
    if moment.kind is Kind.OPEN:
        shown = None
    return TimeSpan(
        text=text[start:end],
        start_index=start,
        end_index=end,
        start_at=moment.start_at,
        end_at=moment.end_at,
        kind=moment.kind,
        confidence=moment.confidence,
        weekdays=days.weekdays if recurring else (),
        month_days=days.month_days if recurring else (),
        window=(_time_of_day(shown[0]), _time_of_day(shown[1])) if shown else None,
    )


def find(text: str, now: datetime, *, calendar: SchoolCalendar | None = None) -> list[TimeSpan]:
    """Every time expression of a text, in order and without overlap.

    ``now`` is aware and is when the text was written. ``calendar`` knows the school's terms and
    the learner's lessons; without it the national defaults stand in with a lower confidence.
    Raises ValueError for a naive ``now``; no text makes it raise.
    """
    if now.tzinfo is None:
        raise ValueError("now must be aware")
    now = now.astimezone(SHANGHAI)
    base = Context(now, calendar or SchoolCalendar(), now.date())
    words = veiled(plain(text))
    spans: list[TimeSpan] = []
    earlier: Moment | None = None
    gap = position = 0
    while position < len(words):
        phrase = phrase_at(words, position)
        read = None
        if phrase:
            context = _context(words, phrase, base, earlier, gap)
            read = _read(words, phrase, context, earlier)
        if phrase is None:
            position += 1
            continue
        if read is None:
            # An impossible day (2月30号) is skipped whole, or its tail would pass for another.
            position = phrase.end
            continue
        moment, end = read
        if not (moment.start_at and moment.end_at and moment.start_at >= moment.end_at):
            spans.append(_span(text, position, end, moment))
            earlier, gap = moment, end
        position = end
    return spans
