"""A ticket as those see it who work on it: who it is from as far as they may know, what happened,
tasks, attachments. No openid ever leaves here."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.kit.errors import NotAllowed, NotFound
from backend.logistics import queries as places
from backend.security import queries as staff
from backend.security.schemas import StaffMember
from backend.students import queries
from backend.students.models import Attachment
from backend.students.schemas import Cause, ClosedBy, NoteKind, TicketView
from backend.students.ticket_models import Ticket, TicketNote, TicketTask
from backend.students.tickets import deadlines, staffing

MOST_LINES = 200


class Line(BaseModel):
    """One thing said or done; `name` is of the colleague, empty for the author and the clock."""

    model_config = ConfigDict(frozen=True)

    at: datetime
    kind: NoteKind
    text: str
    name: str


class TaskView(BaseModel):
    """A task of another department."""

    model_config = ConfigDict(frozen=True)

    id: int
    name: str
    text: str
    due_at: datetime
    done_at: datetime | None
    done_note: str | None


class Case(BaseModel):
    """A ticket and all around it. `may_handle` is whether the reader may work on it, not only
    read."""

    model_config = ConfigDict(frozen=True)

    ticket: TicketView
    customer: str
    campus: str | None
    teacher: str | None
    cause: Cause | None
    closed_by: ClosedBy | None
    is_response_late: bool
    is_resolution_late: bool
    is_responded: bool
    is_acknowledged: bool
    is_paused: bool
    reopened: int
    rating_word: str | None
    lines: list[Line]
    tasks: list[TaskView]
    attachments: int
    may_handle: bool


def case_of(session: Session, number: str, account_id: int) -> Case:
    """One ticket for a member of staff. Raises NotFound, and NotAllowed for whoever may not read
    it."""
    ticket = session.scalars(select(Ticket).where(Ticket.number == number.upper())).one_or_none()
    if ticket is None:
        raise NotFound()
    member = staff.staff_members(session, {account_id})[account_id]
    if not staffing.may_read(session, member, ticket):
        raise NotAllowed()
    return _case(session, ticket, member)


def _case(session: Session, ticket: Ticket, member: StaffMember) -> Case:
    by_ticket = select(TicketNote).where(TicketNote.ticket_id == ticket.id)
    notes = list(session.scalars(by_ticket.order_by(TicketNote.id.desc()).limit(MOST_LINES)))
    rows = list(session.scalars(select(TicketTask).where(TicketTask.ticket_id == ticket.id)))
    ids = {note.account_id for note in notes} | {row.owner_id for row in rows}
    names = {
        each.id: each.name
        for each in staff.staff_members(
            session, {i for i in (*ids, ticket.teacher_id) if i is not None}
        ).values()
    }
    campuses, _ = places.names(
        session, campus_ids={ticket.campus_id} if ticket.campus_id else set(), venue_ids=set()
    )
    kept = select(Attachment.id).where(Attachment.ticket_id == ticket.id).limit(50)
    return Case(
        ticket=queries.ticket(session, ticket.id).model_copy(update={"openid": ""}),
        customer=ticket.customer,
        campus=campuses.get(ticket.campus_id or 0),
        teacher=names.get(ticket.teacher_id or 0),
        cause=Cause(ticket.cause) if ticket.cause else None,
        closed_by=ClosedBy(ticket.closed_by) if ticket.closed_by else None,
        is_response_late=ticket.is_response_late,
        is_resolution_late=ticket.is_resolution_late,
        is_responded=ticket.responded_at is not None,
        is_acknowledged=ticket.acknowledged_at is not None,
        is_paused=ticket.status not in deadlines.RUNNING,
        reopened=ticket.reopened,
        rating_word=ticket.rating_word,
        lines=[
            Line(
                at=note.at,
                kind=NoteKind(note.kind),
                text=note.text,
                name=names.get(note.account_id or 0, ""),
            )
            for note in reversed(notes)
        ],
        tasks=[
            TaskView(
                id=row.id,
                name=names.get(row.owner_id or 0, ""),
                text=row.text,
                due_at=row.due_at,
                done_at=row.done_at,
                done_note=row.done_note,
            )
            for row in rows
        ],
        attachments=len(list(session.scalars(kept))),
        may_handle=staffing.may_handle(member, ticket),
    )
