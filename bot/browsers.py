"""Who a browser is to us: a visitor by a signed cookie, made at their first message, not before.

Until then the page itself holds the token of a visitor to be, so that a first message sent again is
the same visitor's; where a browser keeps no cookie for a frame, the page goes on like that.
Our page proves itself by a header that no other site can make a browser send.
"""

from flask import Response, request

from backend.gateways import visitors
from backend.kit import crypto
from backend.kit.config import settings
from backend.kit.crypto import LinkInvalid
from backend.kit.errors import NotAllowed

COOKIE, TOKEN_HEADER, PAGE_HEADER = "chat_visitor", "X-Chat-Visitor", "X-Chat-Page"
PURPOSE = "chat"
KNOWN_FOR_SECONDS = 180 * 24 * 3600


def sender() -> str:
    """The visitor behind a request of our own page. Raises NotAllowed for requests of other sites
    and for whoever shows neither cookie nor token of ours."""
    is_foreign = request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin"
    openid = visitor()
    if PAGE_HEADER not in request.headers or is_foreign or openid is None:
        raise NotAllowed()
    return openid


def visitor() -> str | None:
    """Whom the browser's cookie names, else the page's token; None for nobody."""
    return _of_cookie() or _read(request.headers.get(TOKEN_HEADER, ""))


def token_for_page() -> str:
    """What a page needs that somebody opens: nothing where the cookie knows them, else the token of
    somebody new, whom only writing makes real."""
    return "" if _of_cookie() else _token(visitors.new_visitor())


def remember(answer: Response, openid: str) -> None:
    """Let the browser keep who it is. In a page of another site only a cookie kept apart for that
    site is let through, and that only over https."""
    is_https = settings().public_url.startswith("https://")
    answer.set_cookie(
        COOKIE,
        _token(openid),
        max_age=KNOWN_FOR_SECONDS,
        path="/chat",
        httponly=True,
        secure=is_https,
        samesite="None" if is_https else "Lax",
        partitioned=is_https,
    )


def _token(openid: str) -> str:
    return crypto.sign(PURPOSE, {"visitor": openid})


def _of_cookie() -> str | None:
    return _read(request.cookies.get(COOKIE, ""))


def _read(token: str) -> str | None:
    """Whose token it is; None for one that is forged, for something else, or half a year old."""
    if not token:
        return None
    try:
        claims = crypto.unsign(PURPOSE, token, max_age_seconds=KNOWN_FOR_SECONDS)
    except LinkInvalid:
        return None
    openid = str(claims.get("visitor", ""))
    return openid if visitors.is_visitor(openid) else None
