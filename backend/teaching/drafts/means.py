"""What people and rooms can do, as it is kept in the tables beside the timetable."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.kit import clock
from backend.logistics import queries as logistics
from backend.security.schemas import StaffMember
from backend.teaching.drafts.schemas import TimeOffKind
from backend.teaching.models import ClassGroup, Course
from backend.teaching.timetable import model
from backend.teaching.timetable_models import (
    CampusWay,
    ClassNeed,
    LearnerBusy,
    RoomFitting,
    StaffHours,
    TimeOff,
)

MAX_PER_DAY = 6
WAY_MINUTES = 45
"""Between two campuses nobody has entered the way of."""


@dataclass(frozen=True)
class Need:
    """What one class needs."""

    equipment: frozenset[str] = frozenset()
    is_assisted: bool = False
    is_online: bool = False
    any_teacher: bool = False


PLAIN = Need()


@dataclass
class Means:
    """All of it; small tables, read whole."""

    hours: dict[int, StaffHours] = field(default_factory=dict)
    usual: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    equipment: dict[int, frozenset[str]] = field(default_factory=dict)
    needs: dict[int, Need] = field(default_factory=dict)
    busy: dict[int, tuple[model.Window, ...]] = field(default_factory=dict)
    travel: dict[tuple[int, int], int] = field(default_factory=dict)
    spans: dict[tuple[str, int], list[model.Span]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def off(self, kind: str, subject_id: int) -> tuple[model.Span, ...]:
        return tuple(self.spans.get((kind, subject_id), ()))

    @property
    def breaks(self) -> tuple[tuple[date, date], ...]:
        """First and last days without school."""
        return tuple(
            (
                clock.local(span.starts_at).date(),
                clock.local(span.ends_at - timedelta(minutes=1)).date(),
            )
            for span in self.off(TimeOffKind.BREAK, 0)
        )

    def is_closed(self, on: date) -> bool:
        """Whether the house gives no lessons on a day."""
        begins, ends = clock.day_of(on)
        return any(s.starts_at < ends and begins < s.ends_at for s in self.off("house", 0))

    def member(self, who: StaffMember, usual: frozenset[str]) -> model.Staff:
        """Somebody who teaches: what they entered, else what they usually teach, at any time."""
        kept = self.hours.get(who.id)
        away = self.off("staff", who.id)
        if kept is None:
            return model.Staff(who.id, who.name, usual, usual, away=away, max_per_day=MAX_PER_DAY)
        return model.Staff(
            who.id,
            who.name,
            teaches=frozenset(kept.teaches) | usual,
            assists=frozenset(kept.assists),
            hours=windows(kept.hours),
            away=away,
            max_per_day=kept.max_per_day,
            avoids=windows(kept.avoids),
        )


def windows(rows: list[dict[str, int]]) -> tuple[model.Window, ...]:
    return tuple(model.Window(row["weekday"], row["start"], row["end"]) for row in rows)


def read(session: Session) -> Means:
    """What is kept, in a fixed number of statements."""
    found = Means()
    found.hours = {row.account_id: row for row in session.scalars(select(StaffHours))}
    taught = select(ClassGroup.teacher_id, Course.subject).join(
        Course, Course.id == ClassGroup.course_id
    )
    for who, subject in session.execute(taught.distinct()):
        found.usual[who].add(subject)
    found.equipment = {
        row.venue_id: frozenset(row.equipment) for row in session.scalars(select(RoomFitting))
    }
    found.needs = {
        row.class_group_id: Need(
            frozenset(row.equipment), row.is_assisted, row.is_online, row.any_teacher
        )
        for row in session.scalars(select(ClassNeed))
    }
    stretches: dict[int, list[model.Window]] = defaultdict(list)
    for row in session.scalars(select(LearnerBusy).order_by(LearnerBusy.id)):
        stretches[row.student_id].append(model.Window(row.weekday, row.start, row.end))
    found.busy = {who: tuple(some) for who, some in stretches.items()}
    found.travel = ways(session)
    for off in session.scalars(select(TimeOff).order_by(TimeOff.id)):
        found.spans[off.kind, off.subject_id].append(model.Span(off.starts_at, off.ends_at))
    return found


def ways(session: Session) -> dict[tuple[int, int], int]:
    """Minutes between any two campuses, the smaller id first."""
    ids = sorted(each.id for each in logistics.campuses(session))
    kept = {(row.from_id, row.to_id): row.minutes for row in session.scalars(select(CampusWay))}
    return {(a, b): kept.get((a, b), WAY_MINUTES) for a in ids for b in ids if a < b}
