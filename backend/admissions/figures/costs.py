"""渠道费用: what each channel costs a month, written down by hand."""

from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.admissions.figures.models import ChannelCost
from backend.admissions.figures.schemas import Period
from backend.kit.db import upsert
from backend.security import service as security

HOUSE = 0


def set_cost(
    session: Session, *, channel: str, month: date, campus_id: int, amount_fen: int, by_id: int
) -> None:
    """Write down what a channel cost in a month; 0 takes it back. Twice is the same."""
    row = {
        "channel": channel,
        "month": month.replace(day=1),
        "campus_id": campus_id,
        "amount_fen": amount_fen,
    }
    insert = upsert(session, ChannelCost).values(row)
    key = ["channel", "month", "campus_id"]
    session.execute(
        insert.on_conflict_do_update(index_elements=key, set_={"amount_fen": amount_fen})
    )
    security.audit(
        session,
        actor=f"account:{by_id}",
        action="channel.cost_set",
        subject=f"channel:{channel}"[:80],
        month=f"{row['month']:%Y-%m}",
        campus_id=campus_id,
        fen=amount_fen,
    )


def of_month(session: Session, month: date, *, campus_id: int) -> dict[str, int]:
    """What was written down for a month, by channel."""
    query = select(ChannelCost.channel, ChannelCost.amount_fen).where(
        ChannelCost.month == month.replace(day=1), ChannelCost.campus_id == campus_id
    )
    return dict(session.execute(query).all())


def spent(session: Session, period: Period, *, campus_id: int) -> dict[str, int]:
    """What channels cost in a period: a month that lies in it in part counts by its days. Without
    a campus, the house's and all campuses' together."""
    first = period.from_on.replace(day=1)
    query = select(ChannelCost).where(
        ChannelCost.month >= first, ChannelCost.month < period.to_on, ChannelCost.amount_fen > 0
    )
    if campus_id:
        query = query.where(ChannelCost.campus_id == campus_id)
    found: dict[str, int] = {}
    for row in session.scalars(query):
        after = (row.month + timedelta(days=32)).replace(day=1)
        days = (min(after, period.to_on) - max(row.month, period.from_on)).days
        fen = round(row.amount_fen * days / (after - row.month).days)
        found[row.channel] = found.get(row.channel, 0) + fen
    return found
