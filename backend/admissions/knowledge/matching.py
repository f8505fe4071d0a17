"""Which entry answers a question: pure, by what the texts have in common.

Characters and pairs of them are weighed by how few entries use them, so that 监控 counts and 有没有
does not; the nearest phrasing of an entry speaks for it. The thresholds are held by a test of
questions that must and must not be answered: no answer is better than a wrong one, because whoever
is not answered reaches a person.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

ENOUGH = 0.5
"""Below it nothing is answered."""
SAME = 0.8
"""From it on the question is the entry's own, whatever else it may mean."""
NEAR = 0.12
"""Entries so close behind the best are as likely meant."""
CHOICES = 3
_NOISE = re.compile(
    r"[\s,，。.!！?？、~～;；:：'\"“”「」()（）]"
    r"|请问|你好|您好|老师|麻烦|想?问一?下|咨询一?下|我想知道|想知道|你们|您们|咱们|我们|这边|那边|这里|一下"
    r"|吗|呢|吧|啊|呀|哦|嘛|[么没不]$|的话|的"
)

Known = tuple[tuple[int, tuple[str, ...]], ...]
"""Entries with their ways to ask, the question itself first."""


def matches(text: str, known: Known) -> list[tuple[int, float]]:
    """Entries that answer a text (Simplified), the likeliest first: one that is clear alone, else
    up to three to choose from; none below `ENOUGH`."""
    index, weights = _index(known)
    asked = _vector(_pieces(text), weights)
    if not asked:
        return []
    scores: dict[int, float] = {}
    for entry_id, vector in index:
        scores[entry_id] = max(scores.get(entry_id, 0.0), _cosine(asked, vector))
    best = sorted(scores.items(), key=lambda pair: -pair[1])[:CHOICES]
    ranked = [(id_, score) for id_, score in best if score >= ENOUGH]
    return [each for each in ranked if each[1] > ranked[0][1] - NEAR and _is_near(each, ranked)]


def _is_near(each: tuple[int, float], ranked: Sequence[tuple[int, float]]) -> bool:
    """A question that is the entry's own needs no choice."""
    return each == ranked[0] or ranked[0][1] < SAME


def _pieces(text: str) -> Counter[str]:
    plain = _NOISE.sub("", text.lower())
    pairs = (plain[at : at + 2] for at in range(len(plain) - 1))
    return Counter([*plain, *pairs])


@lru_cache(maxsize=4)
def _index(known: Known) -> tuple[list[tuple[int, dict[str, float]]], Mapping[str, float]]:
    texts = [(id_, _pieces(text)) for id_, phrasings in known for text in phrasings]
    used_by: dict[str, set[int]] = {}
    for id_, pieces in texts:
        for piece in pieces:
            used_by.setdefault(piece, set()).add(id_)
    weights = {
        piece: math.log(1 + len(known) / len(ids)) * (1.0 if len(piece) > 1 else 0.5)
        for piece, ids in used_by.items()
    }
    return [(id_, _vector(pieces, weights)) for id_, pieces in texts], weights


def _vector(pieces: Mapping[str, int], weights: Mapping[str, float]) -> dict[str, float]:
    """Weights of length one. What no entry uses weighs like something rare: it speaks against."""
    unknown = max(weights.values(), default=1.0)
    found = {
        piece: count * weights.get(piece, unknown * (0.6 if len(piece) > 1 else 0.3))
        for piece, count in pieces.items()
    }
    length = math.sqrt(sum(value * value for value in found.values()))
    return {piece: value / length for piece, value in found.items()} if length else {}


def _cosine(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    return sum(value * other[piece] for piece, value in one.items() if piece in other)


def known_of(entries: Iterable[tuple[int, str, Sequence[str]]]) -> Known:
    """What `matches` looks through, from (id, question, other phrasings)."""
    return tuple((id_, (question, *phrasings)) for id_, question, phrasings in entries)
