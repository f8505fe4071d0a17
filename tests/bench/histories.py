"""Random histories by the thousand: `make bench-histories [HISTORIES=10000] [SECONDS=…]`.

Half of them on a SQLite file, half on a PostgreSQL server of our own, each lot in worlds of a few
hundred, because proving everything takes longer the longer a world has lived. Prints what was
played, and stops at the first history that breaks anything; its seed plays it again.
"""

import argparse
import json
import os
import tempfile
import time
from collections import Counter
from datetime import timedelta
from typing import Any

from backend.kit import events
from backend.kit.config import settings
from backend.kit.db import engine, reading
from migrations.tables import every_table
from tests.backend.finance.books.histories import BEGINS, happened, world
from tests.fixtures.databases import own_postgresql

IN_ONE_WORLD = 250
PROVED_EVERY = 50
ONE_LASTS = timedelta(days=120)
"""Each world begins when the one before has ended, so that all months come to be closed."""


def played(count: int, *, seconds: float, first_seed: int) -> dict[str, Any]:
    """Play histories on the empty database that is in use, until there are enough or time is up."""
    every_table().create_all(engine())
    events._listeners.clear()
    began, seed, total = time.monotonic(), first_seed, Counter[str]()
    while total["histories"] < count and time.monotonic() - began < seconds:
        begins = BEGINS + (seed - first_seed) * ONE_LASTS
        with world(seed, pace=timedelta(hours=1), begins=begins) as made:
            for number in range(1, IN_ONE_WORLD + 1):
                try:
                    made.live()
                    if number % PROVED_EVERY == 0:
                        made.prove()
                except AssertionError as error:
                    raise SystemExit(f"seed {seed}, history {number}: {error}") from error
                total["histories"] += 1
                if total["histories"] >= count or time.monotonic() - began >= seconds:
                    break
            made.prove()
            total["crashes"] += made.crashes
            total["closes"] += made.closes
        seed += 1
    with reading() as session:
        entries = happened(session)
    return {**total, "worlds": seed - first_seed, "entries": entries,
            "seconds": round(time.monotonic() - began)}  # fmt: skip


def main() -> None:
    """Play on both databases; print JSON."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--histories", type=int, default=10_000)
    words.add_argument("--seconds", type=float, default=float("inf"))
    words.add_argument("--seed", type=int, default=1)
    said = words.parse_args()
    half = (said.histories + 1) // 2
    found = {}
    with tempfile.TemporaryDirectory() as home, own_postgresql() as url:
        for name, address in (
            ("sqlite", f"sqlite:///{home}/histories.db"),
            ("postgresql", url.format("postgres")),
        ):
            os.environ["DATABASE_URL"] = address
            settings.cache_clear()
            engine.cache_clear()
            found[name] = played(half, seconds=said.seconds / 2, first_seed=said.seed)
            engine().dispose()
    print(json.dumps(found, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()
