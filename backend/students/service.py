"""Changes of the students room."""

import secrets

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.kit import clock, crypto
from backend.kit.clock import local
from backend.kit.errors import NotAllowed, NotFound
from backend.outbox import service as outbox
from backend.outbox.schemas import Notice, Recipient
from backend.security import queries as staff
from backend.security import service as security
from backend.security.schemas import Role
from backend.students import attachments, queries, rules
from backend.students.file import consents
from backend.students.models import Consent, Guardian, Guardianship, Student, Ticket, TicketNote
from backend.students.schemas import (
    Registered,
    TicketKind,
    TicketStatus,
    TicketView,
)


def register(
    session: Session,
    *,
    child_name: str,
    grade: str | None,
    guardian_name: str,
    phone: str,
    openid: str,
) -> Registered:
    """Find or make the files of a child and its guardian after a paid sign-up (A12).

    The guardian is the one this openid is bound to, else a new one: a phone number typed in a chat
    proves nothing, so it never opens a family's file that is already there. Such doubles are merged
    by staff. A guardian's child of the same name is the same child.
    """
    guardian_id = staff.speaker(session, openid).guardian_id
    if guardian_id is None:
        guardian = Guardian(
            name=guardian_name,
            phone=phone,
            phone_index=crypto.blind_index(phone, context="phone"),
            created_at=clock.now(),
        )
        session.add(guardian)
        session.flush()
        guardian_id = guardian.id
        security.bind_guardian(session, openid, guardian_id)
    consents.adopt(session, openid=openid, guardian_id=guardian_id)
    same_name = [c for c in queries.children_of(session, guardian_id) if c.name == child_name]
    if same_name:
        return Registered(student_id=same_name[0].id, guardian_id=guardian_id, is_new_student=False)
    student = Student(name=child_name, grade=grade, created_at=clock.now())
    session.add(student)
    session.flush()
    session.add(Guardianship(guardian_id=guardian_id, student_id=student.id))
    session.flush()
    security.audit(
        session,
        actor=f"wechat:{openid}",
        action="student.registered",
        subject=f"student:{student.id}",
    )
    return Registered(student_id=student.id, guardian_id=guardian_id, is_new_student=True)


def record_consent(session: Session, *, openid: str, purpose: str, version: str) -> None:
    """File that a person agreed to a version of a text. Agreeing twice is agreeing once."""
    if not queries.has_consented(session, openid, purpose=purpose, version=version):
        guardian_id = staff.speaker(session, openid).guardian_id
        session.add(
            Consent(
                openid=openid,
                guardian_id=guardian_id,
                purpose=purpose,
                version=version,
                given_at=clock.now(),
            )
        )
        session.flush()


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
) -> TicketView:
    """Open a ticket, give it deadlines and an owner, and push the owner (S7, S8) unless
    `tells_owner` is false, because a takeover tells them.

    The owner is `owner_id`, else somebody of `roles`, else whoever answers for what the text is
    about. `source_key` names the message it came from: the same message opens one ticket however
    often it is handled.
    """
    known = session.scalar(select(Ticket).where(Ticket.source_key == source_key))
    if known is not None:
        return queries.ticket(session, known.id)
    opened_at = clock.now()
    respond_due_at, resolve_due_at = rules.deadlines_of(kind, opened_at)
    category = rules.category_of(text)
    owner_id = owner_id or _choose_owner(session, roles or rules.responsible_roles(category))
    ticket = Ticket(
        number=f"T{local(opened_at):%m%d}{secrets.randbelow(10**5):05d}",
        kind=kind,
        category=category,
        status=TicketStatus.OPEN,
        text=text,
        openid=openid,
        guardian_id=staff.speaker(session, openid).guardian_id,
        owner_id=owner_id,
        opened_at=opened_at,
        respond_due_at=respond_due_at,
        resolve_due_at=resolve_due_at,
        source_key=source_key,
    )
    session.add(ticket)
    session.flush()
    if owner_id is not None and tells_owner:
        outbox.post(
            session,
            to=staff.recipient_of(session, owner_id),
            notice=Notice(
                template="customer_request" if kind is TicketKind.REQUEST else "complaint_opened",
                values={
                    "number": ticket.number,
                    "customer": customer,
                    "excerpt": text,
                    "deadline": f"{local(respond_due_at):%m月%d日 %H:%M}",
                },
            ),
            dedupe_key=f"ticket-opened:{ticket.id}",
        )
    attachments.take_along(session, ticket_id=ticket.id, openid=openid)
    return queries.ticket(session, ticket.id)


