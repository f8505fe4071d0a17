"""Random histories of leave, roll-call, correction and makeup: a lesson is never consumed twice,
never without a trace, and the books agree with the accounts (§4, rules 1, 3, 4)."""

import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.finance import queries as finance
from backend.finance.models import HourEntry, JournalLine, LessonAccount
from backend.finance.schemas import HourKind, LedgerAccount
from backend.kit import clock, events
from backend.kit.db import engine, reading, unit_of_work
from backend.kit.errors import DomainError
from backend.teaching.life import calling, leaves, makeups, policies
from backend.teaching.life import queries as life
from backend.teaching.models import Absence, Attendance, Lesson
from backend.teaching.schemas import AbsenceStatus, Mark, Marked, Terms
from tests.backend.teaching import classrooms
from tests.backend.teaching.classrooms import NOW, School

MARKS = st.sampled_from([Mark.PRESENT, Mark.LATE, Mark.LEAVE, Mark.ABSENT])
WHO = st.integers(0, 1)
LEAVE = st.tuples(WHO, st.sampled_from([30, 1]), st.booleans())
"""Who, how many hours before the lesson, and whether it is taken back."""
CORRECTION = st.tuples(st.integers(0, 7), WHO, MARKS)
DAY = st.tuples(
    st.lists(LEAVE, max_size=2),
    st.booleans(),  # Whether makeups are booked in time for this day.
    st.tuples(MARKS, MARKS),
    st.lists(CORRECTION, max_size=3),
)
Leaves = list[tuple[int, int, bool]]
Day = tuple[Leaves, bool, tuple[Mark, Mark], list[tuple[int, int, Mark]]]


@pytest.fixture(autouse=True)
def _listening(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "_listeners", defaultdict(list))
    classrooms.listen()


@pytest.mark.usefixtures("database")
def test_whatever_happens_no_lesson_is_consumed_twice() -> None:
    with Session(engine(), expire_on_commit=False) as session:
        session.connection(execution_options={"writes": True})
        with clock.frozen(NOW):
            school = classrooms.open_school(session, bought=2, gift=1, fen=10000)
            generous = Terms(late_leave_makeup=True, absent_makeup=True)
            policies.publish(session, terms=generous, effective_from=clock.today(), by="system")
        _play_many(session, school)
        session.rollback()


def _play_many(session: Session, school: School) -> None:
    @given(st.lists(DAY, min_size=4, max_size=6))
    @settings(
        max_examples=6,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=[HealthCheck.too_slow],
        phases=[Phase.generate],
    )
    def play(days: list[Day]) -> None:
        attempt = session.begin_nested()
        try:
            for number, day in enumerate(days):
                _live(session, school, number, day)
                _check(session)
        finally:
            attempt.rollback()
            session.expire_all()

    play()


def _live(session: Session, school: School, number: int, day: Day) -> None:
    """One day with one lesson: Saturdays of the first class, Sundays of the second."""
    lessons = [each for pair in zip(school.lessons, school.others, strict=True) for each in pair]
    lesson_id, member = lessons[number], classrooms.member(session, school.academic_id)
    begins = classrooms.begin_of(session, lesson_id)
    asked, makes_up, marks, corrections = day
    for who, hours, is_revoked in sorted(asked, key=lambda each: -each[1]):
        child = school.children[who]
        with clock.frozen(begins - timedelta(hours=hours)), _tried(session):
            leaves.ask(session, student_id=child, lesson_id=lesson_id, words="发烧", by="o")
            if is_revoked:
                leaves.revoke(session, student_id=child, lesson_id=lesson_id)
    with clock.frozen(begins + timedelta(hours=1)):
        called = classrooms.marks(session, lesson_id, *marks)
        calling.call(session, lesson_id=lesson_id, marks=called, member=member)
        for which, who, mark in corrections:
            one = [Marked(student_id=school.children[who], mark=mark)]
            with _tried(session):
                calling.call(
                    session, lesson_id=lessons[which], marks=one, member=member, reason="核对"
                )
        if makes_up:
            for absence in life.open_absences(session, school.children):
                for offer in makeups.offers(session, absence_id=absence.id, limit=1):
                    makeups.book(session, absence_id=absence.id, lesson_id=offer.id)


@contextmanager
def _tried(session: Session) -> Iterator[None]:
    """What the rules refuse leaves nothing behind."""
    attempt = session.begin_nested()
    try:
        yield
        attempt.commit()
    except DomainError:
        attempt.rollback()
        session.expire_all()


def _check(session: Session) -> None:
    reversed_ids = set(session.scalars(select(HourEntry.reverses_id)))
    standing: dict[int, int] = defaultdict(int)
    for entry in session.scalars(select(HourEntry).where(HourEntry.kind == HourKind.CONSUME)):
        if entry.id not in reversed_ids:
            standing[int(entry.source_key.split(":")[2])] += 1
    places = {place.id: place for place in session.scalars(select(Attendance))}
    left = {
        account.student_id: account.left
        for account in finance.lessons_left(
            session, student_ids=list(session.scalars(select(LessonAccount.student_id)))
        )
    }
    for place in places.values():
        assert standing[place.id] in (0, 1)
        if standing[place.id] != (place.lessons or 0):  # Only somebody without lessons owes one.
            assert (standing[place.id], place.lessons) == (0, 1)
    assert all(rest >= 0 for rest in left.values())
    for absence in session.scalars(select(Absence)):
        family = [
            place
            for place in places.values()
            if place.absence_id == absence.id
            or (place.lesson_id, place.student_id) == (absence.lesson_id, absence.student_id)
        ]
        assert sum(place.lessons or 0 for place in family) <= 1, absence.status
        expected = [p for p in family if p.absence_id and p.status == Mark.EXPECTED]
        assert len(expected) == (absence.status == AbsenceStatus.BOOKED)
    for account in session.scalars(select(LessonAccount)):
        _check_books(session, account, left[account.student_id])


def _check_books(session: Session, account: LessonAccount, left: int) -> None:
    """合同负债 is what is undelivered: nothing when nothing is left; revenue is the rest."""

    def balance(of: LedgerAccount) -> int:
        query = select(func.sum(JournalLine.credit_fen - JournalLine.debit_fen)).where(
            JournalLine.order_line_id == account.order_line_id, JournalLine.account == of
        )
        return int(session.scalar(query) or 0)

    owed, earned = balance(LedgerAccount.CONTRACT_LIABILITY), balance(LedgerAccount.REVENUE)
    assert owed + earned == 10000
    assert abs(owed - left * 3333) <= 1
    assert (left == 0) == (owed == 0)


@pytest.mark.usefixtures("database")
def test_called_at_once_by_chat_and_page_is_called_once() -> None:
    with unit_of_work() as session, clock.frozen(NOW):
        school = classrooms.open_school(session)
    lesson_id, start, counts = school.lessons[0], threading.Barrier(3), []

    def call() -> None:
        start.wait()
        with unit_of_work() as session:
            marks = classrooms.marks(session, lesson_id)
            member = classrooms.member(session, school.teacher_id)
            counts.append(
                calling.call(session, lesson_id=lesson_id, marks=marks, member=member, reason="")
            )

    with reading() as session:
        begins = classrooms.begin_of(session, lesson_id)
    with clock.frozen(begins + timedelta(hours=1)):
        threads = [threading.Thread(target=call) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(counts) == [0, 0, 2]
    with reading() as session:
        consumed = select(func.count(HourEntry.id)).where(HourEntry.kind == HourKind.CONSUME)
        assert session.scalar(consumed) == 2
        assert session.get_one(Lesson, lesson_id).called_by == school.teacher_id
