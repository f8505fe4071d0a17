"""The bytes of an attachment: from WeChat to our own disk, and off it again.

No row is locked while the platform is asked. Twice, late or after a crash: the lease runs out, the
next sweep asks again, and the same bytes have the same name.
"""

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.gateways import ports
from backend.gateways.ports import Media
from backend.kit import clock, files
from backend.kit.db import unit_of_work
from backend.kit.errors import GatewayError
from backend.students import attachments, rules
from backend.students.models import Attachment
from backend.students.schemas import AttachmentKind, AttachmentStatus

log = structlog.get_logger(__name__)


def settle(attachment_id: int) -> None:
    """Do what is due for one attachment: fetch what was sent, or forget what was taken back."""
    with unit_of_work() as session:
        row = attachments.lease(session, attachment_id)
        if row is None:
            return
        if row.status == AttachmentStatus.WITHDRAWN:
            _forget(session, row)
            return
        media_id = row.media_id
    media, failure = _download(media_id)
    with unit_of_work() as session:
        row = attachments.locked(session, attachment_id)
        if row is None or row.status != AttachmentStatus.WAITING:
            return  # Taken back meanwhile; its own turn comes.
        if media is not None:
            _keep(session, row, media.content)
        elif failure is not None and failure.retry:
            attachments.try_again(session, row)
        else:
            row.status, row.due_at = AttachmentStatus.LOST, None
            attachments.tell_lost(session, row, reason=attachments.TOO_LATE)


def _download(media_id: str) -> tuple[Media | None, GatewayError | None]:
    try:
        return ports.account().download(media_id), None
    except GatewayError as error:
        log.warning("attachment_not_fetched", code=error.code, error=str(error))
        return None, error


def _keep(session: Session, row: Attachment, content: bytes) -> None:
    kind = AttachmentKind(row.kind)
    row.due_at = None
    content_type = rules.content_type_of(kind, content)
    if len(content) > rules.MOST_BYTES[kind] or content_type is None:
        row.status = AttachmentStatus.REFUSED
        too_large = len(content) > rules.MOST_BYTES[kind]
        reason = attachments.TOO_LARGE if too_large else attachments.WRONG_TYPE
        attachments.tell_lost(session, row, reason=reason)
        return
    row.status, row.content_type, row.size_bytes = AttachmentStatus.KEPT, content_type, len(content)
    # Before the commit: a file without a row is litter, a row without its file would be a loss.
    row.file_name = files.keep(content, owner=row.openid)


def _forget(session: Session, row: Attachment) -> None:
    """Delete the bytes unless another attachment of the same person is made of them too."""
    row.due_at = None
    if row.file_name is None:
        return
    others = select(Attachment.id).where(
        Attachment.file_name == row.file_name,
        Attachment.id != row.id,
        Attachment.status == AttachmentStatus.KEPT,
    )
    if session.scalar(others.limit(1)) is None:
        files.drop(row.file_name)
    row.file_name, row.size_bytes = None, None
    log.info("attachment_forgotten", attachment_id=row.id, at=clock.now().isoformat())
