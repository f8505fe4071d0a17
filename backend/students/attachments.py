"""Attachments 附件: written down with the message, fetched by a job, joined to a ticket.

Out of order is usual: the picture may come before the complaint («图片» first, words after), so a
ticket takes along what its author has just sent; or after it, then it joins the open ticket.
"""

from collections.abc import Collection
from datetime import timedelta
from functools import partial

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from backend.kit import clock, queue
from backend.kit.db import ring_after_commit
from backend.kit.errors import NotFound
from backend.kit.links import page_in_wechat
from backend.outbox import service as outbox
from backend.outbox.schemas import Notice, Recipient
from backend.security import queries as staff
from backend.security.schemas import Speaker
from backend.students import queries, rules
from backend.students.models import Attachment
from backend.students.schemas import (
    AttachmentKind,
    AttachmentStatus,
    AttachmentView,
    Purpose,
    TicketStatus,
)
from backend.students.ticket_models import Ticket, TicketNote

JUST_SENT = timedelta(minutes=30)
STILL_OPEN = timedelta(days=3)
LEASE = timedelta(seconds=60)
MOST_AT_ONCE = 9


def open_ticket_number(session: Session, openid: str) -> tuple[int, str] | None:
    """The id and number of the ticket that what somebody sends now belongs to: their newest open
    one, unless that is days old."""
    query = select(Ticket.id, Ticket.number).where(
        Ticket.openid == openid,
        Ticket.status.in_((TicketStatus.OPEN, TicketStatus.WAITING)),
        Ticket.opened_at > clock.now() - STILL_OPEN,
    )
    row = session.execute(query.order_by(Ticket.id.desc()).limit(1)).one_or_none()
    return (row.id, row.number) if row else None


def receive(
    session: Session,
    *,
    openid: str,
    kind: AttachmentKind,
    media_id: str,
    purpose: Purpose,
    source_key: str,
    ticket_id: int | None = None,
) -> AttachmentView:
    """Write an attachment down and ask for its bytes. The same message is one attachment."""
    known = session.scalar(select(Attachment).where(Attachment.source_key == source_key))
    if known is not None:
        return AttachmentView.model_validate(known)
    row = Attachment(
        openid=openid,
        kind=kind,
        purpose=purpose,
        status=AttachmentStatus.WAITING,
        media_id=media_id,
        received_at=clock.now(),
        due_at=clock.now(),
        source_key=source_key,
    )
    session.add(row)
    session.flush()
    if ticket_id is not None:
        _join(session, [row], ticket_id)
    ring_after_commit(session, f"attachment:{row.id}", partial(_ring, row.id))
    return AttachmentView.model_validate(row)


def _ring(attachment_id: int) -> None:
    queue.defer("backend.students.jobs.fetch_attachment", attachment_id)


def take_along(session: Session, *, ticket_id: int, openid: str) -> int:
    """Give a new ticket what its author has just sent; returns how many."""
    query = select(Attachment).where(
        Attachment.openid == openid,
        *_is_loose(),
    )
    rows = list(session.scalars(query.order_by(Attachment.id.desc()).limit(MOST_AT_ONCE)))
    if rows:
        _join(session, rows, ticket_id)
    return len(rows)


def _is_loose() -> tuple[ColumnElement[bool], ...]:
    """Just sent, and nobody's yet."""
    return (
        Attachment.ticket_id.is_(None),
        Attachment.holder.is_(None),
        Attachment.status.in_((AttachmentStatus.WAITING, AttachmentStatus.KEPT)),
        Attachment.received_at > clock.now() - JUST_SENT,
    )


def _is_for_school(openid: str) -> tuple[ColumnElement[bool], ...]:
    school = (Purpose.HOMEWORK, Purpose.UNKNOWN)
    return (Attachment.openid == openid, Attachment.purpose.in_(school), *_is_loose())


def count_loose(session: Session, *, openid: str) -> int:
    """How many pieces somebody has just sent that may be homework."""
    query = select(func.count()).select_from(Attachment).where(*_is_for_school(openid))
    return session.scalar(query) or 0


