"""What staff say about a ticket: to its author in the same chat, or among themselves (S9)."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.kit import clock, events
from backend.kit.errors import NotAllowed
from backend.outbox import service as outbox
from backend.outbox.schemas import Notice, Recipient
from backend.security import queries as staff
from backend.security import service as security
from backend.students import queries
from backend.students.models import Takeover
from backend.students.schemas import (
    CustomerAnswered,
    NoteKind,
    QuestionAnswered,
    TicketKind,
    TicketStatus,
    TicketView,
)
from backend.students.ticket_models import Ticket
from backend.students.tickets import deadlines, desk, staffing
from backend.students.tickets.deadlines import Clock


def answer_ticket(session: Session, *, number: str, account_id: int, text: str) -> TicketView:
    """Staff answer a ticket; its author gets the words in the same chat (S9). What a request asks
    for is done with it; anything else goes on until it is resolved.

    Allowed to the owner and to managers. Raises NotFound, NotAllowed.
    """
    ticket = handled(session, number, account_id)
    said = desk.note(session, ticket, NoteKind.ANSWER, text, account_id)
    responded(ticket)
    _heard_in_talk(session, ticket, account_id)
    audit(session, ticket, "answered", account_id)
    tell_author(session, ticket, "ticket_answered", key=f"note:{said.id}", answer=text)
    if not ticket.is_anonymous:
        events.publish(session, CustomerAnswered(openid=ticket.openid))
    publish_answer(session, ticket, account_id=account_id, text=text)
    return queries.ticket(session, ticket.id)


def ask(session: Session, *, number: str, account_id: int, text: str) -> TicketView:
    """Staff need to know more: the customer is asked, and our time stands still until they answer
    or a silent period is over. Raises NotFound, NotAllowed."""
    ticket = handled(session, number, account_id)
    asked = desk.note(session, ticket, NoteKind.QUESTION, text, account_id)
    responded(ticket)
    _heard_in_talk(session, ticket, account_id)
    wait_for_author(ticket, TicketStatus.WAITING)
    session.flush()
    audit(session, ticket, "asked", account_id)
    tell_author(session, ticket, "ticket_question", key=f"note:{asked.id}", question=text)
    return queries.ticket(session, ticket.id)


def comment(session: Session, *, number: str, account_id: int, text: str) -> TicketView:
    """A note for staff alone. Raises NotFound, NotAllowed."""
    ticket = desk.locked(session, number)
    if not staffing.may_read(
        session, staff.staff_members(session, {account_id})[account_id], ticket
    ):
        raise NotAllowed()
    desk.note(session, ticket, NoteKind.INTERNAL, text, account_id)
    return queries.ticket(session, ticket.id)


def acknowledge(session: Session, *, number: str, account_id: int) -> TicketView:
    """«收到»: somebody is at it, so that nobody else is set to it. A manager's word makes it the
    manager's. Again changes nothing. Raises NotFound, NotAllowed."""
    ticket = handled(session, number, account_id)
    if ticket.owner_id != account_id:
        hand_to(session, ticket, account_id, by_id=account_id)
    if ticket.acknowledged_at is None:
        ticket.acknowledged_at = clock.now()
        desk.note(session, ticket, NoteKind.EVENT, "已接手处理", account_id)
    return queries.ticket(session, ticket.id)


def hand_to(session: Session, ticket: Ticket, to_id: int, *, by_id: int | None) -> None:
    """Somebody else answers for it from now on; both names stand in its history, and its author is
    not disturbed. `by_id` is None where the clock decides."""
    before = ticket.owner_id
    if before == to_id:
        return
    ticket.tried = [*ticket.tried, before] if before else ticket.tried
    ticket.owner_id, ticket.acknowledged_at = to_id, None
    members = staff.staff_members(session, {to_id, *([before] if before else [])})
    ticket.role = members[to_id].role
    desk.note(session, ticket, NoteKind.EVENT, f"转由{members[to_id].name}负责", by_id)
    audit(session, ticket, "handed", by_id, to=to_id, before=before)


def handled(session: Session, number: str, account_id: int) -> Ticket:
    """A ticket, locked, for somebody who may work on it. Raises NotFound, NotAllowed."""
    ticket = desk.locked(session, number)
    member = staff.staff_member(session, account_id)
    if member is None or not staffing.may_handle(member, ticket):
        raise NotAllowed()
    return ticket


def publish_answer(session: Session, ticket: Ticket, *, account_id: int, text: str) -> None:
    """What a person has answered to a mere request may be worth keeping."""
    if ticket.kind == TicketKind.REQUEST and not ticket.is_anonymous:
        events.publish(
            session,
            QuestionAnswered(
                question=ticket.text,
                answer=text,
                account_id=account_id,
                source_key=f"ticket:{ticket.id}",
            ),
        )


def responded(ticket: Ticket) -> None:
    """Its author has heard from us; a request is done with that, after a silent period."""
    now = clock.now()
    if ticket.status == TicketStatus.CLOSED:
        return
    if ticket.responded_at is None:
        ticket.responded_at = now
        ticket.is_response_late = ticket.is_response_late or now > ticket.respond_due_at
    ticket.acknowledged_at = ticket.acknowledged_at or now
    if ticket.status == TicketStatus.OPEN:
        ticket.status = TicketStatus.ANSWERED
    if ticket.kind == TicketKind.REQUEST and ticket.status == TicketStatus.ANSWERED:
        ticket.asked_at, ticket.reminded_at = now, now
    ticket.look_at = deadlines.next_look(ticket)


def _heard_in_talk(session: Session, ticket: Ticket, account_id: int) -> None:
    """Whoever asked for a person in a talk and reads an answer by ticket has heard from one."""
    query = select(Takeover).where(
        Takeover.ticket_id == ticket.id,
        Takeover.asked_at.is_not(None),
        Takeover.responded_at.is_(None),
    )
    for row in session.scalars(query):
        row.responded_at, row.responded_by = clock.now(), account_id


def wait_for_author(ticket: Ticket, status: TicketStatus) -> None:
    """It is the customer's turn: our clock stands still, theirs runs."""
    now = clock.now()
    if deadlines.is_running(ticket, Clock.RESOLVE):
        ticket.is_resolution_late = ticket.is_resolution_late or now > ticket.resolve_due_at
    deadlines.pause(ticket, now)
    ticket.status, ticket.asked_at, ticket.reminded_at = status, now, None
    ticket.look_at = deadlines.next_look(ticket)


def tell_author(
    session: Session, ticket: Ticket, template: str, *, key: str, **values: str
) -> None:
    """Tell its author, in the same chat, once per key. No name goes with it."""
    outbox.post(
        session,
        to=Recipient(openid=ticket.openid),
        notice=Notice(template=template, values={"number": ticket.number, **values}),
        dedupe_key=f"ticket-{key}" if key.startswith("note:") else f"ticket:{ticket.id}:{key}",
    )


def audit(
    session: Session, ticket: Ticket, action: str, by_id: int | None, **detail: object
) -> None:
    """Write down what staff (or, without an id, the clock) did with a ticket."""
    actor = f"account:{by_id}" if by_id is not None else "system"
    subject = f"ticket:{ticket.id}"
    security.audit(session, actor=actor, action=f"ticket.{action}", subject=subject, **detail)
