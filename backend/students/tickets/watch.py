"""What the clock does with tickets: warn before and after a breach, find a colleague for a silent
owner, remind a customer once, close after a silent period (S8, S9)."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.kit import clock
from backend.reminders import queries as reminders
from backend.reminders.schemas import Audience
from backend.security.schemas import Role
from backend.students.reminding import RATING
from backend.students.schemas import (
    Severity,
    TicketCategory,
    TicketStatus,
)
from backend.students.ticket_models import Ticket
from backend.students.tickets import alerts, deadlines, desk, settling, staffing, triage
from backend.students.tickets.answering import hand_to, tell_author
from backend.students.tickets.deadlines import Clock, Rung, Told

_ROLES = {Told.MANAGER: Role.CAMPUS_MANAGER, Told.PRINCIPAL: Role.PRINCIPAL}
_REMINDERS = {
    TicketStatus.WAITING: "ticket_question_again",
    TicketStatus.RESOLVED: "ticket_resolved_again",
    TicketStatus.CLOSED: "ticket_rating",
}


def due(session: Session, *, limit: int = 200) -> list[int]:
    """Tickets that the clock has to look at by now, the longest due first."""
    query = select(Ticket.id).where(Ticket.look_at <= clock.now()).order_by(Ticket.look_at)
    return list(session.scalars(query.limit(limit)))


def look(session: Session, ticket_id: int) -> bool:
    """Do the one thing that is due with a ticket; False when nothing is (any more)."""
    query = select(Ticket).where(Ticket.id == ticket_id).with_for_update()
    ticket = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if ticket is None or ticket.look_at is None or ticket.look_at > clock.now():
        return False
    if ticket.asked_at is not None and _is_left_to_a_rule(session, ticket):
        ticket.look_at = None
        return True
    if ticket.asked_at is not None:
        _tend_author(session, ticket)
    else:
        found = deadlines.next_rung(ticket)
        if found is not None and found[2] <= clock.now():
            place, rung, _ = found
            ticket.rung = place + 1
            _climb(session, ticket, rung)
    ticket.look_at = deadlines.next_look(ticket)
    session.flush()
    return True


def _is_left_to_a_rule(session: Session, ticket: Ticket) -> bool:
    """Whether the table of rules has people asked how it was, so that nobody is asked twice."""
    return (
        ticket.status == TicketStatus.CLOSED
        and not ticket.is_anonymous
        and reminders.is_kept(
            session, RATING, Audience.CUSTOMER, campus_id=ticket.campus_id, at=clock.now()
        )
    )


def _tend_author(session: Session, ticket: Ticket) -> None:
    """Remind once, then take silence for a yes."""
    assert ticket.asked_at is not None
    if ticket.reminded_at is None:
        ticket.reminded_at = clock.now()
        key = f"reminded:{ticket.asked_at.timestamp():.0f}"
        tell_author(session, ticket, _REMINDERS[TicketStatus(ticket.status)], key=key)
    elif (
        ticket.status != TicketStatus.CLOSED
        and deadlines.silence_ends(ticket.asked_at) <= clock.now()
    ):
        settling.close_silently(session, ticket)


def _climb(session: Session, ticket: Ticket, rung: Rung) -> None:
    """One rung of the ladder: the owner hears, then the campus manager, then the principal; a
    silent owner is replaced."""
    key = f"rung:{ticket.rung}:{ticket.reopened}"
    if rung.is_breach:
        if rung.clock is Clock.RESPOND:
            ticket.is_response_late = True
        else:
            ticket.is_resolution_late = True
    if rung.reassigns and ticket.acknowledged_at is None:
        _replace_owner(session, ticket)
    told = {ticket.owner_id} if ticket.owner_id is not None else set()
    if rung.told is not Told.OWNER:
        told |= set(staffing.told_at(session, _ROLES[rung.told], ticket.campus_id))
    told -= {ticket.teacher_id}
    template = "complaint_overdue" if rung.is_breach else "ticket_due_soon"
    due_at = deadlines.due_of(ticket, rung.clock)
    deadline = f"{clock.local(due_at):%m月%d日 %H:%M}"
    alerts.tell(session, ticket, told, template, key=key, deadline=deadline)


def _replace_owner(session: Session, ticket: Ticket) -> None:
    """Down the roles that answer for it, to somebody who has not had it yet; the last one keeps
    it."""
    roles = triage.responsible_roles(TicketCategory(ticket.category), Severity(ticket.severity))
    before = ticket.owner_id
    but = {each for each in (*ticket.tried, before, ticket.teacher_id) if each is not None}
    asked = tuple(dict.fromkeys([*([Role(ticket.role)] if ticket.role else []), *roles]))
    chosen = staffing.choose(session, asked, campus_id=ticket.campus_id, but=but)
    if chosen is None:
        return
    hand_to(session, ticket, chosen, by_id=None)
    key = f"moved:{ticket.rung}:{ticket.reopened}"
    if before is not None:
        alerts.tell(session, ticket, {before}, "ticket_moved", key=key)
    desk.tell_opened(session, ticket, key=key)
