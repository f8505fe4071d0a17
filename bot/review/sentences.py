"""Sentences with marks, `[六年级](grade)的[数学](subject)多少钱`: written, checked, taught."""

import re
from collections.abc import Iterable

from bot.flows import transcript
from bot.interpreter import Entity, words
from bot.phrases import understanding as phrases

_MARK = re.compile(r"\[([^\[\]]+)\]\(([a-z_]+)\)")
_DIGITS = re.compile(r"\d{7,}")
_MASKED_PHONE = re.compile(r"(1[3-9]\d)\*{4}(\d{4})")


class WrongMarks(Exception):
    """The marked form does not fit the sentence; says what to do about it."""


def masked(text: str) -> str | None:
    """The text without what could be dialled or looked up; None when a number is spelt in words
    and cannot be taken out."""
    hidden = transcript.masked(text)
    if hidden == text and words.phone(text) is not None:
        return None
    return _DIGITS.sub(lambda found: f"{found.group()[:3]}****", hidden)


def marked(text: str, entities: Iterable[Entity]) -> str:
    """The text with the entities marked in it; of two that overlap, the first."""
    pieces, at = [], 0
    for each in sorted(entities, key=lambda entity: (entity.start, -entity.end)):
        piece = text[each.start : each.end]
        if each.start < at or not piece or "[" in piece or "]" in piece:
            continue
        if each.name in phrases.ENTITIES:
            pieces += [text[at : each.start], f"[{piece}]({each.name})"]
            at = each.end
    return "".join([*pieces, text[at:]])


def plain(sentence: str) -> str:
    """A sentence without its marks."""
    return _MARK.sub(r"\1", sentence)


def check(sentence: str, text: str) -> None:
    """Raises WrongMarks unless the sentence is the text with marks of the contract's names."""
    strange = [name for _, name in _MARK.findall(sentence) if name not in phrases.ENTITIES]
    if strange:
        raise WrongMarks(phrases.WRONG_NAME.format(names="、".join(strange)))
    if plain(sentence) != text:
        raise WrongMarks(phrases.OTHER_WORDS)


def teachable(sentence: str) -> str:
    """A masked phone in the shape of a phone, which is what a model learns from it."""
    return _MASKED_PHONE.sub(r"\g<1>0000\2", sentence)


def same(text: str) -> str:
    """What texts that say the same in the same words have in common."""
    return "".join(c for c in words.simplified(text).lower() if c.isalnum()) or text
