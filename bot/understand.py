"""The whole understanding without a talk around it: model, the institution's own names, times.

`python -m bot understand < FILE` reads one text a line and writes one JSON object a line, in the
same order: `{"text", "intents": [{"name", "confidence"}], "entities": [{"entity", "text", "start",
"end", "value"}], "times": [{"text", "start", "end", "kind"}]}`. Offsets count characters of the
text; the start and end of a time are local ISO with its offset, null at the open end.
"""

import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import islice
from typing import Any

from bot.interpreter import Entity, Vocabulary, interpret, linked, rasa
from bot.times import TimeSpan

AT_ONCE = 8
"""Texts under way at once: enough to keep two replicas of the model busy."""
ASK_AGAIN_SECONDS = 0.5
BATCH = 256
"""Lines read ahead, so that a file of any length needs little memory."""


def understood(
    text: str, known: Vocabulary, now: datetime, patience_seconds: float = 0
) -> dict[str, Any]:
    """What one text says, as JSON-ready values.

    A model that does not answer is asked again for so long; then raises Unavailable, for guesses
    by keyword would pass for the model's. Without patience the keywords stand in for it.
    """
    until = time.monotonic() + patience_seconds
    while True:
        try:
            meaning = interpret(text, now=now, or_keywords=not patience_seconds)
            break
        except rasa.Unavailable:
            if time.monotonic() > until:
                raise
            time.sleep(ASK_AGAIN_SECONDS)
    entities = linked(meaning.text, meaning.entities, known)
    named = [(each.start, each.end) for each in entities if each.name == "course"]
    return {
        "text": text,
        "intents": [
            {"name": each.name, "confidence": round(each.confidence, 4)} for each in meaning.intents
        ],
        "entities": [_entity(text, each) for each in entities],
        # 英语三级周六班 is a name, and asks for no Saturday.
        "times": [
            _time(each)
            for each in meaning.times
            if not any(a <= each.start_index and each.end_index <= b for a, b in named)
        ],
    }


def read(
    lines: Iterable[str], known: Vocabulary, now: datetime, patience_seconds: float = 0
) -> Iterator[dict[str, Any]]:
    """Understand line after line, in their order."""
    rest = iter(lines)
    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        while batch := [line.rstrip("\r\n") for line in islice(rest, BATCH)]:
            yield from pool.map(lambda text: understood(text, known, now, patience_seconds), batch)


def _entity(text: str, each: Entity) -> dict[str, Any]:
    return {
        "entity": each.name,
        "text": text[each.start : each.end],
        "start": each.start,
        "end": each.end,
        "value": each.value,
    }


def _time(span: TimeSpan) -> dict[str, Any]:
    return {
        "text": span.text,
        "start": span.start_at.isoformat() if span.start_at else None,
        "end": span.end_at.isoformat() if span.end_at else None,
        "kind": span.kind.value,
    }
