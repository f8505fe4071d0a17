"""Tasks of other departments in a ticket (S9)."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.kit import clock
from backend.kit.errors import NotAllowed, NotFound
from backend.security.schemas import Role
from backend.students.office_hours import OFFICE
from backend.students.schemas import NoteKind
from backend.students.ticket_models import Ticket, TicketTask
from backend.students.tickets import alerts, desk, staffing
from backend.students.tickets.answering import audit, handled

USUALLY = timedelta(hours=10)


def give(
    session: Session,
    *,
    number: str,
    account_id: int,
    role: Role,
    text: str,
    due_at: datetime | None = None,
) -> int:
    """Another department is to do something for a ticket; the least busy of its people is pushed.
    Giving the same open task again changes nothing. Returns its number. Raises NotFound (also where
    there is nobody of that role), NotAllowed."""
    ticket = handled(session, number, account_id)
    same = select(TicketTask.id).where(
        TicketTask.ticket_id == ticket.id, TicketTask.text == text, TicketTask.done_at.is_(None)
    )
    known = session.scalar(same.limit(1))
    if known is not None:
        return known
    but = {ticket.teacher_id} if ticket.teacher_id else set()
    owner_id = staffing.choose(session, (role,), campus_id=ticket.campus_id, but=but)
    if owner_id is None:
        raise NotFound()
    now = clock.now()
    due_at = due_at or OFFICE.after(now, USUALLY)
    row = TicketTask(
        ticket_id=ticket.id,
        role=role,
        owner_id=owner_id,
        given_by=account_id,
        text=text,
        given_at=now,
        due_at=due_at,
        look_at=due_at,
    )
    session.add(row)
    session.flush()
    desk.note(session, ticket, NoteKind.EVENT, f"任务{row.id}：{text}", account_id)
    audit(session, ticket, "task_given", account_id, task=row.id, role=role.value)
    _tell(session, ticket, row, {owner_id}, "ticket_task", key="given")
    return row.id


def finish(session: Session, *, task_id: int, account_id: int, note: str) -> Ticket:
    """Whoever has a task, or works on its ticket, has done it; whoever gave it hears. Again changes
    nothing. Raises NotFound, NotAllowed."""
    row = session.scalars(
        select(TicketTask).where(TicketTask.id == task_id).with_for_update()
    ).one_or_none()
    if row is None:
        raise NotFound()
    ticket = session.get_one(Ticket, row.ticket_id)
    if row.owner_id != account_id:
        try:
            handled(session, ticket.number, account_id)
        except NotFound as error:
            raise NotAllowed() from error
    if row.done_at is None:
        row.done_at, row.done_note, row.look_at = clock.now(), note, None
        desk.note(session, ticket, NoteKind.EVENT, f"任务{row.id}已完成：{note}", account_id)
        audit(session, ticket, "task_done", account_id, task=row.id)
        told = {row.given_by, ticket.owner_id} - {account_id}
        _tell(session, ticket, row, told, "ticket_task_done", key="done", note=note)
    return ticket


def of_ticket(session: Session, ticket_id: int) -> list[TicketTask]:
    """All tasks of a ticket, in the order in which they were given."""
    query = select(TicketTask).where(TicketTask.ticket_id == ticket_id)
    return list(session.scalars(query.order_by(TicketTask.id)))


def due(session: Session) -> list[int]:
    """Tasks not done in time that nobody was reminded of yet."""
    query = select(TicketTask.id).where(TicketTask.look_at <= clock.now())
    return list(session.scalars(query.order_by(TicketTask.look_at).limit(100)))


def remind(session: Session, task_id: int) -> None:
    """Remind whoever has an overdue task, and whoever gave it, once."""
    row = session.get(TicketTask, task_id, with_for_update=True)
    if row is None or row.look_at is None or row.look_at > clock.now():
        return
    row.look_at = None
    ticket = session.get_one(Ticket, row.ticket_id)
    _tell(session, ticket, row, {row.owner_id, row.given_by}, "ticket_task_late", key="late")


def _tell(
    session: Session,
    ticket: Ticket,
    row: TicketTask,
    told: Iterable[int | None],
    template: str,
    *,
    key: str,
    note: str = "",
) -> None:
    deadline = f"{clock.local(row.due_at):%m月%d日 %H:%M}"
    values = {"task": str(row.id), "what": row.text, "deadline": deadline, "note": note or "完成"}
    people = [each for each in told if each is not None]
    alerts.tell(session, ticket, people, template, key=f"task:{row.id}:{key}", **values)
