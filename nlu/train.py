"""Trains the model when anything it is made from has changed; keeps each model by content hash.

It is made from the project's files and from `models/learned.yml`, the institution's own sentences
(`school.py`). `--no-publish` leaves the new model as a candidate; `--rollback` publishes the model
before.
"""

from __future__ import annotations

import argparse
import hashlib
import multiprocessing
import os
import sys
import tempfile
import time
from pathlib import Path

import published
import quiet
from published import publish

MODELS = quiet.MODELS
LEARNED = MODELS / "learned.yml"
CANDIDATE = "nlu: candidate "  # Begins the last line of a training that publishes nothing.
INPUTS = ("config.yml", "domain.yml", "lexicon.yml", "requirements.lock", "components.py")
FOLDERS = ("data", "grammar", "understanding")


def content_hash(learned: Path | None = LEARNED) -> str:
    """Return the name of the model that the present files make: 12 hexadecimal digits.

    Without learned sentences it names the project's files alone.
    """
    digest = hashlib.sha256()
    paths = [quiet.HERE / name for name in INPUTS]
    for folder in FOLDERS:
        paths += [
            path
            for path in sorted((quiet.HERE / folder).rglob("*"))
            if path.suffix in {".yml", ".py", ".txt"}
        ]
    for path in paths:
        digest.update(str(path.relative_to(quiet.HERE)).encode())
        digest.update(path.read_bytes())
    if learned is not None and learned.exists():
        digest.update(learned.read_bytes())
    return digest.hexdigest()[:12]


def roll_back() -> int:
    """Publish the model that was current before this one; 1 when there is none."""
    name = published.earlier(MODELS)
    if not name:
        print("nlu: no earlier model to go back to", file=sys.stderr)
        return 1
    publish(MODELS / f"{name}.tar.gz")
    print(f"nlu: went back to {name}", flush=True)
    return 0


def prepare(rows: list[tuple[str, str]]) -> None:
    """Compute the sentence vectors that training will ask for, on the other core."""
    from grammar import generate
    from understanding import meaning
    from understanding.intents import choose
    from understanding.normalise import normalise

    texts = [normalise(generate.plain(sentence)[0]).text for _, sentence in rows]
    meaning.remembered([texts[at] for at in choose(texts, [intent for intent, _ in rows])])


def train(name: str) -> Path:
    """Write the generated sentences, train, and return the new archive."""
    from grammar import generate

    started_at = time.monotonic()
    print("nlu: writing sentences from the grammar …", flush=True)
    by_hand = generate.hand_written()
    rows = generate.sentences([*by_hand, *generate.hand_written(MODELS)])
    # Forked before Rasa is imported, so that it is small.
    ahead = multiprocessing.get_context("fork").Process(target=prepare, args=(rows,))
    ahead.start()
    with tempfile.TemporaryDirectory(prefix="nlu-") as folder:
        generate.write(rows, Path(folder) / "sentences.json")
        print(f"nlu: training on {len(rows)} sentences (a minute or two) …", flush=True)
        from rasa.model_training import train_nlu

        built = train_nlu(
            config=str(quiet.HERE / "config.yml"),
            nlu_data=folder,
            output=folder,
            fixed_model_name=name,
            domain=str(quiet.HERE / "domain.yml"),
        )
        ahead.join()
        if built is None:
            raise SystemExit("nlu: training failed; see the lines above")
        part = MODELS / f".{name}.part"
        part.write_bytes(Path(built).read_bytes())
        model = MODELS / f"{name}.tar.gz"
        os.replace(part, model)
    print(f"nlu: trained {model.name} in {time.monotonic() - started_at:.0f} s", flush=True)
    return model


def main() -> int:
    """Train if needed, then publish."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--force", action="store_true", help="train even if nothing changed")
    parser.add_argument("--no-publish", action="store_true", help="leave it as a candidate")
    parser.add_argument("--rollback", action="store_true", help="publish the model before this")
    wanted = parser.parse_args()
    MODELS.mkdir(parents=True, exist_ok=True)
    if wanted.rollback:
        return roll_back()
    name, base = content_hash(), content_hash(None)
    is_decided = published.released(MODELS) == base and (MODELS / "current").exists()
    if is_decided and not (wanted.force or wanted.no_publish):
        print(f"nlu: model {published.current(MODELS)} is up to date", flush=True)
        return 0
    model = MODELS / f"{name}.tar.gz"
    if wanted.force or not model.exists():
        train(name)
    else:
        print(f"nlu: model {name} is there already", flush=True)
    if wanted.no_publish:
        print(f"{CANDIDATE}{name}", flush=True)
        return 0
    publish(model)
    published.note_release(MODELS, base)
    return 0


if __name__ == "__main__":
    sys.exit(main())
