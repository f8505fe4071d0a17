"""Reading one phrase: a day, a part of the day and a time of the clock that belong together."""

import re
from dataclasses import dataclass

from bot.times.clock import Clock, Part, clock_at, part_at
from bot.times.counted import counted
from bot.times.forms import Form, Read
from bot.times.lunar_dates import lunar_at
from bot.times.names import names_at
from bot.times.quarters import quarters_at
from bot.times.shifts import shifts_at
from bot.times.solar import solar_at
from bot.times.weekdays import weekdays_at

_BEGIN = re.compile(
    r"[\d零〇一二两俩三四五六七八九十廿卅半几周星礼今明后前昨大小翌当这本上下每逢平双工农阴旧闰正冬腊年月初新春过再最近未接往听寻琴去"
    r"暑寒学期开除跨元清端中重国劳儿教圣妇植愚青建万平母父感情立惊芒夏处秋霜龙七差凌早晨晌午傍晚半深夜第今隔单从即放白]"
)
_LINK = re.compile(r"(?:的|[那当这]天的?|\s|,(?=\s?(?:[上下中]午|早上|晚上)))?\s?")
_REPEATED = re.compile(r"\s?[(]?\s?(?:周|星期|礼拜)[一二三四五六日天](?![节次]|到|至|-)\s?[)]?")
_DATE_IN_BRACKETS = re.compile(r"\s?[(](?=\d)")


@dataclass(frozen=True, slots=True)
class Phrase:
    """What was read between ``start`` and ``end``; at least one of the three is there."""

    start: int
    end: int
    days: Form | None = None
    part: Part | None = None
    clock: Clock | None = None


def _days_at(text: str, position: int) -> Read | None:
    """The longest day-level reading at a position."""
    best: Read | None = None
    for reader in (shifts_at, weekdays_at, lunar_at, quarters_at, solar_at, names_at):
        read = reader(text, position)
        if read and read.after > position and (best is None or read.after > best.after):
            best = read
    return best and counted(text, best)


def _same_day_again(text: str, position: int, read: Read) -> Read:
    """Take in a second name of the same day: 5月8号（周六）, 周六（12月5号）, 明天周三."""
    match = _REPEATED.match(text, position)
    if match and ("(" in match[0]) == (")" in match[0]):
        return Read(read.form, match.end())
    if match := _DATE_IN_BRACKETS.match(text, position):
        dated = solar_at(text, match.end())
        if dated and text.startswith(")", dated.after):
            return Read(dated.form, dated.after + 1)
    return read


def phrase_at(text: str, position: int, *, sure: bool = False) -> Phrase | None:
    """The phrase that begins at a position of the plain, veiled text.

    ``sure`` where the words before it leave no doubt that a time follows, so that even a plain
    一点 is one o'clock.
    """
    if not _BEGIN.match(text, position):
        return None
    days = _days_at(text, position)
    end = position
    if days is not None:
        if "周" not in text[position : days.after] or "(" in text[days.after : days.after + 2]:
            days = _same_day_again(text, days.after, days)
        end = days.after
    begin = end
    if days and (link := _LINK.match(text, end)):
        begin = link.end()
    part = part_at(text, begin, short=days is not None and not text[end:begin].strip())
    if part is None and begin != end:
        part = part_at(text, end, short=True)
    if part:
        end = begin = part.after
        if link := _LINK.match(text, end):
            begin = link.end()
    clock = clock_at(text, begin)
    if clock and clock.bare_one and not (part or days or sure):
        clock = None
    if clock:
        end = clock.after
    if days is None and part is None and clock is None:
        return None
    return Phrase(position, end, days.form if days else None, part, clock)
