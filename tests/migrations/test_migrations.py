"""The history of the tables, walked up, down and up again on both databases."""

import os
import subprocess
import sys

from alembic import command
from sqlalchemy import inspect

from backend.cli import alembic_config
from backend.kit.db import engine
from migrations.tables import ROOT, every_table, modules_with_tables


def tables_now() -> set[str]:
    return set(inspect(engine()).get_table_names()) - {"alembic_version"}


def test_up_down_and_up_again(blank_database: str) -> None:
    declared = set(every_table().tables)
    command.upgrade(alembic_config(), "head")
    assert tables_now() == declared
    command.downgrade(alembic_config(), "base")
    assert tables_now() == set()
    command.upgrade(alembic_config(), "head")
    assert tables_now() == declared


def test_the_migrations_make_exactly_what_the_code_declares(blank_database: str) -> None:
    command.upgrade(alembic_config(), "head")
    command.check(alembic_config())


def test_two_deployments_may_migrate_at_once(blank_database: str) -> None:
    migrate = [sys.executable, "-m", "backend", "migrate"]
    environ = {**os.environ, "DATABASE_URL": blank_database}
    both = [subprocess.Popen(migrate, cwd=ROOT, env=environ) for _ in range(2)]
    assert [process.wait(60) for process in both] == [0, 0]
    assert tables_now() == set(every_table().tables)


def test_every_module_with_tables_is_found() -> None:
    assert {"backend.finance.models", "bot.conversation"} <= set(modules_with_tables())
