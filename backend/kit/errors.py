"""Broken rules, as exceptions that name the rule.

A room defines its own (`class SeatTaken(DomainError)`). A door catches `DomainError` after the unit
of work has rolled back and turns it into words: `bot/phrases` for chat, a 4xx page or JSON body for
the web. A DomainError is somebody's mistake or bad luck; anything else is ours.
"""

from typing import Any


class DomainError(Exception):
    """A rule of the institution said no. `facts` are the values a sentence about it may show."""

    status = 422

    def __init__(self, **facts: Any) -> None:
        super().__init__(type(self).__name__, facts)
        self.facts = facts


class NotFound(DomainError):
    """There is no such thing, or not for this person: the two are told apart by nobody."""

    status = 404


class NotAllowed(DomainError):
    """The person is known and may not do this."""

    status = 403


class GatewayError(Exception):
    """The outside world failed. `retry` says whether trying again later can help."""

    def __init__(self, message: str, *, retry: bool, code: str = "") -> None:
        super().__init__(message)
        self.retry = retry
        self.code = code
