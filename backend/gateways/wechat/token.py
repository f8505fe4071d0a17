"""One credential (access token, JS ticket) for all processes, refreshed by one of them.

Redis holds it; a lock lets one process ask for the next. A refresh is a compare-and-set on the
token that failed: whoever comes late finds another one already there and uses it. `force_refresh`
is never sent, because it would take the token away from everybody else; `stable_token` gives all
callers the same token anyway, which is why a dead Redis costs only a few extra calls.
"""

import json
import secrets
import threading
import time
from collections.abc import Callable
from typing import NamedTuple

import structlog
from redis import Redis
from redis.exceptions import RedisError

from backend.kit import clock

log = structlog.get_logger(__name__)

RENEW_BEFORE_SECONDS = 240
"""The platform has the next token ready 300 s before the end, and honours both meanwhile."""
LOCK_SECONDS = 10
WAIT_SECONDS = 6.0
"""How long to wait for whoever holds the lock before asking the platform oneself."""

_RELEASE = (
    "if redis.call('get',KEYS[1])==ARGV[1] then return redis.call('del',KEYS[1]) end return 0"
)


class Token(NamedTuple):
    """A credential and when it ends, in seconds since the epoch."""

    value: str
    ends: float

    def is_fresh(self) -> bool:
        return clock.now().timestamp() < self.ends - RENEW_BEFORE_SECONDS

    def is_valid(self) -> bool:
        return clock.now().timestamp() < self.ends


class TokenKeeper:
    """Hands out a credential; `fetch` asks the platform for `(value, lifetime in seconds)`."""

    def __init__(self, key: str, fetch: Callable[[], tuple[str, int]], redis: Redis) -> None:
        self._key = key
        self._fetch = fetch
        self._redis = redis
        self._local: Token | None = None
        self._one_thread = threading.Lock()

    def token(self) -> str:
        """The credential to use now. Raises GatewayError when the platform gives none."""
        held = self._local
        if held is not None and held.is_fresh():
            return held.value
        with self._one_thread:
            held = self._shared() or self._local
            if held is not None and held.is_fresh():
                return self._keep(held)
            if held is not None and held.is_valid():
                # Near its end but still good: one process renews, the others need not wait.
                return self._keep(self._renew(held.value, wait=False) or held)
            return self._keep(self._renew(held and held.value, wait=True))

    def replace(self, failed: str) -> str:
        """The credential to use instead of one that the platform has refused."""
        with self._one_thread:
            held = self._shared() or self._local
            if held is not None and held.value != failed and held.is_valid():
                return self._keep(held)
            return self._keep(self._renew(failed, wait=True))

    def _keep(self, token: Token | None) -> str:
        assert token is not None
        self._local = token
        return token.value

    def _renew(self, old: str | None, *, wait: bool) -> Token | None:
        """Ask for the next one under the lock, unless somebody has just stored one that is not
        `old`. Without `wait`, None when somebody else is at it."""
        deadline = time.monotonic() + WAIT_SECONDS
        mine = secrets.token_hex(8)
        while not self._lock(mine):
            if not wait:
                return None
            if time.monotonic() > deadline:
                break  # Its holder died or is very slow; the platform can bear one more call.
            time.sleep(0.05)
            held = self._shared()
            if held is not None and held.value != old and held.is_valid():
                return held
        try:
            held = self._shared()
            if held is not None and held.value != old and held.is_valid():
                return held
            value, lifetime = self._fetch()
            token = Token(value, clock.now().timestamp() + lifetime)
            self._share(token, lifetime)
            return token
        finally:
            self._unlock(mine)

    def _shared(self) -> Token | None:
        try:
            stored = self._redis.get(self._key)
        except RedisError:
            return None
        return Token(*json.loads(stored)) if isinstance(stored, bytes | str) else None

    def _share(self, token: Token, lifetime: int) -> None:
        try:
            self._redis.set(self._key, json.dumps(token), ex=max(1, lifetime))
        except RedisError as error:
            log.warning("token_not_shared", error=str(error))

    def _lock(self, mine: str) -> bool:
        try:
            return bool(self._redis.set(f"{self._key}:lock", mine, nx=True, ex=LOCK_SECONDS))
        except RedisError:
            return True  # Nobody to agree with: this process's own lock has to do.

    def _unlock(self, mine: str) -> None:
        try:
            self._redis.eval(_RELEASE, 1, f"{self._key}:lock", mine)
        except RedisError as error:
            log.warning("token_lock_left_to_expire", error=str(error))
