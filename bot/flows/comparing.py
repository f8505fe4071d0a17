"""«这两个有什么区别», «第一个和第三个比一下», «哪个更合适»: classes side by side (C2)."""

import re

from backend.admissions import advice
from backend.teaching import queries as teaching
from backend.teaching.schemas import ClassOffer
from bot.flows import finder
from bot.flows.talk import Talk
from bot.interpreter import words
from bot.phrases import comparing as phrases
from bot.replies import Reply, say

MOST = 3
_LONGEST = 30  # Characters; a longer message has a matter of its own.
_COMPARES = re.compile(
    r"区别|差别|不同(?!意)|不一样|对比|比较(?!好)|比一?比|比一?下|怎么选|[选挑报]哪[个一种]|哪[个一种]班?(?:更|比较)?(?:好|合适|适合)"
)
_NUMBERED = re.compile(
    r"第([一二两三123])[个种项班]?|(?<![0-9一二三])([123])(?=[和跟与、号])|(?<=[和跟与、])([123一二三])(?![0-9个])"
)
_ELSE = re.compile(r"老师|线上|线下|你们(?:学校|机构)|别的?机构|别家|一对一|和.{2,8}机构")
_NUMBERS = {"一": 1, "二": 2, "两": 2, "三": 3}


def asked(talk: Talk) -> Reply | None:
    """Two or three classes side by side, and which suits better where something is known of what
    is looked for; None when the message asks something else."""
    text = words.simplified(talk.text)
    if len(text) > _LONGEST or not _COMPARES.search(text) or _ELSE.search(text):
        return None
    chosen = _chosen(talk, text)
    if len(chosen) < 2:
        return None
    talk.state.misunderstood = 0
    grade = talk.state.slots.get("grade")
    found = {each.offer.id: each for each in finder.weighed(talk, chosen, grade=grade)}
    best = list(found.values())
    wish = finder.wish_of(talk.state.topic, grade=grade)
    clear = len(best[0].misses) < len(best[1].misses)
    return say(
        phrases.side_by_side(
            [(talk.state.shown.index(each.id) + 1, found[each.id]) for each in chosen],
            wish,
            better=best[0] if clear else None,
        )
    )


def _chosen(talk: Talk, text: str) -> list[ClassOffer]:
    """The classes that are numbered or named, else all that were listed last. Those named are
    listed from now on, so that a number means what the answer shows."""
    offers = {each.id: each for each in teaching.offers(talk.session)}
    named = [each.id for each in offers.values() if each.name in text]
    listed = [id_ for id_ in talk.state.shown if id_ in offers]
    if len(named) >= 2:
        talk.state.shown = named[:MOST]
        return [offers[id_] for id_ in named[:MOST]]
    numbers = [
        _NUMBERS.get(digit) or int(digit)
        for found in _NUMBERED.findall(text)
        for digit in found
        if digit
    ]
    wanted = [listed[n - 1] for n in dict.fromkeys(numbers) if n <= len(listed)] or listed
    return [offers[id_] for id_ in wanted[: advice.SUGGESTED]]
