"""The clock's door of the admissions room."""

from backend.admissions import callbacks
from backend.admissions.assigning import ladder
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
