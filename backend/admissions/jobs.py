"""The clock's door of the admissions room."""

from backend.admissions import callbacks
from backend.admissions.assigning import ladder
from backend.admissions.intake import partners, workbooks
from backend.kit import queue
from backend.kit.db import reading, unit_of_work
from backend.reminders import service as reminders
from backend.reminders.schemas import Audience

PROMISED = ("trial_tomorrow", "trial_soon")
"""What every family that books a trial is told it will hear."""


def keep_trial_reminders() -> None:
    """The reminders that a booking promises are on unless staff have decided otherwise."""
    for kind in PROMISED:
        with unit_of_work() as session:
            reminders.keep_usual(session, kind=kind, audience=Audience.PROSPECT)


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
