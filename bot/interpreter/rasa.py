"""Rasa's `/model/parse` over HTTP: several replicas, a hard timeout, a circuit breaker.

A replica that fails is left alone for a few seconds, so that a dead server costs one message a
timeout and the following ones nothing.
"""

import itertools
import threading
import time
from functools import lru_cache
from typing import Any

import httpx

from backend.kit import http
from backend.kit.config import settings
from bot.interpreter.meaning import SURE, Entity, Intent, Unread

LEFT_ALONE_SECONDS = 5.0
KEPT_INTENTS = 5


class Unavailable(Exception):
    """No replica answered in time."""


class _Replica:
    def __init__(self, address: str, timeout_seconds: float) -> None:
        self.client = http.client(address, timeout_seconds=timeout_seconds)
        self.back_at = 0.0


@lru_cache
def _replicas() -> list[_Replica]:
    wanted = settings()
    return [_Replica(url, wanted.nlu_timeout_seconds) for url in wanted.nlu_addresses]


_turn = itertools.count()
_lock = threading.Lock()


def parse(text: str) -> Unread:
    """Ask the replicas in turn, at most two. Raises Unavailable."""
    replicas = _replicas()
    with _lock:
        first = next(_turn)
    order = [replicas[(first + n) % len(replicas)] for n in range(len(replicas))]
    tried = 0
    for replica in order:
        if replica.back_at > time.monotonic() or tried == 2:
            continue
        tried += 1
        try:
            answer = replica.client.post("/model/parse", json={"text": text})
            answer.raise_for_status()
            return _unread(answer.json())
        except (httpx.HTTPError, ValueError, KeyError, TypeError):
            replica.back_at = time.monotonic() + LEFT_ALONE_SECONDS
    raise Unavailable(f"{tried} of {len(replicas)} replicas tried")


def is_awake() -> bool:
    """Whether at least one replica has its model loaded."""
    for replica in _replicas():
        try:
            if replica.client.get("/ready").is_success:
                return True
        except httpx.HTTPError:
            continue
    return False


def _unread(answer: dict[str, Any]) -> Unread:
    """Rasa's JSON → what we keep. Raises KeyError, TypeError, ValueError for anything else."""
    ranking = [
        Intent(each["name"], float(each["confidence"]))
        for each in answer["intent_ranking"][:KEPT_INTENTS]
    ]
    clauses = [each["intent"] for each in answer.get("clauses") or []]
    sure = [each["name"] for each in clauses if float(each["confidence"]) >= SURE]
    return Unread(
        intents=ranking,
        wishes=list(dict.fromkeys(sure)),
        entities=[
            Entity(each["entity"], str(each["value"]), int(each["start"]), int(each["end"]))
            for each in answer["entities"]
        ],
        source="rasa",
        model=str(answer.get("model", ""))[:20],
    )
