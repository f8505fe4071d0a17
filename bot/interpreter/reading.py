"""Puts a Meaning together, and remembers what Rasa said of texts seen before."""

from datetime import datetime
from functools import lru_cache

import structlog

from backend.kit import clock
from bot import times
from bot.interpreter import keywords, rasa
from bot.interpreter.meaning import ENOUGH, SURE, Meaning, Unread

log = structlog.get_logger(__name__)

LONGEST = 500  # Characters that are understood; a longer message is a letter for a person.


def interpret(text: str, *, now: datetime | None = None, or_keywords: bool = True) -> Meaning:
    """What a message means that was written `now`. With Rasa away the keywords answer, and say so
    nowhere but in the log; without `or_keywords` raises Unavailable then."""
    text = text[:LONGEST]
    if not text.strip():
        return Meaning(text=text)
    try:
        unread = _remembered(text)
    except rasa.Unavailable as error:
        if not or_keywords:
            raise
        log.info("understood_by_keywords", reason=str(error))
        unread = keywords.read(text)
    wishes = unread.wishes
    if not wishes and unread.intents and unread.intents[0].confidence >= ENOUGH:
        wishes = [unread.intents[0].name]
    return Meaning(
        text=text,
        intents=tuple(unread.intents),
        wishes=tuple(wishes),
        entities=tuple(unread.entities),
        times=tuple(times.find(text, now or clock.local(clock.now()))),
        source=unread.source,
        model=unread.model,
    )


_latest = [""]


def _forget_other_models(model: str) -> None:
    """What an earlier model said is not remembered once another one answers."""
    if _latest[0] != model:
        _latest[0] = model
        _remembered.cache_clear()


@lru_cache(maxsize=8192)
def _remembered(text: str) -> Unread:
    """Rasa's answer; only answers are remembered, failures are raised. What the bot told people to
    reply is understood without asking, and where Rasa is unsure and the keywords are not, they go
    first."""
    phrase = keywords.read_phrase(text)
    if phrase is not None:
        return phrase
    if not any(character.isalnum() for character in text):
        return Unread()  # Faces and dots mean nothing that a model could know better.
    unread = rasa.parse(text)
    _forget_other_models(unread.model)
    if not unread.intents or unread.intents[0].confidence < SURE:
        known = keywords.read(text)
        if known.intents:
            unread.intents = known.intents + unread.intents
            unread.wishes = known.wishes
    return unread
