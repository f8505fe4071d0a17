"""Faults on demand: what a network and a platform do to a bot on a bad day.

A fault has a target and a kind, strikes with a probability, a limited number of times if wished,
and only where `match` occurs in the subject. The dice are seeded by the subject, not by the order
of threads, so that the same traffic with the same seed meets the same faults.

    delivery  delay, drop, lose_answer, duplicate     subject: openid, kind, content, number of try
    delivery  reorder (held back for `seconds`)       subject: openid, kind, content
    api       delay, http_5xx, busy, token_expired, quota, daily_quota, ip    subject: path, token
    pay       delay, http_5xx                         subject: path
    notice    delay, drop, duplicate                  subject: event and out_trade_no
"""

from __future__ import annotations

import json
import random
import threading
import time
from dataclasses import asdict, dataclass
from typing import Any

from sandbox.store import Store

KINDS = {
    "delivery": ("duplicate", "reorder", "delay", "drop", "lose_answer"),
    "api": ("token_expired", "quota", "http_5xx", "busy", "delay", "daily_quota", "ip"),
    "pay": ("http_5xx", "delay"),
    "notice": ("duplicate", "drop", "delay"),
}


# Where these make sense: calls with a token, and the one call that has a quota per person.
_USUAL = {"token_expired": "access_token", "quota": "custom/send"}


class BadFault(ValueError):
    """The fault asked for does not exist."""


@dataclass(frozen=True)
class Fault:
    """One fault. `seconds` is how long a delay or a reordering holds; `copies` are extra posts."""

    target: str
    kind: str
    probability: float = 1.0
    seconds: float = 1.0
    copies: int = 1
    match: str = ""
    seed: int = 0


class Faults:
    """The faults in force; kept over a restart, looked up without a query."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._rolls: dict[tuple[int, str], int] = {}
        self._load()

    def add(self, wanted: dict[str, Any]) -> int:
        """Put a fault in force and return its number; raises BadFault."""
        times = wanted.get("times")
        try:
            fault = Fault(
                target=str(wanted["target"]),
                kind=str(wanted["kind"]),
                probability=float(wanted.get("probability", 1.0)),
                seconds=float(wanted.get("seconds", 1.0)),
                copies=int(wanted.get("copies", 1)),
                match=str(wanted.get("match") or _USUAL.get(str(wanted["kind"]), "")),
                seed=int(wanted.get("seed", 0)),
            )
            remaining = None if times is None else int(times)
        except (KeyError, TypeError, ValueError) as wrong:
            raise BadFault(f"target, kind and numbers are needed: {wrong}") from wrong
        if fault.kind not in KINDS.get(fault.target, ()):
            raise BadFault(f"no fault {fault.kind!r} for {fault.target!r}; there are {KINDS}")
        number = self._store.insert(
            "INSERT INTO faults (target, kind, body, remaining) VALUES (?, ?, ?, ?)",
            fault.target, fault.kind, json.dumps(asdict(fault)), remaining,
        )  # fmt: skip
        self._load()
        return number

    def clear(self, number: int | None = None) -> None:
        """Lift one fault, or all."""
        self._store.run("DELETE FROM faults WHERE ? IS NULL OR id = ?", number, number)
        self._load()

    def listed(self) -> list[dict[str, Any]]:
        """Return the faults in force with how often they may still strike (null: always)."""
        with self._lock:
            return [
                {"id": number, **asdict(fault), "remaining": self._remaining[number]}
                for number, fault in self._active.items()
            ]

    def strike(self, target: str, subject: str) -> list[Fault]:
        """Return the faults that strike now, counting each down.

        `delivery-order` is where the fault `reorder` of the target `delivery` is looked up.
        """
        if not self._active:
            return []
        with self._lock:
            candidates = [
                (number, fault)
                for number, fault in self._active.items()
                if _place(fault) == target and fault.match in subject
            ]
            struck = [
                (number, fault) for number, fault in candidates if self._roll(number, subject)
            ]
            for number, _ in struck:
                self._count_down(number)
        return [fault for _, fault in struck]

    def _roll(self, number: int, subject: str) -> bool:
        """Roll for the n-th time this subject meets this fault."""
        fault = self._active[number]
        if fault.probability >= 1:
            return True
        turn = self._rolls[number, subject] = self._rolls.get((number, subject), 0) + 1
        dice = random.Random(f"{fault.seed}:{fault.kind}:{subject}:{turn}")  # noqa: S311
        return dice.random() < fault.probability

    def _count_down(self, number: int) -> None:
        left = self._remaining[number]
        if left is None:
            return
        self._remaining[number] = left - 1
        self._store.run("UPDATE faults SET remaining = ? WHERE id = ?", left - 1, number)
        if left <= 1:
            del self._active[number]

    def _load(self) -> None:
        rows = self._store.rows("SELECT * FROM faults WHERE remaining IS NULL OR remaining > 0")
        with self._lock:
            self._active = {row["id"]: Fault(**json.loads(row["body"])) for row in rows}
            self._remaining: dict[int, int | None] = {row["id"]: row["remaining"] for row in rows}
            self._rolls = {}


def _place(fault: Fault) -> str:
    """Return where a fault is looked up: its target, and for reordering the phone's line."""
    return "delivery-order" if fault.kind == "reorder" else fault.target


def pause_for(struck: list[Fault]) -> None:
    """Sleep for the delays among the faults that struck."""
    seconds = sum(fault.seconds for fault in struck if fault.kind == "delay")
    if seconds:
        time.sleep(seconds)


def copies_of(struck: list[Fault]) -> int:
    """Return how many extra posts the faults ask for."""
    return sum(fault.copies for fault in struck if fault.kind == "duplicate")


def has(struck: list[Fault], kind: str) -> bool:
    """Whether a fault of this kind struck."""
    return any(fault.kind == kind for fault in struck)
