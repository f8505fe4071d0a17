"""Reads for the tickets board: by status, filtered, searched, a page at a time (S8, S10).

Nothing here counts or walks all tickets. A column is read along one index, in the order of the
deadline (closed ones newest first), by keyset. Words are searched in the newest tickets first,
REACH of them per request; the page offers to look further back.
"""

from datetime import datetime

from pydantic import BaseModel, ConfigDict
from sqlalchemy import ColumnElement, and_, or_, select, true, union
from sqlalchemy.orm import Session

from backend.kit import clock, crypto
from backend.security import queries as staff
from backend.security.permissions import scope_of
from backend.security.schemas import Permission, Scope, StaffMember
from backend.students.models import Guardian
from backend.students.schemas import Severity, TicketCategory, TicketKind, TicketStatus
from backend.students.ticket_models import Ticket, TicketTask
from backend.students.tickets import deadlines

PAGE = 20
REACH = 2000


class Filter(BaseModel):
    """Which tickets; empty parts leave nothing out. Months are half-open UTC intervals."""

    model_config = ConfigDict(frozen=True)

    owner_id: int | None = None
    category: TicketCategory | None = None
    severity: Severity | None = None
    campus_id: int | None = None


class Row(BaseModel):
    """A ticket on the board. No openid, and of an unnamed author nothing."""

    model_config = ConfigDict(frozen=True)

    id: int
    number: str
    kind: TicketKind
    category: TicketCategory
    severity: Severity
    status: TicketStatus
    text: str
    customer: str
    owner: str
    due_at: datetime
    sort_at: datetime
    is_late: bool
    reopened: int


class Found(BaseModel):
    """A page of a column or of a search. `next` is where the next one begins, None at the end;
    `looked_until` is how far back a search has looked."""

    model_config = ConfigDict(frozen=True)

    rows: list[Row]
    next: str | None
    looked_until: datetime | None = None


def column(
    session: Session,
    member: StaffMember,
    status: TicketStatus,
    wanted: Filter,
    *,
    after: str = "",
) -> Found:
    """One column of the board, from a key on. A key that is none begins at the beginning.

    Each way in which tickets may be a member's is read along its own index as far as a page goes:
    an OR of them would sort all that they ever had.
    """
    narrowed = [Ticket.status == status, *_wanted(member, wanted)]
    order = (Ticket.resolve_due_at, Ticket.id)
    is_closed = status is TicketStatus.CLOSED
    key = _key(after)
    if key is not None:
        at, ticket_id = key
        at_same = Ticket.resolve_due_at == at
        further = Ticket.resolve_due_at < at if is_closed else Ticket.resolve_due_at > at
        beyond = Ticket.id < ticket_id if is_closed else Ticket.id > ticket_id
        narrowed.append(or_(further, and_(at_same, beyond)))
    ordered = [each.desc() if is_closed else each for each in order]
    ways = [
        select(Ticket.id).where(way, *narrowed).order_by(*ordered).limit(PAGE + 1).subquery()
        for way in _ways(member)
    ]
    ids = union(*(select(way.c.id) for way in ways))
    page = select(Ticket).where(Ticket.id.in_(ids)).order_by(*ordered).limit(PAGE + 1)
    found = list(session.scalars(page))
    rows = rows_for(session, found[:PAGE])
    has_more = len(found) > PAGE
    return Found(rows=rows, next=_key_of(rows[-1]) if has_more else None)


