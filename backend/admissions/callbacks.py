"""回电: a customer is called back in the time they named, and nobody forgets it."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.admissions import queries, service
from backend.admissions.assigning import waiting
from backend.admissions.models import Callback, Lead
from backend.kit import clock
from backend.outbox import service as outbox
from backend.outbox.schemas import Notice
from backend.security import queries as staff
from backend.students.office_hours import OFFICE

WITHIN = timedelta(hours=1)
"""Of office time, where no end was named."""


def window_of(from_at: datetime | None, to_at: datetime | None) -> tuple[datetime, datetime]:
    """When somebody is called: in the time they named as far as we are open in it, else within an
    hour of the next opening."""
    from_at = OFFICE.opening(max(from_at or clock.now(), clock.now()))
    due_at = OFFICE.after(from_at, WITHIN)
    if to_at is not None:
        open_time = OFFICE.between(from_at, to_at)
        due_at = OFFICE.after(from_at, open_time) if open_time else due_at
    return from_at, due_at


def ask(
    session: Session,
    *,
    openid: str,
    phone: str,
    from_at: datetime | None,
    to_at: datetime | None,
) -> tuple[datetime, datetime]:
    """Ask for a call; returns the window that is promised. Whoever waits for a call already moves
    it: there is never a second one."""
    lead = service.open_lead(session, openid=openid, interest="希望回电")
    begins, due_at = window_of(from_at, to_at)
    query = select(Callback).where(Callback.openid == openid, Callback.done_at.is_(None))
    row = session.scalars(query.with_for_update()).one_or_none()
    if row is not None and (row.from_at, row.due_at, row.phone) == (begins, due_at, phone):
        return begins, due_at
    if row is None:
        row = Callback(lead_id=lead.id, openid=openid)
        session.add(row)
    row.phone, row.from_at, row.due_at, row.nudged_at = phone, begins, due_at, None
    session.flush()
    _tell(session, row, "callback_asked")
    return begins, due_at


def done(session: Session, *, callback_id: int, account_id: int) -> bool:
    """The advisor has called; False when that call is not theirs. Twice is fine."""
    row = session.get(Callback, callback_id, with_for_update=True)
    if row is None or account_id not in queries.advisors_of(session, row.lead_id):
        return False
    if row.done_at is None:
        row.done_at = clock.now()
        service.note(session, lead_id=row.lead_id, text="已回电", account_id=account_id)
        waiting.responded(session.get_one(Lead, row.lead_id))
        session.flush()
    return True


def overdue(session: Session) -> list[int]:
    """Calls nobody has made in time and nobody was nudged for."""
    query = select(Callback.id).where(
        Callback.done_at.is_(None), Callback.nudged_at.is_(None), Callback.due_at <= clock.now()
    )
    return list(session.scalars(query.order_by(Callback.due_at)))


def nudge(session: Session, *, callback_id: int) -> None:
    """Tell the advisor once that a customer still waits, if that is so."""
    row = session.get_one(Callback, callback_id, with_for_update=True)
    if row.done_at is None and row.nudged_at is None and row.due_at <= clock.now():
        row.nudged_at = clock.now()
        _tell(session, row, "callback_late")


def _tell(session: Session, row: Callback, template: str) -> None:
    values = {
        "customer": queries.family_of(session, row.openid) or f"客户{row.lead_id}",
        "phone": row.phone,
        "when": f"{clock.local(row.from_at):%m月%d日 %H:%M}到{clock.local(row.due_at):%H:%M}",
        "number": str(row.id),
    }
    for account_id in queries.advisors_of(session, row.lead_id):
        outbox.post(
            session,
            to=staff.recipient_of(session, account_id),
            notice=Notice(template=template, values=values),
            dedupe_key=f"{template}:{row.id}:{row.from_at:%y%m%d%H%M}:{row.due_at:%y%m%d%H%M}",
        )
