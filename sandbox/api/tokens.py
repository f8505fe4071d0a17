"""Access tokens: the stable kind, the legacy kind, and the check every other call goes through.

Stable tokens (official page): 7,200 s, the same one is returned until five minutes before it ends,
the old one then stays good for those five minutes; a forced refresh is allowed 20 times a day and
every 30 s. Legacy tokens: each call supersedes the last, which stays good for five minutes.
"""

from __future__ import annotations

import secrets

from flask import Blueprint, Response, jsonify, request

from sandbox.api.errors import ApiError
from sandbox.world import World, here

LIFETIME = 7200
_OVERLAP = 300
_DAY = 86_400


def check_access_token(world: World, token: str) -> None:
    """Raise 41001, 40001 or 42001 unless the token is good now."""
    if not token:
        raise ApiError(41001)
    found = world.store.row(
        "SELECT expires_ts, used FROM tokens WHERE token = ? AND kind IN ('stable', 'legacy')",
        token,
    )
    if found is None:
        raise ApiError(40001)
    if found["expires_ts"] <= world.clock.now():
        raise ApiError(40001 if found["used"] else 42001)


def stable_token(world: World, *, force: bool) -> tuple[str, int]:
    """Return the stable token and the seconds it has left."""
    now = world.clock.now()
    with world.store.unit():
        current = world.store.row(
            "SELECT * FROM tokens WHERE kind = 'stable' ORDER BY created_ts DESC LIMIT 1"
        )
        left = int(current["expires_ts"] - now) if current else 0
        if current and force:
            _check_force(world, now)
        if current and left > _OVERLAP and not force:
            return str(current["token"]), left
        if current and force:
            world.store.run(
                "UPDATE tokens SET expires_ts = ?, used = 1 WHERE token = ?", now, current["token"]
            )
        return _issue(world, "stable", forced=force), LIFETIME


def legacy_token(world: World) -> tuple[str, int]:
    """Return a new legacy token; the former ones end in five minutes."""
    now = world.clock.now()
    with world.store.unit():
        world.store.run(
            "UPDATE tokens SET used = 1, expires_ts = min(expires_ts, ?)"
            " WHERE kind = 'legacy' AND used = 0",
            now + _OVERLAP,
        )
        return _issue(world, "legacy"), LIFETIME


def expire_tokens(world: World) -> None:
    """End every access token now, as a fault on demand."""
    world.store.run(
        "UPDATE tokens SET expires_ts = ? WHERE kind IN ('stable', 'legacy')", world.clock.now()
    )


def _check_force(world: World, now: float) -> None:
    forced = "SELECT {} FROM tokens WHERE kind = 'stable' AND scope = 'forced' AND created_ts > ?"
    if world.store.number(forced.format("count(*)"), now - _DAY) >= 20:
        raise ApiError(45009)
    if world.store.number(forced.format("count(*)"), now - 30):
        raise ApiError(45011)


def _issue(world: World, kind: str, *, forced: bool = False) -> str:
    token = f"{secrets.randbelow(90) + 10}_{secrets.token_urlsafe(96)}"
    now = world.clock.now()
    world.store.run(
        "INSERT INTO tokens (token, kind, scope, created_ts, expires_ts) VALUES (?, ?, ?, ?, ?)",
        token, kind, "forced" if forced else "", now, now + LIFETIME,
    )  # fmt: skip
    return token


def _check_account(appid: str, secret: str, *, wrong_secret: int) -> None:
    settings = here().settings
    if appid != settings.appid:
        raise ApiError(40013)
    if not secrets.compare_digest(secret.encode(), settings.secret.encode()):
        raise ApiError(wrong_secret)


def add_token_routes(blueprint: Blueprint) -> None:
    """Put the two token calls on a blueprint that asks for no token."""

    @blueprint.post("/cgi-bin/stable_token")
    def give_stable_token() -> Response:
        body = request.get_json(force=True, silent=True)
        if not isinstance(body, dict):
            raise ApiError(47001)
        if body.get("grant_type") != "client_credential":
            raise ApiError(40002)
        _check_account(str(body.get("appid")), str(body.get("secret")), wrong_secret=40125)
        token, left = stable_token(here(), force=body.get("force_refresh") is True)
        return jsonify(access_token=token, expires_in=left)

    @blueprint.get("/cgi-bin/token")
    def give_legacy_token() -> Response:
        if request.args.get("grant_type") != "client_credential":
            raise ApiError(40002)
        appid, secret = request.args.get("appid", ""), request.args.get("secret", "")
        _check_account(appid, secret, wrong_secret=40001)
        token, left = legacy_token(here())
        return jsonify(access_token=token, expires_in=left)
