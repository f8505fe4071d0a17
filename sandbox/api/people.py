"""Followers: what an account may know of a person, remarks, tags, and QR codes they may scan."""

from __future__ import annotations

import io
import json
import secrets
from typing import Any
from urllib.parse import quote

import segno
from flask import Response, jsonify, request

from sandbox import phones
from sandbox.api.errors import ApiError, ok
from sandbox.api.gate import api_blueprint, json_body, text_of
from sandbox.world import World, here

people = api_blueprint("people")
codes = api_blueprint("codes", guarded=False)
_LONGEST = 2_592_000


@people.get("/cgi-bin/user/info")
def profile() -> Response:
    """Return a person; no nickname and no avatar, as since 2021-12-27."""
    world = here()
    phone = phones.find(world, request.args.get("openid", ""))
    if phone is None:
        raise ApiError(40003)
    if phone["state"] != "following":
        return jsonify(subscribe=0, openid=phone["openid"])
    scene = phone["scene"]
    return jsonify(
        subscribe=1,
        openid=phone["openid"],
        nickname="",
        sex=0,
        language="zh_CN",
        city="",
        province="",
        country="",
        headimgurl="",
        subscribe_time=int(phone["followed_ts"] or 0),
        remark=phone["remark"],
        groupid=0,
        tagid_list=json.loads(phone["tags"]),
        subscribe_scene="ADD_SCENE_QR_CODE" if scene else "ADD_SCENE_SEARCH",
        qr_scene=int(scene) if scene.isdigit() else 0,
        qr_scene_str="" if scene.isdigit() else scene,
    )


@people.get("/cgi-bin/user/get")
def followers() -> Response:
    """Return the openids of all followers after `next_openid`, at most 10,000."""
    after = request.args.get("next_openid", "")
    rows = here().store.rows(
        "SELECT openid FROM phones WHERE state = 'following' AND openid > ? ORDER BY openid"
        " LIMIT 10000",
        after,
    )
    total = here().store.number("SELECT count(*) FROM phones WHERE state = 'following'")
    found = [row["openid"] for row in rows]
    last = found[-1] if found else ""
    return jsonify(total=total, count=len(found), data={"openid": found}, next_openid=last)


@people.post("/cgi-bin/user/info/updateremark")
def update_remark() -> Response:
    """Keep the account's own name for a person."""
    body = json_body()
    openid, remark = text_of(body, "openid"), text_of(body, "remark")
    if phones.find(here(), openid) is None:
        raise ApiError(40003)
    here().store.run("UPDATE phones SET remark = ? WHERE openid = ?", remark, openid)
    return ok()


@people.post("/cgi-bin/tags/create")
def create_tag() -> Response:
    """Make a tag; raises 45157 for a name that exists."""
    name = text_of(json_body(), "tag", "name")
    if here().store.row("SELECT 1 FROM tags WHERE name = ?", name):
        raise ApiError(45157)
    number = here().store.insert("INSERT INTO tags (id, name) VALUES (?, ?)", _next_tag(), name)
    return jsonify(tag={"id": number, "name": name})


@people.get("/cgi-bin/tags/get")
def list_tags() -> Response:
    """Return all tags."""
    rows = here().store.rows("SELECT id, name FROM tags ORDER BY id")
    return jsonify(tags=[{**dict(row), "count": 0} for row in rows])


@people.post("/cgi-bin/tags/members/batch<deed>")
def tag_members(deed: str) -> Response:
    """Tag or untag people: batchtagging and batchuntagging."""
    world, body = here(), json_body()
    tag, openids = body.get("tagid"), body.get("openid_list")
    if deed not in ("tagging", "untagging") or not isinstance(openids, list):
        raise ApiError(47001)
    if not isinstance(tag, int) or not world.store.row("SELECT 1 FROM tags WHERE id = ?", tag):
        raise ApiError(45159, "invalid tag")
    with world.store.unit():
        for openid in openids:
            _tag(world, str(openid), tag, on=deed == "tagging")
    world.bell.ring({"hint": "menu"})
    return ok()


def _next_tag() -> int:
    """Return a tag number; WeChat's own begin at 100."""
    return max(100, here().store.number("SELECT max(id) FROM tags") + 1)


def _tag(world: World, openid: str, tag: int, *, on: bool) -> None:
    phone = phones.find(world, openid)
    if phone is None:
        raise ApiError(40003)
    tags = {one for one in json.loads(phone["tags"]) if one != tag} | ({tag} if on else set())
    world.store.run("UPDATE phones SET tags = ? WHERE openid = ?", json.dumps(sorted(tags)), openid)


@people.post("/cgi-bin/qrcode/create")
def create_code() -> Response:
    """Make a code with a scene, for a while or for good."""
    world, body = here(), json_body()
    action = text_of(body, "action_name")
    scene = _scene(action, body.get("action_info"))
    now = world.clock.now()
    lasting = action.startswith("QR_LIMIT")
    seconds = min(int(body.get("expire_seconds") or 60), _LONGEST)
    ticket = "gQ" + secrets.token_urlsafe(60)
    world.store.run(
        "INSERT INTO qrcodes (ticket, scene, expires_ts, ts) VALUES (?, ?, ?, ?)",
        ticket, scene, None if lasting else now + seconds, now,
    )  # fmt: skip
    made = {"ticket": ticket, "url": f"{world.settings.url}/q/{quote(ticket)}"}
    return jsonify(made if lasting else {**made, "expire_seconds": seconds})


@codes.get("/cgi-bin/showqrcode")
def show_code() -> Response:
    """Return the picture of a code; an unknown ticket is a 404, as at WeChat."""
    ticket = request.args.get("ticket", "")
    if not here().store.row("SELECT 1 FROM qrcodes WHERE ticket = ?", ticket):
        return Response(status=404)
    picture = io.BytesIO()
    segno.make(f"{here().settings.url}/q/{quote(ticket)}", micro=False).save(
        picture, kind="png", scale=6
    )
    return Response(picture.getvalue(), mimetype="image/png")


def _scene(action: str, wanted: Any) -> str:
    """Return the scene as text; raises 40053 when it does not fit the kind of code."""
    scene = wanted.get("scene") if isinstance(wanted, dict) else None
    if not isinstance(scene, dict):
        raise ApiError(40053)
    if action in ("QR_STR_SCENE", "QR_LIMIT_STR_SCENE"):
        text = scene.get("scene_str")
        if not isinstance(text, str) or not 1 <= len(text) <= 64:
            raise ApiError(40053)
        return text
    number = scene.get("scene_id")
    largest = 100_000 if action == "QR_LIMIT_SCENE" else 2**32 - 1
    if action not in ("QR_SCENE", "QR_LIMIT_SCENE") or not isinstance(number, int):
        raise ApiError(40053)
    if not 1 <= number <= largest:
        raise ApiError(40053)
    return str(number)
