"""What the books say about the business: revenue by whom and what, the roll-forward of 合同负债,
price, volume and mix, and what each class contributes. A fixed number of queries each."""

from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from backend.finance.books import accruals, balances
from backend.finance.books.words import CostKind
from backend.finance.ledger import month_after
from backend.finance.models import JournalEntry, JournalLine
from backend.finance.posting import Event
from backend.finance.schemas import LedgerAccount
from backend.kit import clock

_SIGNED = JournalLine.credit_fen - JournalLine.debit_fen
_LESSON = case(
    (JournalEntry.event.in_((Event.CONSUMPTION, Event.CREDIT)), 1),
    (JournalEntry.event == Event.REVERSAL, -1),
    else_=0,
)


class Dimension(StrEnum):
    """By what revenue is told apart; also the name in an address."""

    COURSE = "course"
    CLASS = "class"
    TEACHER = "teacher"
    CAMPUS = "campus"


COLUMNS: Mapping[Dimension, Any] = {
    Dimension.COURSE: JournalLine.course_id,
    Dimension.CLASS: JournalLine.class_group_id,
    Dimension.TEACHER: JournalLine.teacher_id,
    Dimension.CAMPUS: JournalLine.campus_id,
}


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Earned(_Frozen):
    """What one course, class, teacher or campus (`key`, None where there is none) earned."""

    key: int | None
    fen: int
    lessons: int


class RollForward(_Frozen):
    """合同负债 of a month, from its beginning to its end."""

    opening_fen: int
    received_fen: int
    earned_fen: int
    refunded_fen: int
    other_fen: int

    @property
    def closing_fen(self) -> int:
        """What is left to be taught."""
        return (
            self.opening_fen
            + self.received_fen
            - self.earned_fen
            - self.refunded_fen
            + self.other_fen
        )


class Effects(_Frozen):
    """Why revenue changed: the three parts sum to the change to the fen."""

    before_fen: int
    now_fen: int
    price_fen: int
    volume_fen: int
    mix_fen: int


class Contribution(_Frozen):
    """What a class leaves after its teachers and its room."""

    class_group_id: int
    revenue_fen: int
    teacher_fen: int
    room_fen: int

    @property
    def fen(self) -> int:
        """The contribution itself."""
        return self.revenue_fen - self.teacher_fen - self.room_fen


def earned_by(
    session: Session, dimension: Dimension, *, month: date, campus_id: int | None = None
) -> list[Earned]:
    """Revenue of a month by a dimension, the largest first, with the lessons it was earned by."""
    column = COLUMNS[dimension]
    query = (
        select(column, func.sum(_SIGNED), func.sum(_LESSON))
        .join(JournalEntry, JournalEntry.id == JournalLine.entry_id)
        .where(
            JournalLine.account == LedgerAccount.REVENUE,
            JournalEntry.booked_on >= month,
            JournalEntry.booked_on < month_after(month),
        )
        .group_by(column)
    )
    if campus_id is not None:
        query = query.where(JournalLine.campus_id == campus_id)
    found = [
        Earned(key=key, fen=int(fen), lessons=int(lessons))
        for key, fen, lessons in session.execute(query)
    ]
    return sorted(found, key=lambda each: (-each.fen, each.key or 0))


