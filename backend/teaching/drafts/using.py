"""How much rooms and teachers are used, in some weeks (L5, T4)."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.kit import clock, holidays
from backend.logistics import queries as logistics
from backend.security import queries as security
from backend.security.schemas import Role
from backend.teaching import no_clash
from backend.teaching.drafts import means
from backend.teaching.models import Booking

HOURS_OPEN = 13.5
"""From eight to half past nine in the evening, as the timetable's engine has it."""


@dataclass(frozen=True)
class Use:
    """Hours in lessons, how many lessons, and the share of the hours there are (None where
    nobody entered any)."""

    name: str
    lessons: int
    hours: float
    share: int | None

    @property
    def percent(self) -> tuple[str, int]:
        return self.name, self.share or 0

    @property
    def worked(self) -> tuple[str, float]:
        return self.name, self.hours


def used(
    session: Session, *, first_on: date, weeks: int, campus_id: int | None
) -> tuple[list[Use], list[Use]]:
    """Rooms and teachers of a campus, or of all, in so many weeks; the most used first."""
    last_on = first_on + timedelta(weeks=weeks)
    rows = session.execute(
        select(Booking.kind, Booking.resource_id, Booking.starts_at, Booking.ends_at).where(
            Booking.kind.in_((no_clash.ROOM, no_clash.STAFF)),
            Booking.starts_at >= clock.at_local(first_on),
            Booking.starts_at < clock.at_local(last_on),
        )
    )
    minutes: dict[tuple[int, int], list[int]] = defaultdict(list)
    for kind, resource_id, starts_at, ends_at in rows:
        minutes[kind, resource_id].append(int((ends_at - starts_at).total_seconds()) // 60)
    known = means.read(session)
    days = [first_on + timedelta(days=n) for n in range(7 * weeks)]
    open_days = [on for on in days if not holidays.is_holiday(on) and not known.is_closed(on)]

    def use(kind: int, id_: int, name: str, there: float) -> Use:
        some = minutes[kind, id_]
        hours = sum(some) / 60
        share = min(100, round(100 * hours / there)) if there else None
        return Use(name, len(some), round(hours, 1), share)

    rooms = [
        use(
            no_clash.ROOM,
            each.id,
            f"{each.campus} {each.name}",
            _left(known, "room", each.id, first_on, last_on, HOURS_OPEN * len(open_days)),
        )
        for each in logistics.venues(session, campus_id=campus_id)
    ]
    teachers = []
    for member in security.staff_with_role(session, Role.TEACHER):
        if campus_id not in (None, member.campus_id):
            continue
        kept = known.hours.get(member.id)
        windows = kept.hours if kept else []
        there = sum(
            (each["end"] - each["start"]) / 60
            for on in open_days
            for each in windows
            if each["weekday"] == on.weekday()
        )
        there = _left(known, "staff", member.id, first_on, last_on, there)
        teachers.append(use(no_clash.STAFF, member.id, member.name, there))
    order = lambda each: (-each.hours, each.name)  # noqa: E731
    return sorted(rooms, key=order), sorted(teachers, key=order)


def _left(
    known: means.Means, kind: str, id_: int, first_on: date, last_on: date, hours: float
) -> float:
    """Hours less those of repairs or absences; a day off counts as a whole one at most."""
    from_at, to_at = clock.at_local(first_on), clock.at_local(last_on)
    gone = 0.0
    for span in known.off(kind, id_):
        some = min(span.ends_at, to_at) - max(span.starts_at, from_at)
        if some > timedelta(0):
            whole, rest = divmod(some.total_seconds() / 3600, 24)
            gone += whole * HOURS_OPEN + min(rest, HOURS_OPEN)
    return max(0.0, hours - gone)
