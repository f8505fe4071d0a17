"""What an author may know of their own tickets, and which of them waits for their word."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.kit import clock
from backend.kit.errors import NotFound
from backend.students import queries
from backend.students.schemas import TicketStatus, TicketView
from backend.students.ticket_models import Ticket
from backend.students.tickets import deadlines


def newest(
    session: Session, openid: str, statuses: Collection[TicketStatus], *, asked: bool = False
) -> list[TicketView]:
    """Somebody's tickets that stand so, newest first, at most three; with `asked`, those whose
    author has been asked something and has not answered."""
    query = select(Ticket.id).where(Ticket.openid == openid, Ticket.status.in_(statuses))
    if asked:
        query = query.where(Ticket.asked_at.is_not(None))
    if TicketStatus.CLOSED in statuses:
        since = clock.now() - deadlines.REOPEN_WITHIN
        query = query.where((Ticket.closed_at.is_(None)) | (Ticket.closed_at > since))
    ids = session.scalars(query.order_by(Ticket.id.desc()).limit(3))
    return [queries.ticket(session, ticket_id) for ticket_id in ids]


def one(session: Session, *, number: str, openid: str) -> TicketView:
    """An author's own ticket by its number. Raises NotFound for everybody else's."""
    found = queries.ticket_by_number(session, number.upper())
    if found is None or found.openid != openid:
        raise NotFound()
    return found
