"""Who gets a ticket: by role, campus and load, among those on duty (S8, S9)."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.kit import clock
from backend.security import queries as staff
from backend.security.permissions import scope_of
from backend.security.schemas import Permission, Role, Scope, StaffMember
from backend.students import rules
from backend.students.schemas import TicketStatus
from backend.students.ticket_models import Absence, Ticket, TicketTask

ON_A_DESK = (TicketStatus.OPEN, TicketStatus.ANSWERED, TicketStatus.WAITING)


def choose(
    session: Session,
    roles: Collection[Role],
    *,
    campus_id: int | None = None,
    but: Collection[int] = (),
) -> int | None:
    """Down the list of roles, the least busy of those on duty; where nobody is, the least busy all
    the same, because a ticket is never without an owner. None without any staff."""
    found = [staff.staff_with_role(session, role, campus_id=campus_id) for role in roles]
    ids = {member.id for members in found for member in members} - set(but)
    away, loads = absent(session, ids), loads_of(session, ids)
    for pool in (ids - away, ids):
        for members in found:
            here = {m.id: loads.get(m.id, 0) for m in members if m.id in pool}
            if here:
                return rules.choose_owner(here, None)
    return None


def loads_of(session: Session, account_ids: Collection[int]) -> dict[int, int]:
    """How many tickets each of these has to work on; who has none is not in it."""
    query = (
        select(Ticket.owner_id, func.count(Ticket.id))
        .where(Ticket.owner_id.in_(account_ids), Ticket.status.in_(ON_A_DESK))
        .group_by(Ticket.owner_id)
    )
    return {owner: count for owner, count in session.execute(query) if owner is not None}


def absent(session: Session, account_ids: Collection[int]) -> set[int]:
    """Which of these are known to be away now."""
    return set(absences(session, account_ids))


def absences(session: Session, account_ids: Collection[int]) -> dict[int, datetime]:
    """Until when each of these is away now; who is here is not in it."""
    now = clock.now()
    query = select(Absence.account_id, Absence.to_at).where(
        Absence.account_id.in_(account_ids), Absence.from_at <= now, Absence.to_at > now
    )
    return {row.account_id: row.to_at for row in session.execute(query)}


def be_away(
    session: Session, *, account_id: int, until: datetime, from_at: datetime | None = None
) -> None:
    """Somebody gets no new tickets and leads until then, from now on or from a later moment; a
    later word replaces an earlier one."""
    come_back(session, account_id=account_id)
    begins = from_at or clock.now()
    session.add(Absence(account_id=account_id, from_at=begins, to_at=until))
    session.flush()


def come_back(session: Session, *, account_id: int) -> None:
    """Somebody is back. Again changes nothing."""
    query = select(Absence).where(Absence.account_id == account_id, Absence.to_at > clock.now())
    for row in session.scalars(query):
        row.to_at = clock.now()
    session.flush()


def may_handle(member: StaffMember, ticket: Ticket) -> bool:
    """Whether somebody may work on a ticket: its owner, and managers of its campus or of all. A
    teacher never works on what is said about them."""
    if ticket.teacher_id == member.id:
        return False
    if ticket.owner_id == member.id:
        return True
    scope = scope_of(member.role, Permission.ANSWER_TICKET)
    is_here = member.campus_id is None or ticket.campus_id in (None, member.campus_id)
    return scope is Scope.ALL or (scope is Scope.CAMPUS and is_here)


def may_read(session: Session, member: StaffMember, ticket: Ticket) -> bool:
    """Whoever may work on it, and whoever has a task in it."""
    if may_handle(member, ticket):
        return True
    query = select(TicketTask.id).where(
        TicketTask.ticket_id == ticket.id, TicketTask.owner_id == member.id
    )
    return ticket.teacher_id != member.id and session.scalar(query.limit(1)) is not None


def told_at(session: Session, role: Role, campus_id: int | None) -> list[int]:
    """Those of a role who are told of a ticket of this campus; the principals where there is no
    such manager."""
    members = staff.staff_with_role(session, role, campus_id=campus_id)
    if not members and role is not Role.PRINCIPAL:
        members = staff.staff_with_role(session, Role.PRINCIPAL)
    return [member.id for member in members]
