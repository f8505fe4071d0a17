"""Tickets as they come in: opened by one sentence, added to by their author (S7, S8)."""

import re
import secrets
from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.kit import clock
from backend.kit.clock import local
from backend.kit.errors import NotFound
from backend.logistics import queries as places
from backend.security import queries as staff
from backend.security.schemas import Role, Speaker
from backend.students import attachments, queries
from backend.students.models import Guardian, Guardianship, Student
from backend.students.schemas import NoteKind, Severity, TicketKind, TicketStatus, TicketView
from backend.students.ticket_models import Ticket, TicketNote
from backend.students.tickets import alerts, deadlines, staffing, triage

UNNAMED = "匿名客户"
_PHONE = re.compile(r"1[3-9]\d(?:[- ]?\d{4}){2}")


def open_ticket(
    session: Session,
    *,
    openid: str,
    kind: TicketKind,
    text: str,
    source_key: str,
    roles: tuple[Role, ...] = (),
    owner_id: int | None = None,
    customer: str = "微信客户",
    tells_owner: bool = True,
    is_anonymous: bool = False,
    teacher_id: int | None = None,
) -> TicketView:
    """Open a ticket, give it deadlines and an owner, and push the owner (S7, S8) unless
    `tells_owner` is false, because a takeover tells them.

    The owner is `owner_id`, else somebody of `roles`, else whoever answers for what the text is
    about, never the teacher it is about. `source_key` names the message it came from: the same
    message opens one ticket however often it is handled.
    """
    known = session.scalar(select(Ticket).where(Ticket.source_key == source_key))
    if known is not None:
        return queries.ticket(session, known.id)
    opened_at = clock.now()
    category, severity = triage.category_of(text), triage.severity_of(text, kind)
    asked = roles or triage.responsible_roles(category, severity)
    if teacher_id is None and kind is not TicketKind.REQUEST:
        teacher_id = teacher_named_in(session, text)
    campus_id = _campus_of(session, text, teacher_id)
    speaker = staff.speaker(session, openid)
    but = {each for each in (teacher_id, speaker.account_id) if each}
    if owner_id is None:
        owner_id = staffing.choose(session, asked, campus_id=campus_id, but=but)
    ticket = Ticket(
        number=f"T{local(opened_at):%m%d}{secrets.randbelow(10**5):05d}",
        kind=kind,
        category=category,
        severity=severity,
        status=TicketStatus.OPEN,
        text=_unnamed(session, text, speaker) if is_anonymous else text,
        openid=openid,
        is_anonymous=is_anonymous,
        customer=UNNAMED if is_anonymous else customer,
        guardian_id=None if is_anonymous else speaker.guardian_id,
        owner_id=owner_id,
        role=asked[0],
        campus_id=campus_id,
        teacher_id=teacher_id,
        opened_at=opened_at,
        source_key=source_key,
        paused_seconds=0,
        rung=0,
    )
    deadlines.set_clocks(ticket)
    ticket.look_at = deadlines.next_look(ticket)
    session.add(ticket)
    session.flush()
    if owner_id is not None and tells_owner:
        tell_opened(session, ticket)
    attachments.take_along(session, ticket_id=ticket.id, openid=openid)
    return queries.ticket(session, ticket.id)


def tell_opened(session: Session, ticket: Ticket, *, key: str = "opened") -> None:
    """Push whoever has it now; of something critical the principals hear too."""
    told = {ticket.owner_id} if ticket.owner_id is not None else set()
    if ticket.severity == Severity.CRITICAL:
        told |= set(staffing.told_at(session, Role.PRINCIPAL, None))
    template = _OPENED[TicketKind(ticket.kind)]
    deadline = f"{local(ticket.respond_due_at):%m月%d日 %H:%M}"
    alerts.tell(session, ticket, told, template, key=key, deadline=deadline)


_OPENED = {
    TicketKind.COMPLAINT: "complaint_opened",
    TicketKind.FEEDBACK: "feedback_opened",
    TicketKind.REQUEST: "customer_request",
}


