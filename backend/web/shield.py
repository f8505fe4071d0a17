"""What keeps pages safe: headers, forgery tokens, rate limits, size caps.

Redis carries the rate limits; while it is away each process counts for itself. Doors that prove
their caller by signature (the chat's webhook, payment notifications) are exempt from tokens and
limits: the platform posts for everybody from a few addresses.
"""

import secrets
from collections.abc import Sequence
from urllib.parse import urlsplit

from flask import Blueprint, Flask, Response, g
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_wtf.csrf import CSRFProtect

from backend.kit.config import settings

MOST_BYTES = 1024 * 1024
"""A request body's cap. An upload view raises it for itself with `request.max_content_length`."""
PAGE_LIMIT = "300 per minute"

csrf = CSRFProtect()
limiter = Limiter(key_func=get_remote_address, default_limits=[PAGE_LIMIT])


def csp_nonce() -> str:
    """This request's nonce: `<script nonce="{{ csp_nonce() }}">` is allowed, others are not."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    nonce: str = g.csp_nonce
    return nonce


def exempt(blueprint: Blueprint) -> None:
    """Leave out forgery tokens and rate limits for a door that proves its caller itself."""
    csrf.exempt(blueprint)
    limiter.exempt(blueprint)


def without_tokens(blueprint: Blueprint) -> None:
    """Leave out forgery tokens for pages whose programs prove themselves by a header that no other
    site can send; rate limits hold."""
    csrf.exempt(blueprint)


def install(app: Flask) -> None:
    """Put the shield around an application."""
    is_https = settings().public_url.startswith("https://")
    app.config.update(
        SECRET_KEY=settings().secret_key.get_secret_value(),
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=is_https,
        MAX_CONTENT_LENGTH=MOST_BYTES,
        WTF_CSRF_TIME_LIMIT=None,
        RATELIMIT_STORAGE_URI=settings().redis_url,
        RATELIMIT_STORAGE_OPTIONS={"socket_timeout": 0.5, "socket_connect_timeout": 0.5},
        RATELIMIT_IN_MEMORY_FALLBACK_ENABLED=True,
        RATELIMIT_HEADERS_ENABLED=False,
    )
    csrf.init_app(app)
    limiter.init_app(app)
    app.after_request(_add_headers)


def _add_headers(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", content_security_policy())
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    # Links carry signed tokens in their path, which must not reach anybody else's log.
    response.headers.setdefault("Referrer-Policy", "same-origin")
    response.headers.setdefault("Permissions-Policy", "camera=(self), microphone=(), payment=()")
    if not response.cache_control.max_age:
        response.headers.setdefault("Cache-Control", "no-store")
    if settings().public_url.startswith("https://"):
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return response


def content_security_policy(*, framed_by: Sequence[str] = ()) -> str:
    """Everything from this site; locally the sandbox may frame pages and supply the bridge.
    `framed_by` are the origins of other sites that may show this page in theirs."""
    bridge = _origin_of(settings().wechat_bridge_url)
    phone = " http://127.0.0.1:* http://localhost:*" if settings().environment == "local" else ""
    sites = "".join(f" {origin}" for origin in framed_by)
    rules = {
        "default-src": "'self'",
        "script-src": f"'self' 'nonce-{csp_nonce()}' https://res.wx.qq.com{bridge}",
        "style-src": "'self' 'unsafe-inline'",
        "img-src": f"'self' data:{_origin_of(settings().wechat_mp_url)}",
        "connect-src": f"'self'{bridge}",
        "frame-src": f"'self'{bridge}",
        "form-action": f"'self'{bridge}",
        "frame-ancestors": f"'self'{phone}{sites}",
        "base-uri": "'none'",
        "object-src": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def _origin_of(url: str) -> str:
    parts = urlsplit(url)
    return f" {parts.scheme}://{parts.netloc}" if parts.netloc else ""
