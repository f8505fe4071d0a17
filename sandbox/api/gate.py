"""What every call of the server API passes: the access token, the JSON body, the traffic record."""

from __future__ import annotations

import json
import time
from typing import Any

from flask import Blueprint, Response, g, request

from sandbox.api.errors import ApiError, refused
from sandbox.api.tokens import check_access_token, expire_tokens
from sandbox.faults import pause_for
from sandbox.world import here


def api_blueprint(name: str, *, guarded: bool = True) -> Blueprint:
    """Make a blueprint whose calls are recorded and, if guarded, need a valid access token."""
    made = Blueprint(name, f"sandbox.api.{name}")
    made.before_request(_start)
    made.before_request(_suffer)
    if guarded:
        made.before_request(_check)
    made.after_request(_record)
    made.register_error_handler(ApiError, refused)
    return made


def json_body() -> dict[str, Any]:
    """Return the request's JSON object; raises 44002 when empty and 47001 when it is no object.

    WeChat does not look at the Content-Type, and neither does this.
    """
    raw = request.get_data()
    if not raw:
        raise ApiError(44002)
    try:
        found = json.loads(raw)
    except ValueError as broken:
        raise ApiError(47001) from broken
    if not isinstance(found, dict):
        raise ApiError(47001)
    return found


def text_of(body: dict[str, Any], *path: str) -> str:
    """Return the string at a path of the body; raises 47001 when it is missing or no string."""
    found: Any = body
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    if not isinstance(found, str):
        raise ApiError(47001, f"missing {'.'.join(path)}")
    return found


def _start() -> None:
    g.started = time.monotonic()


def _check() -> None:
    check_access_token(here(), request.args.get("access_token", ""))


def _suffer() -> Response | None:
    """Let the faults in force strike this call before anything is done."""
    world = here()
    named = "access_token" if request.args.get("access_token") else ""
    struck = world.faults.strike("api", f"{request.path} {named}")
    pause_for(struck)
    for fault in struck:
        if fault.kind == "http_5xx":
            return Response("<html>502 Bad Gateway</html>", status=502)
        if fault.kind == "token_expired":
            expire_tokens(world)
        elif fault.kind == "ip":
            address = request.remote_addr
            raise ApiError(40164, f"{address} ipv6 ::ffff:{address}, not in whitelist")
        elif fault.kind in _CODES:
            raise ApiError(_CODES[fault.kind])
    return None


_CODES = {"busy": -1, "quota": 45047, "daily_quota": 45009}


def _record(response: Response) -> Response:
    asked = "" if request.files else request.get_data(as_text=True)
    streamed = response.direct_passthrough or not response.is_json
    answered = f"[{response.mimetype}]" if streamed else response.get_data(as_text=True)
    try:
        body = json.loads(asked) if asked else {}
        openid = body.get("touser", "") if isinstance(body, dict) else ""
    except ValueError:
        openid = ""
    here().traffic.note(
        "from_bot",
        f"{request.method} {request.path}",
        openid=openid if isinstance(openid, str) else "",
        status=response.status_code,
        ms=round((time.monotonic() - g.get("started", time.monotonic())) * 1000),
        url=request.full_path,
        request=asked,
        response=answered,
    )
    return response
