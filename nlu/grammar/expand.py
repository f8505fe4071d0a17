"""Expands one compact pattern into sentences in Rasa's notation, `[周六](time)有课吗`.

(a|b|) chooses, `x?` may leave out the character or group before it, {entity} is filled and
marked, <kid> is a shared word.
"""

import random

from grammar import slots

# The most sentences that one pattern gives.
MOST = 10
_TRIES = 4


class BadPattern(ValueError):
    """A pattern whose brackets do not match or whose slot has no filling."""


def expand(pattern: str, most: int = MOST) -> list[str]:
    """Return up to `most` different sentences; the same pattern gives the same ones."""
    chance = random.Random(pattern)
    drawn = dict.fromkeys(
        _draw(pattern, chance).replace(slots.CLASS * 2, slots.CLASS) for _ in range(most * _TRIES)
    )
    return [sentence for sentence in drawn if sentence.strip()][:most]


def _draw(pattern: str, chance: random.Random) -> str:
    """Return one sentence of the pattern."""
    return _sequence(pattern, 0, chance, ends="")[0]


def _sequence(pattern: str, at: int, chance: random.Random, ends: str) -> tuple[str, int]:
    """Read from `at` to the end or to one of `ends`; return the text drawn and where it stopped."""
    out: list[str] = []
    while at < len(pattern) and pattern[at] not in ends:
        char = pattern[at]
        if char in "|)":
            raise BadPattern(pattern)
        if char == "(":
            piece, at = _choice(pattern, at + 1, chance)
        elif char in "{<":
            close = pattern.find("}" if char == "{" else ">", at)
            if close < 0:
                raise BadPattern(pattern)
            piece, at = _fill(pattern[at + 1 : close], char, chance), close + 1
        else:
            piece, at = char, at + 1
        if at < len(pattern) and pattern[at] == "?":
            at += 1
            piece = piece if chance.random() < 0.5 else ""
        out.append(piece)
    return "".join(out), at


def _choice(pattern: str, at: int, chance: random.Random) -> tuple[str, int]:
    """Read alternatives up to the closing bracket and keep one."""
    options = []
    while True:
        piece, at = _sequence(pattern, at, chance, ends="|)")
        if at >= len(pattern):
            raise BadPattern(pattern)
        options.append(piece)
        at += 1
        if pattern[at - 1] == ")":
            return chance.choice(options), at


def _fill(name: str, bracket: str, chance: random.Random) -> str:
    """Return a filled slot or a shared word."""
    if bracket == "<":
        if name != "kid":
            raise BadPattern(name)
        return chance.choice(slots.KIDS)
    if name not in slots.SLOTS:
        raise BadPattern(name)
    return slots.marked(name, chance)
