"""Reads the figures, for whoever may see them, and the leads behind each (A18).

A page costs a dozen queries along the days it asks for, however many leads there are. Every number
is a sum over `FigureDay`; `rows` names the leads by the same conditions on `FigureLead`.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, false, func, or_, select
from sqlalchemy.orm import Session

from backend.admissions.figures import costs, talks
from backend.admissions.figures.models import FigureDay, FigureLead, FigureTalk, FigureVisit
from backend.admissions.figures.naming import names_of
from backend.admissions.figures.schemas import (
    MEASURES,
    STEPS,
    Dimension,
    Figures,
    Forecast,
    Period,
    Slice,
    Sums,
)
from backend.kit import clock
from backend.security import queries as people
from backend.security.permissions import scope_of
from backend.security.schemas import Permission, Scope, StaffMember

MONTHLY_DAYS = 28
PAGE = 50
FLAGS = (*STEPS[1:], "responded", "quick")
TALK_DIMENSIONS = (Dimension.ADVISOR, Dimension.CHANNEL, Dimension.CAMPUS)
_NUMBERS = ("course", "advisor", "campus")
_COLUMNS = {
    "channel": "channel",
    "campaign": "campaign",
    "reason": "lost_reason",
    "course": "course_id",
    "advisor": "advisor_id",
    "campus": "campus_id",
}
Where = list[ColumnElement[bool]]


class View:
    """Whose leads one looks at: what one's role reaches, narrowed to a campus or an advisor."""

    def __init__(
        self, session: Session, member: StaffMember, *, campus_id: int = 0, advisor_id: int = 0
    ) -> None:
        self.scope = scope_of(member.role, Permission.SEE_FIGURES)
        self.member, self.campus_id, self.advisor_id = member, campus_id, advisor_id
        if self.scope is Scope.CAMPUS:
            self.campus_id = member.campus_id or -1
        if self.scope is Scope.OWN:
            self.advisor_id = member.id
        here = people.accounts_of(session, self.campus_id) if self.campus_id else []
        self._here: Collection[int] = here

    @property
    def is_whole(self) -> bool:
        """Whether it is the whole house that is looked at."""
        return self.scope is Scope.ALL and not self.campus_id and not self.advisor_id

    def of(self, table: type[FigureDay] | type[FigureLead] | type[FigureTalk]) -> Where:
        """The conditions on a table of figures. A lead that asked for no campus belongs to its
        advisor's."""
        found: Where = [false()] if self.scope is None else []
        if self.campus_id:
            nobodys = (table.campus_id == 0) & table.advisor_id.in_(self._here)
            found.append(or_(table.campus_id == self.campus_id, nobodys))
        if self.advisor_id:
            found.append(table.advisor_id == self.advisor_id)
        return found


def figures(session: Session, view: View, period: Period) -> Figures:
    """All figures of the leads that came in a period, as they stand now."""
    here = [FigureDay.on >= period.from_on, FigureDay.on < period.to_on, *view.of(FigureDay)]
    sums, by = _along(session, here)
    visits = _visits(session, period) if view.is_whole else None
    spent = costs.spent(session, period, campus_id=view.campus_id) if not view.advisor_id else {}
    for channel in {*spent, *(visits or {})} - {each for each, _ in by[Dimension.CHANNEL]}:
        by[Dimension.CHANNEL].append((channel, Sums()))
    waits, waits_by = _along(session, here, talks.DIMENSION)
    told = {name: [*by[name], *waits_by.get(name, [])] for name in by}
    names = names_of(session, told)
    return Figures(
        period=period,
        sums=sums,
        visits=sum(visits.values()) if visits is not None else None,
        by={
            dimension: [
                Slice(
                    value=value,
                    name=names[dimension, value],
                    sums=each,
                    visits=(visits or {}).get(value) if dimension is Dimension.CHANNEL else None,
                    cost_fen=spent.get(value) if dimension is Dimension.CHANNEL else None,
                )
                for value, each in sorted(found, key=lambda pair: (-pair[1].leads, pair[0]))
            ]
            for dimension, found in by.items()
        },
        days=_days(session, view, period),
        talks=waits,
        talks_by={
            dimension: [
                Slice(value=value, name=names[dimension, value], sums=each)
                for value, each in sorted(found, key=lambda pair: (-pair[1].leads, pair[0]))
            ]
            for dimension, found in waits_by.items()
        },
        cost_fen=sum(spent.values()),
        forecast=_forecast(session, view),
    )


