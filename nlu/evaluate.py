"""Measures the understanding and prints JSON: `make nlu-test` calls it.

Three measures: the current model on the held-out sentences of `test/` and on those of
`test/strangers/` (written by people who saw none of ours), and cross-validation, over all
sentences as Rasa's own and over new hand-written ones only, with the intents that are weakest
among the latter and what they are taken for: there more sentences help most. Entities count
only when start, end and name are all right.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
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
FOLDS = 5
# Folds are read side by side, one core each.
SIDE_BY_SIDE = 2
WEAKEST = 10
CURRENT = quiet.MODELS / "current"
HELD_OUT = quiet.HERE / "test"

Outcome = Counter[tuple[str, str]]
Rows = list[tuple[str, str]]


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
    intent_model: IntentModel, entity_model: EntityModel, rows: Rows
) -> tuple[dict[str, Any], Outcome]:
    """Return the figures of two models on (intent, annotated sentence) rows, and what was read."""
    in_top_three = 0
    outcome: Outcome = Counter()
    hits = extra = missed = 0
    spent = []
    for intent, sentence in rows:
        text, gold = gold_spans(sentence)
        started_at = time.perf_counter()
        confidences, _ = clauses.read(text, intent_model)
        found = set(entity_model.spans(text))
        spent.append(time.perf_counter() - started_at)
        order = confidences.argsort()[::-1]
        outcome[intent, intent_model.names[order[0]]] += 1
        in_top_three += intent in [intent_model.names[at] for at in order[:3]]
        hits += len(found & set(gold))
        extra += len(found - set(gold))
        missed += len(set(gold) - found)
    outside = sum(intent == OUTSIDE for intent, _ in rows)
    refused = sum(count for (_, read), count in outcome.items() if read == OUTSIDE)
    rightly = outcome[OUTSIDE, OUTSIDE]
    figures = {
        "sentences": len(rows),
        "intent_accuracy": sum(outcome[each, each] for each in intent_model.names) / len(rows),
        "top_three": in_top_three / len(rows),
        "macro_f1": macro_f1(outcome),
        "out_of_scope_recall": rightly / max(1, outside),
        "false_refusals": (refused - rightly) / max(1, len(rows) - outside),
        "entity_f1": 2 * hits / max(1, 2 * hits + extra + missed),
        "entity_precision": hits / max(1, hits + extra),
        "entity_recall": hits / max(1, hits + missed),
        "median_ms": sorted(spent)[len(spent) // 2] * 1000,
        "mean_ms": sum(spent) / len(spent) * 1000,
    }
    return {name: round(figure, 4) for name, figure in figures.items()}, outcome


def f1_scores(outcome: Outcome) -> dict[str, float]:
    """Return the F1 of each intent that occurs as gold."""
    gold: Counter[str] = Counter()
    read: Counter[str] = Counter()
    for (meant, heard), count in outcome.items():
        gold[meant] += count
        read[heard] += count
    return {name: 2 * outcome[name, name] / (gold[name] + read[name]) for name in sorted(gold)}


def macro_f1(outcome: Outcome) -> float:
    """Return the unweighted mean F1 of the intents that occur as gold."""
    scores = f1_scores(outcome)
    return sum(scores.values()) / len(scores)


def weakest(outcome: Outcome) -> list[dict[str, Any]]:
    """Return the intents with the lowest F1, what they are read as and what is read as them."""
    scores = f1_scores(outcome)
    wrong = [pair for pair, _ in outcome.most_common() if pair[0] != pair[1]]
    return [
        {
            "intent": name,
            "f1": round(scores[name], 3),
            "read_as": {read: outcome[name, read] for gold, read in wrong if gold == name},
            "taken_for_it": {gold: outcome[gold, name] for gold, read in wrong if read == name},
        }
        for name in sorted(scores, key=lambda each: scores[each])[:WEAKEST]
    ]


def all_sentences(fold: int) -> tuple[Rows, Rows]:
    """Return the rows kept and the rows held of one part of all the sentences of training.

    This is how `rasa test nlu --cross-validation` splits, each part with its share of every
    intent. A sentence and its variants may fall on both sides, so the figure is kind.
    """
    return _split(generate.sentences(), fold)


def new_sentences(fold: int) -> tuple[Rows, Rows]:
    """Return the rows kept and the rows held of one part of the sentences written by hand.

    What the grammar makes of a sentence (other names, slips) is made anew from those that are
    kept, so it is never on both sides: half were written because a model misread them, and each
    part asks for what only it teaches, so the figure is hard.
    """
    kept, held = _split(generate.hand_written(), fold)
    unseen = {gold_spans(sentence)[0] for _, sentence in held}
    made = generate.sentences(kept)
    return [row for row in made if gold_spans(row[1])[0] not in unseen], held


SPLITS = {"all_sentences": all_sentences, "new_sentences": new_sentences}


def _split(rows: Rows, fold: int) -> tuple[Rows, Rows]:
    mixed = list(rows)
    random.Random(7).shuffle(mixed)
    mixed.sort(key=lambda row: row[0])
    held = mixed[fold::FOLDS]
    left_out = set(held)
    return [row for row in rows if row not in left_out], held


def one_fold(task: tuple[str, int]) -> tuple[dict[str, Any], Outcome]:
    """Train without one part of the sentences and measure on that part."""
    split, fold = task
    kept, held = SPLITS[split](fold)
    labelled = [(intent, *gold_spans(sentence)) for intent, sentence in kept]
    texts = [text for _, text, _ in labelled]
    with tempfile.TemporaryDirectory(prefix="nlu-") as folder:
        path = Path(folder) / "entities.crf"
        train_entities(texts, [spans for *_, spans in labelled], path)
        model = intents.train(texts, [intent for intent, *_ in labelled])
        answer = measured(model, EntityModel(path), held)
    print(f"nlu: {split}, {fold + 1} of {FOLDS}: {answer[0]}", file=sys.stderr, flush=True)
    return answer


def cross_validated(split: str) -> tuple[dict[str, Any], Outcome]:
    """Return the mean figures over all folds, and what was read in all of them together."""
    with multiprocessing.get_context("spawn").Pool(SIDE_BY_SIDE) as pool:
        folds = pool.map(one_fold, [(split, fold) for fold in range(FOLDS)], chunksize=1)
    means = {
        name: round(sum(figures[name] for figures, _ in folds) / FOLDS, 4) for name in folds[0][0]
    }
    total: Outcome = Counter()
    for _, outcome in folds:
        total.update(outcome)
    return means, total


def main() -> int:
    """Print the figures as one JSON object; 1 when there is no model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=CURRENT)
    parser.add_argument("--fast", action="store_true", help="leave out cross-validation")
    wanted = parser.parse_args()
    if not wanted.model.exists():
        print("nlu: no model yet; run train.py first", file=sys.stderr)
        return 1
    report: dict[str, Any] = {"model": wanted.model.resolve().name.partition(".")[0]}
    with tempfile.TemporaryDirectory(prefix="nlu-") as folder:
        models = opened(wanted.model, Path(folder))
        for name, where in (("held_out", HELD_OUT), ("strangers", HELD_OUT / "strangers")):
            if where.exists():
                report[name], _ = measured(*models, generate.hand_written(where))
    if not wanted.fast:
        report["cross_validation"] = {}
        for split in SPLITS:
            report["cross_validation"][split], outcome = cross_validated(split)
        report["weakest"] = weakest(outcome)
    report["peak_rss_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps(report, ensure_ascii=False, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
