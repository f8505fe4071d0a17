"""Commands of the front door: `python -m bot menu check|push`, `python -m bot understand`. Each may
be repeated at any time."""

import json
import sys
from datetime import datetime
from io import TextIOWrapper
from typing import TextIO

import click
from sqlalchemy.exc import SQLAlchemyError

from backend import wiring
from backend.gateways import ports
from backend.kit import clock, log
from backend.kit.db import reading
from backend.kit.errors import GatewayError
from backend.security import followers
from backend.teaching import queries as teaching
from bot import menu as menus
from bot import own_model
from bot import understand as understanding
from bot.flows.talk import known_names
from bot.interpreter import Vocabulary, rasa

PATIENCE_SECONDS = 60
"""How long `understand` waits for a model that does not answer."""


@click.group()
def main() -> None:
    """The chat's front door."""


@main.group()
def menu() -> None:
    """The menu at the bottom of the chat."""


def _declared() -> menus.Menus:
    try:
        return menus.declared()
    except menus.MenuWrong as error:
        raise click.ClickException(str(error)) from error


@menu.command()
def check() -> None:
    """Say whether menu.yml can be published, without publishing it."""
    click.echo(f"The menu is in order, for {', '.join(_declared())}.")


@menu.command()
def push() -> None:
    """Publish menu.yml and give everybody the menu of their role."""
    default, *others = _declared().items()
    wiring.connect()
    try:
        ports.menus().publish(default[1], dict(others))
        sorted_ = followers.tag_followers()
    except GatewayError as error:
        raise click.ClickException(f"WeChat refused the menu: {error}") from error
    click.echo(f"The menu is published; {sorted_} people have another one than before.")


@main.command()
@click.argument("source", type=click.File(encoding="utf-8-sig", errors="replace"), default="-")
@click.option("--now", default="", help="When the texts were written, as ISO; without it, now.")
def understand(source: TextIO, now: str) -> None:
    """Say what each line of SOURCE (standard input) means, as one JSON object a line.

    The model is asked where NLU_URLS says, or started here for as long as it takes; the
    institution's names are read from DATABASE_URL.
    """
    log.set_up("WARNING")
    try:
        written_at = datetime.fromisoformat(now) if now else clock.now()
    except ValueError as error:
        raise click.ClickException(f"--now wants 2026-11-24T09:30, and got {now}") from error
    if written_at.tzinfo is None:
        written_at = written_at.replace(tzinfo=clock.SHANGHAI)
    # Only \n ends a line: a stray \r inside one is not to shift those after it.
    if isinstance(source, TextIOWrapper):
        source.reconfigure(newline="\n")
    try:
        with own_model.awake():
            for read in understanding.read(source, _known(), written_at, PATIENCE_SECONDS):
                sys.stdout.write(json.dumps(read, ensure_ascii=False) + "\n")
    except own_model.Asleep as asleep:
        raise click.ClickException(str(asleep)) from asleep
    except rasa.Unavailable as error:
        raise click.ClickException(f"the model stopped answering: {error}") from error


def _known() -> Vocabulary:
    """The live catalogue; without a database nothing but the model's own knowledge."""
    try:
        with reading() as session:
            return known_names(session, teaching.catalogue(session))
    except SQLAlchemyError as error:
        click.echo(f"no catalogue ({type(error).__name__}): names are guessed", err=True)
        return Vocabulary({})
