"""The clock's door: every instalment that has reached a rung gets a unit of its own."""

import structlog

from backend.finance.arrears import dunning
from backend.kit.db import reading, unit_of_work
from backend.kit.errors import DomainError

log = structlog.get_logger(__name__)


def dun() -> None:
    """Say what is to be said today; running twice, or two at once, says it once."""
    with reading() as session:
        due = dunning.due(session)
    for instalment_id in due:
        try:
            with unit_of_work() as session:
                dunning.dun(session, instalment_id=instalment_id)
        except DomainError as error:
            log.warning("not_dunned", instalment_id=instalment_id, error=str(error))