def roll_forward(session: Session, *, month: date, campus_id: int | None = None) -> RollForward:
    """合同负债 of a month by what happened."""
    account = LedgerAccount.CONTRACT_LIABILITY
    moved = balances.movements(
        session, from_month=balances.BEGINNING, until=month, campus_id=campus_id
    )
    query = (
        select(JournalEntry.event, func.sum(_SIGNED))
        .join(JournalLine, JournalLine.entry_id == JournalEntry.id)
        .where(
            JournalLine.account == account,
            JournalEntry.booked_on >= month,
            JournalEntry.booked_on < month_after(month),
        )
        .group_by(JournalEntry.event)
    )
    if campus_id is not None:
        query = query.where(JournalLine.campus_id == campus_id)
    by_event = {event: int(fen) for event, fen in session.execute(query)}

    def taken(*events: Event) -> int:
        return sum(by_event.pop(event, 0) for event in events)

    received = taken(Event.RECEIPT)
    earned = -taken(Event.CONSUMPTION, Event.MATERIAL, Event.REVERSAL)
    refunded = -taken(Event.REFUND)
    return RollForward(
        opening_fen=sum(
            each.credit_fen - each.debit_fen for each in moved if each.account == account
        ),
        received_fen=received,
        earned_fen=earned,
        refunded_fen=refunded,
        other_fen=sum(by_event.values()),
    )


def effects_of(before: Sequence[Earned], now: Sequence[Earned]) -> Effects:
    """Price, volume and mix between two months, by course. Pure.

    Price: the change of a course's price at today's lessons. Volume: the change of all lessons at
    the former average price. Mix: the rest, which comes from dearer or cheaper courses being taught
    more, from new ones, and from what was earned without lessons.
    """
    then = {each.key: each for each in before if each.lessons > 0}
    price = sum(
        (
            (
                Fraction(each.fen, each.lessons)
                - Fraction(then[each.key].fen, then[each.key].lessons)
            )
            * each.lessons
            for each in now
            if each.lessons > 0 and each.key in then
        ),
        Fraction(0),
    )
    lessons_before = sum(each.lessons for each in then.values())
    lessons_now = sum(each.lessons for each in now)
    taught_fen = sum(each.fen for each in then.values())
    average = Fraction(taught_fen, lessons_before) if lessons_before else Fraction(0)
    before_fen, now_fen = (sum(each.fen for each in side) for side in (before, now))
    price_fen, volume_fen = round(price), round((lessons_now - lessons_before) * average)
    return Effects(
        before_fen=before_fen,
        now_fen=now_fen,
        price_fen=price_fen,
        volume_fen=volume_fen,
        mix_fen=now_fen - before_fen - price_fen - volume_fen,
    )


def contributions(
    session: Session, *, month: date, campus_id: int | None = None
) -> list[Contribution]:
    """What each class contributed in a month, the weakest first."""
    revenue: dict[int, int] = {
        each.key: each.fen
        for each in earned_by(session, Dimension.CLASS, month=month, campus_id=campus_id)
        if each.key is not None
    }
    query = (
        select(JournalLine.class_group_id, func.sum(-_SIGNED))
        .join(JournalEntry, JournalEntry.id == JournalLine.entry_id)
        .where(
            JournalLine.account == LedgerAccount.COST,
            JournalLine.class_group_id.is_not(None),
            JournalEntry.booked_on >= month,
            JournalEntry.booked_on < month_after(month),
        )
        .group_by(JournalLine.class_group_id)
    )
    if campus_id is not None:
        query = query.where(JournalLine.campus_id == campus_id)
    teachers = {int(key or 0): int(fen) for key, fen in session.execute(query)}
    rooms: dict[int, int] = {}
    rates = accruals.Rates(session)
    for lesson in accruals.taught_in(session, month):
        if campus_id in (None, lesson.campus_id) and lesson.venue_id is not None:
            on = clock.local(lesson.starts_at).date()
            fen = rates.fen(CostKind.ROOM, lesson.venue_id, minutes=lesson.minutes, on=on)
            rooms[lesson.class_group_id] = rooms.get(lesson.class_group_id, 0) + fen
    found = [
        Contribution(
            class_group_id=key,
            revenue_fen=revenue.get(key, 0),
            teacher_fen=teachers.get(key, 0),
            room_fen=rooms.get(key, 0),
        )
        for key in revenue.keys() | teachers.keys() | rooms.keys()
    ]
    return sorted(found, key=lambda each: (each.fen, each.class_group_id))
