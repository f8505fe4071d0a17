"""Finding every time expression of a text and resolving it against a clock."""

import re
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from bot.times.clock import DAY, RANGE, Clock, Part
from bot.times.forms import Context, Days
from bot.times.normal import plain
from bot.times.phrases import Phrase, phrase_at
from bot.times.spans import SHANGHAI, DateRange, Kind, SchoolCalendar, TimeSpan
from bot.times.veil import veiled

_RANGE = re.compile(RANGE)
_LIST = re.compile(r"\s?(?:[、,/]|或者?是?|还是|和|跟|与|及|以及|要么|要不)?\s?\Z")
_BEFORE = re.compile(
    r"\s?(?:之前|以前|前(?!天|面|台|年|几|两|三|往|来|去|晚|一|后|排|段|几)|为止|截止)"
)
_AFTER = re.compile(
    r"\s?(?:之后|以后|往后|后(?!天|面|年|来|晚|续|几|两|悔|排)|起(?!床|来|得)|开始)"
)
_INSIDE = re.compile(r"\s?(?:之内|以内|内(?!容|部|向))")
_PAST_CUE = re.compile(
    r"[^,。?!;、]{0,6}?(?:没[来上去到有](?!时间|空|课)|缺[的了课]|[交缴付买报][的过](?!话)|[上来]过|[交缴付买报签]了(?!吗|没|么))"
)
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class _Moment:
    """A resolved phrase, before its text is cut out."""

    start_at: datetime | None
    end_at: datetime | None
    kind: Kind
    confidence: float
    days: Days | None = None
    part: Part | None = None
    minutes: int | None = None
    window: tuple[int, int] | None = None

    @property
    def day(self) -> date | None:
        """The single day it lies on, for what inherits from it."""
        if self.days is None or self.days.end - self.days.start != timedelta(1):
            return None
        return self.days.start


def _at(day: date, minutes: int) -> datetime:
    """Local minutes from a day's midnight; more than 1440 reach into the next day."""
    return datetime.combine(day, time(), SHANGHAI) + timedelta(minutes=minutes)


def _from_days(days: Days) -> _Moment:
    """A phrase that names nothing smaller than days."""
    if days.times:
        start_at, end_at = days.times
        kind = Kind.DATETIME if end_at - start_at == _MINUTE else Kind.INTERVAL
        return _Moment(start_at, end_at, kind, days.confidence, days)
    start_at, end_at = _at(days.start, 0), _at(days.end, 0)
    if days.weekdays or days.month_days:
        kind = Kind.RECURRENCE
    else:
        kind = Kind.DATE if days.single else Kind.INTERVAL
    return _Moment(start_at, end_at, kind, days.confidence, days)


def _in_days(days: Days, window: tuple[int, int], confidence: float, part: Part | None) -> _Moment:
    """Hours within days: one stretch on a single day, a window of each on several."""
    start, end = window
    instant = end - start == 1
    confidence = min(confidence, days.confidence)
    last = days.end - timedelta(1)
    if days.weekdays or days.month_days:
        return _Moment(
            _at(days.start, start), _at(days.start, end), Kind.RECURRENCE, confidence, days, part,
            start, window,
        )  # fmt: skip
    kind = Kind.DATETIME if instant and days.single else Kind.INTERVAL
    return _Moment(
        _at(days.start, start), _at(last, end), kind, confidence, days, part, start,
        None if days.single else window,
    )  # fmt: skip


def _window_of(phrase: Phrase, said: Part | None, late: int) -> tuple[int, int, float]:
    """The half-open minutes that a phrase's part and clock mean, and how sure that is.

    ``said`` is a part of the day from earlier words; ``late`` are the minutes of the day that are
    over already, because 八点 said at noon today means the evening.
    """
    part, clock = phrase.part, phrase.clock
    if clock is None:
        assert part is not None
        return part.start, part.end, 0.95
    sure = 0.8 if clock.about else 1.0
    if part:
        start = clock.in_part(part)
    elif clock.exact:
        start = clock.minutes
    elif said and said.start <= clock.in_part(said) < said.end:
        start, sure = clock.in_part(said), min(sure, 0.85)
    else:
        start, sure = clock.alone(), min(sure, 0.75)
        if start < late < start + DAY // 2 and start < DAY // 2:
            start += DAY // 2
    length = (clock.until - clock.minutes) if clock.until is not None else 1
    return start, start + length, sure


