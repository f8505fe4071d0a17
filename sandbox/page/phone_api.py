"""What a phone can be asked and told over HTTP: `/sandbox/phones/…`."""

from __future__ import annotations

import sqlite3
import time
from typing import Any

from flask import Blueprint, Response, jsonify, request

from sandbox import deeds, phones
from sandbox.api.media import keep_media
from sandbox.api.menus import menu_of
from sandbox.courier import delivery_states
from sandbox.credits import windows
from sandbox.page.sounds import silent_voice
from sandbox.world import here

phone_api = Blueprint("phone_api", __name__, url_prefix="/sandbox")
_LONGEST_WAIT = 25.0


@phone_api.errorhandler(deeds.NotFollowing)
def _not_following(error: Exception) -> tuple[Response, int]:
    return jsonify(error="已取消关注，请先重新关注公众号"), 409


@phone_api.errorhandler(deeds.BadDeed)
@phone_api.errorhandler(phones.NoSuchPhone)
def _bad_request(error: Exception) -> tuple[Response, int]:
    return jsonify(error=str(error)), 400


def _phone(who: str) -> sqlite3.Row:
    return phones.phone_of(here(), who)


def _body() -> dict[str, Any]:
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise deeds.BadDeed("the body must be a JSON object")
    return body


@phone_api.get("/phones")
def list_phones() -> Response:
    """Return the cast, then the hundred newest of the others."""
    rows = here().store.rows("SELECT * FROM phones WHERE role != '' ORDER BY rowid")
    rows += here().store.rows("SELECT * FROM phones WHERE role = '' ORDER BY rowid DESC LIMIT 100")
    return jsonify(phones=[phones.summary(here(), row) for row in rows])


@phone_api.post("/phones")
def add_phone() -> Response:
    """Make a newcomer with a fresh openid."""
    phone = phones.newcomer(here(), str(_body().get("name", "")).strip()[:20])
    return jsonify(phones.summary(here(), phone))


@phone_api.get("/phones/<who>")
def show_phone(who: str) -> Response:
    """Return a phone, its menu and its open windows for customer messages."""
    phone = _phone(who)
    openid = phone["openid"]
    return jsonify(
        **phones.summary(here(), phone),
        menu=menu_of(here(), openid),
        windows=windows(here(), openid),
        last_delivery=here().store.number(
            "SELECT max(id) FROM deliveries WHERE openid = ?", openid
        ),
    )


@phone_api.post("/phones/<who>/say")
def say(who: str) -> Response:
    """Send a text; `menu_id` when it comes from tapping a menu inside a message."""
    body, phone = _body(), _phone(who)
    text = str(body.get("text", "")).strip()
    if not text:
        raise deeds.BadDeed("text is empty")
    after = phones.last_bubble_id(here(), phone["openid"])
    content = {"text": text, "menu_id": str(body.get("menu_id", ""))}
    number = deeds.send_message(here(), phone, "text", content)
    return jsonify(delivery=number, after=after, openid=phone["openid"])


@phone_api.post("/phones/<who>/send")
def send(who: str) -> Response:
    """Send a message of another kind: {kind, …}; a voice without a file is made silent."""
    body, phone = _body(), _phone(who)
    kind = str(body.pop("kind", ""))
    if kind == "voice" and "media_id" not in body:
        seconds = min(60, max(1, int(body.get("seconds", 2))))
        voice = keep_media(here(), "voice", "voice.amr", silent_voice(seconds))
        body = {**body, "seconds": seconds, "media_id": voice, "url": f"/media/{voice}"}
    after = phones.last_bubble_id(here(), phone["openid"])
    number = deeds.send_message(here(), phone, kind, body)
    return jsonify(delivery=number, after=after, openid=phone["openid"])


@phone_api.post("/phones/<who>/upload")
def upload(who: str) -> Response:
    """Take a picture, voice or film from the phone and send it as a message."""
    phone = _phone(who)
    sent, kind = request.files.get("file"), request.form.get("kind", "image")
    if sent is None or kind not in ("image", "voice", "video"):
        raise deeds.BadDeed("a file and its kind are needed")
    media_id = keep_media(here(), kind, sent.filename or kind, sent.read())
    content = {"media_id": media_id, "url": f"/media/{media_id}"}
    return jsonify(delivery=deeds.send_message(here(), phone, kind, content))


@phone_api.post("/phones/<who>/event")
def event(who: str) -> Response:
    """Make an event: {event: subscribe|unsubscribe|SCAN|CLICK|…, key, fields}."""
    body, phone = _body(), _phone(who)
    name, key = str(body.get("event", "")), str(body.get("key", ""))
    after = phones.last_bubble_id(here(), phone["openid"])
    if name == "SCAN":
        number = deeds.scan(here(), phone, key)
    elif name == "subscribe":
        number = deeds.follow(here(), phone, key)
    elif name:
        fields = body.get("fields")
        extra = fields if isinstance(fields, dict) else {}
        number = deeds.send_event(here(), phone, name, **{"EventKey": key, **extra})
    else:
        raise deeds.BadDeed("event is missing")
    return jsonify(delivery=number, after=after, openid=phone["openid"])


@phone_api.post("/phones/<who>/read")
def read(who: str) -> Response:
    """Note that everything has been seen."""
    phones.mark_read(here(), _phone(who)["openid"])
    return jsonify(ok=True)


@phone_api.get("/phones/<who>/bubbles")
def bubbles(who: str) -> Response:
    """Return bubbles after `after`, waiting up to `wait` seconds, and the deliveries' states.

    With `latest=N` it returns the newest N instead (before number `before`, if given).
    """
    world, phone = here(), _phone(who)
    openid, asked = phone["openid"], request.args
    if "latest" in asked:
        before, limit = asked.get("before", 0, int), min(500, asked.get("latest", 50, int))
        return jsonify(bubbles=phones.latest_bubbles(world, openid, before, limit))
    after = asked.get("after", 0, int)
    until = time.monotonic() + min(_LONGEST_WAIT, asked.get("wait", 0.0, float))
    while True:
        count = world.bell.count
        found = phones.bubbles_after(world, [openid], after)
        if found or time.monotonic() >= until:
            break
        world.bell.wait(count, until - time.monotonic())
    phone = _phone(who)
    states = delivery_states(world, openid, asked.get("delivery", 0, int) - 1)
    return jsonify(bubbles=found, deliveries=states, typing=phones.is_typing(world, phone))
