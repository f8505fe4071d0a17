"""How a bench asks: on a database of its own, a look at a time."""

import os
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, TypeVar

import psycopg
from sqlalchemy.orm import Session

from backend.kit import log
from backend.kit.config import settings
from backend.kit.db import engine, reading
from tests.fixtures.databases import own_postgresql

Found = TypeVar("Found")
Look = Callable[[Session], object]


def in_turns(
    sessions: Sequence[Session], looks: Sequence[Mapping[str, Look]], rounds: int
) -> dict[str, Any]:
    """Median milliseconds of each look at a small and at a large institution, and how much longer
    the large one takes. The two take turns, so that whatever else is busy here slows both."""
    spent: dict[str, list[list[float]]] = {name: [[], []] for name in looks[0]}
    for _ in range(rounds):
        for name, times in spent.items():
            for at, session in enumerate(sessions):
                times[at].append(_spent(looks[at][name], session))
    medians = {name: list(map(statistics.median, times)) for name, times in spent.items()}
    ratio = {name: round(large / small, 2) for name, (small, large) in medians.items()}
    return {
        "milliseconds": {name: [round(each, 2) for each in of] for name, of in medians.items()},
        "ratio": ratio,
        "worst_ratio": max(ratio.values()),
    }


def _spent(look: Look, session: Session) -> float:
    began = time.perf_counter()
    look(session)
    spent = (time.perf_counter() - began) * 1000
    session.expunge_all()
    return spent


@contextmanager
def databases_for(sizes: Sequence[int]) -> Iterator[list[str]]:
    """The addresses of an empty PostgreSQL database for each size, on a server of our own."""
    with own_postgresql() as url:
        with psycopg.connect(url.format("postgres"), autocommit=True) as connection:
            for size in sizes:
                connection.execute(f"CREATE DATABASE of_{size}")
        yield [url.format(f"of_{size}") for size in sizes]


def milliseconds(
    look: Look,
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
