"""One line in the log and one mark in the metrics for every request, under one request id.

Paths carry signed tokens, so the log names the rule (`/pay/<token>`), never the path.
"""

import re
import time
import uuid

import structlog
from flask import Flask, Response, g, request
from prometheus_client import Counter, Histogram

log = structlog.get_logger(__name__)

REQUESTS = Counter("http_requests", "Answers by rule and status.", ["rule", "method", "status"])
SECONDS = Histogram(
    "http_request_seconds",
    "Time from the first byte to the answer.",
    ["rule"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
_QUIET = frozenset({"/healthz", "/readyz", "/metrics", "/static/<path:filename>", "/chat/events"})
_PLAUSIBLE = re.compile(r"[0-9A-Za-z_-]{8,64}")


def request_id() -> str:
    """The id of this request: the proxy's, if it sent a plausible one, else our own."""
    if "request_id" not in g:
        given = request.headers.get("X-Request-ID", "")
        g.request_id = given if _PLAUSIBLE.fullmatch(given) else uuid.uuid4().hex
    own: str = g.request_id
    return own


def _begin() -> None:
    g.began = time.perf_counter()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=request_id())


def _end(response: Response) -> Response:
    seconds = time.perf_counter() - g.get("began", time.perf_counter())
    rule = request.url_rule.rule if request.url_rule else "unknown"
    REQUESTS.labels(rule, request.method, response.status_code).inc()
    SECONDS.labels(rule).observe(seconds)
    response.headers["X-Request-ID"] = request_id()
    if rule not in _QUIET:
        log.info(
            "request",
            method=request.method,
            rule=rule,
            status=response.status_code,
            ms=round(seconds * 1000, 1),
        )
    return response


def install(app: Flask) -> None:
    """Keep the journal of an application."""
    app.before_request(_begin)
    app.after_request(_end)
