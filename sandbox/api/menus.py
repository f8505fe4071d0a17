"""The account's menu, the default one and those for people with a tag."""

from __future__ import annotations

import json
from typing import Any

from flask import Response, request

from sandbox import phones
from sandbox.api.errors import ApiError, ok
from sandbox.api.gate import api_blueprint, json_body
from sandbox.world import World, here

menus = api_blueprint("menus")
_TYPES = {
    "click", "view", "miniprogram", "scancode_push", "scancode_waitmsg", "pic_sysphoto",
    "pic_photo_or_album", "pic_weixin", "location_select", "media_id", "view_limited",
    "article_id", "article_view_limited",
}  # fmt: skip
_KEYLESS = {
    "view", "miniprogram", "media_id", "view_limited", "article_id", "article_view_limited",
}  # fmt: skip


@menus.post("/cgi-bin/menu/create")
def create() -> Response:
    """Replace the default menu."""
    world, body = here(), _menu_body()
    with world.store.unit():
        world.store.run("DELETE FROM menus WHERE rule = ''")
        world.store.run("INSERT INTO menus (rule, body) VALUES ('', ?)", _text(body["button"]))
    world.bell.ring({"hint": "menu"})
    return ok()


@menus.post("/cgi-bin/menu/addconditional")
def add_conditional() -> Response:
    """Add a menu for the people with a tag."""
    world, body = here(), _menu_body()
    rule = body.get("matchrule")
    if not isinstance(rule, dict) or not rule.get("tag_id"):
        raise ApiError(40035, "matchrule.tag_id")
    if not world.store.row("SELECT 1 FROM menus WHERE rule = ''"):
        raise ApiError(65301)
    menuid = world.store.insert(
        "INSERT INTO menus (rule, body) VALUES (?, ?)", str(rule["tag_id"]), _text(body["button"])
    )
    world.bell.ring({"hint": "menu"})
    return ok(menuid=str(menuid))


@menus.post("/cgi-bin/menu/delconditional")
def delete_conditional() -> Response:
    """Delete one of the menus by tag."""
    world, menuid = here(), str(json_body().get("menuid"))
    world.store.run("DELETE FROM menus WHERE menuid = ? AND rule != ''", menuid)
    world.bell.ring({"hint": "menu"})
    return ok()


@menus.post("/cgi-bin/menu/trymatch")
def try_match() -> Response:
    """Return the menu a person sees."""
    world = here()
    phone = phones.find(world, str(json_body().get("user_id")))
    if phone is None:
        raise ApiError(40003)
    return ok(button=menu_of(world, phone["openid"]))


@menus.get("/cgi-bin/menu/get")
def get() -> Response:
    """Return all menus."""
    rows = here().store.rows("SELECT * FROM menus ORDER BY menuid")
    default = [row for row in rows if not row["rule"]]
    if not default:
        raise ApiError(46003)
    menu = {"button": json.loads(default[0]["body"]), "menuid": default[0]["menuid"]}
    conditional = [
        {"button": json.loads(row["body"]), "matchrule": {"tag_id": row["rule"]},
         "menuid": row["menuid"]}
        for row in rows if row["rule"]
    ]  # fmt: skip
    return ok(menu=menu, **({"conditionalmenu": conditional} if conditional else {}))


@menus.route("/cgi-bin/menu/delete", methods=["GET", "POST"])
def delete() -> Response:
    """Delete the default menu and those by tag."""
    here().store.run("DELETE FROM menus")
    here().bell.ring({"hint": "menu"})
    return ok()


def menu_of(world: World, openid: str) -> list[dict[str, Any]]:
    """Return the buttons a person sees: the newest menu of their tags, else the default."""
    phone = phones.find(world, openid)
    tags = json.loads(phone["tags"]) if phone else []
    rows = world.store.rows("SELECT rule, body FROM menus ORDER BY menuid DESC")
    for row in rows:
        if row["rule"] and int(row["rule"]) in tags:
            return list(json.loads(row["body"]))
    default = [row for row in rows if not row["rule"]]
    return list(json.loads(default[0]["body"])) if default else []


def _menu_body() -> dict[str, Any]:
    """Return a checked menu; escaped Chinese is refused with 40033, as WeChat does."""
    if b"\\u" in request.get_data():
        raise ApiError(40033)
    body = json_body()
    buttons = body.get("button")
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= 3:
        raise ApiError(40016)
    for button in buttons:
        _check_button(button, top=True)
    return body


def _check_button(button: Any, *, top: bool) -> None:
    if not isinstance(button, dict):
        raise ApiError(47001)
    name = str(button.get("name", ""))
    if not name or len(name.encode()) > (16 if top else 60):
        raise ApiError(40018 if top else 40025)
    below = button.get("sub_button")
    if isinstance(below, dict):
        below = below.get("list")
    if top and below:
        if not isinstance(below, list) or len(below) > 5:
            raise ApiError(40023)
        for one in below:
            _check_button(one, top=False)
        return
    kind = button.get("type")
    if kind not in _TYPES:
        raise ApiError(40015)
    key = str(button.get("key", ""))
    if kind not in _KEYLESS and not 1 <= len(key.encode()) <= 128:
        raise ApiError(40019)
    if kind == "view" and not str(button.get("url", "")).startswith(("http://", "https://")):
        raise ApiError(40020 if top else 40027)


def _text(body: Any) -> str:
    return json.dumps(body, ensure_ascii=False)