def add_note(session: Session, *, ticket_id: int, text: str) -> None:
    """The author says more about a ticket; whoever has it hears it at once, and where we waited for
    it our clock runs on. Saying the same again changes nothing."""
    ticket = session.scalars(select(Ticket).where(Ticket.id == ticket_id).with_for_update()).one()
    if ticket.is_anonymous:
        text = _unnamed(session, text, staff.speaker(session, ticket.openid))
    said = select(TicketNote.id).where(TicketNote.ticket_id == ticket_id, TicketNote.text == text)
    if text == ticket.text or session.scalar(said.limit(1)) is not None:
        return
    added = note(session, ticket, NoteKind.SAID, text)
    if ticket.teacher_id is None and ticket.kind == TicketKind.COMPLAINT:
        ticket.teacher_id = teacher_named_in(session, text)
    if ticket.status == TicketStatus.WAITING:
        turn_to_us(ticket, TicketStatus.ANSWERED)
    elif ticket.status == TicketStatus.ANSWERED and ticket.kind == TicketKind.REQUEST:
        turn_to_us(ticket, TicketStatus.OPEN)
        ticket.responded_at, ticket.reopened_at, ticket.rung = None, clock.now(), 0
        deadlines.set_clocks(ticket)
    ticket.look_at = deadlines.next_look(ticket)
    session.flush()
    if ticket.owner_id is not None:
        alerts.tell(
            session, ticket, {ticket.owner_id}, "ticket_added", key=f"note:{added.id}", words=text
        )


def note_sent(session: Session, ticket_id: int) -> None:
    """The author has sent a picture or file: where we waited for it, our clock runs on."""
    ticket = session.get_one(Ticket, ticket_id, with_for_update=True)
    if ticket.status == TicketStatus.WAITING:
        turn_to_us(ticket, TicketStatus.ANSWERED)
        ticket.look_at = deadlines.next_look(ticket)
        session.flush()


def turn_to_us(ticket: Ticket, status: TicketStatus) -> None:
    """It is no longer the customer's turn."""
    deadlines.resume(ticket, clock.now())
    ticket.status, ticket.asked_at, ticket.reminded_at = status, None, None


def note(
    session: Session,
    ticket: Ticket,
    kind: NoteKind,
    text: str,
    account_id: int | None = None,
) -> TicketNote:
    """One more line of a ticket."""
    row = TicketNote(
        ticket_id=ticket.id, account_id=account_id, kind=kind, text=text, at=clock.now()
    )
    session.add(row)
    session.flush()
    return row


def locked(session: Session, number: str) -> Ticket:
    """A ticket by its number, locked until the unit ends. Raises NotFound."""
    query = select(Ticket).where(Ticket.number == number.upper()).with_for_update()
    found = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise NotFound()
    return found


def of_author(session: Session, *, number: str, openid: str) -> Ticket:
    """An author's own ticket, locked. Raises NotFound for everybody else's."""
    ticket = locked(session, number)
    if ticket.openid != openid:
        raise NotFound()
    return ticket


def teacher_named_in(session: Session, text: str) -> int | None:
    """The teacher whom a text names: in full, or as «王老师» where only one is called so."""
    teachers = staff.staff_with_role(session, Role.TEACHER)
    full = [each.id for each in teachers if each.name in text]
    short = [each.id for each in teachers if f"{each.name[:1]}老师" in text]
    named = full or short
    return named[0] if len(named) == 1 else None


def _campus_of(session: Session, text: str, teacher_id: int | None) -> int | None:
    for campus in places.campuses(session):
        if campus.name in text or campus.name.removesuffix("校区") in text:
            return campus.id
    if teacher_id is None:
        return None
    return staff.staff_members(session, {teacher_id})[teacher_id].campus_id


def _unnamed(session: Session, text: str, speaker: Speaker) -> str:
    """What somebody says who wants to stay unnamed, without what we could know them by: phones, and
    the names of the family."""
    for name in _names(session, speaker):
        for form in (name, name[1:]) if len(name) > 2 else (name,):
            text = text.replace(form, "某某")
    return _PHONE.sub("（电话）", text)


def unname(session: Session, ticket: Ticket) -> None:
    """From now on nothing in a ticket shows whose it is."""
    speaker = staff.speaker(session, ticket.openid)
    ticket.text = _unnamed(session, ticket.text, speaker)
    query = select(TicketNote).where(TicketNote.ticket_id == ticket.id)
    for row in session.scalars(query.where(TicketNote.kind == NoteKind.SAID)):
        row.text = _unnamed(session, row.text, speaker)
    ticket.is_anonymous, ticket.guardian_id, ticket.customer = True, None, UNNAMED
    session.flush()


def _names(session: Session, speaker: Speaker) -> Collection[str]:
    if speaker.guardian_id is None and speaker.student_id is None:
        return ()
    children = (
        select(Student.name)
        .outerjoin(Guardianship, Guardianship.student_id == Student.id)
        .where(
            (Guardianship.guardian_id == speaker.guardian_id) | (Student.id == speaker.student_id)
        )
    )
    names = list(session.scalars(children))
    if speaker.guardian_id is not None:
        names.append(session.get_one(Guardian, speaker.guardian_id).name)
    return names
