"""Signing in to web pages, and the ticket for the JS-SDK.

Who is asking? In the phone page each in-app browser is a frame whose `window.name` is
`phone:<openid>`; it survives navigation across sites, so the authorize page reads it there. A
program says it with a User-Agent that contains `SandboxPhone/<openid>`.
"""

from __future__ import annotations

import re
import secrets
from urllib.parse import urlencode, urlsplit

from flask import Response, jsonify, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from sandbox import phones
from sandbox.api.errors import ApiError
from sandbox.api.gate import api_blueprint
from sandbox.api.tokens import LIFETIME
from sandbox.world import World, here

oauth = api_blueprint("oauth", guarded=False)
tickets = api_blueprint("tickets")
_CODE_SECONDS = 300
_REFRESH_SECONDS = 30 * 86_400
_OWNER = re.compile(r"SandboxPhone/([A-Za-z0-9_-]{1,64})")


def owner_of_request() -> str:
    """Return the openid of the phone that asks: by User-Agent, or as its own page says."""
    named = _OWNER.search(request.headers.get("User-Agent", ""))
    return named[1] if named else request.values.get("as", "")


@oauth.get("/connect/oauth2/authorize")
def authorize() -> AnyResponse | str | tuple[str, int]:
    """Send the owner back with a code; ask who they are when nothing tells."""
    world = here()
    back = request.args.get("redirect_uri", "")
    scope = request.args.get("scope", "")
    if request.args.get("appid") != world.settings.appid:
        return render_template(
            "notice.html", text="此公众号并没有这些scope的权限，错误码:10005"
        ), 400
    if urlsplit(back).scheme not in ("http", "https"):
        return render_template("notice.html", text="redirect_uri 参数错误，错误码:10003"), 400
    if scope not in ("snsapi_base", "snsapi_userinfo"):
        return render_template("notice.html", text="scope 参数错误，错误码:10005"), 400
    openid = owner_of_request()
    if not openid:
        return render_template("authorize.html", phones=world.store.rows(_PEOPLE))
    phones.phone_of(world, openid)
    code = "0" + secrets.token_urlsafe(24)
    _keep(world, code, "code", openid, scope, _CODE_SECONDS)
    parts = {"code": code, "state": request.args.get("state", "")}
    joint = "&" if urlsplit(back).query else "?"
    address, _, fragment = back.partition("#")
    return redirect(f"{address}{joint}{urlencode(parts)}{'#' + fragment if fragment else ''}")


_PEOPLE = "SELECT openid, name, title FROM phones ORDER BY rowid LIMIT 100"


@oauth.get("/sns/oauth2/access_token")
def exchange_code() -> Response:
    """Turn a code into the openid, once and within five minutes."""
    world = here()
    _check_account()
    code = request.args.get("code", "")
    if not code:
        raise ApiError(41008)
    with world.store.unit():
        found = world.store.row("SELECT * FROM tokens WHERE token = ? AND kind = 'code'", code)
        if found is None or found["expires_ts"] <= world.clock.now():
            raise ApiError(40029)
        if found["used"]:
            raise ApiError(40163)
        world.store.run("UPDATE tokens SET used = 1 WHERE token = ?", code)
        return _web_tokens(world, found["openid"], found["scope"])


@oauth.get("/sns/oauth2/refresh_token")
def refresh() -> Response:
    """Renew a web token."""
    world = here()
    found = world.store.row(
        "SELECT * FROM tokens WHERE token = ? AND kind = 'refresh' AND expires_ts > ?",
        request.args.get("refresh_token", ""), world.clock.now(),
    )  # fmt: skip
    if found is None:
        raise ApiError(40030)
    return _web_tokens(world, found["openid"], found["scope"])


@oauth.get("/sns/userinfo")
def person() -> Response:
    """Return the name of a person who consented; a silent sign-in is refused with 48001."""
    world = here()
    found = world.store.row(
        "SELECT * FROM tokens WHERE token = ? AND kind = 'web' AND expires_ts > ?",
        request.args.get("access_token", ""), world.clock.now(),
    )  # fmt: skip
    if found is None:
        raise ApiError(40001)
    if found["openid"] != request.args.get("openid"):
        raise ApiError(40003)
    if found["scope"] != "snsapi_userinfo":
        raise ApiError(48001)
    phone = phones.phone_of(world, found["openid"])
    return jsonify(
        openid=phone["openid"], nickname=phone["name"], sex=0, headimgurl="", privilege=[]
    )


@tickets.get("/cgi-bin/ticket/getticket")
def get_ticket() -> Response:
    """Return the JS-SDK ticket, the same one for two hours."""
    world = here()
    if request.args.get("type") != "jsapi":
        raise ApiError(40035, "type")
    now = world.clock.now()
    with world.store.unit():
        found = world.store.row(
            "SELECT * FROM tokens WHERE kind = 'ticket' AND expires_ts > ?", now + 60
        )
        if found:
            ticket, left = found["token"], int(found["expires_ts"] - now)
        else:
            ticket, left = secrets.token_urlsafe(64), LIFETIME
            _keep(world, ticket, "ticket", "", "", LIFETIME)
    return jsonify(errcode=0, errmsg="ok", ticket=ticket, expires_in=left)


def _web_tokens(world: World, openid: str, scope: str) -> Response:
    token, again = secrets.token_urlsafe(64), secrets.token_urlsafe(64)
    _keep(world, token, "web", openid, scope, LIFETIME)
    _keep(world, again, "refresh", openid, scope, _REFRESH_SECONDS)
    return jsonify(
        access_token=token, expires_in=LIFETIME, refresh_token=again, openid=openid, scope=scope
    )


def _keep(world: World, token: str, kind: str, openid: str, scope: str, seconds: float) -> None:
    now = world.clock.now()
    world.store.run(
        "INSERT INTO tokens (token, kind, openid, scope, created_ts, expires_ts)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        token, kind, openid, scope, now, now + seconds,
    )  # fmt: skip


def _check_account() -> None:
    settings = here().settings
    if request.args.get("appid") != settings.appid:
        raise ApiError(40013)
    if not secrets.compare_digest(request.args.get("secret", ""), settings.secret):
        raise ApiError(40125)
