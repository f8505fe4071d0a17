"""How a bench asks: on a database of its own, a look at a time."""

import os
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TypeVar

from sqlalchemy.orm import Session

from backend.kit import log
from backend.kit.config import settings
from backend.kit.db import engine, reading

Found = TypeVar("Found")


def milliseconds(
    look: Callable[[Session], object],
    rounds: int,
    unit: Callable[[], AbstractContextManager[Session]] = reading,
) -> float:
    """The quickest of some rounds, after one that warms caches: the others were disturbed."""
    times = []
    for _ in range(rounds + 1):
        began = time.perf_counter()
        with unit() as session:
            look(session)
        times.append(time.perf_counter() - began)
    return round(min(times[1:]) * 1000, 2)


def on(database_url: str, measured: Callable[[], Found]) -> Found:
    """What is measured while `settings()` and `engine()` point at a database. Logs go to standard
    error, so that standard output is the JSON and nothing else."""
    log.set_up("WARNING")
    os.environ["DATABASE_URL"] = database_url
    settings.cache_clear()
    engine.cache_clear()
    found = measured()
    engine().dispose()
    return found
