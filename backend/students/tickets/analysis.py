"""The month's tickets in figures: how many, why, how fast, who again (S10).

Every figure is counted along the index of `opened_at`, so that it costs what the month holds and
not what the table holds; each names the rows behind it by the same conditions (`rows_of`).
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from pydantic import BaseModel, ConfigDict
from sqlalchemy import ColumnElement, Integer, case, cast, func, select
from sqlalchemy.orm import Session

from backend.kit import clock
from backend.logistics import queries as places
from backend.security import queries as staff
from backend.security.schemas import StaffMember
from backend.students.schemas import Cause, TicketKind
from backend.students.ticket_models import Ticket
from backend.students.tickets import board, words

COMPLAINTS = (TicketKind.COMPLAINT, TicketKind.FEEDBACK)
TOP = 10
BY = ("category", "severity", "kind", "cause", "campus_id", "teacher_id")


class Slice(BaseModel):
    """One value of a breakdown: what it is called, how many."""

    model_config = ConfigDict(frozen=True)

    value: str
    name: str
    count: int

    @property
    def pair(self) -> tuple[str, int]:
        """As a chart takes it."""
        return self.name, self.count


class Analysis(BaseModel):
    """A month. Shares are per cent, None where nothing could be late or rated."""

    model_config = ConfigDict(frozen=True)

    month: str
    total: int
    response_kept: float | None
    resolution_kept: float | None
    late_response: int
    late_resolution: int
    reopened: int
    rated: int
    rating: float | None
    repeat_people: int
    repeat_tickets: int
    by: dict[str, list[Slice]]
    days: list[tuple[str, int]]


def month_of(text: str) -> tuple[date, datetime, datetime]:
    """«2026-11» as its first day and as the half-open UTC interval; this month for anything
    else."""
    try:
        first = date.fromisoformat(f"{text}-01")
    except ValueError:
        first = clock.today().replace(day=1)
    after = (first + timedelta(days=32)).replace(day=1)
    return first, clock.at_local(first), clock.at_local(after)


def of_month(session: Session, member: StaffMember, text: str) -> Analysis:
    """The figures of what was opened in a month and this member of staff may see: complaints and
    feedback, without requests."""
    first, from_at, to_at = month_of(text)
    here = _here(member, from_at, to_at)
    total, late, slow, again, rated, stars = session.execute(
        select(
            func.count(Ticket.id),
            _sum(Ticket.is_response_late.is_(True)),
            _sum(Ticket.is_resolution_late.is_(True)),
            _sum(Ticket.reopened > 0),
            func.count(Ticket.rating),
            func.avg(Ticket.rating),
        ).where(*here)
    ).one()
    people = (
        select(func.count(Ticket.id).label("count"))
        .where(*here, Ticket.is_anonymous.is_(False))
        .group_by(Ticket.openid)
        .having(func.count(Ticket.id) > 1)
        .subquery()
    )
    persons, their = session.execute(
        select(func.count(people.c.count), func.coalesce(func.sum(people.c.count), 0))
    ).one()
    return Analysis(
        month=f"{first:%Y-%m}",
        total=total,
        response_kept=_share(total - late, total),
        resolution_kept=_share(total - slow, total),
        late_response=late,
        late_resolution=slow,
        reopened=again,
        rated=rated,
        rating=round(float(stars), 1) if stars is not None else None,
        repeat_people=persons,
        repeat_tickets=int(their),
        by={name: _slices(session, name, here) for name in BY},
        days=_days(session, first, here),
    )


def rows_of(
    session: Session,
    member: StaffMember,
    text: str,
    chosen: Mapping[str, str],
    *,
    before: int | None,
) -> board.Found:
    """The tickets behind a figure, newest first: the same conditions, and what was tapped."""
    _, from_at, to_at = month_of(text)
    conditions = _here(member, from_at, to_at)
    for name, value in chosen.items():
        if name in BY:
            wanted = None if value == "-" else int(value) if name.endswith("_id") else value
            conditions.append(getattr(Ticket, name).is_not_distinct_from(wanted))
    flags = {
        "late_response": Ticket.is_response_late.is_(True),
        "late_resolution": Ticket.is_resolution_late.is_(True),
        "reopened": Ticket.reopened > 0,
        "rated": Ticket.rating.is_not(None),
    }
    conditions += [flags[name] for name in chosen if name in flags]
    if "repeat" in chosen:
        conditions.append(Ticket.is_anonymous.is_(False))  # Nobody is known by their other tickets.
        again = select(Ticket.openid).where(*conditions).group_by(Ticket.openid)
        conditions.append(Ticket.openid.in_(again.having(func.count(Ticket.id) > 1)))
    if before is not None:
        conditions.append(Ticket.id < before)
    query = select(Ticket).where(*conditions).order_by(Ticket.id.desc()).limit(board.PAGE + 1)
    found = list(session.scalars(query))
    rows = board.rows_for(session, found[: board.PAGE])
    return board.Found(rows=rows, next=str(rows[-1].id) if len(found) > board.PAGE else None)


def _here(member: StaffMember, from_at: datetime, to_at: datetime) -> list[ColumnElement[bool]]:
    return [
        Ticket.opened_at >= from_at,
        Ticket.opened_at < to_at,
        Ticket.kind.in_(COMPLAINTS),
        *board.conditions(member, board.Filter()),
    ]


def _slices(session: Session, name: str, here: list[ColumnElement[bool]]) -> list[Slice]:
    column = getattr(Ticket, name)
    count = func.count(Ticket.id)
    query = select(column, count).where(*here).group_by(column).order_by(count.desc(), column)
    rows = list(session.execute(query.limit(TOP)).all())
    names = _names(session, name, [value for value, _ in rows])
    return [
        Slice(
            value="-" if value is None else str(value),
            name=names.get(value, "未填写"),
            count=count,
        )
        for value, count in rows
        if value is not None or name not in ("teacher_id", "cause")
    ]


def _names(session: Session, name: str, values: list[object]) -> Mapping[object, str]:
    ids = {value for value in values if isinstance(value, int)}
    if name == "campus_id":
        campuses, _ = places.names(session, campus_ids=ids, venue_ids=set())
        return {None: "未说明校区"} | dict[object, str](list(campuses.items()))
    if name == "teacher_id":
        return {each.id: each.name for each in staff.staff_members(session, ids).values()}
    known: Mapping[str, Mapping[object, str]] = {
        "category": {k.value: v for k, v in words.CATEGORIES.items()},
        "severity": {k.value: v for k, v in words.SEVERITIES.items()},
        "kind": {k.value: v for k, v in words.KINDS.items()},
        "cause": {k.value: v for k, v in words.CAUSES.items()},
    }
    return known[name]


def _days(session: Session, first: date, here: list[ColumnElement[bool]]) -> list[tuple[str, int]]:
    """How many were opened on each day of the month."""
    counts: dict[date, int] = {}
    for opened_at in session.scalars(select(Ticket.opened_at).where(*here)):
        on = clock.local(opened_at).date()
        counts[on] = counts.get(on, 0) + 1
    _, _, to_at = month_of(f"{first:%Y-%m}")
    length = (clock.local(to_at).date() - first).days
    days = [first + timedelta(days=n) for n in range(length)]
    return [(f"{day.month}/{day.day}", counts.get(day, 0)) for day in days]


def _sum(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return cast(func.coalesce(func.sum(case((condition, 1), else_=0)), 0), Integer)


def _share(part: int, whole: int) -> float | None:
    return round(100 * part / whole, 1) if whole else None


def cause_of(value: str) -> Cause | None:
    """A cause by its short name."""
    return Cause(value) if value in list(Cause) else None
