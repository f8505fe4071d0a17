"""Fixtures for all tests; a test pays only for those it names.

`database`     a fresh schema on SQLite and on PostgreSQL (settings and engine point at it)
`session`      an open writing unit on it, rolled back afterwards
`redis_server` a real, empty Redis with REDIS_URL set
`town`         all real processes on free ports, once per run, for end-to-end tests
`second_town`  the same on PostgreSQL, with several web processes and workers
"""

import pytest

from tests.fixtures.databases import (
    blank_database,
    database,
    postgresql_clones,
    postgresql_server,
    session,
    sqlite_template,
)
from tests.fixtures.doorbell import redis_process, redis_server
from tests.fixtures.surroundings import forbid_outside_world, seal_environment
from tests.fixtures.towns import second_town, slow_nlu, town

__all__ = [
    "blank_database",
    "database",
    "postgresql_clones",
    "postgresql_server",
    "redis_process",
    "redis_server",
    "second_town",
    "session",
    "slow_nlu",
    "sqlite_template",
    "town",
]

seal_environment()


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    forbid_outside_world(monkeypatch)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of the town in one worker process, so that one town is enough."""
    for item in items:
        if {"town", "second_town"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.xdist_group("town"))
