"""Gathers every training sentence: those written by hand, the grammar's, and their variants."""

import json
import random
import re
from collections.abc import Iterable
from pathlib import Path

import yaml

from grammar.expand import expand
from grammar.vary import vary
from understanding.normalise import normalise
from understanding.patterns import DOUBTFUL, candidates, longest

HERE = Path(__file__).parent
DATA = HERE.parent / "data"
ENTITY = re.compile(r"\[([^\[\]]+)\]\(([a-z_]+)\)")
UNMISTAKABLE = frozenset("time grade subject phone amount class_mode quantity campus".split())
# How many variants each sentence written by hand gets.
VARIANTS = 2

Labelled = tuple[str, str]


def hand_written(folder: Path = DATA) -> list[Labelled]:
    """Return (intent, sentence) of every Rasa NLU file right in a folder, in file order."""
    found = []
    for path in sorted(folder.glob("*.yml")):
        for block in yaml.safe_load(path.read_text("utf-8"))["nlu"]:
            for line in block["examples"].splitlines():
                if line.startswith("- "):
                    found.append((block["intent"], line[2:].strip()))
    return found


def patterns() -> list[Labelled]:
    """Return (intent, pattern) of every pattern file, in file order."""
    found = []
    for path in sorted((HERE / "patterns").glob("*.txt")):
        intent = ""
        for line in path.read_text("utf-8").splitlines():
            if line.startswith("## "):
                intent = line[3:].strip()
            elif line.strip() and not line.startswith("#"):
                found.append((intent, line.strip()))
    return found


def sentences(by_hand: Iterable[Labelled] | None = None) -> list[Labelled]:
    """Return every training sentence once, with its intent; deterministic.

    No text has two intents: what was written by hand goes before what is generated, and of two
    that somebody wrote the later one stands (an institution knows its people).
    """
    written = {
        _key(sentence): (intent, sentence)
        for intent, sentence in (hand_written() if by_hand is None else by_hand)
    }
    found = dict(written)
    for intent, pattern in patterns():
        for sentence in expand(pattern):
            found.setdefault(_key(sentence), (intent, completed(sentence)))
    for intent, sentence in written.values():
        chance = random.Random(f"{intent} {sentence}")
        for _ in range(VARIANTS):
            varied = vary(intent, sentence, chance)
            found.setdefault(_key(varied), (intent, varied))
    return list(found.values())


def _key(sentence: str) -> str:
    """Return what the models see of a sentence, marked or not."""
    return normalise(plain(sentence)[0]).text


def completed(sentence: str) -> str:
    """Mark what a pattern left plain though its shape is unmistakable, as 今天 in (今天|{time})."""
    pieces, at = [], 0
    for mark in [*ENTITY.finditer(sentence), None]:
        open_text = sentence[at : mark.start()] if mark else sentence[at:]
        done = 0
        for span in longest(candidates(open_text)):
            spelled = open_text[span.start : span.end]
            if span.entity in UNMISTAKABLE and spelled not in DOUBTFUL:
                pieces.append(open_text[done : span.start])
                pieces.append(f"[{spelled}]({span.entity})")
                done = span.end
        pieces.append(open_text[done:])
        if mark:
            pieces.append(mark.group())
            at = mark.end()
    return "".join(pieces)


def plain(sentence: str) -> tuple[str, list[tuple[int, int, str]]]:
    """Return a sentence without its marks, and the half-open spans that they named."""
    text, spans, at = "", [], 0
    for mark in ENTITY.finditer(sentence):
        text += sentence[at : mark.start()]
        spans.append((len(text), len(text) + len(mark[1]), mark[2]))
        text += mark[1]
        at = mark.end()
    return text + sentence[at:], spans


def write(rows: Iterable[Labelled], path: Path) -> None:
    """Write sentences as one Rasa NLU file.

    JSON rather than YAML: Rasa reads it fifty times faster.
    """
    examples = []
    for intent, sentence in rows:
        text, spans = plain(sentence)
        marked = [
            {"start": start, "end": end, "entity": name, "value": text[start:end]}
            for start, end, name in spans
        ]
        examples.append({"text": text, "intent": intent, "entities": marked})
    content = {"rasa_nlu_data": {"common_examples": examples}}
    path.write_text(json.dumps(content, ensure_ascii=False), "utf-8")
