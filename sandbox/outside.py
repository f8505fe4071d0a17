"""The SMS and mail gateways: whatever the bot sends there lands in an inbox one can look at.

Both are plain JSON over HTTP with a bearer key: POST /sms/send {phone, text} and
POST /mail/send {to, subject, text}. The answer carries the message's id, by which `reports` tells
afterwards what became of it. `aliyun` and `smtp` beside this speak what real vendors speak.
"""

from __future__ import annotations

import re
import secrets
import time
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, g, jsonify, render_template, request

from sandbox import reports
from sandbox.world import here

outside = Blueprint("outside", __name__)
MOBILE = re.compile(r"(\+86)?1\d{10}")


@outside.before_request
def _check_key() -> tuple[Response, int] | None:
    g.started = time.monotonic()
    if request.method != "POST":
        return None
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not secrets.compare_digest(given.encode(), here().settings.gateway_key.encode()):
        return jsonify(error="unauthorized"), 401
    return None


@outside.post("/sms/send")
def send_sms() -> tuple[Response, int]:
    """Accept a short message to a mainland mobile number."""
    body = request.get_json(silent=True) or {}
    phone, text = str(body.get("phone", "")), str(body.get("text", ""))
    if not MOBILE.fullmatch(phone) or not text:
        return jsonify(error="phone or text is missing or malformed"), 400
    number = str(keep("sms", phone, "", text))
    arrived, word = reports.fate_of_sms(phone)
    reports.tell(here(), "sms", {"id": number, "success": arrived, "err_code": word})
    return jsonify(id=number), 200


@outside.post("/mail/send")
def send_mail() -> tuple[Response, int]:
    """Accept a mail."""
    body = request.get_json(silent=True) or {}
    to, text = str(body.get("to", "")), str(body.get("text", ""))
    if "@" not in to or not text:
        return jsonify(error="to or text is missing or malformed"), 400
    number = str(keep("mail", to, str(body.get("subject", "")), text))
    arrived, word = reports.fate_of_mail(to)
    reports.tell(here(), "mail", {"id": number, "success": arrived, "err_code": word})
    return jsonify(id=number), 200


@outside.get("/outside")
def inbox_page() -> str:
    """Show both inboxes."""
    return render_template("outside.html", letters=[_dated(one) for one in reversed(received(0))])


def _dated(letter: dict[str, Any]) -> dict[str, Any]:
    when = datetime.fromtimestamp(letter["ts"], ZoneInfo("Asia/Shanghai"))
    return {**letter, "when": f"{when:%m-%d %H:%M:%S}"}


def received(after: int) -> list[dict[str, Any]]:
    """Return the newest 500 messages after number `after`, oldest first."""
    rows = here().store.rows(
        "SELECT * FROM (SELECT * FROM outside WHERE id > ? ORDER BY id DESC LIMIT 500) ORDER BY id",
        after,
    )
    return [dict(row) for row in rows]


def keep(kind: str, recipient: str, subject: str, text: str) -> int:
    """Put a letter into the inbox and the request that brought it into the record."""
    world = here()
    number = world.store.insert(
        "INSERT INTO outside (kind, recipient, subject, text, ts) VALUES (?, ?, ?, ?, ?)",
        kind, recipient, subject, text, world.clock.now(),
    )  # fmt: skip
    world.traffic.note(
        "from_bot",
        f"POST /{kind}/send",
        openid="",
        status=200,
        ms=round((time.monotonic() - g.started) * 1000),
        url=request.path,
        request=request.get_data(as_text=True),
        response=str(number),
    )
    return number
