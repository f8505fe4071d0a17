"""What staff have to hear about tickets: at once, unless it is too much at once, then gathered.

A flood of pushes is read by nobody. The first ALONE alerts within WINDOW go out one by one; what
follows is held and becomes one notice when the oldest has waited GATHER. What is critical is never
held.
"""

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.kit import clock
from backend.kit.db import upsert
from backend.kit.links import page_in_wechat
from backend.outbox import service as outbox
from backend.outbox.schemas import Notice
from backend.security import queries as staff
from backend.students.schemas import Severity
from backend.students.ticket_models import Ticket, TicketAlert

ALONE = 5
WINDOW = timedelta(minutes=10)
GATHER = timedelta(minutes=5)
NAMED = 6


def page_of(ticket: Ticket) -> str:
    """Where a tap on a push leads: the ticket with its actions, after a silent sign-in."""
    return page_in_wechat(f"/tickets/{ticket.number}")


def tell(
    session: Session,
    ticket: Ticket,
    account_ids: Iterable[int],
    template: str,
    *,
    key: str,
    **values: str,
) -> None:
    """Tell each of these once per key, now or gathered with what else they have to hear."""
    known = {"number": ticket.number, "excerpt": ticket.text, "customer": ticket.customer}
    notice = Notice(template=template, values={**known, **values}, url=page_of(ticket))
    for account_id in sorted(set(account_ids)):
        alert_key = f"ticket:{ticket.id}:{key}:{account_id}"
        if not _note(session, ticket, account_id, alert_key):
            continue
        to = staff.recipient_of(session, account_id)
        outbox.post(session, to=to, notice=notice, dedupe_key=alert_key)


def _note(session: Session, ticket: Ticket, account_id: int, key: str) -> bool:
    """Write an alert down; whether it goes out by itself."""
    now = clock.now()
    lately = select(func.count(TicketAlert.id)).where(
        TicketAlert.account_id == account_id, TicketAlert.at > now - WINDOW
    )
    is_flood = (session.scalar(lately) or 0) >= ALONE and ticket.severity != Severity.CRITICAL
    row = {"key": key, "account_id": account_id, "ticket_id": ticket.id, "at": now}
    statement = upsert(session, TicketAlert).values(**row, held_at=now if is_flood else None)
    done = session.scalar(
        statement.on_conflict_do_nothing(index_elements=["key"]).returning(TicketAlert.id)
    )
    return done is not None and not is_flood


def due(session: Session) -> list[int]:
    """Accounts whose held alerts have waited long enough."""
    query = select(TicketAlert.account_id).where(TicketAlert.held_at <= clock.now() - GATHER)
    return list(session.scalars(query.distinct().order_by(TicketAlert.account_id).limit(100)))


def gather(session: Session, account_id: int) -> None:
    """One notice for all that was held for somebody. Nothing is held twice."""
    query = select(TicketAlert).where(
        TicketAlert.account_id == account_id, TicketAlert.held_at.is_not(None)
    )
    rows = list(session.scalars(query.order_by(TicketAlert.id).with_for_update()))
    if not rows:
        return
    newest = {row.ticket_id: row for row in rows}
    shown = select(Ticket.number).where(Ticket.id.in_(list(newest)[-NAMED:])).order_by(Ticket.id)
    for row in rows:
        row.held_at = None
    session.flush()
    names = "、".join(session.scalars(shown))
    outbox.post(
        session,
        to=staff.recipient_of(session, account_id),
        notice=Notice(
            template="ticket_digest",
            values={"count": str(len(newest)), "numbers": names},
            url=page_in_wechat("/tickets"),
        ),
        dedupe_key=f"ticket-digest:{account_id}:{rows[-1].id}",
    )
