"""Parts of the day and times of the clock, in minutes from midnight.

Parts of the day are wide on purpose: they are used to look for lessons and free places, where a
lesson at 11:30 counts as 早上 for the one who asks. An hour without a part of the day is read by
a training institution's hours: 1 to 7 are after noon (three o'clock is 15:00, seven is the
evening class), 8 to 12 are as they stand.
"""

import re
from dataclasses import dataclass

from bot.times.numerals import whole

DAY = 24 * 60

_PARTS = {
    "凌晨": (0, 6),
    "大清早|一大早|清早|清晨|早晨|早间|早上|一早": (6, 12),
    "上午|午前": (8, 12),
    "晌午|中午|正午|午间": (11, 14),
    "下午|午后": (12, 18),
    "傍晚": (17, 19),
    "白天(?!鹅)": (8, 18),
    "放学[以之]?后": (16, 20),
    "下班[以之]?后": (18, 22),
    "晚上|晚间|夜晚|晚饭后": (18, 24),
    "半夜|深夜|夜里|夜间": (22, 28),
}
_PART = re.compile("|".join(f"({words})" for words in _PARTS))
_WINDOWS = [(start * 60, end * 60) for start, end in _PARTS.values()]
_SHORT_PART = re.compile(
    r"(晚上?(?=上课(?!程))|(?<=[今明昨])晚|晚(?!到|来|点|走|去|退|些|了|会|期|一点|几)|夜(?!校))"
    r"|([早晨](?!点|退|教|操|些|了|期|一点|会))"
)
_SHORT_WINDOWS = ((18 * 60, DAY), (6 * 60, 12 * 60))

_HOUR = r"2[0-4]|1\d|0?\d|二十[一二三四]?|十[一二三四五六七八九]?|[零一二两三四五六七八九]"
_MINUTE = r"[0-5]?\d|[二三四五]十[一二三四五六七八九]?|十[一二三四五六七八九]?|零[一二三四五六七八九]|[一二三四五六七八九]"
_NO_COUNT = r"(?!个|节|课|岁|人|次|块|元|折|位|名|\d)"
RANGE = r"\s?(?:-{1,2}|到|至)\s?"
"""What stands between the two ends of a range, after normalisation."""

_CLOCK = re.compile(
    rf"""(?:
      差(?:(?P<short>{_MINUTE})分钟?|(?P<shortq>[一三])刻)(?:到)?(?P<h0>{_HOUR})点
    | (?P<ha>[一二三四五六七八九])(?P<hb>[二三四五六七八九])点(?!{_MINUTE}分)
    | (?P<h1>{_HOUR})(?:点钟?|时(?!间|候|段|长|常|光|差|代))(?:整)?
      (?: 过?(?P<half>半)
        | 过?(?P<quarter>[一二三1-3])刻
        | 差(?P<less>{_MINUTE})分
        | 过?(?P<m1>{_MINUTE})分(?!钟的|之)
        | 过?(?P<m2>[0-5]\d|[二三四五]?十[一二三四五六七八九]?|零[一二三四五六七八九]){_NO_COUNT}
      )?
    | (?<![\d.:/])(?P<h2>2[0-4]|1\d|0?\d):(?P<m3>[0-5]\d)(?::[0-5]\d)?(?![\d:])
    | (?<![\d.a-z])(?P<h3>1[0-2]|[1-9])(?=\s?[ap]\.?m)
    | (?<![\d.:/月])(?P<h4>{_HOUR})(?={RANGE}(?:{_HOUR})(?:点|:[0-5]\d))
    )
    (?:\s?(?P<meridian>[ap])\.?m\.?(?![a-z]))?
    (?P<about>\s?(?:左右|前后|来钟|多钟?|许|钟))?
    """,
    re.VERBOSE,
)
_BIT = re.compile(r"一点(?:\Z|[^半钟整左前多许过差\d二三四五十零一-])")


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the day: half-open minutes, the end beyond 1440 when it crosses midnight."""

    start: int
    end: int
    after: int
    """Where the word ends in the text."""

    def fit(self, hour: int) -> int:
        """The hour, 0 to 29, that a 12-hour clock means in this part of the day."""
        if hour > 12:
            return hour
        start, hour = self.start // 60, hour % 12
        if start >= 22:
            return hour + 12 if hour >= 9 else hour + 24
        if start == 18:
            return hour + 24 if hour < 4 else hour + 12
        if start in (12, 17):
            return hour + 12
        if start == 11:
            return hour if hour in (10, 11) else hour + 12
        return 12 if hour == 0 and start else hour


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of the clock as said; ``minutes`` count from midnight, before a part of day."""

    minutes: int
    exact: bool
    """True where 24-hour notation leaves no doubt about the half of the day."""
    about: bool
    after: int
    until: int | None = None
    """The later hour's minutes in 三四点 (between three and four)."""
    bare_one: bool = False
    """True for a plain 一点, which means a bit unless something speaks for a time."""

    def in_part(self, part: Part) -> int:
        """Minutes from midnight when this clock stands in that part of the day."""
        return part.fit(self.minutes // 60) * 60 + self.minutes % 60

    def alone(self) -> int:
        """Minutes from midnight by a training institution's hours."""
        if not self.exact and 60 <= self.minutes < 8 * 60:
            return self.minutes + 12 * 60
        return self.minutes


def part_at(text: str, position: int, *, short: bool) -> Part | None:
    """The part of the day named at a position; ``short`` admits 晚 and 早 (周三晚, 今早)."""
    if match := _PART.match(text, position):
        start, end = _WINDOWS[(match.lastindex or 1) - 1]
        if match[0] == "晚上" and text.startswith("课", match.end()) and short:
            return Part(start, end, match.end() - 1)
        return Part(start, end, match.end())
    if short and (match := _SHORT_PART.match(text, position)):
        start, end = _SHORT_WINDOWS[(match.lastindex or 1) - 1]
        return Part(start, end, match.start() + 1)
    return None


def clock_at(text: str, position: int) -> Clock | None:
    """The time of the clock that begins at a position."""
    match = _CLOCK.match(text, position)
    if match is None:
        return None
    about = bool(match["about"] and match["about"].strip() != "钟")
    if match["ha"]:
        first, second = whole(match["ha"]), whole(match["hb"])
        if second != first + 1:
            return None
        return Clock(first * 60, False, True, match.end(), until=second * 60)
    hour_text = next(match[f"h{i}"] for i in range(5) if match[f"h{i}"])
    hour, minutes = whole(hour_text), _minutes_of(match)
    exact = hour > 12 or hour == 0 or (hour_text.startswith("0") and hour_text != "0")
    if match["meridian"]:
        hour, exact = hour % 12 + (12 if match["meridian"] == "p" else 0), True
    total = hour * 60 + minutes
    if not 0 <= total <= DAY:
        return None
    bare_one = _BIT.match(text, position) is not None
    return Clock(total, exact, about, match.end(), bare_one=bare_one)


def _minutes_of(match: re.Match[str]) -> int:
    if match["half"]:
        return 30
    if match["quarter"]:
        return 15 * whole(match["quarter"])
    if match["shortq"]:
        return -15 * whole(match["shortq"])
    if less := match["short"] or match["less"]:
        return -whole(less)
    said = match["m1"] or match["m2"] or match["m3"]
    return whole(said) if said else 0
