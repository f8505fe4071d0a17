"""The clock's door of the admissions room."""

from backend.admissions import callbacks
from backend.admissions.assigning import ladder
from backend.admissions.intake import partners, workbooks
from backend.kit import queue
from backend.kit.db import reading, unit_of_work


def nudge_callbacks() -> None:
    """Advisors hear of calls that they have not made in time."""
    with reading() as session:
        due = callbacks.overdue(session)
    for callback_id in due:
        with unit_of_work() as session:
            callbacks.nudge(session, callback_id=callback_id)


def tend_leads() -> None:
    """Leads that nobody has claimed, answered, followed up or touched in time go on."""
    with reading() as session:
        due = ladder.due(session)
    for lead_id in due:
        with unit_of_work() as session:
            ladder.look(session, lead_id=lead_id)


def run_sheet(sheet_id: int) -> None:
    """Carry a workbook of leads out from wherever it stands."""
    workbooks.run(sheet_id)


def resume_sheets() -> None:
    """Defer a job for each confirmed workbook that is not finished."""
    with reading() as session:
        due = workbooks.running(session)
    for sheet_id in due:
        queue.defer("backend.admissions.jobs.run_sheet", sheet_id)


def forget_comings() -> None:
    """What old workbooks said, and the nonces of requests that are too old anyway."""
    with unit_of_work() as session:
        workbooks.forget_old(session)
        partners.forget_nonces(session)
