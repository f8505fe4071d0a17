"""The clock's door of the portal: copies of a family's data, and its end."""

from backend.kit import queue
from backend.kit.db import reading, unit_of_work
from backend.portal import erasing
from backend.students.file import erasures, exports


def tend_exports() -> None:
    """Ring for copies whose worker died, and forget those whose time is over."""
    with reading() as session:
        making, over = exports.due(session)
    for export_id in making:
        queue.defer("bot.jobs.make_export", export_id)
    for export_id in over:
        with unit_of_work() as session:
            exports.forget(session, export_id)


def erase(erasure_id: int) -> None:
    """Go on with an approved erasure until it is done, or until it is the bot's turn."""
    with reading() as session:
        step = erasures.next_step(erasures.erasure(session, erasure_id))
    if step == "talks":
        queue.defer("bot.jobs.forget_talks", erasure_id)
        return
    while erasing.go_on(erasure_id):
        pass


def tend_erasures() -> None:
    """Go on with erasures whose worker died, and remind whoever has to decide."""
    with unit_of_work() as session:
        erasures.remind_deciders(session)
        due = erasures.approved_ids(session)
    for erasure_id in due:
        queue.defer("backend.portal.jobs.erase", erasure_id)


def look_for_risen() -> None:
    """Erase again whom a restored backup has brought back."""
    erasing.look_for_risen()
