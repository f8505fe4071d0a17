"""The knobs of the sandbox itself: clock, templates, traffic, the live stream, and its pages."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, jsonify, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from sandbox import phones
from sandbox.api.templates import declare
from sandbox.cast import CAST
from sandbox.envelope import signature_of
from sandbox.faults import KINDS, BadFault
from sandbox.outside import received
from sandbox.posting import NoAnswer, call
from sandbox.world import World, here

control = Blueprint("control", __name__)
_HEARTBEAT = 15.0


@control.get("/")
def phone_page() -> AnyResponse | str:
    """Show the phones.

    Opened under another loopback name than the bot's, the page moves to the configured address:
    otherwise the in-app browser could not keep the bot's cookies.
    """
    settings = here().settings
    wanted = urlsplit(settings.url).netloc
    names = ("127.0.0.1", "localhost")
    if request.host != wanted and request.host.split(":")[0] in names and wanted.startswith(names):
        return redirect(settings.url)
    return render_template("phone.html", settings=settings)


@control.get("/sandbox/config")
def show_config() -> Response:
    """Return what the page must know of the account."""
    settings = here().settings
    return jsonify(
        account=settings.account,
        account_name=settings.account_name,
        appid=settings.appid,
        mode=settings.mode,
        webhook=settings.webhook_url,
        public_url=settings.public_url,
        cast=[member.openid for member in CAST],
    )


@control.get("/sandbox/health")
def health() -> Response:
    """Say that the sandbox is up, and how many letters are waiting for the bot."""
    pending = here().store.number("SELECT count(*) FROM deliveries WHERE state = 'pending'")
    return jsonify(ok=True, pending=pending)


@control.get("/sandbox/stream")
def stream() -> Response:
    """Send bubbles of `phones` (`*`: all) after `after` as events, and hints as they come."""
    world = here()
    wanted = request.args.get("phones", "*")
    openids = None if wanted == "*" else wanted.split(",")
    last = request.headers.get("Last-Event-ID") or request.args.get("after", "0")
    after = int(last) if last.isdigit() else 0
    events = _events(world, openids, after)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return Response(events, mimetype="text/event-stream", headers=headers)


def _events(world: World, openids: list[str] | None, after: int) -> Iterator[str]:
    count = world.bell.count
    yield "retry: 1000\n\n"
    while not world.bell.closed:
        for bubble in phones.bubbles_after(world, openids, after):
            after = bubble["id"]
            yield f"id: {after}\nevent: bubble\ndata: {json.dumps(bubble, ensure_ascii=False)}\n\n"
        seen, count = count, world.bell.count
        for hint in world.bell.hints_after(seen):
            yield f"event: hint\ndata: {json.dumps(hint)}\n\n"
        if world.bell.wait(count, _HEARTBEAT) == count:
            yield ": still here\n\n"


@control.get("/sandbox/traffic")
def show_traffic() -> Response:
    """Return recorded exchanges after a number, for all phones or one."""
    after, openid = request.args.get("after", 0, int), request.args.get("openid", "")
    return jsonify(traffic=here().traffic.after(after, openid=openid))


@control.route("/sandbox/clock", methods=["GET", "POST"])
def move_clock() -> tuple[Response, int]:
    """Return the sandbox's time; {"add": seconds} moves it forward."""
    world = here()
    if request.method == "POST":
        body = request.get_json(silent=True) or {}
        try:
            world.clock.add(float(body["add"]))
        except (KeyError, TypeError, ValueError) as wrong:
            return jsonify(error=str(wrong)), 400
        world.bell.ring({"hint": "clock"})
    return jsonify(now=world.clock.moment().isoformat(), offset=world.clock.offset), 200


@control.put("/sandbox/templates")
def declare_templates() -> tuple[Response, int]:
    """Declare the account's templates: a list of {template_id, kind, title, content}."""
    body = request.get_json(silent=True)
    try:
        return jsonify(declared=declare(here(), list(body or []))), 200
    except (KeyError, TypeError) as wrong:
        return jsonify(error=f"each template needs template_id, title, content: {wrong}"), 400


@control.route("/sandbox/faults", methods=["GET", "POST", "DELETE"])
def set_faults() -> tuple[Response, int]:
    """List the faults in force, add one ({target, kind, …}), or lift all."""
    faults = here().faults
    if request.method == "POST":
        try:
            faults.add(request.get_json(silent=True) or {})
        except BadFault as wrong:
            return jsonify(error=str(wrong)), 400
    elif request.method == "DELETE":
        faults.clear()
    return jsonify(faults=faults.listed(), kinds=KINDS), 200


@control.delete("/sandbox/faults/<int:number>")
def lift_fault(number: int) -> Response:
    """Lift one fault."""
    here().faults.clear(number)
    return jsonify(faults=here().faults.listed())


@control.get("/sandbox/outside")
def show_outside() -> Response:
    """Return the SMS and mails received after a number."""
    return jsonify(letters=received(request.args.get("after", 0, int)))


@control.get("/sandbox/codes")
def show_codes() -> Response:
    """Return the QR codes made so far, newest first, for the scanner."""
    rows = here().store.rows("SELECT ticket, scene FROM qrcodes ORDER BY ts DESC LIMIT 50")
    return jsonify(codes=[dict(row) for row in rows])


@control.get("/q/<ticket>")
def follow_code(ticket: str) -> AnyResponse | str:
    """Where a QR code leads when a real camera reads it: the phones, with the code at hand."""
    return redirect(f"/?{urlencode({'ticket': ticket})}")


@control.post("/sandbox/verify")
def verify_webhook() -> Response:
    """Ask the webhook to prove itself, as saving the server settings at WeChat does."""
    settings = here().settings
    timestamp, nonce = str(int(time.time())), secrets.token_hex(5)
    echo = str(secrets.randbelow(10**19))
    signature = signature_of(settings.token, timestamp, nonce)
    query = {"signature": signature, "timestamp": timestamp, "nonce": nonce, "echostr": echo}
    url = f"{settings.webhook_url}?{urlencode(query)}"
    result: dict[str, Any]
    try:
        answer = call("GET", url, body=b"", headers={}, seconds=settings.patience)
        result = {"ok": answer.status == 200 and answer.body == echo.encode()}
        result.update(status=answer.status, answer=answer.body.decode("utf-8", "replace")[:200])
    except NoAnswer as missing:
        result = {"ok": False, "status": 0, "answer": str(missing)}
    return jsonify(result)
