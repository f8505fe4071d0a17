"""What a family has bought and used, for the file of a learner, and what is kept when it goes."""

from collections.abc import Collection
from datetime import datetime

from pydantic import BaseModel, ConfigDict
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from backend.finance.models import HourEntry, LessonAccount, Order, OrderLine, Refund
from backend.finance.schemas import HourKind, OrderStatus, OrderView
from backend.kit import clock


class HourLine(BaseModel):
    """One line of a lesson account."""

    model_config = ConfigDict(frozen=True)

    student_id: int
    course_id: int
    kind: HourKind
    lessons: int
    at: datetime


def orders_of_students(
    session: Session, student_ids: Collection[int], *, limit: int = 30
) -> list[OrderView]:
    """Orders that gave these learners lessons, the newest first."""
    bought = (
        select(OrderLine.order_id)
        .join(LessonAccount, LessonAccount.order_line_id == OrderLine.id)
        .where(LessonAccount.student_id.in_(student_ids))
    )
    query = select(Order).where(Order.id.in_(bought)).order_by(Order.id.desc()).limit(limit)
    return [OrderView.model_validate(row) for row in session.scalars(query)]


def hour_lines(
    session: Session, student_ids: Collection[int], *, limit: int = 100
) -> list[HourLine]:
    """What came into and out of these learners' lesson accounts, the newest first."""
    query = (
        select(
            LessonAccount.student_id,
            LessonAccount.course_id,
            HourEntry.kind,
            HourEntry.lessons,
            HourEntry.at,
        )
        .join(LessonAccount, LessonAccount.id == HourEntry.account_id)
        .where(LessonAccount.student_id.in_(student_ids))
    )
    rows = session.execute(query.order_by(HourEntry.id.desc()).limit(limit))
    return [HourLine.model_validate(row, from_attributes=True) for row in rows]


def has_open_orders(session: Session, openids: Collection[str]) -> bool:
    """Whether any of these WeChats still may pay an order."""
    query = select(Order.id).where(
        Order.payer_openid.in_(openids),
        Order.status == OrderStatus.PENDING,
        Order.expires_at > clock.now(),
    )
    return session.scalar(query.limit(1)) is not None


def refunds_of(
    session: Session, openid: str, *, limit: int = 100
) -> list[tuple[datetime, str, int, str]]:
    """What a WeChat asked to have back: when, of which order, how much, in which words."""
    query = (
        select(Refund.asked_at, Order.number, Refund.amount_fen, Refund.reason)
        .join(Order, Order.id == Refund.order_id)
        .where(Refund.openid == openid)
        .order_by(Refund.id)
    )
    return [(at, no, fen, why) for at, no, fen, why in session.execute(query.limit(limit))]


def pseudonymise(session: Session, *, openid: str, into: str) -> int:
    """Orders stay in the books (会计档案管理办法 §14), but no longer say whose WeChat paid them."""
    asked = update(Refund).where(Refund.openid == openid)
    session.execute(asked.values(openid=into, reason="", note=None))
    mine = update(Order).where(Order.payer_openid == openid).values(payer_openid=into)
    return len(session.scalars(mine.returning(Order.id)).all())
