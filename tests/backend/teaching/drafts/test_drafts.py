"""A timetable is made as a job, looked at, and adopted as a whole or not at all."""

import itertools
import time
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.kit import clock
from backend.kit.db import reading, unit_of_work
from backend.kit.errors import NotFound
from backend.outbox.models import OutboxMessage
from backend.teaching import jobs
from backend.teaching.drafts import adopting, moving, running, telling
from backend.teaching.drafts.schemas import NotOver, RunStatus, TimeOffKind, WorldChanged
from backend.teaching.life import checks
from backend.teaching.models import Attendance, ClassGroup, Lesson
from backend.teaching.timetable_models import DraftGap, DraftLesson, DraftRun, TimeOff
from tests.backend.teaching import classrooms
from tests.backend.teaching.classrooms import NOW, School

TERM = (date(2026, 12, 5), date(2027, 1, 20))


@pytest.fixture(autouse=True)
def _stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW.astimezone(clock.UTC))


def ticking() -> Callable[[], float]:
    """A clock that goes on by a quarter of a second whenever somebody looks."""
    count = itertools.count()
    return lambda: next(count) / 4


def asked(session: Session, school: School, *ids: int, key: str = "form-1") -> int:
    return running.ask(
        session,
        by=school.academic_id,
        title="寒假前",
        class_group_ids=ids,
        first_on=TERM[0],
        last_on=TERM[1],
        seconds=10,
        source_key=key,
    )


def drawn(school: School, *ids: int, key: str = "form-1") -> int:
    """A draft, made."""
    with unit_of_work() as session:
        run_id = asked(session, school, *ids, key=key)
        assert asked(session, school, *ids, key=key) == run_id
        started = running.start_due(session)
        assert started is not None
        assert started[0] == run_id
        assert running.start_due(session) is None
    running.draw(run_id, "somebody-else", tick=ticking())
    running.draw(*started, tick=ticking())
    return run_id


def opened(**facts: int) -> School:
    with unit_of_work() as session:
        return classrooms.open_school(session, **facts)


