"""RQ behind two verbs. Redis is only the doorbell: every job looks its work up in the database.

A job is a module-level function in a room's `jobs.py`, named here by dotted path so that whoever
defers it need not import it. A failing or missing Redis is logged and forgotten: the sweep that
reads due rows each minute finds the work anyway.
"""

import structlog
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue

from backend.kit.config import settings

log = structlog.get_logger(__name__)
QUEUE = "default"


def connect(*, timeout_seconds: float | None = 1.0) -> Redis:
    """A connection; short timeouts by default, so that a dead Redis never holds up an answer."""
    if timeout_seconds is None:
        return Redis.from_url(settings().redis_url)
    return Redis.from_url(
        settings().redis_url,
        socket_timeout=timeout_seconds,
        socket_connect_timeout=timeout_seconds,
        retry=Retry(NoBackoff(), 0),
    )


_doorbell_redis: Redis | None = None


def defer(job: str, *args: object) -> bool:
    """Ask a worker to call the function at dotted path `job`. False when Redis did not hear."""
    global _doorbell_redis
    if _doorbell_redis is None:
        _doorbell_redis = connect()
    try:
        Queue(QUEUE, connection=_doorbell_redis).enqueue(
            job, *args, result_ttl=60, failure_ttl=7 * 24 * 3600, job_timeout=120
        )
    except RedisError as error:
        log.warning("doorbell_silent", job=job, error=str(error))
        return False
    return True
