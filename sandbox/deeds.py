"""What the owner of a phone can do, turned into the message or event WeChat makes of it.

Every deed is one commit: the owner's bubble, the window it opens for customer messages, and the
letter to the bot.
"""

from __future__ import annotations

import sqlite3
from typing import Any

from sandbox import phones
from sandbox.credits import open_window
from sandbox.letters import letter
from sandbox.world import World

KINDS = ("text", "image", "voice", "video", "shortvideo", "location", "link")
_MOMENTS = {"CLICK", "SCAN", "subscribe", "scancode_push", "scancode_waitmsg"}


class NotFollowing(Exception):
    """The person has left the account and must follow it again first."""


class BadDeed(Exception):
    """What was asked for is incomplete or unknown."""


def send_message(world: World, phone: sqlite3.Row, kind: str, body: dict[str, Any]) -> int:
    """Send a message of one of KINDS and return the delivery's number.

    Raises NotFollowing after an unfollow. A person who has never followed is taken to follow
    already, so that any openid can be tried out without ceremony.
    """
    if kind not in KINDS:
        raise BadDeed(f"unknown kind {kind!r}")
    if phone["state"] == "left":
        raise NotFollowing(phone["openid"])
    fields = _fields(world, kind, body)
    with world.store.unit():
        if phone["state"] == "new":
            _set_following(world, phone["openid"])
        phones.show(world, phone["openid"], "me", kind, body)
        open_window(world, phone["openid"], "message")
        number = _post(world, phone["openid"], kind, kind, fields)
    world.bell.ring()
    return number


def send_event(world: World, phone: sqlite3.Row, event: str, **fields: Any) -> int:
    """Make an event happen and return the delivery's number."""
    openid = phone["openid"]
    if event == "subscribe":
        return follow(world, phone, str(fields.get("EventKey", "")).removeprefix("qrscene_"))
    if event == "unsubscribe":
        return unfollow(world, phone)
    if phone["state"] == "left":
        raise NotFollowing(openid)
    with world.store.unit():
        if phone["state"] == "new" and event in _MOMENTS:
            _set_following(world, openid)
        if event in _MOMENTS:
            open_window(world, openid, "moment")
        number = _post(world, openid, "event", event, {"Event": event, **fields})
    world.bell.ring()
    return number


def follow(world: World, phone: sqlite3.Row, scene: str = "") -> int:
    """Follow the account, perhaps by scanning a code; returns the delivery's number."""
    fields: dict[str, object] = {"Event": "subscribe", "EventKey": ""}
    if scene:
        fields = {**fields, "EventKey": f"qrscene_{scene}", "Ticket": ticket_of(world, scene)}
    with world.store.unit():
        _set_following(world, phone["openid"], scene)
        phones.show(world, phone["openid"], "system", "event", {"text": "你已关注该公众号"})
        open_window(world, phone["openid"], "moment")
        number = _post(world, phone["openid"], "event", "subscribe", fields)
    world.bell.ring({"hint": "phones"})
    return number


def unfollow(world: World, phone: sqlite3.Row) -> int:
    """Leave the account: windows close at once; returns the delivery's number."""
    openid = phone["openid"]
    with world.store.unit():
        world.store.run("UPDATE phones SET state = 'left' WHERE openid = ?", openid)
        world.store.run("DELETE FROM credits WHERE openid = ?", openid)
        phones.show(world, openid, "system", "event", {"text": "你已取消关注"})
        fields = {"Event": "unsubscribe", "EventKey": ""}
        number = _post(world, openid, "event", "unsubscribe", fields)
    world.bell.ring({"hint": "phones"})
    return number


def scan(world: World, phone: sqlite3.Row, scene: str) -> int:
    """Scan a code with this scene: SCAN for followers, a follow for everybody else."""
    if phone["state"] != "following":
        return follow(world, phone, scene)
    return send_event(world, phone, "SCAN", EventKey=scene, Ticket=ticket_of(world, scene))


def consent(world: World, phone: sqlite3.Row, verdicts: dict[str, str]) -> int:
    """Answer the question about notices: template id to accept or reject."""
    openid = phone["openid"]
    listed = [
        {"TemplateId": one, "SubscribeStatusString": verdict, "PopupScene": "2"}
        for one, verdict in verdicts.items()
    ]
    fields = {
        "Event": "subscribe_msg_popup_event",
        "SubscribeMsgPopupEvent": {"List": listed},
    }
    with world.store.unit():
        for one, verdict in verdicts.items():
            if verdict == "accept":
                world.store.run(
                    "INSERT INTO consents (openid, template_id, remaining) VALUES (?, ?, 1)"
                    " ON CONFLICT DO UPDATE SET remaining = remaining + 1",
                    openid, one,
                )  # fmt: skip
        return _post(world, openid, "event", "subscribe_msg_popup_event", fields)


def click(world: World, phone: sqlite3.Row, key: str) -> int:
    """Tap a menu button of type click."""
    return send_event(world, phone, "CLICK", EventKey=key)


def ticket_of(world: World, scene: str) -> str:
    """Return the newest ticket made for this scene, or a made-up one."""
    found = world.store.row("SELECT ticket FROM qrcodes WHERE scene = ? ORDER BY ts DESC", scene)
    return str(found["ticket"]) if found else f"gQSANDBOX_{scene}"


def _set_following(world: World, openid: str, scene: str = "") -> None:
    world.store.run(
        "UPDATE phones SET state = 'following', followed_ts = ?, scene = ?, seen_ts = ?"
        " WHERE openid = ?",
        world.clock.now(), scene, world.clock.now(), openid,
    )  # fmt: skip


def _post(world: World, openid: str, kind: str, label: str, fields: dict[str, Any]) -> int:
    now = world.clock.now()
    world.store.run("UPDATE phones SET seen_ts = ? WHERE openid = ?", now, openid)
    xml = letter(world.settings.account, openid, int(now), kind, **fields)
    return world.courier.post(openid, label, xml)


def _fields(world: World, kind: str, body: dict[str, Any]) -> dict[str, object]:
    """Return the elements of a message, named as WeChat names them."""
    try:
        if kind == "text":
            extra = {"bizmsgmenuid": body["menu_id"]} if body.get("menu_id") else {}
            return {"Content": body["text"], **extra}
        if kind == "image":
            return {"PicUrl": world.settings.url + body["url"], "MediaId": body["media_id"]}
        if kind == "voice":
            spoken = {"Format": "amr", "Recognition": body.get("recognition", "")}
            return {"MediaId": body["media_id"], **spoken}
        if kind in ("video", "shortvideo"):
            return {"MediaId": body["media_id"], "ThumbMediaId": body["media_id"]}
        if kind == "location":
            place = {"Location_X": body["x"], "Location_Y": body["y"]}
            return {**place, "Scale": body.get("scale", 16), "Label": body.get("label", "")}
        link = {"Title": body["title"], "Description": body.get("description", "")}
        return {**link, "Url": body["url"]}
    except KeyError as missing:
        raise BadDeed(f"{kind} lacks {missing}") from missing