def of_day(session: Session, view: View, on: date) -> tuple[int, int]:
    """How many leads came on a day, and how many sign-ups were paid on it."""
    [(_, came, paid)] = _days(session, view, Period(from_on=on, to_on=on + timedelta(days=1)))
    return came, paid


def rows(
    session: Session,
    view: View,
    period: Period,
    chosen: Mapping[str, str],
    *,
    after: int = 0,
) -> tuple[int, list[FigureLead]]:
    """How many leads are behind a number, and a page of them, the newest first. `chosen` is what
    was tapped: a `step`, and a value of dimensions."""
    here = _behind(session, view, period, chosen)
    total = session.scalar(select(func.count(FigureLead.lead_id)).where(*here)) or 0
    if after:
        here.append(FigureLead.lead_id < after)
    query = select(FigureLead).where(*here).order_by(FigureLead.lead_id.desc()).limit(PAGE)
    return total, list(session.scalars(query))


def talk_rows(
    session: Session, view: View, period: Period, chosen: Mapping[str, str], *, after: int = 0
) -> tuple[int, list[FigureTalk]]:
    """How many talks are behind a number of `Figures.talks`, and a page of them, newest first."""
    here = [FigureTalk.on >= period.from_on, FigureTalk.on < period.to_on, *view.of(FigureTalk)]
    step = chosen.get("step", "")
    if step in ("responded", "quick"):
        here.append(getattr(FigureTalk, step) == 1)
    here += _chosen(session, chosen, FigureTalk)
    total = session.scalar(select(func.count(FigureTalk.talk_id)).where(*here)) or 0
    if after:
        here.append(FigureTalk.talk_id < after)
    query = select(FigureTalk).where(*here).order_by(FigureTalk.talk_id.desc()).limit(PAGE)
    return total, list(session.scalars(query))


def _behind(
    session: Session, view: View, period: Period, chosen: Mapping[str, str]
) -> list[ColumnElement[bool]]:
    step = chosen.get("step", "leads")
    on = FigureLead.paid_on if step == "paid_on" else FigureLead.came_on
    here = [on >= period.from_on, on < period.to_on, FigureLead.is_counted == 1]
    here += view.of(FigureLead)
    if step in FLAGS:
        here.append(getattr(FigureLead, step) == 1)
    if step == "lost":
        here.append(FigureLead.lost_reason != "")
    return here + _chosen(session, chosen, FigureLead)


def _chosen(
    session: Session, chosen: Mapping[str, str], table: type[FigureLead] | type[FigureTalk]
) -> Where:
    """The values of dimensions that the table has."""
    here: Where = []
    for name, value in chosen.items():
        column = getattr(table, _COLUMNS.get(name, ""), None)
        if column is None:
            continue
        if name not in _NUMBERS:
            here.append(column == value)
        elif value.isdecimal() and len(value) < 10:
            number = int(value)
            here.append(
                _in_campus(session, number, table) if name == "campus" else column == number
            )
    return here


def _in_campus(
    session: Session, campus_id: int, table: type[FigureLead] | type[FigureTalk]
) -> ColumnElement[bool]:
    """The leads of a campus; of none (0): those that neither asked for one nor have an advisor of
    one."""
    if campus_id:
        nobodys = table.advisor_id.in_(people.accounts_of(session, campus_id))
        return or_(table.campus_id == campus_id, (table.campus_id == 0) & nobodys)
    advisors = set(session.scalars(select(table.advisor_id).distinct()))
    placed = [m.id for m in people.staff_members(session, advisors).values() if m.campus_id]
    return (table.campus_id == 0) & table.advisor_id.not_in(placed)


