"""Signals from a lower room to whoever listens above, inside the same transaction.

A room publishes a past-tense fact from its `schemas`; `wiring` says who listens. A listener's
failure fails the whole unit: facts and their consequences are committed together or not at all.
For work that may happen later or talks to the outside world, a listener posts an outbox row.
"""

from collections import defaultdict
from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy.orm import Session

Event = TypeVar("Event")
Listener = Callable[[Session, Any], None]

_listeners: dict[type, list[Listener]] = defaultdict(list)


def listen(event: type[Event], listener: Callable[[Session, Event], None]) -> None:
    """Call `listener(session, event)` for each published event of this type. Idempotent."""
    if listener not in _listeners[event]:
        _listeners[event].append(listener)


def publish(session: Session, event: object) -> None:
    """Tell all listeners now, in the order in which `wiring` named them."""
    for listener in _listeners[type(event)]:
        listener(session, event)