def test_a_draft_is_adopted_once_as_a_whole(database: str) -> None:
    """The teacher's Saturdays are gone: both classes move, their learners with them."""
    school = opened()
    with unit_of_work() as session:
        for on in (TERM[0] + timedelta(weeks=n) for n in range(7)):
            begins, ends = clock.day_of(on)
            session.add(
                TimeOff(
                    kind=TimeOffKind.STAFF,
                    subject_id=school.teacher_id,
                    starts_at=begins,
                    ends_at=ends,
                    words="培训",
                )
            )
    run_id = drawn(school, school.class_id, school.other_class_id)
    with unit_of_work() as session:
        run = session.get_one(DraftRun, run_id)
        assert (run.status, run.unplaced) == (RunStatus.DONE, 0)
        rows = list(session.scalars(select(DraftLesson).where(DraftLesson.run_id == run_id)))
        assert len(rows) == 8
        assert {row.lesson_id for row in rows} == {*school.lessons, *school.others}
        with pytest.raises(NotFound):
            adopting.adopt(session, run_id, by=school.academic_id, campus_id=school.campus_id)
        change = adopting.adopt(session, run_id, by=school.academic_id)
        assert change is not None
    with unit_of_work() as session:
        assert adopting.adopt(session, run_id, by=school.academic_id) is None
        moved = [session.get_one(Lesson, lesson_id) for lesson_id in school.lessons]
        assert all(clock.local(each.starts_at).weekday() != 5 for each in moved)
        assert all(each.status == "planned" for each in moved)
        weekday = session.get_one(ClassGroup, school.class_id).weekly[0]["weekday"]
        assert weekday == clock.local(moved[0].starts_at).weekday()
        assert session.scalar(select(func.count(Attendance.id))) == 8
        checks.reseat(session, class_group_id=school.class_id)
        assert session.scalar(select(func.count(Attendance.id))) == 8
        told = select(func.count(OutboxMessage.id)).where(OutboxMessage.template == "lesson_moved")
        assert session.scalar(told) == 2


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_crash_in_the_middle_of_adopting_leaves_nothing_half_done(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    school = opened()
    with unit_of_work() as session:
        begins, ends = clock.at_local(TERM[0]), clock.at_local(TERM[1])
        session.add(
            TimeOff(
                kind=TimeOffKind.ROOM,
                subject_id=school.room_id,
                starts_at=begins,
                ends_at=ends,
                words="装修",
            )
        )
        before = dict(session.execute(select(Lesson.id, Lesson.venue_id)).all())
    run_id = drawn(school, school.class_id)

    def crash(*_: object) -> None:
        raise RuntimeError("the process dies before the commit")

    with monkeypatch.context() as patch:
        patch.setattr(telling, "tell", crash)
        with pytest.raises(RuntimeError), unit_of_work() as session:
            adopting.adopt(session, run_id, by=school.academic_id)
    with unit_of_work() as session:
        assert dict(session.execute(select(Lesson.id, Lesson.venue_id)).all()) == before
        assert session.get_one(DraftRun, run_id).status == RunStatus.DONE
        assert adopting.adopt(session, run_id, by=school.academic_id)
        after = dict(session.execute(select(Lesson.id, Lesson.venue_id)).all())
        assert all(after[lesson_id] != school.room_id for lesson_id in school.lessons)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_clock_starts_a_process_that_makes_the_draft(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    school = opened()
    monkeypatch.undo()
    monkeypatch.setenv("DATABASE_URL", database)
    with unit_of_work() as session:
        run_id = asked(session, school, school.class_id)
        session.get_one(DraftRun, run_id).seconds = 1
    jobs.tend_drafts()
    give_up_at = time.monotonic() + 60
    status = ""
    while status != RunStatus.DONE and time.monotonic() < give_up_at:
        time.sleep(0.2)
        with reading() as session:
            status = session.get_one(DraftRun, run_id).status
    assert status == RunStatus.DONE
    jobs.tend_drafts()
    with reading() as session:
        assert session.scalar(select(func.count(DraftLesson.id))) == 4


def test_a_draft_that_the_world_has_left_behind_is_refused(session: Session) -> None:
    school = classrooms.open_school(session)
    run_id = asked(session, school, school.class_id)
    with pytest.raises(NotOver):
        adopting.adopt(session, run_id, by=school.academic_id)
    run = session.get_one(DraftRun, run_id)
    run.status = RunStatus.DONE
    was = moving.here(session, school.lessons[0])
    becomes = was.model_copy(
        update={
            "starts_at": was.starts_at + timedelta(days=2, hours=9, minutes=30),
            "ends_at": was.ends_at + timedelta(days=2, hours=9, minutes=30),
        }
    )
    session.add(
        DraftLesson(
            run_id=run_id,
            class_group_id=school.class_id,
            lesson_id=school.lessons[0],
            was=was.model_dump(mode="json"),
            **becomes.model_dump(),
        )
    )
    closed = TimeOff(
        kind=TimeOffKind.ROOM,
        subject_id=school.room_id,
        starts_at=becomes.starts_at,
        ends_at=becomes.ends_at,
        words="维修",
    )
    session.add(closed)
    session.flush()
    with pytest.raises(WorldChanged) as repaired:
        adopting.adopt(session, run_id, by=school.academic_id)
    assert repaired.value.facts["rules"] == ["room_closed"]
    session.delete(closed)
    session.get_one(Lesson, school.lessons[0]).starts_at += timedelta(minutes=30)
    session.flush()
    with pytest.raises(WorldChanged):
        adopting.adopt(session, run_id, by=school.academic_id)
    assert run.status == RunStatus.DONE


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_has_no_place_says_why_and_what_would_help(database: str) -> None:
    school = opened()
    with unit_of_work() as session:
        session.get_one(ClassGroup, school.class_id).capacity = 99
    run_id = drawn(school, school.class_id)
    with unit_of_work() as session:
        gap = session.scalars(select(DraftGap)).one()
        assert (gap.run_id, gap.lessons, gap.cause) == (run_id, 4, "no_room")
        assert (gap.reliefs[0]["relief"], gap.reliefs[0]["seats"]) == ("room", 99)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_stopped_and_a_dead_run_leave_nothing(database: str) -> None:
    school = opened()
    with unit_of_work() as session:
        first = asked(session, school, school.class_id)
        started = running.start_due(session)
        running.cancel(session, first)
        second = asked(session, school, school.class_id, key="form-2")
        running.cancel(session, second)
    assert started is not None
    running.draw(*started, tick=ticking())
    with unit_of_work() as session:
        states = session.scalars(select(DraftRun.status).order_by(DraftRun.id)).all()
        assert states == [RunStatus.CANCELLED, RunStatus.CANCELLED]
        assert session.scalar(select(func.count(DraftLesson.id))) == 0
        third = asked(session, school, school.class_id, key="form-3")
        leases = []
        for _ in range(running.MOST_TRIES):
            started = running.start_due(session)
            assert started is not None
            leases.append(started[1])
            session.get_one(DraftRun, third).beat_at = clock.now() - 2 * running.SILENT
            session.flush()
        assert running.start_due(session) is None
        assert session.get_one(DraftRun, third).status == RunStatus.FAILED
    running.draw(third, leases[0], tick=ticking())
    with unit_of_work() as session:
        assert session.scalar(select(func.count(DraftLesson.id))) == 0
