"""When a member of staff leaves: what lay on their desk goes to those who are here (X2, S9)."""

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from backend.security import queries as staff
from backend.security.schemas import AccountDeactivated, Role
from backend.students.schemas import Severity, TicketCategory, TicketStatus
from backend.students.ticket_models import CorrectiveAction, Ticket, TicketTask
from backend.students.tickets import desk, staffing, triage
from backend.students.tickets.answering import hand_to


def hand_on(session: Session, left: AccountDeactivated) -> None:
    """Every ticket that is not closed goes to the least busy of its role, campus by campus; tasks
    and corrective actions too. Customers are told nothing (listens to `AccountDeactivated`)."""
    role = staff.staff_members(session, {left.account_id})[left.account_id].role
    query = select(Ticket).where(
        Ticket.owner_id == left.account_id, Ticket.status != TicketStatus.CLOSED
    )
    for ticket in session.scalars(
        query.order_by(Ticket.resolve_due_at, Ticket.id).with_for_update()
    ):
        proposed = triage.responsible_roles(
            TicketCategory(ticket.category), Severity(ticket.severity)
        )
        roles = tuple(dict.fromkeys([Role(ticket.role or role), *proposed]))
        but = {each for each in (left.account_id, ticket.teacher_id) if each is not None}
        chosen = left.successor_id or staffing.choose(
            session, roles, campus_id=ticket.campus_id, but=but
        )
        if chosen is not None:
            hand_to(session, ticket, chosen, by_id=None)
            session.flush()
            desk.tell_opened(session, ticket, key=f"left:{left.account_id}")
    heirs = (role, Role.CAMPUS_MANAGER, Role.PRINCIPAL)
    heir = left.successor_id or staffing.choose(session, heirs, but={left.account_id})
    if heir is None or staff.staff_member(session, heir) is None:
        return
    for table in (TicketTask, CorrectiveAction):
        undone = (table.owner_id == left.account_id, table.done_at.is_(None))
        session.execute(update(table).where(*undone).values(owner_id=heir))
