"""资料导出 Exports: asked for in the chat or on a page, made by a job, fetched by the requester
alone, forgotten after a week (PIPL §45, 未成年人网络保护条例 §34).

Twice: who asks while one is being made or can still be fetched gets that one. A job that dies
leaves the row due, and the sweep rings again.
"""

from datetime import timedelta
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.kit import clock, files, queue
from backend.kit.db import ring_after_commit
from backend.kit.errors import NotFound
from backend.outbox import service as outbox
from backend.outbox.schemas import Notice, Recipient
from backend.security.schemas import Speaker
from backend.security.service import audit, personal_link
from backend.students.file.models import Export
from backend.students.file.words import ExportStatus, ExportView

KEPT_FOR = timedelta(days=7)
LEASE = timedelta(minutes=5)
MOST_ATTEMPTS = 5
FRESH = timedelta(hours=1)


def whose(speaker: Speaker) -> str:
    """Who a WeChat is for us now."""
    if speaker.guardian_id is None and speaker.student_id is None:
        return "nobody"
    return f"{speaker.guardian_id}/{speaker.student_id}"


def ask(session: Session, speaker: Speaker) -> ExportView:
    """Ask for a copy; what was asked for within the hour is the same copy."""
    openid = speaker.openid
    query = select(Export).where(
        Export.openid == openid,
        Export.whose == whose(speaker),
        Export.status.in_((ExportStatus.WAITING, ExportStatus.READY)),
        Export.asked_at > clock.now() - FRESH,
    )
    row = session.scalars(query.order_by(Export.id.desc()).limit(1)).one_or_none()
    if row is None:
        now = clock.now()
        row = Export(
            openid=openid,
            whose=whose(speaker),
            status=ExportStatus.WAITING,
            asked_at=now,
            due_at=now,
        )
        session.add(row)
        session.flush()
        _audit(session, row, "export.asked", openid)
        ring_after_commit(session, f"export:{row.id}", partial(_ring, row.id))
    return ExportView.model_validate(row)


def _ring(export_id: int) -> None:
    queue.defer("bot.jobs.make_export", export_id)


def lease(session: Session, export_id: int) -> str | None:
    """Take a copy up that is due to be made: whose it is; None when it is not due (any more)."""
    row = _locked(session, export_id)
    now = clock.now()
    if row is None or row.status != ExportStatus.WAITING or not row.due_at or row.due_at > now:
        return None
    row.attempts += 1
    row.due_at = now + LEASE
    if row.attempts > MOST_ATTEMPTS:
        row.status, row.due_at = ExportStatus.FAILED, None
        return None
    return row.openid


def ready(session: Session, export_id: int, *, of: Speaker, as_json: bytes, as_pdf: bytes) -> None:
    """Keep the copy `of` somebody and send its requester a link that is theirs alone. Once."""
    row = _locked(session, export_id)
    if row is None or row.status != ExportStatus.WAITING:
        return
    now = clock.now()
    owner, row.whose = f"export:{row.id}", whose(of)
    row.json_name, row.pdf_name = files.keep(as_json, owner=owner), files.keep(as_pdf, owner=owner)
    row.status, row.expires_at, row.due_at = ExportStatus.READY, now + KEPT_FOR, now + KEPT_FOR
    _audit(session, row, "export.made", "system")
    outbox.post(
        session,
        to=Recipient(openid=row.openid),
        notice=Notice(
            template="export_ready",
            values={"until": f"{clock.local(row.expires_at):%m月%d日 %H:%M}"},
            url=personal_link(row.openid, f"/me/exports/{row.id}"),
        ),
        dedupe_key=f"export-ready:{row.id}",
    )


def export_for(session: Session, export_id: int, speaker: Speaker) -> ExportView:
    """A copy for its own requester, while they are to us who they were. Raises NotFound."""
    row = session.get(Export, export_id)
    if row is None or row.openid != speaker.openid or row.whose != whose(speaker):
        raise NotFound()
    view = ExportView.model_validate(row)
    if view.expires_at is not None and view.expires_at <= clock.now():
        view = view.model_copy(update={"status": ExportStatus.FORGOTTEN})
    return view


def fetched(session: Session, export_id: int, speaker: Speaker, *, form: str) -> bytes:
    """The bytes of a copy, `json` or `pdf`, for its requester; written down. Raises NotFound."""
    view = export_for(session, export_id, speaker)
    name = view.pdf_name if form == "pdf" else view.json_name
    if view.status is not ExportStatus.READY or name is None:
        raise NotFound()
    row = session.get_one(Export, export_id)
    _audit(session, row, "export.fetched", speaker.openid, form=form)
    return files.read(name)


def due(session: Session, *, limit: int = 100) -> tuple[list[int], list[int]]:
    """Copies to make and copies to forget now."""
    query = select(Export.id, Export.status).where(Export.due_at <= clock.now())
    rows = session.execute(query.order_by(Export.due_at).limit(limit)).all()
    making = [row.id for row in rows if row.status == ExportStatus.WAITING]
    return making, [row.id for row in rows if row.status != ExportStatus.WAITING]


def forget(session: Session, export_id: int) -> None:
    """Delete the bytes of a copy whose time is over."""
    row = _locked(session, export_id)
    if row is None or row.status != ExportStatus.READY or not row.due_at:
        return
    if row.due_at <= clock.now():
        drop(row)


def drop(row: Export) -> None:
    """Delete the bytes now: the time is over, or the family is."""
    for name in (row.json_name, row.pdf_name):
        if name:
            files.drop(name)
    row.json_name, row.pdf_name, row.due_at = None, None, None
    row.status = ExportStatus.FORGOTTEN


def _locked(session: Session, export_id: int) -> Export | None:
    query = select(Export).where(Export.id == export_id).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def _audit(session: Session, row: Export, action: str, by: str, **detail: str) -> None:
    actor = by if by == "system" else f"wechat:{by}"
    audit(session, actor=actor, action=action, subject=f"export:{row.id}", **detail)
