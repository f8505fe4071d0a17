"""Corrective actions 纠正措施: from a cause that keeps coming up to a proven change (S10)."""

from datetime import date, datetime, timedelta

from pydantic import BaseModel, ConfigDict
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.kit import clock
from backend.kit.errors import NotAllowed, NotFound
from backend.kit.links import page_in_wechat
from backend.outbox import service as outbox
from backend.outbox.schemas import Notice
from backend.security import queries as staff
from backend.security import service as security
from backend.security.permissions import scope_of
from backend.security.schemas import Permission, Scope
from backend.students.schemas import Cause
from backend.students.ticket_models import CorrectiveAction, Ticket
from backend.students.tickets import words


class ActionView(BaseModel):
    """A corrective action as the page shows it."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: int
    cause: Cause
    text: str
    owner_id: int
    due_on: date
    done_at: datetime | None
    evidence: str | None


BEFORE = timedelta(days=2)
AGAIN = timedelta(days=7)
PAGE = 30


def begin(
    session: Session,
    *,
    cause: Cause,
    text: str,
    owner_id: int,
    due_on: date,
    by_id: int,
    number: str | None = None,
) -> int:
    """Somebody is to change something until a day; they are told. Returns its id. Raises NotFound
    for a colleague or ticket that is not there."""
    if staff.staff_member(session, owner_id) is None:
        raise NotFound()
    ticket_id = None
    if number:
        ticket_id = session.scalar(select(Ticket.id).where(Ticket.number == number.upper()))
        if ticket_id is None:
            raise NotFound()
    row = CorrectiveAction(
        cause=cause,
        ticket_id=ticket_id,
        text=text,
        owner_id=owner_id,
        begun_by=by_id,
        begun_at=clock.now(),
        due_on=due_on,
        look_at=max(clock.at_local(due_on - BEFORE, 9), clock.now() + timedelta(hours=1)),
    )
    session.add(row)
    session.flush()
    _audit(session, row, "begun", by_id)
    _tell(session, row, row.owner_id, "action_given", key="given")
    return row.id


def finish(session: Session, *, action_id: int, account_id: int, evidence: str) -> None:
    """It is done, and this shows it. Allowed to its owner and to whoever manages everything. Again
    changes nothing. Raises NotFound, NotAllowed."""
    row = session.get(CorrectiveAction, action_id, with_for_update=True)
    if row is None:
        raise NotFound()
    member = staff.staff_members(session, {account_id})[account_id]
    manages = scope_of(member.role, Permission.ANSWER_TICKET) is Scope.ALL
    if account_id not in (row.owner_id, row.begun_by) and not manages:
        raise NotAllowed()
    if row.done_at is None:
        row.done_at, row.evidence, row.look_at = clock.now(), evidence, None
        _audit(session, row, "done", account_id)
        if row.begun_by != account_id:
            _tell(session, row, row.begun_by, "action_done", key="done", evidence=evidence)


def listed(
    session: Session, *, is_done: bool, owner_id: int | None = None, before: int | None = None
) -> list[ActionView]:
    """Open or done ones, of everybody or one owner, newest first, at most PAGE and one more."""
    column = CorrectiveAction.done_at
    query = select(CorrectiveAction).where(column.is_not(None) if is_done else column.is_(None))
    if owner_id is not None:
        query = query.where(CorrectiveAction.owner_id == owner_id)
    if before is not None:
        query = query.where(CorrectiveAction.id < before)
    rows = session.scalars(query.order_by(CorrectiveAction.id.desc()).limit(PAGE + 1))
    return [ActionView.model_validate(row) for row in rows]


def due(session: Session) -> list[int]:
    """Actions that somebody has to be reminded of."""
    query = select(CorrectiveAction.id).where(CorrectiveAction.look_at <= clock.now())
    return list(session.scalars(query.order_by(CorrectiveAction.look_at).limit(100)))


def remind(session: Session, action_id: int) -> None:
    """Remind its owner two days before and every week after; when late, also whoever began it."""
    row = session.get(CorrectiveAction, action_id, with_for_update=True)
    if row is None or row.look_at is None or row.look_at > clock.now():
        return
    due_at = clock.at_local(row.due_on, 18)
    is_late = clock.now() > due_at
    row.look_at = clock.now() + AGAIN if is_late else due_at
    told = {row.owner_id, row.begun_by} if is_late else {row.owner_id}
    for account_id in sorted(told):
        _tell(session, row, account_id, "action_due", key=f"due:{clock.today():%m%d}")


def _tell(
    session: Session,
    row: CorrectiveAction,
    account_id: int,
    template: str,
    *,
    key: str,
    evidence: str = "",
) -> None:
    values = {
        "what": row.text,
        "cause": words.CAUSES[Cause(row.cause)],
        "deadline": f"{row.due_on:%m月%d日}",
        "evidence": evidence or "无",
    }
    outbox.post(
        session,
        to=staff.recipient_of(session, account_id),
        notice=Notice(
            template=template,
            values=values,
            url=page_in_wechat("/tickets/actions"),
        ),
        dedupe_key=f"action:{row.id}:{key}:{account_id}",
    )


def _audit(session: Session, row: CorrectiveAction, action: str, by_id: int) -> None:
    subject = f"action:{row.id}"
    security.audit(session, actor=f"account:{by_id}", action=f"action.{action}", subject=subject)
