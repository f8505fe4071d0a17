"""Random histories by the thousand: `make bench-histories [HISTORIES=10000] [SECONDS=…]`.

Half of them on SQLite, half on a PostgreSQL server of our own, in worlds of a few hundred, each on
an empty database: what is proved of a world takes longer the longer it has lived. Prints what was
played, and stops at the first history that breaks anything; its seed plays it again.
"""

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from backend.kit import events, queue
from backend.kit.db import make_engine, reading
from migrations.tables import every_table
from tests.backend.finance.books.histories import happened, world
from tests.bench.rounds import on
from tests.fixtures.databases import Clones, own_postgresql

IN_ONE_WORLD = 250
PROVED_EVERY = 50
MEMORY = Path("/dev/shm")


def played(
    fresh: Callable[[], AbstractContextManager[str]], *, count: int, seconds: float, first_seed: int
) -> dict[str, Any]:
    """Play histories, each world on a database of its own, until there are enough or time is up."""
    began, total, entries = time.monotonic(), Counter[str](), Counter[str]()
    while (lacking := count - total["histories"]) > 0:
        left = seconds - (time.monotonic() - began)
        if left <= 0:
            break
        with fresh() as url:
            seed = first_seed + total["worlds"]
            lived, happening = on(
                url, partial(_one, min(lacking, IN_ONE_WORLD), seconds=left, seed=seed)
            )
        total += Counter(worlds=1) + lived
        entries += happening
        print(f"{total['histories']} of {count}, {time.monotonic() - began:.0f} s", file=sys.stderr)
    return {**total, "entries": dict(entries), "seconds": round(time.monotonic() - began)}


def _one(count: int, *, seconds: float, seed: int) -> tuple[Counter[str], Counter[str]]:
    """One world: what was lived, and the entries by event."""
    events._listeners.clear()
    began, total = time.monotonic(), Counter[str]()
    with world(seed, pace=timedelta(hours=1)) as made:
        for number in range(1, count + 1):
            try:
                made.live()
                if number % PROVED_EVERY == 0 or number == count:
                    made.prove()
            except AssertionError as error:
                raise SystemExit(f"seed {seed}, history {number}: {error}") from error
            total["histories"] += 1
            if time.monotonic() - began >= seconds:
                break
        made.prove()
        total.update(crashes=made.crashes, closes=made.closes)
    with reading() as session:
        return total, Counter(happened(session))


@contextmanager
def _copied(template: Path) -> Iterator[str]:
    path = template.with_name("world.db")
    shutil.copyfile(template, path)
    yield f"sqlite:///{path}"
    for each in template.parent.glob("world.db*"):
        each.unlink()


def _template(home: str) -> Path:
    path = Path(home) / "template.db"
    made = make_engine(f"sqlite:///{path}")
    every_table().create_all(made)
    made.dispose()
    return path


def _unheard(job: str, *_: object) -> bool:
    """Nobody works behind these worlds: what is posted stays in the outbox."""
    return bool(job)


def main() -> None:
    """Play on both databases; print JSON."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--histories", type=int, default=10_000)
    words.add_argument("--seconds", type=float, default=float("inf"))
    words.add_argument("--seed", type=int, default=1)
    said = words.parse_args()
    queue.defer = _unheard
    play = partial(
        played, count=(said.histories + 1) // 2, seconds=said.seconds / 2, first_seed=said.seed
    )
    found = {}
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as home:
        found["sqlite"] = play(partial(_copied, _template(home)))
    with own_postgresql() as url:
        found["postgresql"] = play(Clones(url).one)
    print(json.dumps(found, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()
