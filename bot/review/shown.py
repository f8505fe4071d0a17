"""What the page shows: open sentences, equal ones together, and how well the bot understands."""

from datetime import date, datetime, timedelta
from typing import Any

from pydantic import BaseModel
from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from backend.kit import clock
from bot.conversation import Message
from bot.review.models import Misunderstanding, Status

PAGE = 20
WEEKS = 6


class Group(BaseModel):
    """Sentences of the same words; `id` is the newest one's."""

    id: int
    text: str
    sentence: str
    why: str
    guesses: list[tuple[str, float]]
    model: str
    times: int
    at: datetime


class Share(BaseModel):
    """Of the messages that a model read for an answer in one week, how many it understood."""

    week: date
    model: str
    read: int
    understood: int

    @property
    def percent(self) -> int:
        return round(100 * self.understood / self.read)


def groups(session: Session, *, page: int) -> tuple[list[Group], int]:
    """One page of the open sentences, newest first, and how many there are: three queries."""
    newest = func.max(Misunderstanding.id).label("newest")
    open_ = (
        select(newest, func.count().label("times"))
        .where(Misunderstanding.status == Status.OPEN)
        .group_by(Misunderstanding.text_index)
    )
    total = session.scalar(select(func.count()).select_from(open_.subquery())) or 0
    found = session.execute(open_.order_by(newest.desc()).limit(PAGE).offset(PAGE * page)).all()
    times = {row.newest: row.times for row in found}
    rows = session.scalars(
        select(Misunderstanding)
        .where(Misunderstanding.id.in_(times))
        .order_by(Misunderstanding.id.desc())
    )
    return [_group(row, times[row.id]) for row in rows], total


def group(session: Session, row_id: int) -> Group | None:
    """An open sentence alone; None when there is none with this id."""
    row = session.get(Misunderstanding, row_id)
    return _group(row, 1) if row is not None and row.status == Status.OPEN else None


def _group(row: Misunderstanding, times: int) -> Group:
    return Group(
        id=row.id,
        text=row.text,
        sentence=row.sentence,
        why=row.why,
        guesses=[(name, confidence) for name, confidence in row.guesses],
        model=row.model,
        times=times,
        at=row.created_at,
    )


def waiting(session: Session) -> int:
    """How many labelled sentences no published model has learned."""
    labelled = Misunderstanding.status == Status.LABELLED
    return session.scalar(select(func.count()).where(labelled)) or 0


def accuracy(session: Session) -> list[Share]:
    """By week and model, newest first, over the last weeks: one query."""
    today = clock.today()
    monday = today - timedelta(days=today.weekday())
    weeks = [monday - timedelta(weeks=ago) for ago in range(WEEKS)]
    begun: list[tuple[ColumnElement[bool], Any]] = [
        (Message.received_at >= clock.at_local(week, 0), ago) for ago, week in enumerate(weeks)
    ]
    ago, model = case(*begun).label("ago"), Message.meaning["model"].as_string().label("model")
    doubt = Message.meaning["doubt"].as_string()
    rows = session.execute(
        select(ago, model, func.count().label("read"), func.sum(case((doubt == "", 1), else_=0)))
        .where(Message.received_at >= clock.at_local(weeks[-1], 0), doubt.is_not(None), model != "")
        .group_by(ago, model)
        .order_by(ago, model)
    )
    return [Share(week=weeks[n], model=m, read=read, understood=good) for n, m, read, good in rows]
