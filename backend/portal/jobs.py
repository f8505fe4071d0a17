"""The clock's door of the portal: copies of a family's data, and its end."""

from backend.kit import queue
from backend.kit.db import reading, unit_of_work
from backend.portal import copying, erasing
from backend.security import queries as security
from backend.students.file import erasures, exports


def make_export(export_id: int) -> None:
    """Make one copy if that is still due; no row is locked while the PDF is drawn."""
    with unit_of_work() as session:
        openid = exports.lease(session, export_id)
    if openid is None:
        return
    with reading() as session:
        of = security.speaker(session, openid)
        copy = copying.copy_for(session, of)
    as_json, as_pdf = copying.as_json(copy), copying.as_pdf(copy)
    with unit_of_work() as session:
        exports.ready(session, export_id, of=of, as_json=as_json, as_pdf=as_pdf)


def tend_exports() -> None:
    """Ring for copies whose worker died, and forget those whose time is over."""
    with reading() as session:
        making, over = exports.due(session)
    for export_id in making:
        queue.defer("backend.portal.jobs.make_export", export_id)
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
