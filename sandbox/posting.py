"""One HTTP POST with a deadline over the whole exchange, the way the platforms call back."""

from __future__ import annotations

import http.client
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

_LARGEST_ANSWER = 1_000_000


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    body: bytes


class NoAnswer(Exception):
    """Refused, cut off, or not answered in time."""


def call(
    method: str, url: str, *, body: bytes, headers: Mapping[str, str], seconds: float
) -> Answer:
    """Call `url` on a fresh connection and give up after `seconds` in all; follow no redirects.

    Raises NoAnswer. A fresh connection costs little on a local machine and keeps a connection that
    the other side has just closed from looking like a lost message.
    """
    deadline = time.monotonic() + seconds
    connection, target = _connection(url, seconds)
    try:
        connection.request(method, target, body=body, headers=dict(headers))
        _tighten(connection, deadline)
        response = connection.getresponse()
        received = bytearray()
        while chunk := response.read1(65536):
            received += chunk
            if len(received) > _LARGEST_ANSWER:
                raise NoAnswer("the answer is larger than 1 MB")
            _tighten(connection, deadline)
        if response.length:  # `read1` says nothing of an answer whose writer died over it.
            raise NoAnswer("the answer was cut off")
        return Answer(response.status, bytes(received))
    except TimeoutError as late:
        raise NoAnswer(f"no answer within {seconds:g} s") from late
    except (OSError, http.client.HTTPException, ValueError) as broken:
        raise NoAnswer(str(broken) or type(broken).__name__) from broken
    finally:
        connection.close()


def _connection(url: str, seconds: float) -> tuple[http.client.HTTPConnection, str]:
    """Return an unopened connection and its target; raises NoAnswer for a broken address."""
    parts = urlsplit(url)
    maker = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    try:
        connection = maker(parts.hostname or "", parts.port, timeout=seconds)
    except (ValueError, http.client.HTTPException) as broken:
        raise NoAnswer(f"{url!r} is no address: {broken}") from broken
    return connection, (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _tighten(connection: http.client.HTTPConnection, deadline: float) -> None:
    """Let the socket wait no longer than what is left; a closed socket has nothing to wait for."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    if connection.sock is not None:
        connection.sock.settimeout(left)