def add_note(session: Session, *, ticket_id: int, text: str) -> None:
    """The author says more about a ticket; whoever has it hears it at once. Saying the same again
    changes nothing."""
    ticket = session.scalars(select(Ticket).where(Ticket.id == ticket_id).with_for_update()).one()
    said = select(TicketNote.id).where(TicketNote.ticket_id == ticket_id, TicketNote.text == text)
    if text == ticket.text or session.scalar(said.limit(1)) is not None:
        return
    note = TicketNote(ticket_id=ticket.id, account_id=None, text=text, at=clock.now())
    session.add(note)
    session.flush()
    if ticket.owner_id is not None:
        outbox.post(
            session,
            to=staff.recipient_of(session, ticket.owner_id),
            notice=Notice(
                template="customer_request",
                values={
                    "number": ticket.number,
                    "customer": "客户补充",
                    "excerpt": text,
                    "deadline": f"{local(ticket.respond_due_at):%m月%d日 %H:%M}",
                },
            ),
            dedupe_key=f"ticket-note:{note.id}",
        )


def answer_ticket(session: Session, *, number: str, account_id: int, text: str) -> TicketView:
    """Staff answer a ticket; its author gets the words in the same chat (S9).

    Allowed to the owner and to managers. Raises NotFound, NotAllowed.
    """
    ticket = session.scalars(
        select(Ticket).where(Ticket.number == number).with_for_update()
    ).one_or_none()
    if ticket is None:
        raise NotFound()
    member = staff.staff_members(session, {account_id})[account_id]
    if ticket.owner_id != account_id and member.role not in rules.MAY_ANSWER_ANY:
        raise NotAllowed()
    note = TicketNote(ticket_id=ticket.id, account_id=account_id, text=text, at=clock.now())
    session.add(note)
    ticket.status = TicketStatus.ANSWERED
    session.flush()
    security.audit(
        session,
        actor=f"account:{account_id}",
        action="ticket.answered",
        subject=f"ticket:{ticket.id}",
    )
    outbox.post(
        session,
        to=Recipient(openid=ticket.openid),
        notice=Notice(template="ticket_answered", values={"number": number, "answer": text}),
        dedupe_key=f"ticket-note:{note.id}",
    )
    return queries.ticket(session, ticket.id)


def escalate(session: Session, ticket_id: int) -> bool:
    """Tell the owner and the principal that a first answer is overdue, once. False when it is not
    due (any more)."""
    ticket = session.scalars(
        select(Ticket).where(Ticket.id == ticket_id).with_for_update()
    ).one_or_none()
    if ticket is None or ticket.status != TicketStatus.OPEN or ticket.respond_due_at > clock.now():
        return False
    ticket.escalated_at = clock.now()
    informed = {member.id for member in staff.staff_with_role(session, rules.ESCALATION_ROLE)}
    if ticket.owner_id is not None:
        informed.add(ticket.owner_id)
    for account_id in sorted(informed):
        outbox.post(
            session,
            to=staff.recipient_of(session, account_id),
            notice=Notice(
                template="complaint_overdue",
                values={"number": ticket.number, "excerpt": ticket.text},
            ),
            dedupe_key=f"ticket-overdue:{ticket.id}:{account_id}",
        )
    return True


def _choose_owner(session: Session, roles: tuple[Role, ...]) -> int | None:
    """The first person found down the list of roles; None only in an institution without staff."""
    for role in roles:
        members = staff.staff_with_role(session, role)
        if members:
            return members[0].id
    return None
