"""Commands for whoever runs the house. Each may be repeated at any time."""

from contextlib import closing
from pathlib import Path

import click
from alembic import command
from alembic.config import Config
from sqlalchemy import text

from backend.kit import queue
from backend.kit.config import settings
from backend.kit.db import reading
from backend.kit.log import set_up

ROOT = Path(__file__).resolve().parent.parent


def alembic_config() -> Config:
    """Alembic's configuration from pyproject.toml, wherever the command is called from."""
    return Config(toml_file=ROOT / "pyproject.toml")


@click.group(chain=True)
def main() -> None:
    """Migrate and fill the database that DATABASE_URL names; `migrate seed` does both at once."""
    set_up(settings().log_level)


@main.command()
@click.option("--to", "revision", default="head", help="A revision; the newest by default.")
def migrate(revision: str) -> None:
    """Bring the tables up to date."""
    command.upgrade(alembic_config(), revision)
    click.echo("The tables are up to date.")


@main.command()
def check() -> None:
    """Exit with 0 when database and Redis answer: the health of a process that serves nobody."""
    with reading() as session:
        session.execute(text("SELECT 1"))
    with closing(queue.connect()) as redis:
        redis.ping()
    click.echo("Database and Redis answer.")


@main.command()
def seed() -> None:
    """Load the believable little institution; what exists already is left alone."""
    from backend.seed import load

    load()
    click.echo("The institution is loaded.")
