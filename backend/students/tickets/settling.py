"""How a ticket ends: staff propose, its author agrees, refuses, stays silent, says how it was, or
opens it again within 30 days (S9, S10)."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.kit import clock
from backend.kit.errors import DomainError
from backend.security import queries as staff
from backend.students import queries
from backend.students.schemas import (
    Cause,
    ClosedBy,
    NoteKind,
    TicketCategory,
    TicketKind,
    TicketStatus,
    TicketView,
)
from backend.students.ticket_models import Ticket, TicketTask
from backend.students.tickets import alerts, deadlines, desk, staffing, triage
from backend.students.tickets.answering import (
    audit,
    handled,
    responded,
    tell_author,
    wait_for_author,
)

RATINGS = range(1, 6)


class TasksOpen(DomainError):
    """Other departments are still at it; going over them takes a reason."""


class TooLate(DomainError):
    """Closed for more than 30 days: what is said now is a new ticket."""


class NotNow(DomainError):
    """The ticket does not stand where this could be done."""


def resolve(
    session: Session,
    *,
    number: str,
    account_id: int,
    cause: Cause,
    text: str,
    override: str = "",
) -> TicketView:
    """Staff think it is done and say why it came to it; its author is asked to agree. `override` is
    the reason for not waiting for open tasks. Again sends the new words.

    Raises NotFound, NotAllowed, TasksOpen, NotNow (it is closed).
    """
    ticket = handled(session, number, account_id)
    if ticket.status == TicketStatus.CLOSED:
        raise NotNow()
    undone = select(TicketTask.id).where(
        TicketTask.ticket_id == ticket.id, TicketTask.done_at.is_(None)
    )
    if not override and session.scalar(undone.limit(1)) is not None:
        raise TasksOpen()
    said = desk.note(session, ticket, NoteKind.ANSWER, text, account_id)
    if override:
        desk.note(session, ticket, NoteKind.EVENT, f"未等任务完成：{override}", account_id)
    responded(ticket)
    ticket.cause = cause
    wait_for_author(ticket, TicketStatus.RESOLVED)
    session.flush()
    audit(session, ticket, "resolved", account_id, cause=cause.value, override=bool(override))
    tell_author(session, ticket, "ticket_resolved", key=f"note:{said.id}", answer=text)
    return queries.ticket(session, ticket.id)


def agree(session: Session, *, number: str, openid: str) -> TicketView:
    """Its author agrees that it is done. Again changes nothing. Raises NotFound, NotNow."""
    ticket = desk.of_author(session, number=number, openid=openid)
    if ticket.status == TicketStatus.CLOSED:
        return queries.ticket(session, ticket.id)
    if ticket.status not in (TicketStatus.RESOLVED, TicketStatus.ANSWERED):
        raise NotNow()
    _close(session, ticket, ClosedBy.CUSTOMER)
    desk.note(session, ticket, NoteKind.EVENT, "客户确认已解决")
    ticket.asked_at, ticket.reminded_at = clock.now(), None  # Now for how it was.
    ticket.look_at = deadlines.next_look(ticket)
    if ticket.owner_id is not None:
        alerts.tell(
            session, ticket, {ticket.owner_id}, "ticket_agreed", key=f"agreed:{ticket.reopened}"
        )
    return queries.ticket(session, ticket.id)


def refuse(session: Session, *, number: str, openid: str, text: str = "") -> TicketView:
    """«没解决»: it goes on, also after it was closed, within 30 days; how often is counted.

    Raises NotFound, TooLate, NotNow while it is being worked on anyway.
    """
    ticket = desk.of_author(session, number=number, openid=openid)
    now = clock.now()
    if ticket.status not in (TicketStatus.RESOLVED, TicketStatus.CLOSED):
        raise NotNow()
    if ticket.closed_at is not None and now - ticket.closed_at > deadlines.REOPEN_WITHIN:
        raise TooLate()
    ticket.reopened += 1
    ticket.status, ticket.asked_at, ticket.reminded_at = TicketStatus.OPEN, None, None
    ticket.closed_at, ticket.closed_by, ticket.rating, ticket.rating_word = None, None, None, None
    ticket.reopened_at, ticket.responded_at, ticket.acknowledged_at = now, None, None
    ticket.paused_at, ticket.paused_seconds, ticket.rung = None, 0, 0
    deadlines.set_clocks(ticket)
    ticket.look_at = deadlines.next_look(ticket)
    desk.note(session, ticket, NoteKind.EVENT, f"客户表示没有解决（第{ticket.reopened}次）")
    if text:
        desk.note(session, ticket, NoteKind.SAID, text)
    owner = staff.staff_member(session, ticket.owner_id) if ticket.owner_id else None
    if owner is None:
        roles = triage.RESPONSIBLE[TicketCategory(ticket.category)]
        but = {ticket.teacher_id} if ticket.teacher_id else set()
        ticket.owner_id = staffing.choose(session, roles, campus_id=ticket.campus_id, but=but)
    session.flush()
    if ticket.owner_id is not None:
        key = f"reopened:{ticket.reopened}"
        alerts.tell(session, ticket, {ticket.owner_id}, "ticket_reopened", key=key)
    return queries.ticket(session, ticket.id)


def close_silently(session: Session, ticket: Ticket) -> None:
    """The customer has said nothing for the whole silent period. Of a request they hear nothing: it
    was answered long ago."""
    was_answered_request = (ticket.kind, ticket.status) == (
        TicketKind.REQUEST,
        TicketStatus.ANSWERED,
    )
    _close(session, ticket, ClosedBy.SILENCE)
    desk.note(session, ticket, NoteKind.EVENT, "客户未回复，自动办结")
    if not was_answered_request:
        key = f"closed:{ticket.reopened}"
        tell_author(session, ticket, "ticket_closed", key=key)


def end_with_talk(session: Session, ticket: Ticket, *, is_settled: bool) -> None:
    """The talk about a ticket is over. That settles a request; a complaint only its author does."""
    is_settled = is_settled or ticket.status == TicketStatus.ANSWERED
    if ticket.kind == TicketKind.REQUEST and is_settled:
        _close(session, ticket, ClosedBy.TALK)


def rate(session: Session, *, number: str, openid: str, stars: int, word: str = "") -> TicketView:
    """Its author says how it was, from 1 to 5; a later word replaces an earlier one. Raises
    NotFound, NotNow before it is closed."""
    ticket = desk.of_author(session, number=number, openid=openid)
    if ticket.status != TicketStatus.CLOSED or stars not in RATINGS:
        raise NotNow()
    ticket.rating, ticket.asked_at, ticket.look_at = stars, None, None
    ticket.rating_word = word or ticket.rating_word
    session.flush()
    return queries.ticket(session, ticket.id)


def add_word(session: Session, *, number: str, openid: str, word: str) -> None:
    """A few words beside the stars. Raises NotFound."""
    desk.of_author(session, number=number, openid=openid).rating_word = word
    session.flush()


def _close(session: Session, ticket: Ticket, by: ClosedBy) -> None:
    ticket.status, ticket.closed_at, ticket.closed_by = TicketStatus.CLOSED, clock.now(), by
    ticket.paused_at = ticket.asked_at = ticket.reminded_at = ticket.look_at = None
    session.flush()
