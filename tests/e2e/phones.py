"""Phones of a running town, used as people use them, and the town's books read from outside."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import text

from backend.kit.db import make_engine
from sandbox.launch.plan import ROOT
from sandbox.launch.town import Town
from sandbox.remote import Remote

Line = dict[str, Any]
PUSH_SECONDS = 100.0
"""A worker killed while it sends leaves its chat silent for `delivery.LEASE`, then until the sweep
rings again (`RING_AGAIN_AFTER`): a test beside kills has to wait that long."""


class Phone:
    """One person's phone; every word goes over real HTTP through the sandbox to the webhook."""

    def __init__(self, town: Town, who: str) -> None:
        self.who = who
        self.remote = Remote(town.addresses["sandbox"])

    def says(self, words: str, *, wait: float = 30) -> str:
        """Send a text; everything the phone shows until it is quiet, as one text."""
        sent = self.remote.say(self.who, words)
        return _texts(list(self.remote.shown_after(self.who, sent, wait)))

    def does(self, event: str, key: str = "") -> str:
        """Make an event happen; what the phone then shows."""
        sent = self.remote.happen(self.who, event, key)
        return _texts(list(self.remote.shown_after(self.who, sent, 30)))

    def received(self, *parts: str) -> list[Line]:
        """What this phone has received so far and contains all parts, oldest first."""
        lines = self.remote.received(self.who, 0)
        return [line for line in lines if all(part in line["text"] for part in parts)]

    def push(self, *parts: str, seconds: float = PUSH_SECONDS) -> Line:
        """Wait for one bubble that contains all parts."""
        found: list[Line] = eventually(lambda: self.received(*parts), seconds)
        return found[0]

    def pays(self) -> Line:
        """Open the newest pay page and confirm at the till."""
        return self.remote.pay(self.who, None)


def _texts(lines: list[dict[str, str]]) -> str:
    assert lines, "the phone stayed silent"
    return "\n".join(line["text"] for line in lines)


def eventually(ask: Callable[[], Any], seconds: float = 30) -> Any:
    """Ask until the answer is true, and give it; a machine under load may take its time."""
    until = time.monotonic() + seconds
    while not (answer := ask()):
        assert time.monotonic() < until, "it did not come true in time"
        time.sleep(0.1)
    return answer


def rows(town: Town, sql: str, **values: Any) -> list[Any]:
    """What the town's database holds; a look that changes nothing."""
    engine = make_engine(town.env["DATABASE_URL"])
    try:
        with engine.connect() as connection:
            return list(connection.execute(text(sql), values).all())
    finally:
        engine.dispose()


def number(town: Town, sql: str, **values: Any) -> int:
    """A count or a sum out of the town's database."""
    return int(rows(town, sql, **values)[0][0] or 0)


def command(town: Town, *words: str) -> list[Line]:
    """Run `python -m sandbox …` as somebody in a terminal would; its JSON lines."""
    done = subprocess.run(
        [sys.executable, "-m", "sandbox", *words, "--url", town.addresses["sandbox"]],
        cwd=ROOT,
        env=dict(os.environ),
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]
