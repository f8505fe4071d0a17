"""The clock's door of the knowledge."""

from backend.admissions.knowledge import entries, proposals
from backend.kit.db import reading, unit_of_work


def remind_of_reviews() -> None:
    """Owners hear of entries to look at again; proposals nobody has decided are forgotten."""
    with reading() as session:
        due = entries.to_review(session)
    for entry_id in due:
        with unit_of_work() as session:
            entries.remind(session, entry_id=entry_id)
    with unit_of_work() as session:
        proposals.forget_old(session)
