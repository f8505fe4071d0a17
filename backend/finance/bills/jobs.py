"""The clock's door: each morning's bills are fetched, tried again until they are there, compared;
what is not settled is said again each day."""

import structlog

from backend.finance import refunds
from backend.finance import service as finance
from backend.finance.bills import queries, service
from backend.finance.bills.channels import CHANNELS
from backend.gateways.payments import Bill, BillLine, LineKind, LineStatus, Platform
from backend.kit import clock, queue
from backend.kit.db import reading, unit_of_work
from backend.kit.errors import DomainError, GatewayError

log = structlog.get_logger(__name__)


def fetch_due() -> None:
    """Ring for every bill that is out and has not been compared."""
    with unit_of_work() as session:
        service.expect(session)
    with reading() as session:
        bill_ids = queries.due(session, now=clock.now())
    for bill_id in bill_ids:
        queue.defer("backend.finance.bills.jobs.fetch", bill_id)


def fetch(bill_id: int) -> None:
    """Fetch one bill and compare it; what the platform does not have yet is asked for later."""
    with reading() as session:
        place = queries.place_of(session, bill_id)
    if place is None:
        return
    channel, on = place
    try:
        port = CHANNELS[channel].port()
        bill = port.bill(on)
        _heal(port, bill)
        with unit_of_work() as session:
            service.compare(session, bill_id=bill_id, bill=bill)
    except (GatewayError, DomainError) as error:
        log.warning("bill_not_compared", channel=channel, on=str(on), error=str(error))
        with unit_of_work() as session:
            service.ask_later(session, bill_id=bill_id, trouble=str(error))


def remind() -> None:
    """Say again which days have differences that nobody has settled."""
    with unit_of_work() as session:
        waiting: dict[int, int] = {}
        for each in queries.differences(session):
            waiting[each.bill_id] = waiting.get(each.bill_id, 0) + 1
        for view in queries.bills_of(session, waiting):
            service.tell(
                session, on=view.on, channel=view.channel, count=waiting[view.id], bill_id=view.id
            )


def _heal(port: Platform, bill: Bill) -> None:
    """What was paid there and is not known here goes the usual way first, by the platform's own
    answer to a question; what cannot is left to be a difference."""
    with reading() as session:
        ours = queries.ours_under(session, ((line.kind, line.number) for line in bill.lines))
    for line in bill.lines:
        row = ours.get((line.kind, line.number))
        if row is None or row.is_done or line.status is not LineStatus.DONE:
            continue
        try:
            _take_up(port, line)
        except (GatewayError, DomainError) as error:
            log.warning("bill_line_not_healed", number=line.number, error=str(error))


def _take_up(port: Platform, line: BillLine) -> None:
    if line.kind is LineKind.PAYMENT:
        paid = port.find(line.number).paid
        if paid is not None:
            with unit_of_work() as session:
                finance.settle(session, paid=paid)
        return
    fact = port.find_refund(line.number, out_trade_no=line.paid_as)
    if fact is not None:
        with unit_of_work() as session:
            refunds.settle(session, fact=fact)