def keep_for(session: Session, *, openid: str, holder: str) -> int:
    """Give what a room above keeps what its author has just sent; returns how many it has now."""
    query = select(Attachment).where(*_is_for_school(openid)).order_by(Attachment.id.desc())
    for row in session.scalars(query.limit(MOST_AT_ONCE).with_for_update()).all():
        row.holder, row.purpose = holder, Purpose.HOMEWORK
    session.flush()
    return len(of_holders(session, [holder]).get(holder, []))


def of_holders(session: Session, holders: Collection[str]) -> dict[str, list[AttachmentView]]:
    """What is kept for each of these, oldest first."""
    query = select(Attachment).where(
        Attachment.holder.in_(holders), Attachment.status != AttachmentStatus.WITHDRAWN
    )
    found: dict[str, list[AttachmentView]] = {}
    for row in session.scalars(query.order_by(Attachment.id)):
        found.setdefault(row.holder or "", []).append(AttachmentView.model_validate(row))
    return found


def kept_for(session: Session, attachment_id: int, *, holder: str) -> tuple[str, str]:
    """The file name and type of a piece that is kept for this very holder; who may see that one
    decides. Raises NotFound."""
    row = session.get(Attachment, attachment_id)
    if row is None or row.holder != holder or row.status != AttachmentStatus.KEPT:
        raise NotFound()
    return row.file_name or "", row.content_type or "application/octet-stream"


def of_messages(session: Session, source_keys: Collection[str]) -> dict[str, AttachmentView]:
    """What came with these messages, by their source keys."""
    query = select(Attachment).where(Attachment.source_key.in_(source_keys))
    return {row.source_key: AttachmentView.model_validate(row) for row in session.scalars(query)}


def readable_of_ticket(session: Session, number: str, *, reader: Speaker) -> list[AttachmentView]:
    """What belongs to a ticket, oldest first, for its author, its owner and managers. Raises
    NotFound for everybody else, as for a ticket that does not exist."""
    ticket = session.scalars(select(Ticket).where(Ticket.number == number)).one_or_none()
    if ticket is None or not _may_read(session, reader, ticket.openid, ticket):
        raise NotFound()
    query = select(Attachment).where(
        Attachment.ticket_id == ticket.id, Attachment.status != AttachmentStatus.WITHDRAWN
    )
    return [
        AttachmentView.model_validate(row) for row in session.scalars(query.order_by(Attachment.id))
    ]


def readable(session: Session, attachment_id: int, *, reader: Speaker) -> tuple[str, str]:
    """The file name and type of an attachment that this person may see. Raises NotFound."""
    row = session.get(Attachment, attachment_id)
    if row is None or row.status != AttachmentStatus.KEPT or not row.file_name:
        raise NotFound()
    ticket = session.get(Ticket, row.ticket_id) if row.ticket_id else None
    if not _may_read(session, reader, row.openid, ticket):
        raise NotFound()
    return row.file_name, row.content_type or "application/octet-stream"


def just_sent(session: Session, openid: str) -> int | None:
    """The newest picture that somebody sent a moment ago and that belongs to no ticket."""
    query = select(Attachment.id).where(
        Attachment.openid == openid,
        Attachment.kind == AttachmentKind.IMAGE,
        Attachment.ticket_id.is_(None),
        Attachment.status.in_((AttachmentStatus.WAITING, AttachmentStatus.KEPT)),
        Attachment.received_at > clock.now() - JUST_SENT,
    )
    return session.scalar(query.order_by(Attachment.id.desc()).limit(1))


def kept(session: Session, attachment_id: int) -> tuple[str, str]:
    """The file name and type of an attachment, for a room that has made sure of its reader. Raises
    NotFound while its bytes are not here."""
    row = session.get(Attachment, attachment_id)
    if row is None or row.status != AttachmentStatus.KEPT or not row.file_name:
        raise NotFound()
    return row.file_name, row.content_type or "application/octet-stream"


def _may_read(session: Session, reader: Speaker, author: str, ticket: Ticket | None) -> bool:
    if reader.openid == author:
        return True
    if ticket is None or reader.account_id is None:
        return False
    if reader.account_id == ticket.owner_id or _manages(session, reader, ticket):
        return True
    return queries.may_read_talk_of(session, ticket.id, reader.account_id)


