"""Nobody and nothing is in two lessons at once, however it is tried (T4)."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from alembic import command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from backend.cli import alembic_config
from backend.kit import clock
from backend.kit.db import engine, make_engine, reading, unit_of_work
from backend.teaching.life import clashes
from backend.teaching.models import Booking, ClassGroup, Lesson
from backend.teaching.schemas import Clash
from tests.backend.teaching import classrooms
from tests.backend.teaching.classrooms import NOW, School

START = datetime(2027, 3, 1, 9, tzinfo=clock.SHANGHAI)


def lesson(school: School, begins: int, minutes: int, **other: int) -> Lesson:
    """A lesson of the first class, `begins` minutes after START."""
    facts = {
        "class_group_id": school.class_id,
        "teacher_id": school.teacher_id,
        "venue_id": school.room_id,
        **other,
    }
    starts_at = START + timedelta(minutes=begins)
    return Lesson(starts_at=starts_at, ends_at=starts_at + timedelta(minutes=minutes), **facts)


@pytest.mark.usefixtures("database")
def test_two_people_book_one_room_at_once() -> None:
    with unit_of_work() as session, clock.frozen(NOW):
        school = classrooms.open_school(session)
        other = session.get_one(ClassGroup, school.other_class_id)
        teacher_id = other.teacher_id
    wanted = [
        lesson(school, 0, 90),
        lesson(school, 30, 90, class_group_id=school.other_class_id, teacher_id=teacher_id),
    ]
    done, refused, start = [], [], threading.Barrier(2)

    def book(row: Lesson) -> None:
        start.wait()
        try:
            with unit_of_work() as session, clashes.named(session):
                session.add(row)
        except Clash:
            refused.append(row)
        else:
            done.append(row)

    threads = [threading.Thread(target=book, args=(row,)) for row in wanted]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(done), len(refused)) == (1, 1)
    with reading() as session:
        later = select(func.count(Lesson.id)).where(Lesson.starts_at >= START)
        assert session.scalar(later) == 1


SPANS = st.lists(st.tuples(st.integers(0, 12), st.integers(1, 6)), min_size=2, max_size=6)


@pytest.mark.usefixtures("database")
def test_the_database_refuses_just_what_overlaps() -> None:
    """Half-open: what ends at ten leaves the room free at ten."""
    with Session(engine(), expire_on_commit=False) as session:
        session.connection(execution_options={"writes": True})
        with clock.frozen(NOW):
            school = classrooms.open_school(session)

        @given(SPANS)
        @settings(
            max_examples=15,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=[HealthCheck.too_slow],
        )
        def play(spans: list[tuple[int, int]]) -> None:
            attempt = session.begin_nested()
            kept: list[tuple[int, int]] = []
            for begins, length in spans:
                is_free = all(b + n <= begins or begins + length <= b for b, n in kept)
                try:
                    with session.begin_nested():
                        session.add(lesson(school, begins * 10, length * 10))
                        session.flush()
                except IntegrityError:
                    assert not is_free
                else:
                    assert is_free
                    kept.append((begins, length))
            attempt.rollback()

        play()
        session.rollback()


CLASHING: dict[str, Callable[[School, int], dict[str, int | None]]] = {
    "teacher": lambda s, free: {"class_group_id": s.other_class_id, "venue_id": None},
    "assistant": lambda s, free: {
        "class_group_id": s.other_class_id,
        "venue_id": None,
        "teacher_id": free,
        "assistant_id": s.teacher_id,
    },
    "room": lambda s, free: {"class_group_id": s.other_class_id, "teacher_id": free},
    "class": lambda s, free: {"venue_id": None, "teacher_id": free},
}


@pytest.mark.parametrize("what", CLASHING)
def test_each_of_them_alone_is_enough(session: Session, what: str) -> None:
    with clock.frozen(NOW):
        school = classrooms.open_school(session)
    session.add(lesson(school, 0, 90))
    session.flush()
    other = CLASHING[what](school, school.academic_id)
    with pytest.raises(Clash), clashes.named(session):
        session.add(lesson(school, 60, 60, **other))  # type: ignore[arg-type]
    session.add(lesson(school, 90, 60, **other))  # type: ignore[arg-type]
    session.flush()


def test_moving_and_cancelling_a_lesson_takes_its_bookings_along(session: Session) -> None:
    with clock.frozen(NOW):
        school = classrooms.open_school(session, learners=2)
    moved = session.get_one(Lesson, school.lessons[0])
    of_it = select(Booking).where(Booking.lesson_id == moved.id)
    assert len(session.scalars(of_it).all()) == 3 + 2
    moved.starts_at, moved.ends_at = START, START + timedelta(hours=1)
    session.flush()
    session.expire_all()
    assert {row.starts_at for row in session.scalars(of_it)} == {START.astimezone(clock.UTC)}
    with pytest.raises(Clash), clashes.named(session):
        session.add(lesson(school, 30, 10))
    moved.status = "cancelled"
    session.flush()
    assert session.scalars(of_it).all() == []
    session.add(lesson(school, 30, 10))
    session.flush()


@pytest.mark.parametrize("blank_database", ["sqlite"], indirect=True)
def test_migrated_and_made_at_once_are_guarded_alike(
    blank_database: str, sqlite_template: Path
) -> None:
    """A migration that rebuilds a table on SQLite would silently take its triggers away."""
    command.upgrade(alembic_config(), "head")
    listed = text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name")
    found = []
    for url in (f"sqlite:///{sqlite_template}", blank_database):
        with make_engine(url).connect() as connection:
            found.append(connection.execute(listed).all())
    assert found[0] == found[1]
    assert len(found[0]) > 5
