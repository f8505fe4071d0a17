"""The composition root: which gateway stands behind which port, and which event calls whom.

Every process (web, worker, cron, command line) calls `connect()` once as it starts.
"""

from backend.admissions import sign_up
from backend.finance.schemas import OrderClosed, OrderPaid
from backend.kit import events, log
from backend.kit.config import settings


def connect() -> None:
    """Wire this process. Calling it again changes nothing."""
    log.set_up(settings().log_level)
    events.listen(OrderPaid, sign_up.seat_paid)
    events.listen(OrderClosed, sign_up.let_go)
