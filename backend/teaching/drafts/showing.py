"""What the pages of the timetable show; each read is a fixed number of statements."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.kit import clock
from backend.kit.errors import NotFound
from backend.logistics import queries as logistics
from backend.security import queries as staff
from backend.students import queries as students
from backend.teaching import queries
from backend.teaching.drafts import words
from backend.teaching.drafts.schemas import Place
from backend.teaching.models import ClassGroup, Lesson
from backend.teaching.schemas import LessonView
from backend.teaching.timetable.model import Relief
from backend.teaching.timetable_models import (
    ChangeReceipt,
    DraftGap,
    DraftLesson,
    DraftRun,
    MovedLesson,
    TimetableChange,
)

MOST_LESSONS = 400
PAGE = 40
_DAYS = "一二三四五六日"


def week(
    session: Session,
    monday: date,
    *,
    campus_id: int | None,
    teacher_id: int | None,
    venue_id: int | None,
) -> list[LessonView]:
    """The planned lessons of a week, at most `MOST_LESSONS`."""
    query = (
        select(Lesson.id)
        .join(ClassGroup, ClassGroup.id == Lesson.class_group_id)
        .where(
            Lesson.status == "planned",
            Lesson.starts_at >= clock.at_local(monday),
            Lesson.starts_at < clock.at_local(monday + timedelta(days=7)),
        )
        .order_by(Lesson.starts_at, Lesson.id)
        .limit(MOST_LESSONS)
    )
    for column, value in (
        (ClassGroup.campus_id, campus_id),
        (Lesson.teacher_id, teacher_id),
        (Lesson.venue_id, venue_id),
    ):
        if value is not None:
            query = query.where(column == value)
    return queries.lessons(session, list(session.scalars(query)))


@dataclass(frozen=True)
class ChangeRow:
    """One change, and how those told have answered."""

    id: int
    at: datetime
    by: str
    reason: str
    overrode: str
    moves: str
    lessons: int
    told: int
    seen: int
    tickets: tuple[str, ...]


def changes(session: Session, *, campus_id: int | None, after: int = 0) -> list[ChangeRow]:
    """Changes of the timetable, the latest first, a page and one more."""
    query = select(TimetableChange).order_by(TimetableChange.id.desc()).limit(PAGE + 1)
    if after:
        query = query.where(TimetableChange.id < after)
    if campus_id is not None:
        here = (
            select(MovedLesson.change_id)
            .join(Lesson, Lesson.id == MovedLesson.lesson_id)
            .join(ClassGroup, ClassGroup.id == Lesson.class_group_id)
            .where(ClassGroup.campus_id == campus_id)
        )
        query = query.where(TimetableChange.id.in_(here))
    rows = list(session.scalars(query))
    ids = [row.id for row in rows]
    people = staff.staff_members(session, {row.by for row in rows})
    counts = dict(
        session.execute(
            select(MovedLesson.change_id, func.count())
            .where(MovedLesson.change_id.in_(ids))
            .group_by(MovedLesson.change_id)
        ).all()
    )
    told: dict[int, list[Any]] = defaultdict(list)
    receipts = select(
        ChangeReceipt.change_id, ChangeReceipt.seen_at, ChangeReceipt.ticket_number
    ).where(ChangeReceipt.change_id.in_(ids))
    for receipt in session.execute(receipts):
        told[receipt.change_id].append(receipt)
    shown = words.of_changes(session, ids)
    return [
        ChangeRow(
            row.id,
            row.at,
            people[row.by].name,
            row.reason or words.NO_REASON,
            words.rules(row.overrode),
            shown.get(row.id, ""),
            counts.get(row.id, 0),
            len(told[row.id]),
            sum(each.seen_at is not None for each in told[row.id]),
            tuple(sorted(each.ticket_number for each in told[row.id] if each.ticket_number)),
        )
        for row in rows
    ]


def runs(session: Session, *, campus_id: int | None, limit: int = 20) -> list[DraftRun]:
    """The latest drafts."""
    query = select(DraftRun).order_by(DraftRun.id.desc()).limit(limit)
    if campus_id is not None:
        query = query.where(DraftRun.campus_id == campus_id)
    return list(session.scalars(query))


def run(session: Session, run_id: int, *, campus_id: int | None) -> DraftRun:
    """One draft. Raises NotFound, also for one of another campus."""
    row = session.get(DraftRun, run_id)
    if row is None or campus_id not in (None, row.campus_id):
        raise NotFound()
    return row


@dataclass(frozen=True)
class ClassRow:
    """A class now and in the draft, as `周四 18:30 302教室 王敏老师 ×12`."""

    name: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    moved: int
    added: int


def compared(session: Session, run_id: int, *, page: int = 0) -> tuple[list[ClassRow], bool]:
    """The classes of a draft beside the current timetable, those that change first; and whether
    there are more."""
    names = dict(
        session.execute(
            select(ClassGroup.id, ClassGroup.name)
            .join(DraftLesson, DraftLesson.class_group_id == ClassGroup.id)
            .where(DraftLesson.run_id == run_id)
        ).all()
    )
    by_class: dict[int, list[DraftLesson]] = defaultdict(list)
    for row in session.scalars(select(DraftLesson).where(DraftLesson.run_id == run_id)):
        by_class[row.class_group_id].append(row)
    moved = {
        group_id: sum(
            bool(row.was) and Place.model_validate(row.was) != _place(row) for row in some
        )
        for group_id, some in by_class.items()
    }
    added = {group_id: sum(row.was is None for row in some) for group_id, some in by_class.items()}
    order = sorted(by_class, key=lambda g: (-(moved[g] + added[g]), g))
    shown = order[page * PAGE : (page + 1) * PAGE]
    places = [
        place
        for group_id in shown
        for row in by_class[group_id]
        for place in (_place(row), *([Place.model_validate(row.was)] if row.was else []))
    ]
    people = staff.staff_members(session, {each.teacher_id for each in places})
    _, rooms = logistics.names(
        session, campus_ids=set(), venue_ids={each.venue_id for each in places if each.venue_id}
    )

    def usual(some: Sequence[Place]) -> tuple[str, ...]:
        told = Counter(
            f"周{_DAYS[clock.local(each.starts_at).weekday()]} {clock.local(each.starts_at):%H:%M} "
            f"{rooms.get(each.venue_id or 0, '')} {people[each.teacher_id].name}老师"
            for each in some
        )
        return tuple(f"{what} ×{count}" for what, count in told.most_common(5))

    found = [
        ClassRow(
            names[group_id],
            usual([Place.model_validate(row.was) for row in by_class[group_id] if row.was]),
            usual([_place(row) for row in by_class[group_id]]),
            moved[group_id],
            added[group_id],
        )
        for group_id in shown
    ]
    return found, len(order) > (page + 1) * PAGE


def gaps(
    session: Session, run_id: int, *, limit: int = 60
) -> list[tuple[str, int, str, list[str]]]:
    """What a draft has no place for: class, lessons, why, and the smallest things that would
    help."""
    rows = session.execute(
        select(DraftGap, ClassGroup.name)
        .join(ClassGroup, ClassGroup.id == DraftGap.class_group_id)
        .where(DraftGap.run_id == run_id)
        .order_by(DraftGap.lessons.desc(), DraftGap.id)
        .limit(limit)
    ).all()
    reliefs = [each for gap, _ in rows for each in gap.reliefs]
    people = staff.staff_members(session, {each["subject"] for each in reliefs if each["subject"]})
    children = students.students(session, {who for each in reliefs for who in each["people"]})

    def helps(relief: dict[str, Any]) -> str:
        who = people.get(relief["subject"] or 0)
        names = "、".join(children[one].name for one in relief["people"] if one in children)
        return words.RELIEFS[Relief(relief["relief"])].format(
            at=words.at(datetime.fromisoformat(relief["at"])),
            seats=relief["seats"],
            who=who.name if who else "",
            people=names,
        )

    return [
        (name, gap.lessons, words.cause(gap.cause), [helps(each) for each in gap.reliefs])
        for gap, name in rows
    ]


def _place(row: DraftLesson) -> Place:
    return Place.model_validate(row)


def _moves(row: DraftLesson) -> bool:
    return row.was is not None and Place.model_validate(row.was) != _place(row)
