"""Telling the merchant that money moved, again and again until it says that it understood.

A notice is a row with its next moment on the sandbox's clock, so that it survives a restart and
moving the clock brings it forward. Its id and content stay the same over all tries; only the
signature and the encryption are fresh.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sandbox.faults import copies_of, has, pause_for
from sandbox.pay import alipay_notice
from sandbox.pay.orders import as_transaction, rfc3339
from sandbox.pay.refunds import settle_refund
from sandbox.pay.signing import platform_headers, seal_resource
from sandbox.posting import NoAnswer, call
from sandbox.world import World

LADDER = (
    15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10_800, 10_800, 10_800, 21_600, 21_600,
)  # fmt: skip
_PATIENCE = 5.0
_LONGEST_SLEEP = 5.0


class Notary:
    """Owns the thread that watches for due notices and the few that post them."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._pool = ThreadPoolExecutor(8, "notary")
        self._stopping = threading.Event()
        self._busy: set[str] = set()
        self._lock = threading.Lock()
        self._watcher = threading.Thread(target=self._watch, name="notary-watch", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._watcher.start()

    def stop(self) -> None:
        """Let go; what is due stays due."""
        self._stopping.set()
        self._world.bell.ring()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def announce_payment(self, paid: sqlite3.Row) -> None:
        """Schedule TRANSACTION.SUCCESS; call it inside the unit that takes the payment."""
        body = json.loads(paid["body"])
        resource = as_transaction(self._world, paid)
        self.schedule(
            "wechat", "TRANSACTION.SUCCESS", paid["out_trade_no"], body["notify_url"], resource
        )

    def announce_refund(self, paid: sqlite3.Row, accepted: sqlite3.Row) -> None:
        """Schedule REFUND.SUCCESS; without a notify_url the refund is settled silently."""
        url = json.loads(accepted["body"]).get("notify_url") or ""
        resource = {
            "mchid": self._world.settings.mchid,
            "out_trade_no": paid["out_trade_no"],
            "transaction_id": paid["transaction_id"],
            "out_refund_no": accepted["out_refund_no"],
            "refund_id": accepted["refund_id"],
            "refund_status": "SUCCESS",
            "success_time": rfc3339(self._world.clock.now()),
            "user_received_account": "支付用户零钱",
            "amount": {
                "total": paid["total_fen"],
                "refund": accepted["refund_fen"],
                "payer_total": paid["total_fen"],
                "payer_refund": accepted["refund_fen"],
            },
        }
        self.schedule("wechat", "REFUND.SUCCESS", paid["out_trade_no"], url, resource)

    def schedule(
        self, platform: str, event: str, out_trade_no: str, url: str, resource: dict[str, Any]
    ) -> str:
        """Write a notice that is due now and return its id."""
        notice_id, now = str(uuid.uuid4()), self._world.clock.now()
        self._world.store.run(
            "INSERT INTO notices (id, platform, event, out_trade_no, url, body, state, due_ts, ts)"
            " VALUES (?, ?, ?, ?, ?, ?, 'due', ?, ?)",
            notice_id, platform, event, out_trade_no, url,
            json.dumps(resource, ensure_ascii=False), now, now,
        )  # fmt: skip
        self._world.bell.ring()
        return notice_id

    def repeat(self, out_trade_no: str, times: int) -> list[dict[str, Any]]:
        """Post the newest notice of an order again, at once, and return the answers."""
        found = self._world.store.row(
            "SELECT * FROM notices WHERE out_trade_no = ? AND url != ''"
            " ORDER BY ts DESC, rowid DESC LIMIT 1",
            out_trade_no,
        )
        if found is None:
            return []
        return [self._post(found) for _ in range(times)]

    def _watch(self) -> None:
        while not self._stopping.is_set():
            count, now = self._world.bell.count, self._world.clock.now()
            with self._lock:
                busy = set(self._busy)
            waiting = self._world.store.rows(
                "SELECT id, due_ts FROM notices WHERE state = 'due' ORDER BY due_ts LIMIT 200"
            )
            idle = [row for row in waiting if row["id"] not in busy]
            due = [row["id"] for row in idle if row["due_ts"] <= now]
            for notice_id in due:
                with self._lock:
                    self._busy.add(notice_id)
                self._pool.submit(self._climb, notice_id)
            later = [row["due_ts"] - now for row in idle if row["due_ts"] > now]
            self._world.bell.wait(count, min([_LONGEST_SLEEP, *later]))

    def _climb(self, notice_id: str) -> None:
        """Post one due notice and note when to come back."""
        world = self._world
        try:
            found = world.store.row("SELECT * FROM notices WHERE id = ?", notice_id)
            if found is None or found["state"] != "due":
                return
            if found["event"] == "REFUND.SUCCESS":
                settle_refund(world, json.loads(found["body"])["out_refund_no"])
            understood = not found["url"] or self._post_or_suffer(found)
            tries = found["tries"] + 1
            ladder = alipay_notice.LADDER if found["platform"] == "alipay" else LADDER
            state = "done" if understood else "due" if tries <= len(ladder) else "given up"
            pause = ladder[tries - 1] if state == "due" else 0
            world.store.run(
                "UPDATE notices SET tries = ?, state = ?, due_ts = ? WHERE id = ?",
                tries, state, world.clock.now() + pause, notice_id,
            )  # fmt: skip
        finally:
            with self._lock:
                self._busy.discard(notice_id)
            world.bell.ring()

    def _post_or_suffer(self, notice: sqlite3.Row) -> bool:
        """Post a due notice under the faults in force; whether any copy was understood."""
        subject = f"{notice['event']} {notice['out_trade_no']}"
        struck = self._world.faults.strike("notice", subject)
        pause_for(struck)
        if has(struck, "drop"):
            return False
        posts = [self._post(notice) for _ in range(1 + copies_of(struck))]
        return any(post["understood"] for post in posts)

    def _post(self, notice: sqlite3.Row) -> dict[str, Any]:
        """Post a notice once; understood means 200 or 204 (Alipay: the body `success`)."""
        settings = self._world.settings
        if notice["platform"] == "alipay":
            body, headers = alipay_notice.sealed(settings, notice)
        else:
            body = _envelope(self._world, notice)
            headers = {"Content-Type": "application/json", **platform_headers(settings, body)}
        headers["User-Agent"] = "Mozilla/4.0"
        started = time.monotonic()
        try:
            answer = call("POST", notice["url"], body=body, headers=headers, seconds=_PATIENCE)
            status, text = answer.status, answer.body.decode("utf-8", "replace")
        except NoAnswer as missing:
            status, text = 0, str(missing)
        if notice["platform"] == "alipay":
            understood = status == 200 and text.strip() == "success"
        else:
            understood = status in (200, 204)
        self._world.traffic.note(
            "to_bot",
            f"{notice['event']} {notice['out_trade_no']}",
            openid="",
            status=status,
            ms=round((time.monotonic() - started) * 1000),
            url=notice["url"],
            request=body.decode(),
            request_clear=notice["body"],
            response=text,
        )
        return {"status": status, "understood": understood, "body": text[:200]}


def _envelope(world: World, notice: sqlite3.Row) -> bytes:
    kind = "refund" if notice["event"].startswith("REFUND") else "transaction"
    summary = {"TRANSACTION.SUCCESS": "支付成功", "REFUND.SUCCESS": "退款成功"}[notice["event"]]
    body = {
        "id": notice["id"],
        "create_time": rfc3339(notice["ts"]),
        "resource_type": "encrypt-resource",
        "event_type": notice["event"],
        "summary": summary,
        "resource": seal_resource(world.settings, notice["body"], kind),
    }
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
