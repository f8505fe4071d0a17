"""Wakes whoever waits for news, and carries hints too fleeting to be stored."""

from __future__ import annotations

import threading
from collections import deque
from typing import Any


class Bell:
    """A counter that waiters sleep on. Missing a ring is harmless: the store is the truth."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._count = 0
        self.closed = False
        self._hints: deque[tuple[int, dict[str, Any]]] = deque(maxlen=500)

    @property
    def count(self) -> int:
        """The number of rings so far."""
        return self._count

    def ring(self, hint: dict[str, Any] | None = None) -> None:
        """Wake everybody; a hint is passed to live pages and then forgotten."""
        with self._condition:
            self._count += 1
            if hint is not None:
                self._hints.append((self._count, hint))
            self._condition.notify_all()

    def wait(self, seen: int, seconds: float) -> int:
        """Sleep until there were more than `seen` rings, or `seconds` passed; return the count."""
        with self._condition:
            self._condition.wait_for(lambda: self._count > seen, timeout=max(0.0, seconds))
            return self._count

    def close(self) -> None:
        """Wake everybody for the last time; who waits in a loop looks at `closed` and ends."""
        self.closed = True
        self.ring()

    def hints_after(self, seen: int) -> list[dict[str, Any]]:
        """Return the hints rung after the ring numbered `seen`."""
        with self._condition:
            return [hint for number, hint in self._hints if number > seen]