def _manages(session: Session, reader: Speaker, ticket: Ticket) -> bool:
    """Managers read what is about their campus; where it names none, what a colleague of theirs
    has, or nobody's yet (G1)."""
    if reader.role not in rules.MAY_ANSWER_ANY:
        return False
    people = staff.staff_members(session, {reader.account_id or 0, ticket.owner_id or 0})
    mine, theirs = people[reader.account_id or 0].campus_id, ticket.campus_id
    if theirs is None and ticket.owner_id:
        theirs = people[ticket.owner_id].campus_id
    return mine is None or theirs in (None, mine)


def withdraw(session: Session, *, openid: str, only_loose: bool = False) -> int:
    """Somebody takes back what they sent; the bytes are deleted by the next sweep. `only_loose`
    leaves what belongs to a ticket or to homework, which has to be answered and kept on file."""
    query = select(Attachment).where(
        Attachment.openid == openid, Attachment.status != AttachmentStatus.WITHDRAWN
    )
    if only_loose:
        query = query.where(Attachment.ticket_id.is_(None), Attachment.holder.is_(None))
    rows = list(session.scalars(query.with_for_update()))
    for row in rows:
        row.status, row.due_at, row.media_id = AttachmentStatus.WITHDRAWN, clock.now(), ""
    session.flush()
    return len(rows)


def due_ids(session: Session, *, limit: int = 200) -> list[int]:
    """Attachments to fetch or to forget now, oldest first."""
    query = select(Attachment.id).where(Attachment.due_at <= clock.now())
    return list(session.scalars(query.order_by(Attachment.due_at).limit(limit)))


def tell_lost(session: Session, row: Attachment, *, reason: str) -> None:
    """Ask the sender to send it again: silence would let them wait for an answer to it."""
    outbox.post(
        session,
        to=Recipient(openid=row.openid),
        notice=Notice(
            template="attachment_lost",
            values={"what": _NAMES[AttachmentKind(row.kind)], "reason": reason},
        ),
        dedupe_key=f"attachment-lost:{row.id}",
    )


def _join(session: Session, rows: list[Attachment], ticket_id: int) -> None:
    """Make rows part of a ticket and tell whoever has it, with a link to look at them."""
    ticket = session.scalars(select(Ticket).where(Ticket.id == ticket_id).with_for_update()).one()
    for row in rows:
        row.ticket_id = ticket.id
        if row.purpose == Purpose.UNKNOWN:
            row.purpose = Purpose.EVIDENCE
    names = "、".join(_NAMES[AttachmentKind(row.kind)] for row in rows)
    note = TicketNote(ticket_id=ticket.id, account_id=None, text=f"（{names}）", at=clock.now())
    session.add(note)
    session.flush()
    if ticket.owner_id is not None:
        outbox.post(
            session,
            to=staff.recipient_of(session, ticket.owner_id),
            notice=Notice(
                template="attachments_added",
                values={"number": ticket.number, "count": str(len(rows))},
                url=page_in_wechat(f"/tickets/{ticket.number}/files"),
            ),
            dedupe_key=f"ticket-note:{note.id}",
        )


_NAMES = {
    AttachmentKind.IMAGE: "图片",
    AttachmentKind.VOICE: "语音",
    AttachmentKind.VIDEO: "视频",
    AttachmentKind.FILE: "文件",
}
TOO_LARGE = "文件太大，图片请不要勾选原图"
WRONG_TYPE = "格式不支持"
TOO_LATE = "已超过保存期限"


def lease(session: Session, attachment_id: int) -> Attachment | None:
    """Take a due attachment up for `LEASE`, its row locked; None when it is not due (any more)."""
    row = locked(session, attachment_id)
    if row is None or row.due_at is None or row.due_at > clock.now():
        return None
    row.due_at = clock.now() + LEASE
    row.attempts += 1
    session.flush()
    return row


def locked(session: Session, attachment_id: int) -> Attachment | None:
    """A row, locked until the unit ends."""
    query = select(Attachment).where(Attachment.id == attachment_id).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def try_again(session: Session, row: Attachment) -> None:
    """A download failed: later again, or never when the platform will have it no more."""
    row.due_at = rules.next_fetch_at(row.attempts, received_at=row.received_at, now=clock.now())
    if row.due_at is None:
        row.status = AttachmentStatus.LOST
        tell_lost(session, row, reason=TOO_LATE)
