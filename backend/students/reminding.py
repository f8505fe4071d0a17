"""What the students room has people reminded of: to say how a ticket was handled (S9, S10)."""

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.reminders.schemas import (
    Audience,
    Contact,
    Fact,
    Facts,
    Kind,
    Question,
    Timing,
    Wording,
)
from backend.students import contacts
from backend.students.schemas import TicketKind, TicketStatus
from backend.students.ticket_models import Ticket

RATING = "ticket_rating"
RATED_WITHIN = timedelta(days=30)


def unrated(session: Session, asked: Question) -> Facts:
    """Tickets closed in the interval whose author has not said how it was and has not been reminded
    yet. Who wrote without a name is left alone: their name would show in the plan."""
    query = (
        select(Ticket)
        .where(
            Ticket.status == TicketStatus.CLOSED,
            Ticket.kind != TicketKind.REQUEST,
            Ticket.rating.is_(None),
            Ticket.reminded_at.is_(None),
            Ticket.is_anonymous.is_(False),
            Ticket.closed_at >= asked.from_at,
            Ticket.closed_at < asked.to_at,
            Ticket.id > asked.after[0],
        )
        .order_by(Ticket.id)
        .limit(asked.limit)
    )
    if asked.campus_id is not None:
        query = query.where(Ticket.campus_id == asked.campus_id)
    rows = session.scalars(query).all()
    facts = [
        Fact(
            subject=f"rating:{row.id}:{row.reopened}",
            who=row.id,
            at=row.closed_at,
            until=row.closed_at + RATED_WITHIN,
            values={"number": row.number},
        )
        for row in rows
        if row.closed_at is not None
    ]
    return Facts(facts=facts, after=(rows[-1].id, 0) if len(rows) == asked.limit else None)


def authors(session: Session, ticket_ids: Collection[int]) -> list[Contact]:
    """Whoever opened these tickets under their name."""
    query = select(Ticket.id, Ticket.openid).where(
        Ticket.id.in_(ticket_ids), Ticket.is_anonymous.is_(False)
    )
    return contacts.by_openid(session, dict(session.execute(query).all()))


_RATING = Wording(
    line="您反映的情况（{number}）已经办结，处理得怎么样？",
    next_step="回复单号加分数，比如「{number} 5分」，还没解决就回复「{number} 没解决」。",
    card=("请您评价", "{number}", "1到5分"),
)

KINDS = (
    Kind(
        key=RATING,
        name="工单请评价",
        timing=Timing.DAYS_AFTER,
        unit="天",
        amounts=(0, 1, 14),
        wordings={Audience.CUSTOMER: _RATING},
        find=unrated,
    ),
)
