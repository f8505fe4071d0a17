"""The only place that knows what time it is.

Everything is stored and compared in aware UTC; people read Asia/Shanghai.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
UTC = timezone.utc  # noqa: UP017 - the alias reads better at call sites.

_frozen_at: datetime | None = None


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return _frozen_at or datetime.now(UTC)


def today() -> date:
    """Today's date where the institution is (Asia/Shanghai)."""
    return local(now()).date()


def local(at: datetime) -> datetime:
    """The same moment on a clock in Shanghai."""
    return at.astimezone(SHANGHAI)


def at_local(on: date, hour: int = 0, minute: int = 0) -> datetime:
    """The UTC moment at which a clock in Shanghai shows the given date and time."""
    return datetime.combine(on, time(hour, minute), SHANGHAI).astimezone(UTC)


def day_of(on: date) -> tuple[datetime, datetime]:
    """The half-open UTC interval [start, end) of a Shanghai calendar day."""
    return at_local(on), at_local(on + timedelta(days=1))


@contextmanager
def frozen(at: datetime) -> Iterator[None]:
    """Stop the clock of this process at a moment (tests and replays only)."""
    global _frozen_at
    before, _frozen_at = _frozen_at, at.astimezone(UTC)
    try:
        yield
    finally:
        _frozen_at = before
