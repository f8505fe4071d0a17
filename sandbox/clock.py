"""A clock that can be moved forward.

It decides what has expired (tokens, message windows, orders, retries) and stamps what is recorded.
Signatures on the wire carry the real time instead, because the other side checks their freshness
against its own clock.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime

from sandbox.store import Store


class Clock:
    """Real time plus an offset that survives a restart."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._offset = float(store.setting("clock_offset", "0"))

    @property
    def offset(self) -> float:
        """How many seconds the sandbox is ahead of the world."""
        return self._offset

    def now(self) -> float:
        """Return the sandbox's time in seconds since the epoch."""
        return time.time() + self._offset

    def moment(self) -> datetime:
        """Return the sandbox's time as an aware UTC datetime."""
        return datetime.fromtimestamp(self.now(), UTC)

    def add(self, seconds: float) -> float:
        """Move the clock and return the new offset; raises ValueError when moved backwards.

        Time never runs backwards here, because what has expired would come back to life.
        """
        if seconds < 0:
            raise ValueError("the clock only moves forward")
        self._offset += seconds
        self._store.keep_setting("clock_offset", repr(self._offset))
        return self._offset
