"""Which advisor gets a lead: the rules in their order, then anybody. Pure (A17)."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, time

LANGUAGES = ("英语", "粤语")
"""In which a lead may be written to us, beside 普通话."""
_CANTONESE = re.compile(r"粤语|广东话|廣東話|粵語|唔該|點樣|幾錢|係唔係|嘅")
_FEWEST, _MOST_FOREIGN = 8, 0.6


@dataclass(frozen=True)
class Candidate:
    """An advisor as the choice sees one. `is_away`: known to be absent; `is_at_work`: these are
    their hours. Without skills or languages named, everything is trusted to them."""

    id: int
    campus_id: int | None = None
    skills: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    open: int = 0
    most_open: int | None = None
    last_at: datetime | None = None
    is_away: bool = False
    is_at_work: bool = True


@dataclass(frozen=True)
class Wanted:
    """A lead as the choice sees one; `at` is the local time of day."""

    campus_id: int | None
    interest: str
    source: str
    at: time


@dataclass(frozen=True)
class Condition:
    """A rule as the choice sees one."""

    id: int
    campus_id: int | None = None
    subject: str = ""
    language: str = ""
    source: str = ""
    from_time: time | None = None
    to_time: time | None = None
    needs: str = ""
    by_load: bool = False


def language_of(text: str) -> str:
    """The language somebody writes in, where it is not 普通话."""
    letters = [each for each in text if each.isalpha()]
    latin = [each for each in letters if each.isascii()]
    if len(latin) >= _FEWEST and len(latin) / len(letters) > _MOST_FOREIGN:
        return "英语"
    return "粤语" if _CANTONESE.search(text) else ""


def fits(rule: Condition, lead: Wanted) -> bool:
    """Whether a rule speaks of this lead."""
    return (
        rule.campus_id in (None, lead.campus_id)
        and rule.subject in lead.interest
        and rule.language in ("", language_of(lead.interest))
        and rule.source in ("", lead.source)
        and is_within(lead.at, rule.from_time, rule.to_time)
    )


def is_within(at: time, from_time: time | None, to_time: time | None) -> bool:
    """Whether a time of day lies in [from, to), which may go over midnight; open ends hold."""
    begins, ends = from_time or time.min, to_time or time.max
    if begins <= ends:
        return begins <= at and (at < ends or to_time is None)
    return at >= begins or at < ends


def choose(
    lead: Wanted,
    rules: Sequence[Condition],
    candidates: Sequence[Candidate],
    *,
    but: Collection[int] = (),
) -> tuple[int, int | None] | None:
    """The advisor, and the rule that chose. Nobody who is away or full gets anything; where nobody
    is at work now, their hours do not count, because a lead of the night is not left lying. None
    where nobody is left."""
    here = [
        each
        for each in candidates
        if each.id not in but
        and not each.is_away
        and (each.most_open is None or each.open < each.most_open)
    ]
    for pool in ([each for each in here if each.is_at_work], here):
        near = _near(lead, pool)
        for rule in rules:
            if fits(rule, lead):
                able = [each for each in near if _can(each, rule)]
                if able:
                    return _first(able, by_load=rule.by_load), rule.id
        if near:
            return _first(near, by_load=True), None
    return None


def _near(lead: Wanted, pool: list[Candidate]) -> list[Candidate]:
    """Those of the lead's campus and of none; where there are none, everybody."""
    if lead.campus_id is None:
        return pool
    return [each for each in pool if each.campus_id in (None, lead.campus_id)] or pool


def _can(each: Candidate, rule: Condition) -> bool:
    return (not rule.needs or rule.needs in each.skills) and (
        not rule.language or rule.language in each.languages
    )


def _first(pool: list[Candidate], *, by_load: bool) -> int:
    """Round robin: whoever has waited longest; by load, the fewest open leads first."""

    def rank(each: Candidate) -> tuple[int, float, int]:
        return (
            each.open if by_load else 0,
            each.last_at.timestamp() if each.last_at else 0.0,
            each.id,
        )

    return min(pool, key=rank).id
