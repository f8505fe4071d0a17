"""The clock's door of the figures."""

import structlog

from backend.admissions.figures import keeping, reporting
from backend.kit.db import reading, unit_of_work

log = structlog.get_logger(__name__)


def keep_up() -> None:
    """Reckon with what has changed since; the first time of all, make the figures."""
    keeping.build()
    with reading() as session:
        is_due = keeping.is_due(session)
    while is_due:
        with unit_of_work() as session:
            is_due = not keeping.catch_up(session)


def check() -> None:
    """Once a day reckon with everything afresh; whatever was wrong is mended and told."""
    wrong = keeping.mend()
    if wrong:
        log.warning("figures_mended", wrong=wrong)


def report_week() -> None:
    """Send the report of last week to whoever has not got it."""
    if not reporting.is_day_of_report():
        return
    period = reporting.last_week()
    with reading() as session:
        readers = reporting.readers(session)
    for member in readers:
        with unit_of_work() as session:
            reporting.send(session, member=member, period=period)
