"""Finds a second wish in one message: 多少钱，周末有课吗 asks for a price and for times.

The message is cut at punctuation and at words like 还有 and 顺便; each piece is read on its own.
Pieces that only greet, thank or agree never stand beside a wish.
"""

import re
from dataclasses import dataclass

import numpy as np

from understanding.intents import Floats, IntentModel

_CUT = re.compile(r"[,，.。;；!！?？~、\n]+|\s(?=\S{2})|(?=还有|另外|顺便|对了|以及|同时也)")
COURTESIES = frozenset("greet thank goodbye affirm deny".split())
# A piece counts when it is at least this sure; pieces shorter than this many characters hang
# on their neighbours (嗯嗯, 那个).
SURE = 0.5
SHORTEST = 3


@dataclass(frozen=True)
class Clause:
    """A half-open piece of the normalised text and what it says."""

    start: int
    end: int
    intent: str
    confidence: float


def read(text: str, model: IntentModel) -> tuple[Floats, list[Clause]]:
    """Return the confidence of each intent for the whole text, and its clauses if several.

    The clauses are empty when the text says one thing.
    """
    whole = model.confidences(text)
    pieces = _pieces(text)
    if len(pieces) < 2:
        return whole, []
    clauses = []
    for start, end in pieces:
        confidences = model.first_reading(text[start:end])
        best = int(np.argmax(confidences))
        clauses.append(Clause(start, end, model.names[best], float(confidences[best])))
    wishes = [
        clause
        for clause in clauses
        if clause.confidence >= SURE
        and clause.intent not in COURTESIES
        and clause.intent != "out_of_scope"
    ]
    named = list(dict.fromkeys(clause.intent for clause in wishes))
    if len(named) < 2:
        return whole, []
    first_of_each = [next(each for each in wishes if each.intent == name) for name in named]
    return _blended(whole, first_of_each, model.names), first_of_each


def _blended(whole: Floats, clauses: list[Clause], names: tuple[str, ...]) -> Floats:
    """Average the whole text's confidences with those of its clauses, so that both rank first."""
    spoken = np.zeros_like(whole)
    for clause in clauses:
        spoken[names.index(clause.intent)] = clause.confidence
    return np.asarray((whole + spoken / spoken.sum()) / 2, dtype=np.float32)


def _pieces(text: str) -> list[tuple[int, int]]:
    """Cut a text into pieces long enough to say something."""
    pieces = []
    start = 0
    for cut in [*_CUT.finditer(text), None]:
        end = cut.start() if cut else len(text)
        if end - start >= SHORTEST:
            pieces.append((start, end))
            start = cut.end() if cut else end
        elif cut and end == start:
            start = cut.end()
    return pieces
