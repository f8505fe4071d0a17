"""People correct what the rules proposed, and who answers for a ticket (S8)."""

from sqlalchemy.orm import Session

from backend.kit import clock
from backend.kit.errors import NotFound
from backend.security import queries as staff
from backend.students import queries
from backend.students.schemas import (
    NoteKind,
    Severity,
    TicketCategory,
    TicketStatus,
    TicketView,
)
from backend.students.tickets import deadlines, desk, staffing, triage, words
from backend.students.tickets.answering import audit, hand_to, handled
from backend.students.tickets.deadlines import Clock


def correct(
    session: Session,
    *,
    number: str,
    account_id: int,
    category: TicketCategory | None = None,
    severity: Severity | None = None,
) -> TicketView:
    """Another category or severity: the deadlines are reckoned anew from the beginning, and whoever
    answers for the new category gets it. What was late stays late. Again changes nothing.

    Raises NotFound, NotAllowed.
    """
    ticket = handled(session, number, account_id)
    before = (TicketCategory(ticket.category), Severity(ticket.severity))
    after = (category or before[0], severity or before[1])
    if before == after:
        return queries.ticket(session, ticket.id)
    now = clock.now()
    if deadlines.is_running(ticket, Clock.RESPOND):
        ticket.is_response_late = ticket.is_response_late or now > ticket.respond_due_at
    if deadlines.is_running(ticket, Clock.RESOLVE):
        ticket.is_resolution_late = ticket.is_resolution_late or now > ticket.resolve_due_at
    ticket.category, ticket.severity = after
    deadlines.set_clocks(ticket)
    ticket.look_at = deadlines.next_look(ticket)
    text = f"改为{words.CATEGORIES[after[0]]}·{words.SEVERITIES[after[1]]}"
    desk.note(session, ticket, NoteKind.EVENT, text, account_id)
    detail = {"from": [each.value for each in before], "to": [each.value for each in after]}
    audit(session, ticket, "corrected", account_id, **detail)
    roles = triage.responsible_roles(*after)
    owner = staff.staff_member(session, ticket.owner_id) if ticket.owner_id else None
    if after != before and (owner is None or owner.role not in roles):
        but = {ticket.teacher_id} if ticket.teacher_id else set()
        chosen = staffing.choose(session, roles, campus_id=ticket.campus_id, but=but)
        if chosen is not None:
            hand_to(session, ticket, chosen, by_id=account_id)
    if ticket.status in deadlines.RUNNING:
        desk.tell_opened(session, ticket, key=f"corrected:{now.timestamp():.0f}")
    return queries.ticket(session, ticket.id)


def hand_over(session: Session, *, number: str, account_id: int, to_id: int) -> TicketView:
    """Somebody who may work on it gives it to a colleague, who is pushed. Again changes nothing.

    Raises NotFound (also for whoever has left), NotAllowed.
    """
    ticket = handled(session, number, account_id)
    if staff.staff_member(session, to_id) is None or to_id == ticket.teacher_id:
        raise NotFound()
    if ticket.owner_id != to_id:
        hand_to(session, ticket, to_id, by_id=account_id)
        key = f"handed:{clock.now().timestamp():.0f}"
        desk.tell_opened(session, ticket, key=key)
    return queries.ticket(session, ticket.id)


def make_anonymous(session: Session, *, number: str, openid: str) -> TicketView:
    """Its author wants to stay unnamed after all: from now on nothing shows who it is. Raises
    NotFound."""
    ticket = desk.of_author(session, number=number, openid=openid)
    if not ticket.is_anonymous and ticket.status != TicketStatus.CLOSED:
        desk.unname(session, ticket)
        desk.note(session, ticket, NoteKind.EVENT, "客户要求匿名")
    return queries.ticket(session, ticket.id)
