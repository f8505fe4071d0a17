"""The clock's door of the students room."""

from backend.kit import queue
from backend.kit.db import reading
from backend.students import attachments, fetching


def settle_attachments() -> None:
    """Defer one small job for each attachment to fetch, to try again, or to forget."""
    with reading() as session:
        due = attachments.due_ids(session)
    for attachment_id in due:
        queue.defer("backend.students.jobs.fetch_attachment", attachment_id)


def fetch_attachment(attachment_id: int) -> None:
    """Settle one attachment if that is still due."""
    fetching.settle(attachment_id)