def _along(
    session: Session, here: Where, whole_of: str = "all"
) -> tuple[Sums, dict[Dimension, list[tuple[str, Sums]]]]:
    """The sums of the leads that came, or of the talks, whole and along each dimension."""
    totals = [func.sum(getattr(FigureDay, name)).label(name) for name in MEASURES]
    by: dict[Dimension, list[tuple[str, Sums]]] = {
        each: [] for each in (Dimension if whole_of == "all" else TALK_DIMENSIONS)
    }
    told = ("channel", "campaign", "course", "reason") if whole_of == "all" else (whole_of,)
    for row in session.execute(
        select(FigureDay.dimension, FigureDay.value, *totals)
        .where(*here, FigureDay.dimension.in_(told))
        .group_by(FigureDay.dimension, FigureDay.value)
    ):
        along = Dimension.CHANNEL if row.dimension == talks.DIMENSION else Dimension(row.dimension)
        by[along].append((row.value, _sums(row)))
    whole = session.execute(
        select(FigureDay.campus_id, FigureDay.advisor_id, *totals)
        .where(*here, FigureDay.dimension == whole_of)
        .group_by(FigureDay.campus_id, FigureDay.advisor_id)
    ).all()
    advisors = people.staff_members(session, {row.advisor_id for row in whole})
    parts: dict[tuple[Dimension, str], list[Sums]] = defaultdict(list)
    for row in whole:
        advisor = advisors.get(row.advisor_id)
        campus_id = row.campus_id or (advisor.campus_id if advisor else 0) or 0
        parts[Dimension.CAMPUS, str(campus_id)].append(_sums(row))
        parts[Dimension.ADVISOR, str(row.advisor_id)].append(_sums(row))
    for (dimension, value), each in parts.items():
        by[dimension].append((value, added(each)))
    nothing = {each: [pair for pair in found if pair[1].leads] for each, found in by.items()}
    return added([_sums(row) for row in whole]), nothing


def _days(session: Session, view: View, period: Period) -> list[tuple[date, int, int]]:
    """Each day: leads that came, and leads that paid on it."""
    query = (
        select(
            FigureDay.on, FigureDay.dimension, func.sum(FigureDay.leads), func.sum(FigureDay.paid)
        )
        .where(
            FigureDay.on >= period.from_on,
            FigureDay.on < period.to_on,
            FigureDay.dimension.in_(("all", "paid_on")),
            *view.of(FigureDay),
        )
        .group_by(FigureDay.on, FigureDay.dimension)
    )
    came, paid = dict[date, int](), dict[date, int]()
    for on, dimension, leads, sold in session.execute(query):
        if dimension == "all":
            came[on] = int(leads)
        else:
            paid[on] = int(sold)
    length = (period.to_on - period.from_on).days
    days = [period.from_on + timedelta(days=n) for n in range(length)]
    return [(on, came.get(on, 0), paid.get(on, 0)) for on in days]


def _forecast(session: Session, view: View) -> Forecast:
    today = clock.today()
    first, after = today.replace(day=1), (today.replace(day=1) + timedelta(days=32)).replace(day=1)
    since = today - timedelta(days=MONTHLY_DAYS)
    query = (
        select(FigureDay.on, func.sum(FigureDay.paid), func.sum(FigureDay.net_fen))
        .where(
            FigureDay.on >= min(first, since),
            FigureDay.on <= today,
            FigureDay.dimension == "paid_on",
            *view.of(FigureDay),
        )
        .group_by(FigureDay.on)
    )
    rows_ = [(on, int(paid), int(fen)) for on, paid, fen in session.execute(query)]
    recent = sum(paid for on, paid, _ in rows_ if since <= on < today)
    return Forecast(
        paid=sum(paid for on, paid, _ in rows_ if on >= first),
        net_fen=sum(fen for on, _, fen in rows_ if on >= first),
        daily=recent / MONTHLY_DAYS,
        days_left=(after - today).days - 1,
    )


def _visits(session: Session, period: Period) -> dict[str, int]:
    query = (
        select(FigureVisit.channel, func.sum(FigureVisit.people))
        .where(FigureVisit.on >= period.from_on, FigureVisit.on < period.to_on)
        .group_by(FigureVisit.channel)
    )
    return {channel: int(count) for channel, count in session.execute(query)}


def added(several: Collection[Sums]) -> Sums:
    """Several as one."""
    return Sums(**{name: sum(getattr(each, name) for each in several) for name in MEASURES})


def _sums(row: Any) -> Sums:
    return Sums(**{name: int(getattr(row, name) or 0) for name in MEASURES})
