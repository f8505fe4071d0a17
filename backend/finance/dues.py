"""What people owe and by when: the one place that reminders of payments read."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.finance.models import Order, OrderLine
from backend.finance.schemas import OrderStatus
from backend.teaching import queries as teaching


class Due(BaseModel):
    """Something to be paid: `subject` names it for good, `order_id` whose payer owes it."""

    model_config = ConfigDict(frozen=True)

    subject: str
    order_id: int
    what: str
    amount_fen: int
    due_at: datetime


def between(
    session: Session,
    *,
    from_at: datetime,
    to_at: datetime,
    campus_id: int | None = None,
    after: int = 0,
    limit: int = 1000,
) -> list[Due]:
    """What falls due in [from_at, to_at) and has not been paid, by order id: today the orders that
    wait for their first payment, which must come before the pay link ends."""
    query = (
        select(Order)
        .where(
            Order.status == OrderStatus.PENDING,
            Order.expires_at >= from_at,
            Order.expires_at < to_at,
            Order.id > after,
        )
        .order_by(Order.id)
        .limit(limit)
    )
    if campus_id is not None:
        of_campus = teaching.class_ids_of_campus(session, campus_id)
        query = query.where(Order.lines.any(OrderLine.class_group_id.in_(of_campus)))
    return [
        Due(
            subject=f"due:{row.id}:{row.expires_at:%y%m%d%H%M}",
            order_id=row.id,
            what=row.lines[0].description,
            amount_fen=row.total_fen,
            due_at=row.expires_at,
        )
        for row in session.scalars(query)
    ]
