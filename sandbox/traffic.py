"""A record of everything that crossed the wire, for the inspector."""

from __future__ import annotations

import json
from typing import Any

from sandbox.bell import Bell
from sandbox.clock import Clock
from sandbox.store import Store

_SHOWN_CHARACTERS = 20_000


class Traffic:
    """Keeps the newest exchanges, by default a few thousand."""

    def __init__(self, store: Store, clock: Clock, bell: Bell, kept: int) -> None:
        self._store, self._clock, self._bell, self._kept = store, clock, bell, kept

    def note(
        self, direction: str, title: str, *, openid: str, status: int, ms: int, **body: Any
    ) -> None:
        """Record one exchange; `direction` is `to_bot` or `from_bot`, status 0 means no answer."""
        shortened = {
            name: value[:_SHOWN_CHARACTERS] if isinstance(value, str) else value
            for name, value in body.items()
        }
        number = self._store.insert(
            "INSERT INTO traffic (ts, direction, openid, title, status, ms, body)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            self._clock.now(), direction, openid, title, status, ms,
            json.dumps(shortened, ensure_ascii=False),
        )  # fmt: skip
        if number % 200 == 0:
            self._store.run("DELETE FROM traffic WHERE id < ?", number - self._kept)
        self._bell.ring({"hint": "traffic", "id": number})

    def after(self, number: int, *, openid: str = "", limit: int = 100) -> list[dict[str, Any]]:
        """Return the newest exchanges after `number`, oldest first."""
        found = self._store.rows(
            "SELECT * FROM (SELECT * FROM traffic WHERE id > ? AND (? = '' OR openid = ?)"
            " ORDER BY id DESC LIMIT ?) ORDER BY id",
            number, openid, openid, limit,
        )  # fmt: skip
        return [{**dict(row), "body": json.loads(row["body"])} for row in found]
