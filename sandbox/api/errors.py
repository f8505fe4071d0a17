"""The error answers of WeChat's server API: HTTP 200 with errcode, errmsg and a request id."""

from __future__ import annotations

import secrets
import time

from flask import Response, jsonify

MESSAGES = {
    -1: "system error",
    40001: "invalid credential, access_token is invalid or not latest",
    40002: "invalid grant_type",
    40003: "invalid openid",
    40004: "invalid media type",
    40006: "invalid meida size",
    40007: "invalid media_id",
    40008: "invalid message type",
    40013: "invalid appid",
    40015: "invalid menu type",
    40016: "invalid button size",
    40018: "invalid button name size",
    40019: "invalid button key size",
    40020: "invalid button url size",
    40023: "invalid sub button size",
    40025: "invalid sub button name size",
    40027: "invalid sub button url size",
    40029: "invalid code",
    40030: "invalid refresh_token",
    40033: "invalid charset. please check your request, if include \\uxxxx will create fail!",
    40035: "invalid parameter",
    40037: "invalid template_id",
    40053: "invalid action info",
    40125: "invalid appsecret",
    40163: "code been used",
    40164: "invalid ip",
    41001: "access_token missing",
    41005: "media data missing",
    41008: "missing code",
    42001: "access_token expired",
    43002: "require POST method",
    43004: "require subscribe",
    43101: "user refuse to accept the msg",
    44002: "empty post data",
    44004: "empty text content",
    45002: "content size out of limit",
    45009: "reach max api daily quota limit",
    45011: "api minute-quota reach limit, must slower, retry next minute",
    45015: "response out of time limit or subscription is canceled",
    45047: "out of response count limit",
    45056: "too many tag name",
    45065: "clientmsgid exist",
    45072: "invalid typing command",
    45080: "need interact with the account recently before typing",
    45081: "already typing",
    45157: "invalid tag name",
    46003: "menu no exist",
    47001: "data format error",
    47003: "argument invalid!",
    48001: "api unauthorized",
    65301: "no conditional menu",
}


class ApiError(Exception):
    """A refusal with one of WeChat's codes; `detail` is added to its usual words."""

    def __init__(self, errcode: int, detail: str = "") -> None:
        super().__init__(errcode, detail)
        self.errcode = errcode
        words = MESSAGES.get(errcode, "error")
        self.errmsg = f"{words} {detail}".strip() if detail else words


def request_id() -> str:
    """Return an id shaped like WeChat's `rid`."""
    return f"{int(time.time()):x}-{secrets.token_hex(4)}-{secrets.token_hex(4)}"


def refused(error: ApiError) -> Response:
    """Return the JSON body of a refusal."""
    errmsg = f"{error.errmsg} rid: {request_id()}"
    return jsonify(errcode=error.errcode, errmsg=errmsg)


def ok(**fields: object) -> Response:
    """Return the JSON body of a success that carries errcode 0."""
    return jsonify(errcode=0, errmsg="ok", **fields)
