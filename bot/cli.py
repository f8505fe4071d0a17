"""Commands of the front door: `python -m bot menu check|push`. Each may be repeated at any time."""

import click

from backend import wiring
from backend.gateways import ports
from backend.kit.errors import GatewayError
from backend.security import followers
from bot import menu as menus


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
