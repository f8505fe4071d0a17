"""The entity model: a conditional random field over characters that knows the patterns' proposals.

The field learns in which company a proposal is meant (围棋 the subject or the boards to buy) and
finds names no list holds; proposals of unmistakable shape are added where it saw nothing.
"""

import zlib
from collections.abc import Sequence
from pathlib import Path

import pycrfsuite

from understanding.guesses import GIVEN, guesses
from understanding.patterns import DOUBTFUL, SURNAMES, Span, candidates, longest

# Shapes that are right even where the field saw nothing.
SURE = frozenset(
    "phone time amount grade subject class_mode campus order_no ticket_no teacher".split()
)
NAMELESS = frozenset("老师 教练 外教 家长 校区 妈妈 爸爸".split())
# Share of training sentences whose word lists are hidden, so that the company of an unlisted
# word is learned too. A sentence's own sum decides, so that one more sentence redraws no other.
HIDDEN_PERCENT = 15
SETTINGS = {"c1": 0.05, "c2": 0.01, "max_iterations": 42, "feature.minfreq": 2}


class EntityModel:
    """A trained field, read from its file."""

    def __init__(self, path: Path) -> None:
        """Open the file that `train` wrote."""
        self._tagger = pycrfsuite.Tagger()
        self._tagger.open(str(path))

    def spans(self, text: str) -> list[Span]:
        """Return the entities of a normalised text, not overlapping, in order."""
        if not text:
            return []
        proposed = candidates(text)
        tagged = _tidy(text, spans_of(self._tagger.tag(observations(text, proposed))))
        sure = [
            span
            for span in longest(proposed)
            if span.entity in SURE and text[span.start : span.end] not in DOUBTFUL
        ]
        extra = [span for span in sure if not any(span.overlaps(other) for other in tagged)]
        return sorted([*tagged, *extra])


def _tidy(text: str, spans: list[Span]) -> list[Span]:
    """Trim punctuation and blanks from the edges; drop what then names nobody (a bare 老师)."""
    kept = []
    for span in spans:
        start, end = span.start, span.end
        while start < end and not text[start].isalnum():
            start += 1
        while end > start and not (text[end - 1].isalnum() or text[end - 1] == "+"):
            end -= 1
        if start < end and text[start:end] not in NAMELESS:
            kept.append(Span(start, end, span.entity))
    return kept


def observations(text: str, proposed: Sequence[Span]) -> list[list[str]]:
    """Return what the field may look at for each character."""
    kinds = [_kind(char) for char in text]
    marks: list[list[str]] = [[] for _ in text]
    for span in proposed:
        for at in range(span.start, span.end):
            place = "B" if at == span.start else "E" if at == span.end - 1 else "I"
            marks[at].append(f"{place}:{span.entity}")
    for sort, spans in (("!", longest(proposed)), ("~", guesses(text))):
        for span in spans:
            for at in range(span.start, span.end):
                place = (
                    "B" if at == span.start else "E" if at == span.end - 1 and sort == "~" else "I"
                )
                marks[at].append(f"{place}{sort}{span.entity}")
    seen = []
    for at in range(len(text)):
        row = ["bias", f"kind={kinds[at]}"]
        for step in (-2, -1, 0, 1, 2):
            if 0 <= at + step < len(text):
                row += [f"{step}:{trait}" for trait in _traits(text[at + step])]
        for step in (-3, -2, -1, 0, 1, 2, 3):
            there = text[at + step] if 0 <= at + step < len(text) else "<>"
            row.append(f"{step}={there}")
        for left in (-2, -1, 0, 1):
            row.append(f"{left}+={text[max(0, at + left) : max(0, at + left + 2)]}")
        row.append(f"-2++={text[max(0, at - 2) : at + 1]}")
        row.append(f"0++={text[at : at + 3]}")
        row += marks[at]
        if at:
            row += [f"<{mark}" for mark in marks[at - 1]]
        if at + 1 < len(text):
            row += [f">{mark}" for mark in marks[at + 1]]
        seen.append(row)
    return seen


def _traits(char: str) -> list[str]:
    """Tell whether a character is usual in names, as a surname or after one."""
    return ["surname"] * (char in SURNAMES) + ["given"] * (char in GIVEN)


def _kind(char: str) -> str:
    """Return the sort of a character: digit, Latin letter, Han or other."""
    if char.isdigit():
        return "digit"
    if char.isascii() and char.isalpha():
        return "latin"
    return "han" if "\u4e00" <= char <= "\u9fff" else "other"


def labels_of(length: int, spans: list[Span]) -> list[str]:
    """Return begin/inside/outside labels for a text of that length."""
    labels = ["O"] * length
    for span in spans:
        for at in range(span.start, span.end):
            labels[at] = f"{'B' if at == span.start else 'I'}-{span.entity}"
    return labels


def spans_of(labels: list[str]) -> list[Span]:
    """Return the spans that labels describe; an inside without a begin begins one."""
    spans: list[Span] = []
    start = 0
    current = ""
    for at, label in enumerate([*labels, "O"]):
        entity = label[2:]
        if current and (label[0] != "I" or entity != current):
            spans.append(Span(start, at, current))
            current = ""
        if label != "O" and not current:
            start, current = at, entity
    return spans


def _is_hidden(text: str) -> bool:
    return zlib.crc32(text.encode()) % 100 < HIDDEN_PERCENT


def train(texts: list[str], spans: list[list[Span]], path: Path) -> None:
    """Fit the field on normalised texts with their gold spans and write it to `path`."""
    trainer = pycrfsuite.Trainer(algorithm="lbfgs", params=SETTINGS, verbose=False)
    for text, gold in zip(texts, spans, strict=True):
        if text:
            proposed = () if _is_hidden(text) else candidates(text)
            trainer.append(observations(text, proposed), labels_of(len(text), gold))
    trainer.train(str(path))