def search(
    session: Session, member: StaffMember, words: str, wanted: Filter, *, before: int | None = None
) -> Found:
    """By number, by a family's whole phone number, or by words of the text and names. Words are
    looked for in REACH tickets before an id; where more are older, `next` is that id."""
    words = words.strip()
    allowed = conditions(member, wanted)
    if words[:1] in "Tt" and words[1:].isdecimal():
        query = select(Ticket).where(Ticket.number == words.upper(), *allowed)
        return Found(rows=rows_for(session, list(session.scalars(query))), next=None)
    if words.isdecimal() and len(words) == 11:
        phone = crypto.blind_index(words, context="phone")
        guardians = select(Guardian.id).where(Guardian.phone_index == phone)
        query = select(Ticket).where(Ticket.guardian_id.in_(guardians), *allowed)
        page = list(session.scalars(query.order_by(Ticket.id.desc()).limit(PAGE)))
        return Found(rows=rows_for(session, page), next=None)
    newest = select(Ticket.id).order_by(Ticket.id.desc()).limit(1)
    top = before if before is not None else (session.scalar(newest) or 0) + 1
    bottom = top - REACH
    holds = or_(
        Ticket.text.contains(words, autoescape=True),
        Ticket.customer.contains(words, autoescape=True),
    )
    query = select(Ticket).where(Ticket.id < top, Ticket.id >= bottom, holds, *allowed)
    found = list(session.scalars(query.order_by(Ticket.id.desc()).limit(PAGE + 1)))
    rows = rows_for(session, found[:PAGE])
    if len(found) > PAGE:
        return Found(rows=rows, next=str(rows[-1].id))
    oldest = session.scalar(
        select(Ticket.opened_at).where(Ticket.id >= bottom).order_by(Ticket.id).limit(1)
    )
    return Found(rows=rows, next=str(bottom) if bottom > 1 else None, looked_until=oldest)


def conditions(member: StaffMember, wanted: Filter) -> list[ColumnElement[bool]]:
    """What the filter says, within what this member of staff may see."""
    return [or_(*_ways(member)), *_wanted(member, wanted)]


def _ways(member: StaffMember) -> list[ColumnElement[bool]]:
    """How a ticket may be for a member's eyes, any of these: all are, it is their campus's, theirs,
    or has a task of theirs."""
    scope = scope_of(member.role, Permission.SEE_TICKETS)
    if scope is Scope.ALL or (scope is Scope.CAMPUS and member.campus_id is None):
        return [true()]
    if scope is Scope.CAMPUS:
        here = (Ticket.campus_id.is_(None), Ticket.campus_id == member.campus_id)
        return [*here, Ticket.owner_id == member.id]
    tasks = select(TicketTask.ticket_id).where(TicketTask.owner_id == member.id)
    return [Ticket.owner_id == member.id, Ticket.id.in_(tasks)]


def _wanted(member: StaffMember, wanted: Filter) -> list[ColumnElement[bool]]:
    """What the filter says; and what is said about a teacher is not shown to them."""
    found: list[ColumnElement[bool]] = [
        or_(Ticket.teacher_id.is_(None), Ticket.teacher_id != member.id)
    ]
    for name, value in wanted.model_dump(exclude_none=True).items():
        found.append(getattr(Ticket, name) == value)
    return found


def rows_for(session: Session, tickets: list[Ticket]) -> list[Row]:
    """Tickets as rows, with two queries whatever their number."""
    owners = staff.staff_members(session, {t.owner_id for t in tickets if t.owner_id})
    now = clock.now()
    rows = []
    for ticket in tickets:
        is_unanswered = ticket.responded_at is None
        due_at = ticket.respond_due_at if is_unanswered else ticket.resolve_due_at
        rows.append(
            Row(
                id=ticket.id,
                number=ticket.number,
                kind=TicketKind(ticket.kind),
                category=TicketCategory(ticket.category),
                severity=Severity(ticket.severity),
                status=TicketStatus(ticket.status),
                text=ticket.text,
                customer=ticket.customer,
                owner=owners[ticket.owner_id].name if ticket.owner_id else "",
                due_at=due_at,
                sort_at=ticket.resolve_due_at,
                is_late=ticket.status in deadlines.RUNNING and due_at < now,
                reopened=ticket.reopened,
            )
        )
    return rows


def _key_of(row: Row) -> str:
    return f"{row.sort_at.timestamp():.6f}_{row.id}"


def _key(text: str) -> tuple[datetime, int] | None:
    at, _, ticket_id = text.partition("_")
    try:
        return datetime.fromtimestamp(float(at), clock.UTC), int(ticket_id)
    except (ValueError, OverflowError, OSError):
        return None
