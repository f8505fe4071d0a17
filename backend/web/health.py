"""Is this process alive, can it work, and how is it doing: `/healthz`, `/readyz`, `/metrics`.

A process without its database is not ready (503). Without Redis it still answers everybody, only
pushes wait, so it stays ready and says `degraded`.
"""

import ipaddress
import os

import structlog
from flask import Blueprint, Response, abort, jsonify, request
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from backend.kit import queue
from backend.kit.config import settings
from backend.kit.db import reading

log = structlog.get_logger(__name__)
blueprint = Blueprint("health", __name__)
_measured_now = CollectorRegistry()
_collectors: set[Collector] = set()


def measure(collector: Collector) -> None:
    """Ask this collector whenever `/metrics` is read. Again changes nothing."""
    if collector not in _collectors:
        _collectors.add(collector)
        _measured_now.register(collector)


@blueprint.get("/healthz")
def alive() -> ResponseReturnValue:
    """This process answers."""
    return jsonify(alive=True)


@blueprint.get("/readyz")
def ready() -> ResponseReturnValue:
    """The database answers; Redis is named but not required."""
    database, redis = _database_answers(), _redis_answers()
    body = {
        "ready": database,
        "degraded": database and not redis,
        "database": "ok" if database else "down",
        "redis": "ok" if redis else "down",
    }
    return jsonify(body), 200 if database else 503


@blueprint.get("/metrics")
def metrics() -> Response:
    """Prometheus's page, for this machine and METRICS_ALLOW (networks, comma-separated) only."""
    if not _may_look():
        abort(404)
    counted: CollectorRegistry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        counted = CollectorRegistry()
        MultiProcessCollector(counted)  # type: ignore[no-untyped-call]
    pages = generate_latest(counted) + generate_latest(_measured_now)
    return Response(pages, content_type=CONTENT_TYPE_LATEST)


def _may_look() -> bool:
    # A proxy on this machine would make the whole world look like loopback.
    if "X-Forwarded-For" in request.headers or "Forwarded" in request.headers:
        return False
    allowed = settings().metrics_allow
    networks = ["127.0.0.0/8", "::1/128", *filter(None, map(str.strip, allowed.split(",")))]
    try:
        caller = ipaddress.ip_address(request.remote_addr or "")
    except ValueError:
        return False
    return any(caller in ipaddress.ip_network(network) for network in networks)


def _database_answers() -> bool:
    try:
        with reading() as session:
            session.execute(text("SELECT 1"))
    except SQLAlchemyError as error:
        log.error("database_down", error_type=type(error).__name__)
        return False
    return True


def _redis_answers() -> bool:
    redis: Redis = queue.connect(timeout_seconds=0.5)
    try:
        return bool(redis.ping())
    except RedisError:
        return False
    finally:
        redis.close()
