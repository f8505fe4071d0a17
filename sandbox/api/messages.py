"""Customer messages and the typing notice."""

from __future__ import annotations

import sqlite3
from typing import Any

from flask import Response

from sandbox import phones
from sandbox.api.errors import ApiError, ok
from sandbox.api.gate import api_blueprint, json_body, text_of
from sandbox.api.media import require_media
from sandbox.credits import spend
from sandbox.world import World, here

messages = api_blueprint("messages")
TEXT_LIMIT = 2048
TYPING_SECONDS = 15
RECENT_SECONDS = 30


def follower(world: World, openid: str) -> sqlite3.Row:
    """Return the phone of a follower; raises 40003 for a stranger and 43004 for who has left."""
    phone = phones.find(world, openid)
    if phone is None:
        raise ApiError(40003)
    if phone["state"] != "following":
        raise ApiError(43004)
    return phone


@messages.post("/cgi-bin/message/custom/send")
def send_customer_message() -> Response:
    """Show a message if the person's window allows one more."""
    world, body = here(), json_body()
    phone = follower(world, text_of(body, "touser"))
    kind = text_of(body, "msgtype")
    shown = _content(world, kind, body)
    with world.store.unit():
        refused = spend(world, phone["openid"])
        if refused:
            raise ApiError(refused)
        phones.show(world, phone["openid"], "customer", _BUBBLE.get(kind, kind), shown)
    world.bell.ring()
    return ok()


@messages.post("/cgi-bin/message/custom/typing")
def show_typing() -> Response:
    """Show or end 「对方正在输入」."""
    world, body = here(), json_body()
    phone = follower(world, text_of(body, "touser"))
    command = text_of(body, "command")
    now = world.clock.now()
    if command not in ("Typing", "CancelTyping"):
        raise ApiError(45072)
    if command == "Typing":
        if now - phone["seen_ts"] > RECENT_SECONDS:
            raise ApiError(45080)
        if phones.is_typing(world, phone):
            raise ApiError(45081)
    until = now + TYPING_SECONDS if command == "Typing" else 0
    world.store.run("UPDATE phones SET typing_ts = ? WHERE openid = ?", until, phone["openid"])
    world.bell.ring({"hint": "typing", "openid": phone["openid"], "on": until > 0})
    return ok()


_BUBBLE = {"mpnews": "news", "mpnewsarticle": "news", "mpvideo": "video"}


def _content(world: World, kind: str, body: dict[str, Any]) -> dict[str, Any]:
    """Return the bubble's content; raises 40008 for an unknown type, 47001 for a broken one."""
    if kind == "text":
        content = text_of(body, "text", "content")
        if not content.strip():
            raise ApiError(44004)
        if len(content.encode()) > TEXT_LIMIT:
            raise ApiError(45002)
        return {"text": content}
    if kind in ("image", "voice", "mpvideo"):
        media_id = text_of(body, kind, "media_id")
        require_media(world, media_id)
        return {"media_id": media_id, "url": f"/media/{media_id}"}
    if kind == "video":
        media_id = text_of(body, "video", "media_id")
        require_media(world, media_id)
        words = {name: str(body["video"].get(name, "")) for name in ("title", "description")}
        return {"media_id": media_id, "url": f"/media/{media_id}", **words}
    if kind == "music":
        music = body.get("music")
        if not isinstance(music, dict):
            raise ApiError(47001)
        words = {name: str(music.get(name, "")) for name in ("title", "description")}
        return {**words, "url": text_of(body, "music", "musicurl")}
    if kind == "news":
        return {"articles": [_article(one) for one in _articles(body)]}
    if kind in ("mpnews", "mpnewsarticle"):
        return {"articles": [{"title": "图文消息", "description": "", "url": "", "picurl": ""}]}
    if kind == "msgmenu":
        return _menu(body)
    if kind == "miniprogrampage":
        card = body.get("miniprogrampage")
        if not isinstance(card, dict) or not card.get("appid") or not card.get("pagepath"):
            raise ApiError(47001)
        require_media(world, str(card.get("thumb_media_id")))
        return {"title": str(card.get("title", "")), "pagepath": card["pagepath"]}
    raise ApiError(40008)


def _articles(body: dict[str, Any]) -> list[Any]:
    """Return the one article a customer message may carry; raises 45008 for more."""
    news = body.get("news")
    found = news.get("articles") if isinstance(news, dict) else None
    if not isinstance(found, list) or not found:
        raise ApiError(47001)
    if len(found) > 1:
        raise ApiError(45008, "article size out of limit")
    return found


def _article(one: Any) -> dict[str, str]:
    if not isinstance(one, dict):
        raise ApiError(47001)
    return {name: str(one.get(name, "")) for name in ("title", "description", "url", "picurl")}


def _menu(body: dict[str, Any]) -> dict[str, Any]:
    menu = body.get("msgmenu")
    items = menu.get("list") if isinstance(menu, dict) else None
    if not isinstance(menu, dict) or not isinstance(items, list) or not items:
        raise ApiError(47001)
    if not all(isinstance(one, dict) and "id" in one and "content" in one for one in items):
        raise ApiError(47001)
    return {
        "head": str(menu.get("head_content", "")),
        "items": [{"id": str(one["id"]), "content": str(one["content"])} for one in items],
        "tail": str(menu.get("tail_content", "")),
    }