def _resolve(phrase: Phrase, context: Context, earlier: _Moment | None) -> _Moment | None:
    """One phrase alone, inheriting the day or part of day of earlier words where it has none."""
    days = phrase.days(context) if phrase.days else None
    if phrase.days and days is None:
        return None
    if days and days.open_after is not None:
        edge = context.now
        ends = (edge, None) if days.open_after else (None, edge)
        return _Moment(*ends, Kind.OPEN, days.confidence, days)
    if phrase.part is None and phrase.clock is None:
        return _from_days(days) if days else None
    inherited = earlier.day if earlier and days is None else None
    if inherited and earlier and earlier.end_at and earlier.end_at <= context.now:
        inherited = None
    said = earlier.part if earlier else None
    plain_day = days or Days(
        inherited or context.today, (inherited or context.today) + timedelta(1)
    )
    now_minutes = context.now.hour * 60 + context.now.minute
    late = now_minutes if plain_day.start == context.today else 0
    start, end, sure = _window_of(phrase, said, late)
    floating = days is None and inherited is None
    over = _at(plain_day.start, end) <= context.now and not context.past
    if over and floating:
        plain_day, sure = Days(*_next(plain_day.start)), min(sure, 0.6)
        if phrase.clock and phrase.part is None:
            start, end, _ = _window_of(phrase, said, 0)
    elif over and phrase.days and days and (days.rolls or days.weekdays or days.month_days):
        moved = phrase.days(context.from_floor(plain_day.start + timedelta(1)))
        plain_day = moved or plain_day
    return _in_days(plain_day, (start, end), sure, phrase.part or (said if floating else None))


def _next(day: date) -> DateRange:
    return day + timedelta(1), day + timedelta(2)


def _join(left: _Moment, right_phrase: Phrase, context: Context) -> _Moment | None:
    """The range from a moment to a phrase, which inherits what it does not say."""
    if left.days is None or left.start_at is None or left.kind is Kind.OPEN:
        return None
    if right_phrase.days is None and left.minutes is not None:
        return _join_hours(left, right_phrase)
    right = _resolve(right_phrase, context.from_floor(left.days.start), None)
    if right is None or right.end_at is None or right.start_at is None or right_phrase.days is None:
        return None
    if right.kind in (Kind.RECURRENCE, Kind.OPEN) or left.kind is Kind.RECURRENCE:
        return None
    end_at = right.start_at if right.kind is Kind.DATETIME else right.end_at
    if end_at <= left.start_at:
        return None
    sure = min(left.confidence, right.confidence)
    days = Days(left.days.start, (right.days or left.days).end, sure)
    return _Moment(left.start_at, end_at, Kind.INTERVAL, sure, days)


