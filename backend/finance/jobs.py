"""The clock's door: silent payments are asked about, expired orders are closed.

The listing jobs run every minute or so; each due row gets a small job that looks again before it
acts, so running any of them twice, or two at once, changes nothing.
"""

from datetime import timedelta

import structlog

from backend.finance import (
    attempts,
    checkout,
    queries,
    reconciliation,
    refund_reads,
    refunds,
)
from backend.kit import clock, queue
from backend.kit.db import reading, unit_of_work
from backend.kit.errors import DomainError, GatewayError

log = structlog.get_logger(__name__)


def poll_silent() -> None:
    """Ring for every payment about which the platform should have told us something by now."""
    with reading() as session:
        payment_ids = queries.payments_due_for_polling(session, now=clock.now())
    for payment_id in payment_ids:
        queue.defer("backend.finance.jobs.poll", payment_id)


def close_expired() -> None:
    """Ring for every unpaid order whose time is over."""
    with reading() as session:
        order_ids = queries.orders_due_for_closing(session, now=clock.now())
    for order_id in order_ids:
        queue.defer("backend.finance.jobs.close", order_id)


def poll(payment_id: int) -> None:
    """Ask about one payment. What cannot be settled is logged and asked again, ever more rarely."""
    try:
        checkout.ask(payment_id)
    except (GatewayError, DomainError) as error:
        log.warning("payment_unclear", payment_id=payment_id, error=str(error))
        with unit_of_work() as session:
            attempts.ask_later(session, payment_id=payment_id)


def close(order_id: int) -> None:
    """Close one order; while the platform cannot be had it stays due for the next minute."""
    try:
        checkout.close_expired(order_id)
    except (GatewayError, DomainError) as error:
        log.warning("order_not_closed", order_id=order_id, error=str(error))


def give_back() -> None:
    """Ring for every approved refund about which the platform is to be asked."""
    with reading() as session:
        refund_ids = refund_reads.due_to_pay(session, now=clock.now())
    for refund_id in refund_ids:
        queue.defer("backend.finance.jobs.refund", refund_id)


def refund(refund_id: int) -> None:
    """Send one refund on its way, or ask how it stands. What the platform refuses for good is left
    to an accountant; anything else is tried again, ever more rarely."""
    try:
        checkout.give_back(refund_id)
    except GatewayError as error:
        log.warning("refund_not_sent", refund_id=refund_id, error=str(error))
        with unit_of_work() as session:
            if error.retry:
                refunds.ask_later(session, refund_id=refund_id)
            else:
                refunds.stick(session, refund_id=refund_id, why=error.code or "refused")
    except DomainError as error:
        log.warning("refund_unclear", refund_id=refund_id, error=str(error))
        with unit_of_work() as session:
            refunds.ask_later(session, refund_id=refund_id)


def reconcile_lessons() -> None:
    """Compare yesterday's roll-calls with the lesson hours and what teachers are paid for."""
    with unit_of_work() as session:
        reconciliation.reconcile(session, on=clock.today() - timedelta(days=1))
