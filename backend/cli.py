"""Commands for whoever runs the house. Each may be repeated at any time."""

from contextlib import closing
from datetime import timedelta
from pathlib import Path

import click
from alembic import command
from alembic.config import Config
from sqlalchemy import text

from backend.kit import queue
from backend.kit.config import settings
from backend.kit.db import reading
from backend.kit.errors import GatewayError
from backend.kit.log import set_up
from backend.security.schemas import CodeKind

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


@main.command()
@click.argument("kind", type=click.Choice([kind.value for kind in CodeKind]))
@click.argument("subject")
@click.option("--label", help="What people call it; the name on file by default.")
@click.option("--days", type=click.IntRange(1, 30), help="How long it works; for good by default.")
def code(kind: str, subject: str, label: str | None, days: int | None) -> None:
    """Make or show the QR code of a class (by id), room, asset, channel or campaign."""
    from backend import wiring
    from backend.security import codes

    wiring.connect()
    label = label or _name_on_file(CodeKind(kind), subject)
    lasts = timedelta(days=days) if days else None
    try:
        made = codes.make(CodeKind(kind), subject, label=label, lasts=lasts)
    except codes.CodeRefused as error:
        raise click.ClickException("a subject has 1 to 24 of A-Z a-z 0-9 _ . -") from error
    except GatewayError as error:
        raise click.ClickException(f"WeChat gave no code: {error}") from error
    click.echo(f"{made.scene} 「{made.label}」\n{made.image_url}")


def _name_on_file(kind: CodeKind, subject: str) -> str:
    """The name of a class or a room; of anything else, its subject."""
    from backend.logistics import queries as logistics
    from backend.teaching import queries as teaching

    if kind not in (CodeKind.CLASS, CodeKind.ROOM):
        return subject
    found: str | None = None
    if subject.isdecimal():
        with reading() as session:
            if kind is CodeKind.ROOM:
                _, rooms = logistics.names(session, campus_ids=set(), venue_ids={int(subject)})
                found = rooms.get(int(subject))
            else:
                offers = teaching.offers(session, class_group_ids=[int(subject)])
                found = offers[0].name if offers else None
    if found is None:
        raise click.ClickException(f"there is no {kind.value} {subject}")
    return found
