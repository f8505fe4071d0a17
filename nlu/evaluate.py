"""Measures the understanding and prints JSON: `make nlu-test` calls it.

Two measures: the current model on the held-out sentences of `test/` (another register, never
trained on), and cross-validation over the sentences written by hand. Entities count only when
start, end and name are all right.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import sys
import tarfile
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import quiet
from grammar import generate
from understanding import clauses, intents
from understanding.entities import EntityModel
from understanding.entities import train as train_entities
from understanding.intents import IntentModel
from understanding.normalise import normalise
from understanding.patterns import Span

OUTSIDE = "out_of_scope"
FOLDS = 3
CURRENT = quiet.HERE / "models" / "current"


def opened(archive: Path, folder: Path) -> tuple[IntentModel, EntityModel]:
    """Unpack a model archive and load what our components left in it."""
    with tarfile.open(archive) as tar:
        tar.extractall(folder)  # noqa: S202 -- our own archive
    found = {path.name: path for path in folder.rglob("*") if path.is_file()}
    return IntentModel.load(found["intents.pickle"]), EntityModel(found["entities.crf"])


def gold_spans(sentence: str) -> tuple[str, list[Span]]:
    """Return the normalised text of an annotated sentence and its spans."""
    text, marked = generate.plain(sentence)
    plain = normalise(text)
    return plain.text, [Span(*plain.plain(start, end), name) for start, end, name in marked]


def measured(
    intent_model: IntentModel, entity_model: EntityModel, rows: list[tuple[str, str]]
) -> dict[str, Any]:
    """Return the figures of two models on (intent, annotated sentence) rows."""
    right, in_top_three, refused = 0, 0, Counter[bool]()
    outcome: Counter[tuple[str, str]] = Counter()
    hits = extra = missed = 0
    spent = []
    for intent, sentence in rows:
        text, gold = gold_spans(sentence)
        started_at = time.perf_counter()
        confidences, _ = clauses.read(text, intent_model)
        found = set(entity_model.spans(text))
        spent.append(time.perf_counter() - started_at)
        order = confidences.argsort()[::-1]
        best = intent_model.names[order[0]]
        outcome[intent, best] += 1
        right += best == intent
        in_top_three += intent in [intent_model.names[at] for at in order[:3]]
        if best == OUTSIDE:
            refused[intent == OUTSIDE] += 1
        hits += len(found & set(gold))
        extra += len(found - set(gold))
        missed += len(set(gold) - found)
    outside = sum(intent == OUTSIDE for intent, _ in rows)
    return {
        "sentences": len(rows),
        "intent_accuracy": round(right / len(rows), 4),
        "top_three": round(in_top_three / len(rows), 4),
        "macro_f1": round(macro_f1(outcome), 4),
        "out_of_scope_recall": round(refused[True] / max(1, outside), 4),
        "false_refusals": round(refused[False] / max(1, len(rows) - outside), 4),
        "entity_f1": round(2 * hits / max(1, 2 * hits + extra + missed), 4),
        "entity_precision": round(hits / max(1, hits + extra), 4),
        "entity_recall": round(hits / max(1, hits + missed), 4),
        "median_ms": round(sorted(spent)[len(spent) // 2] * 1000, 2),
        "mean_ms": round(sum(spent) / len(spent) * 1000, 2),
    }


def macro_f1(outcome: Counter[tuple[str, str]]) -> float:
    """Return the unweighted mean F1 of the intents that occur as gold."""
    scores = []
    for name in {gold for gold, _ in outcome}:
        hits = outcome[name, name]
        gold = sum(count for (each, _), count in outcome.items() if each == name)
        read = sum(count for (_, each), count in outcome.items() if each == name)
        scores.append(2 * hits / (gold + read))
    return sum(scores) / len(scores)


def cross_validated(rows: list[tuple[str, str]]) -> list[dict[str, Any]]:
    """Train without one part of the hand-written sentences at a time and measure on that part."""
    mixed = list(rows)
    random.Random(7).shuffle(mixed)
    figures = []
    for fold in range(FOLDS):
        held = mixed[fold::FOLDS]
        unseen = {gold_spans(sentence)[0] for _, sentence in held}
        kept = [row for row in rows if row not in set(held)]
        labelled = [
            (intent, *gold_spans(sentence)) for intent, sentence in generate.sentences(kept)
        ]
        labelled = [row for row in labelled if row[1] not in unseen]
        texts = [text for _, text, _ in labelled]
        with tempfile.TemporaryDirectory(prefix="nlu-") as folder:
            path = Path(folder) / "entities.crf"
            train_entities(texts, [spans for *_, spans in labelled], path)
            model = intents.train(texts, [intent for intent, *_ in labelled])
            figures.append(measured(model, EntityModel(path), held))
        print(f"nlu: fold {fold + 1} of {FOLDS} done", file=sys.stderr, flush=True)
    return figures


def main() -> int:
    """Print the figures as one JSON object; 1 when there is no model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=CURRENT)
    parser.add_argument("--fast", action="store_true", help="leave out cross-validation")
    wanted = parser.parse_args()
    if not wanted.model.exists():
        print("nlu: no model yet; run train.py first", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="nlu-") as folder:
        models = opened(wanted.model, Path(folder))
        report: dict[str, Any] = {
            "model": wanted.model.resolve().name.partition(".")[0],
            "held_out": measured(*models, generate.hand_written(quiet.HERE / "test")),
        }
    if not wanted.fast:
        folds = cross_validated(generate.hand_written())
        report["cross_validation"] = {
            name: round(sum(fold[name] for fold in folds) / len(folds), 4) for name in folds[0]
        }
    report["peak_rss_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps(report, ensure_ascii=False, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
