"""The clock's door of the students room."""

import structlog

from backend.kit import queue
from backend.kit.db import reading, unit_of_work
from backend.students import attachments, doubles, fetching, intake

log = structlog.get_logger(__name__)


def settle_attachments() -> None:
    """Defer one small job for each attachment to fetch, to try again, or to forget."""
    with reading() as session:
        due = attachments.due_ids(session)
    for attachment_id in due:
        queue.defer("backend.students.jobs.fetch_attachment", attachment_id)


def fetch_attachment(attachment_id: int) -> None:
    """Settle one attachment if that is still due."""
    fetching.settle(attachment_id)


def resume_intakes() -> None:
    """Defer a job for each confirmed import that is not finished."""
    with reading() as session:
        due = intake.running(session)
    for intake_id in due:
        queue.defer("backend.students.jobs.run_intake", intake_id)


def forget_imports() -> None:
    """What workbooks of long ago said is forgotten, also where nobody imports any more."""
    with unit_of_work() as session:
        intake.forget_old(session)


def run_intake(intake_id: int) -> None:
    """Carry an import out from wherever it stands."""
    intake.run(intake_id)


def look_for_doubles() -> None:
    """Look again at everybody whose name, phone or family changed, a batch in each unit."""
    while True:
        with unit_of_work() as session:
            if doubles.keep_up(session) < doubles.BATCH:
                return


def recount_doubles() -> None:
    """Search everybody: proposals are right again whatever was changed past the services."""
    with unit_of_work() as session:
        differing = doubles.recount(session)
    if differing:
        log.warning("proposals_recounted", differing=differing)
