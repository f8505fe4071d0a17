"""The commands of whoever runs the house, called as they are called."""

import pytest
from click.testing import CliRunner
from sqlalchemy import inspect

from backend.cli import main
from backend.kit.db import engine


def test_check_succeeds_when_database_and_redis_answer(database: str, redis_server: str) -> None:
    assert CliRunner().invoke(main, ["check"]).exit_code == 0


def test_check_fails_without_redis(database: str) -> None:
    assert CliRunner().invoke(main, ["check"]).exit_code == 1


@pytest.mark.parametrize("times", [1, 2])
def test_migrate_and_seed_may_be_repeated(blank_database: str, times: int) -> None:
    for _ in range(times):
        done = CliRunner().invoke(main, ["migrate", "seed"])
        assert done.exit_code == 0, done.output
    assert "alembic_version" in inspect(engine()).get_table_names()
