"""Bringing messages and events to the bot's webhook, in the order of each phone.

A delivery is a row before it is a thought: after a crash the rows still pending are taken up again.
Each is posted up to three times, every `patience` seconds, with the same content but a fresh nonce,
signature and encryption, as WeChat does. One phone's deliveries go one after another, those of
different phones side by side in a bounded pool.
"""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlencode

from sandbox import phones
from sandbox.answers import BadAnswer, Shown, understand
from sandbox.envelope import seal, signature_of
from sandbox.letters import compose, read_letter
from sandbox.posting import Answer, NoAnswer, call
from sandbox.world import World

TRIES = 3
FAILURE_LINE = "该公众号提供的服务出现故障，请稍后再试"


@dataclass(frozen=True)
class Letter:
    """One row of `deliveries` while it is under way."""

    id: int
    openid: str
    kind: str
    xml: str
    tries: int


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
                shown = self._attempt(letter, attempt + 1)
            except NoAnswer as missing:
                note = str(missing)
                continue
            except BadAnswer as bad:
                note = str(bad)
                break
            self._settle(letter, shown)
            return
        self._fail(letter, note)

    def _attempt(self, letter: Letter, attempt: int) -> Shown | None:
        """Post once; raises NoAnswer to be tried again and BadAnswer to give up."""
        settings = self._world.settings
        url, body = self._sealed(letter)
        headers = {"Content-Type": "text/xml", "User-Agent": "Mozilla/4.0", "Accept": "*/*"}
        started = time.monotonic()
        answer: Answer | None = None
        shown: Shown | None = None
        note = ""
        try:
            answer = call("POST", url, body=body, headers=headers, seconds=settings.patience)
            if not 200 <= answer.status < 300:
                raise NoAnswer(f"HTTP {answer.status}")
            shown = understand(settings, answer.body, openid=letter.openid, asked=letter.kind)
            note = "; ".join(shown.notes) if shown else ""
            return shown
        except (NoAnswer, BadAnswer) as problem:
            note = str(problem)
            raise
        finally:
            self._world.traffic.note(
                "to_bot",
                f"{_title(letter)} · 第 {attempt} 次",
                openid=letter.openid,
                status=answer.status if answer else 0,
                ms=round((time.monotonic() - started) * 1000),
                url=url,
                request=body.decode(),
                request_clear=letter.xml,
                response=answer.body.decode("utf-8", "replace") if answer else "",
                response_clear=shown.xml if shown else "",
                note=note,
            )

    def _sealed(self, letter: Letter) -> tuple[str, bytes]:
        """Return the address with its signatures and the body in the account's mode."""
        settings = self._world.settings
        timestamp, nonce = str(int(time.time())), str(secrets.randbelow(2**31))
        query = {
            "signature": signature_of(settings.token, timestamp, nonce),
            "timestamp": timestamp,
            "nonce": nonce,
            "openid": letter.openid,
        }
        xml = letter.xml
        if settings.mode != "plain":
            sealed = seal(letter.xml, aes_key=settings.aes_key, appid=settings.appid)
            query["encrypt_type"] = "aes"
            query["msg_signature"] = signature_of(settings.token, timestamp, nonce, sealed)
            envelope = compose({"ToUserName": settings.account, "Encrypt": sealed})
            if settings.mode == "safe":
                xml = envelope
            else:
                xml = letter.xml.removesuffix("</xml>") + compose({"Encrypt": sealed})[5:]
        return f"{settings.webhook_url}?{urlencode(query)}", xml.encode()

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


def _title(letter: Letter) -> str:
    """Say in a few words what a letter is, for the inspector."""
    root = read_letter(letter.xml)
    content = root.findtext("Content") or root.findtext("EventKey") or ""
    return f"{letter.kind} {content[:20]}".strip()


def delivery_states(world: World, openid: str, after: int) -> list[dict[str, object]]:
    """Return the deliveries of a phone after number `after`: id, kind, state, tries."""
    rows = world.store.rows(
        "SELECT id, kind, state, tries FROM deliveries WHERE openid = ? AND id > ? ORDER BY id",
        openid, after,
    )  # fmt: skip
    return [json.loads(json.dumps(dict(row))) for row in rows]