def _join_hours(left: _Moment, phrase: Phrase) -> _Moment | None:
    """From an hour to an hour: the second is the first such time after the first."""
    days, start = left.days, left.minutes
    if days is None or start is None:
        return None
    clock, part = phrase.clock, phrase.part
    if clock is None:
        if part is None:
            return None
        end = part.end
    elif part:
        end = clock.in_part(part)
    elif clock.exact:
        end = clock.minutes
    else:
        choices = (clock.minutes % (DAY // 2) + i * DAY // 2 for i in range(4))
        end = next(minutes for minutes in choices if minutes > start)
    if end <= start:
        end += DAY
    sure = left.confidence if left.confidence != 0.75 or not part else 0.8
    return _in_days(days, (start, end), sure, left.part)


def _bounded(text: str, moment: _Moment, end: int) -> tuple[_Moment, int]:
    """Take in a following 前, 后, 起, 开始 or 内."""
    if moment.kind is Kind.OPEN or moment.start_at is None or moment.end_at is None:
        return moment, end
    days = moment.days
    around = days.around if days and moment.minutes is None else None
    timed = moment.kind is Kind.DATETIME or (
        moment.window is not None and moment.window[1] - moment.window[0] == 1
    )
    if match := _INSIDE.match(text, end):
        return moment, match.end() if not timed else end
    if match := _BEFORE.match(text, end):
        edge = _at(around[0], 0) if around else moment.start_at
        if match[0].strip() in ("为止", "截止"):
            edge = moment.end_at if not timed else moment.start_at
        if _is_edge_of_month(text[:end]):
            edge = moment.end_at
        if moment.window and moment.kind is Kind.RECURRENCE:
            return _windowed(moment, (0, moment.window[0])), match.end()
        return replace(moment, start_at=None, end_at=edge, kind=Kind.OPEN, window=None), match.end()
    if match := _AFTER.match(text, end):
        starts = match[0].strip() in ("起", "开始")
        if starts and (moment.minutes is not None or moment.kind is Kind.RECURRENCE):
            return moment, end
        if moment.window and moment.kind is Kind.RECURRENCE:
            return _windowed(moment, (moment.window[0], DAY)), match.end()
        if moment.kind is Kind.RECURRENCE:
            return moment, end
        edge = (
            moment.start_at if starts or timed else _at(around[1], 0) if around else moment.end_at
        )
        return replace(moment, start_at=edge, end_at=None, kind=Kind.OPEN, window=None), match.end()
    return moment, end


def _is_edge_of_month(before: str) -> bool:
    """月底前 ends with the month, not where its last days begin."""
    return before.endswith(("底", "末")) and not before.endswith(("周末", "期末", "礼拜末"))


def _windowed(moment: _Moment, window: tuple[int, int]) -> _Moment:
    if moment.days is None or window[0] >= window[1]:
        return moment
    return replace(_in_days(moment.days, window, moment.confidence, moment.part), kind=moment.kind)


def _clock_time(minutes: int) -> time:
    hours, minute = divmod(minutes % DAY, 60)
    return time(hours, minute)


def _span(text: str, start: int, end: int, moment: _Moment) -> TimeSpan:
    days, window = moment.days, moment.window
    recurring = moment.kind is Kind.RECURRENCE
    return TimeSpan(
        text=text[start:end],
        start_index=start,
        end_index=end,
        start_at=moment.start_at,
        end_at=moment.end_at,
        kind=moment.kind,
        confidence=moment.confidence,
        weekdays=days.weekdays if days and recurring else (),
        month_days=days.month_days if days and recurring else (),
        window=(_clock_time(window[0]), _clock_time(window[1])) if window else None,
    )


def _context(
    words: str, start: int, end: int, base: Context, earlier: tuple[_Moment, int] | None
) -> Context:
    """The context of a phrase, looking at the words before and after it."""
    past = _PAST_CUE.match(words, end) is not None
    context = replace(base, past=past)
    if earlier and earlier[0].days and _LIST.match(words[earlier[1] : start]):
        return context.from_floor(earlier[0].days.start)
    return context


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
    earlier: tuple[_Moment, int] | None = None
    position = 0
    while position < len(words):
        phrase = phrase_at(words, position)
        context = phrase and _context(words, position, phrase.end, base, earlier)
        moment = context and phrase and _resolve(phrase, context, earlier and earlier[0])
        if not (phrase and context and moment):
            position += 1
            continue
        end = phrase.end
        if (link := _RANGE.match(words, end)) and (right := phrase_at(words, link.end())):
            if joined := _join(moment, right, context):
                moment, end = joined, right.end
        elif link and isinstance(phrase.clock, Clock) and words[end - 1].isdigit():
            pass
        moment, end = _bounded(words, moment, end)
        if moment.start_at is None or moment.end_at is None or moment.start_at < moment.end_at:
            spans.append(_span(text, position, end, moment))
            earlier = (moment, end)
        position = end
    return spans
