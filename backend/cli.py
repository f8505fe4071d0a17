"""Commands for whoever runs the house. Each may be repeated at any time."""

from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
from alembic import command
from alembic.config import Config
from sqlalchemy import text

from backend.kit import queue
from backend.kit.config import settings
from backend.kit.db import reading, unit_of_work
from backend.kit.errors import GatewayError
from backend.kit.log import set_up
from backend.security.schemas import CodeKind, Role

ROOT = Path(__file__).resolve().parent.parent


def alembic_config() -> Config:
    """Alembic's configuration from pyproject.toml, wherever the command is called from."""
    return Config(toml_file=ROOT / "pyproject.toml")


class Sentence(click.Command):
    """Takes its options anywhere after its name, which chained commands otherwise do not."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """As a command that stands alone would."""
        return super().make_context(
            info_name, args, parent, **{**extra, "allow_interspersed_args": True}
        )


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
    from backend.seed import load, passwords

    load()
    click.echo("The institution is loaded.")
    if settings().environment == "local":
        with unit_of_work() as session:
            path = passwords.give(session)
        click.echo(f"Console {settings().public_url}/console, passwords of this machine: {path}")


@main.command(cls=Sentence)
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


@main.command(cls=Sentence)
@click.argument("act", type=click.Choice(["add", "invite", "deactivate", "list"]))
@click.option("--id", "account_id", type=int, help="Whose account: for invite and deactivate.")
@click.option("--name", help="For add.")
@click.option("--role", type=click.Choice([role.value for role in Role]), help="For add.")
@click.option("--phone", help="For add: what they sign in with and where the link is sent.")
@click.option("--campus", "campus_id", type=int, help="For add: the campus's id; none for all.")
def account(
    act: str,
    account_id: int | None,
    name: str | None,
    role: str | None,
    phone: str | None,
    campus_id: int | None,
) -> None:
    """Staff accounts: add and invite the first ones, list them, close one at once.

    `add` may be repeated: a phone has one account. Nobody has a password until they set one by
    the link that `add` and `invite` send to their WeChat or phone.
    """
    from backend import wiring
    from backend.kit.errors import DomainError
    from backend.security import accounts, people

    if act == "list":
        with reading() as session:
            for one in people.everybody(session):
                state = "active" if one.is_active else "closed"
                click.echo(f"{one.id}\t{one.name}\t{one.role}\t{one.masked_phone}\t{state}")
        return
    wiring.connect()
    try:
        with unit_of_work() as session:
            if act == "add":
                if not (name and role and phone):
                    raise click.UsageError("add needs --name, --role and --phone")
                account_id = accounts.open_once(
                    session, name=name, role=Role(role), phone=phone, campus_id=campus_id
                )
            if account_id is None:
                raise click.UsageError(f"{act} needs --id")
            if act == "deactivate":
                accounts.deactivate(session, account_id, by="system")
            else:
                accounts.invite(session, account_id, by="system")
    except DomainError as error:
        raise click.ClickException(f"there is no such active account: {error}") from error
    told = "is closed everywhere" if act == "deactivate" else "is sent a link to set a password"
    click.echo(f"Account {account_id} {told}.")


@main.command()
@click.argument("act", type=click.Choice(["verify"]))
def audit(act: str) -> None:
    """Walk the audit trail's chain; exit with 1 at the first broken entry.

    Keep the printed digest somewhere else: a later walk from the same trail passes through it.
    """
    from backend.security import chain

    with reading() as session:
        found = chain.verify(session)
    if found.broken_at is not None:
        raise click.ClickException(
            f"entry {found.broken_at} is {found.why}; {found.sound} entries before it are sound"
        )
    click.echo(f"{found.sound} entries are sound; the chain ends with {found.digest}")


@main.command()
@click.argument("act", type=click.Choice(["recount", "mend"]))
def figures(act: str) -> None:
    """Count the figures of admissions anew and compare; exit with 1 where they differ.

    `mend` brings them to what is counted; the clock does the same each night.
    """
    from backend.admissions.figures import keeping

    if act == "mend":
        click.echo(f"{keeping.mend()} were wrong and are right now.")
    with unit_of_work() as session:
        keeping.catch_up(session)
        differences = keeping.recount(session)
    for each in differences[:50]:
        click.echo(each)
    if differences:
        raise click.ClickException(f"{len(differences)} figures differ from the recount")
    click.echo("The figures equal a full recount.")


@main.command()
@click.argument("act", type=click.Choice(["rotate", "status"]))
def keys(act: str) -> None:
    """Move everything encrypted to the first key of FIELD_KEYS and to BLIND_INDEX_KEY.

    `rotate` works until it is done and may be stopped and started at any time; the console shows
    the same, and workers go on with it. Remove the old keys only after it says so.
    """
    from backend.security import rotation

    if act == "rotate":
        with unit_of_work() as session:
            rotation.begin(session, by="system")
        while rotation.go_on(seconds=1):
            with reading() as session:
                now = rotation.latest(session)
            click.echo(f"{now.done} of {now.total} rows and files" if now else "")
    with reading() as session:
        left, is_needed = rotation.left_over(session), rotation.is_needed(session)
    if is_needed:
        click.echo(f"{left} are still under an old key: keep the old keys.")
    else:
        click.echo("Everything is under the current keys: the old keys can be removed.")


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
