"""The clock's door: who has to be reminded now."""

from backend.kit import clock
from backend.kit.db import reading, unit_of_work
from backend.reminders import planning, service

MESSAGES_AT_ONCE = 500


def tell_due() -> None:
    """Tell everybody what has fallen due since the last time, in units of 500 messages.

    A crash in between leaves `done_until` where it was: the next time sees the same facts, and what
    has been told is not told again. The same holds for two runs at once and for runs out of order.
    """
    now = clock.now()
    with reading() as session:
        spans = service.due_spans(session, now=now)
        planned = planning.plan(session, spans, now=now)
    going = [made for made in planned if made.excluded is None]
    for first in range(0, len(going), MESSAGES_AT_ONCE):
        with unit_of_work() as session:
            service.tell(session, spans, going[first : first + MESSAGES_AT_ONCE])
    if spans:
        with unit_of_work() as session:
            service.finish(session, spans)
