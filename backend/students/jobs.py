"""The clock's door of the students room."""

from backend.kit import clock, queue
from backend.kit.db import reading, unit_of_work
from backend.students import attachments, fetching, intake, queries, service


def escalate_overdue() -> None:
    """Defer one small job for each ticket whose first answer is late."""
    with reading() as session:
        due = queries.overdue_tickets(session, at=clock.now())
    for ticket_id in due:
        queue.defer("backend.students.jobs.escalate", ticket_id)


def escalate(ticket_id: int) -> None:
    """Escalate one ticket if that is still due."""
    with unit_of_work() as session:
        service.escalate(session, ticket_id)


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


def run_intake(intake_id: int) -> None:
    """Carry an import out from wherever it stands."""
    intake.run(intake_id)
