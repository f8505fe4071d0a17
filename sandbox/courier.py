"""Bringing messages and events to the bot's webhook, in the order of each phone.

A delivery is a row before it is a thought: after a crash the rows still pending are taken up again.
Each is posted up to three times, every `patience` seconds, with the same content but a fresh nonce,
signature and encryption, as WeChat does. One phone's deliveries go one after another, those of
different phones side by side in a bounded pool.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor

from sandbox import phones
from sandbox.answers import BadAnswer, Shown
from sandbox.carriage import Letter, carry
from sandbox.posting import NoAnswer
from sandbox.world import World

TRIES = 3
FAILURE_LINE = "该公众号提供的服务出现故障，请稍后再试"
QUIET_EVENTS = frozenset(
    {
        "unsubscribe",
        "LOCATION",
        "VIEW",
        "TEMPLATESENDJOBFINISH",
        "subscribe_msg_sent_event",
        "subscribe_msg_popup_event",
    }
)


class Courier:
    """Owns the threads that post to the webhook."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._lines: dict[str, deque[int]] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._pool = ThreadPoolExecutor(world.settings.delivery_threads, "courier")

    def resume(self) -> None:
        """Take up the rows that a former life left pending."""
        pending = "SELECT id, openid FROM deliveries WHERE state = 'pending' ORDER BY id"
        for row in self._world.store.rows(pending):
            self._line_up(row["openid"], row["id"])

    def post(self, openid: str, kind: str, xml: str) -> int:
        """Hand over a letter; safe inside a unit, since a rolled back row is simply not found."""
        number = self._world.store.insert(
            "INSERT INTO deliveries (openid, kind, xml, state, ts) VALUES (?, ?, ?, 'pending', ?)",
            openid, kind, xml, self._world.clock.now(),
        )  # fmt: skip
        self._line_up(openid, number)
        return number

    def stop(self) -> None:
        """Let go without waiting for a bot that does not answer; what is pending stays pending."""
        self._stopping.set()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _line_up(self, openid: str, number: int) -> None:
        with self._lock:
            line = self._lines.get(openid)
            if line is not None:
                line.append(number)
                return
            self._lines[openid] = deque([number])
        self._pool.submit(self._serve_line, openid)

    def _serve_line(self, openid: str) -> None:
        while not self._stopping.is_set():
            with self._lock:
                line = self._lines[openid]
                if not line:
                    del self._lines[openid]
                    return
                number = line.popleft()
            try:
                self._deliver(number)
            except Exception as broken:  # One broken letter must not silence the phone for good.
                self._world.traffic.note(
                    "to_bot", "courier", openid=openid, status=0, ms=0, note=repr(broken)
                )

    def _deliver(self, number: int) -> None:
        row = self._world.store.row("SELECT * FROM deliveries WHERE id = ?", number)
        if row is None or row["state"] != "pending":
            return
        letter = Letter(row["id"], row["openid"], row["kind"], row["xml"], row["tries"])
        struck = self._world.faults.strike("delivery-order", f"{letter.openid} {letter.words}")
        if struck:
            self._pool.submit(self._deliver_late, letter, struck[0].seconds)
        else:
            self._try(letter)

    def _deliver_late(self, letter: Letter, seconds: float) -> None:
        """Hold a letter back, out of its phone's line, while later ones overtake it."""
        if not self._stopping.wait(seconds):
            self._try(letter)

    def _try(self, letter: Letter) -> None:
        """Try up to three times, then show the failure line."""
        started, first = time.monotonic(), min(letter.tries, TRIES - 1)
        note = ""
        for attempt in range(first, TRIES):
            pause = started + self._world.settings.patience * (attempt - first) - time.monotonic()
            if pause > 0 and self._stopping.wait(pause):
                return
            self._world.store.run(
                "UPDATE deliveries SET tries = ? WHERE id = ?", attempt + 1, letter.id
            )
            try:
                shown = carry(self._world, letter, attempt + 1)
            except NoAnswer as missing:
                note = str(missing)
                continue
            except BadAnswer as bad:
                note = str(bad)
                break
            self._settle(letter, shown)
            return
        self._fail(letter, note)

    def _settle(self, letter: Letter, shown: Shown | None) -> None:
        """Record the end of a delivery and show its answer in one commit: once, even in a crash."""
        with self._world.store.unit():
            state = "answered" if shown else "silent"
            ended = self._world.store.run(
                "UPDATE deliveries SET state = ? WHERE id = ? AND state = 'pending'",
                state, letter.id,
            )  # fmt: skip
            if shown and ended.rowcount:
                phones.show(self._world, letter.openid, "reply", shown.kind, shown.body)
        self._world.bell.ring()

    def _fail(self, letter: Letter, note: str) -> None:
        """Show the official failure line, for messages and taps; background events fail quietly."""
        with self._world.store.unit():
            self._world.store.run("UPDATE deliveries SET state = 'failed' WHERE id = ?", letter.id)
            if letter.kind not in QUIET_EVENTS:
                body = {"text": FAILURE_LINE, "note": note}
                phones.show(self._world, letter.openid, "system", "failure", body)
        self._world.bell.ring()


def delivery_states(world: World, openid: str, after: int) -> list[dict[str, object]]:
    """Return the deliveries of a phone after number `after`: id, kind, state, tries."""
    rows = world.store.rows(
        "SELECT id, kind, state, tries FROM deliveries WHERE openid = ? AND id > ? ORDER BY id",
        openid, after,
    )  # fmt: skip
    return [dict(row) for row in rows]
