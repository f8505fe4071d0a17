"""`python -m sandbox`: serve it, and everything one can do from outside without a browser."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import click

from sandbox import terminal
from sandbox.keys import make_keys
from sandbox.remote import Refused, Remote, Unreachable
from sandbox.settings import load_settings


@click.group()
def main() -> None:
    """A local stand-in for WeChat and the payment platforms."""


@main.command()
def keys() -> None:
    """Make keys and secrets once, and print the env file they are in."""
    env_file = make_keys(load_settings().var_dir)
    click.echo(f"# {env_file}")
    click.echo(env_file.read_text("utf-8"), nl=False)


@main.command()
@click.option("--threads", default=96, help="Requests served at the same time.")
def serve(threads: int) -> None:
    """Run the sandbox until it is stopped."""
    make_keys(load_settings().var_dir)
    settings = load_settings()
    command = [
        sys.executable, "-m", "gunicorn", "sandbox.app:create_app()",
        "--bind", f"{settings.host}:{settings.port}",
        "--worker-class", "gthread", "--workers", "1", "--threads", str(threads),
        "--graceful-timeout", "1", "--timeout", "60", "--log-level", "warning",
        "--no-control-socket",
    ]  # fmt: skip
    os.execv(sys.executable, command)  # noqa: S606  # The process keeps its number.


_who = click.option("--as", "who", required=True, help="A role of the cast, or an openid.")
_url = click.option("--url", default=None, help="Where the sandbox is [SANDBOX_URL].")


@main.command()
@_who
@_url
@click.option("--event", default="", help="subscribe, unsubscribe, CLICK:key or SCAN:scene.")
@click.option("--wait", default=15.0, help="Seconds to wait for an answer.")
@click.argument("text", nargs=-1)
def say(who: str, url: str | None, event: str, wait: float, text: tuple[str, ...]) -> None:
    """Send TEXT and print what the phone shows until it is quiet."""
    if not text and not event:
        raise click.UsageError("give a TEXT or an --event")
    remote = _remote(url)
    answered = False
    for sent in _sendings(remote, who, event, " ".join(text)):
        for line in remote.shown_after(who, sent, wait):
            _print(line)
            answered = answered or line["via"] != "system"
    sys.exit(0 if answered else 1)


def _sendings(remote: Remote, who: str, event: str, text: str) -> Any:
    """Send the event, then the text, each when the answer to the former is complete."""
    if event:
        yield remote.happen(who, *event.partition(":")[::2])
    if text:
        yield remote.say(who, text)


@main.command()
@_who
@_url
@click.option("--since", default=0, help="Only what came after this bubble number.")
def inbox(who: str, url: str | None, since: int) -> None:
    """Print what a phone has received."""
    for line in _remote(url).received(who, since):
        _print(line)


@main.command()
@_who
@_url
@click.argument("link", required=False)
def pay(who: str, url: str | None, link: str | None) -> None:
    """Open the pay page at LINK (default: the newest in the chat) and confirm in the till."""
    result = _remote(url).pay(who, link)
    _print(result)
    sys.exit(0 if str(result.get("err_msg", "")).endswith(":ok") else 1)


@main.command()
@_url
@click.option("--again", "out_trade_no", required=True, help="The merchant's order number.")
@click.option("--times", default=1)
def notify(url: str | None, out_trade_no: str, times: int) -> None:
    """Repeat a payment notification."""
    body = {"out_trade_no": out_trade_no, "times": times}
    for answer in _remote(url).post("/sandbox/pay/notify-again", body).get("answers", []):
        _print(answer)


@main.command()
@_url
@click.option("--since", default=0)
def outside(url: str | None, since: int) -> None:
    """Print the SMS and mails that were sent."""
    for letter in _remote(url).get("/sandbox/outside", after=since)["letters"]:
        _print(letter)


@main.command()
@_url
@click.option("--add", "seconds", default=0.0, help="Seconds to move forward.")
def clock(url: str | None, seconds: float) -> None:
    """Show the sandbox's clock, or move it forward."""
    remote = _remote(url)
    moved = remote.post("/sandbox/clock", {"add": seconds}) if seconds else None
    _print(moved or remote.get("/sandbox/clock"))


@main.command()
@_url
@click.option("--clear", is_flag=True, help="Lift all faults first.")
@click.option("--probability", default=1.0)
@click.option("--times", type=int, default=None, help="How often it may strike [always].")
@click.option("--seconds", default=1.0, help="Of a delay or a reordering.")
@click.option("--copies", default=1, help="Extra posts of a duplicate.")
@click.option("--match", default="", help="Only where the subject contains this.")
@click.option("--seed", default=0)
@click.argument("target", required=False)
@click.argument("kind", required=False)
def fault(url: str | None, clear: bool, target: str, kind: str, **more: Any) -> None:
    """Put a fault in force (delivery duplicate, api token_expired, pay http_5xx …), list all."""
    remote = _remote(url)
    if clear:
        remote.delete("/sandbox/faults")
    if target:
        remote.post("/sandbox/faults", {"target": target, "kind": kind, **more})
    for line in remote.get("/sandbox/faults")["faults"]:
        _print(line)


@main.command()
@_url
def verify(url: str | None) -> None:
    """Ask the webhook to prove itself, as saving the server settings at WeChat does."""
    result = _remote(url).post("/sandbox/verify", {})
    _print(result)
    sys.exit(0 if result["ok"] else 1)


@main.command()
@click.option("--as", "who", default="prospect", help="A role of the cast, or an openid.")
@_url
def chat(who: str, url: str | None) -> None:
    """Chat in the terminal."""
    terminal.run(_remote(url), who)


def _remote(url: str | None) -> Remote:
    return Remote(url or load_settings().url)


def _print(line: dict[str, Any]) -> None:
    click.echo(json.dumps(line, ensure_ascii=False))


def run() -> None:
    """Run the command line and turn an absent sandbox into one plain sentence."""
    try:
        main()
    except Refused as refused:
        click.echo(f"没有成功：{refused}", err=True)
        sys.exit(2)
    except Unreachable as missing:
        click.echo(f"沙盒没有应答：{missing}。请先运行 make run。", err=True)
        sys.exit(2)
