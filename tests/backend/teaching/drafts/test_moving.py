"""Lessons are moved once, by those who may, to where nobody is elsewhere."""

import threading
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.kit import clock
from backend.kit.db import unit_of_work
from backend.kit.errors import DomainError, NotFound
from backend.outbox.models import OutboxMessage
from backend.security import queries as security
from backend.students.ticket_models import Ticket
from backend.teaching.drafts import moving, telling
from backend.teaching.drafts.schemas import Forbidden, Move, TimeOffKind, Unwise, WorldChanged
from backend.teaching.models import Booking, Lesson
from backend.teaching.schemas import Clash
from backend.teaching.timetable_models import ChangeReceipt, StaffHours, TimeOff
from tests.backend.teaching import classrooms
from tests.backend.teaching.classrooms import NOW, School

pytestmark = pytest.mark.usefixtures("_stopped")
EVENING = datetime(2026, 12, 11, 18, tzinfo=clock.SHANGHAI)
"""A Friday at an hour that is lawful for pupils."""


@pytest.fixture
def _stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW.astimezone(clock.UTC))


def at(session: Session, lesson_id: int, starts_at: datetime, **other: int | None) -> Move:
    was = moving.here(session, lesson_id)
    ends_at = starts_at + timedelta(minutes=90)
    becomes = was.model_copy(update={"starts_at": starts_at, "ends_at": ends_at, **other})
    return Move(lesson_id=lesson_id, was=was, becomes=becomes)


def told(session: Session) -> list[str]:
    query = select(OutboxMessage.template).where(OutboxMessage.template.like("lesson_moved%"))
    return sorted(session.scalars(query))


def test_a_lesson_moves_once_and_exactly_those_concerned_hear_of_it(session: Session) -> None:
    school = classrooms.open_school(session)
    first = school.lessons[0]
    found = moving.slots(
        session, lesson_id=first, from_at=EVENING, to_at=EVENING + timedelta(hours=3)
    )
    assert [clock.local(each.move.becomes.starts_at).hour for each in found][:2] == [18, 18]
    assert not found[0].new_teacher
    assert not found[0].new_room
    wanted = found[0].move
    number = moving.move(session, [wanted], by=school.academic_id, reason="老师培训")
    assert number is not None
    assert told(session) == ["lesson_moved", "lesson_moved", "lesson_moved_staff"]
    begins = session.scalars(select(Booking.starts_at).where(Booking.lesson_id == first))
    assert set(begins) == {wanted.becomes.starts_at}
    assert moving.move(session, [wanted], by=school.academic_id, reason="老师培训") is None
    assert len(told(session)) == 3
    later = at(session, first, EVENING + timedelta(minutes=60)).becomes
    back = Move(lesson_id=first, was=wanted.was, becomes=later)
    with pytest.raises(WorldChanged):
        moving.move(session, [back], by=school.academic_id, reason="")
    with pytest.raises(NotFound):
        moving.move(
            session, [at(session, first, EVENING)], by=school.academic_id, reason="", campus_id=99
        )


def test_wishes_give_way_to_a_reason_and_clashes_to_nothing(session: Session) -> None:
    school = classrooms.open_school(session)
    first, other = school.lessons[0], school.others[0]
    hours = [{"weekday": 5, "start": 480, "end": 1200}]
    session.add(
        StaffHours(
            account_id=school.teacher_id,
            teaches=["英语"],
            assists=[],
            hours=hours,
            avoids=[],
            max_per_day=6,
        )
    )
    session.flush()
    found = moving.slots(
        session, lesson_id=first, from_at=EVENING, to_at=EVENING + timedelta(hours=3)
    )
    assert found
    assert all(each.new_teacher for each in found)
    wanted = at(session, first, EVENING)
    with pytest.raises(Unwise) as unwise:
        moving.move(session, [wanted], by=school.academic_id, reason="", overrides=True)
    assert unwise.value.facts["rules"] == ["staff_hours"]
    assert moving.move(
        session, [wanted], by=school.academic_id, reason="老师同意了", overrides=True
    )
    begins = classrooms.begin_of(session, first)
    into = at(session, other, begins, teacher_id=school.teacher_id)
    night = at(session, other, EVENING + timedelta(hours=2))
    for each, rule in ((into, "staff_twice"), (night, "too_late_for_children")):
        with pytest.raises(Forbidden) as forbidden:
            moving.move(session, [each], by=school.academic_id, reason="一定要", overrides=True)
        assert rule in forbidden.value.facts["rules"]


def test_two_lessons_change_places(session: Session) -> None:
    school = classrooms.open_school(session)
    first, second = school.lessons[:2]
    here, there = moving.here(session, first), moving.here(session, second)
    moves = [
        Move(lesson_id=first, was=here, becomes=there),
        Move(lesson_id=second, was=there, becomes=here),
    ]
    assert moving.move(session, moves, by=school.academic_id, reason="")
    assert (moving.here(session, first), moving.here(session, second)) == (there, here)
    assert told(session) == ["lesson_moved", "lesson_moved", "lesson_moved_staff"]


def test_what_is_in_the_way_gives_way_as_little_as_possible(session: Session) -> None:
    """On Sunday at nine only one room is open, and another class is in it."""
    school = classrooms.open_school(session)
    first, other = school.lessons[0], school.others[0]
    sunday = classrooms.begin_of(session, other)
    for account in (school.teacher_id, session.get_one(Lesson, other).teacher_id):
        windows = [
            {"weekday": 6, "start": 540, "end": 630},
            {"weekday": 5, "start": 540, "end": 630},
        ]
        session.add(
            StaffHours(
                account_id=account,
                teaches=["英语"],
                assists=[],
                hours=windows,
                avoids=[],
                max_per_day=6,
            )
        )
    away = {"kind": TimeOffKind.ROOM, "subject_id": school.room_id, "words": "维修"}
    session.add(TimeOff(starts_at=sunday, ends_at=sunday + timedelta(hours=2), **away))
    session.flush()
    end = sunday + timedelta(minutes=90)
    assert moving.slots(session, lesson_id=first, from_at=sunday, to_at=end) == []
    moves = moving.repair(session, lesson_id=first, from_at=sunday, to_at=end)
    assert {each.lesson_id for each in moves} == {first, other}
    elsewhere = moving.repair(session, lesson_id=first, from_at=sunday, to_at=end, campus_id=99)
    assert elsewhere == []
    assert moving.move(session, moves, by=school.academic_id, reason="维修")
    assert moving.here(session, first).starts_at == sunday


def test_only_whom_it_was_meant_for_objects_and_only_once(session: Session) -> None:
    school = classrooms.open_school(session)
    moving.move(
        session, [at(session, school.lessons[0], EVENING)], by=school.academic_id, reason=""
    )
    receipts = list(session.scalars(select(ChangeReceipt).order_by(ChangeReceipt.id)))
    parents = [security.speaker(session, f"o_parent_{number}") for number in range(2)]
    stranger = security.speaker(session, "o_nobody")
    for wrong in (parents[1], stranger, security.speaker(session, "o_wang")):
        for act in (telling.note_seen, telling.object_to):
            more = {"text": "不行"} if act is telling.object_to else {}
            with pytest.raises(NotFound):
                act(session, receipt_id=receipts[0].id, by=wrong, **more)
    numbers = {
        telling.object_to(session, receipt_id=receipts[0].id, by=parents[0], text="有事")
        for _ in range(2)
    }
    assert len(numbers) == 1
    assert session.scalar(select(func.count(Ticket.id))) == 1
    assert session.scalars(select(Ticket.owner_id)).one() == school.academic_id
    assert (
        telling.note_seen(
            session, receipt_id=receipts[2].id, by=security.speaker(session, "o_wang")
        )
        == ""
    )


def test_of_two_people_at_once_one_is_refused(database: str) -> None:
    """Both put a lesson into the same room at the same hour; the database has the last word."""
    with unit_of_work() as session:
        school = classrooms.open_school(session)
        moves = [
            at(session, lesson_id, EVENING, venue_id=school.room_id)
            for lesson_id in (school.lessons[0], school.others[0])
        ]
    refused: list[type[DomainError]] = []
    ready = threading.Barrier(2)

    def act(wanted: Move) -> None:
        ready.wait()
        try:
            with unit_of_work() as session:
                moving.move(session, [wanted], by=school.academic_id, reason="")
        except (Clash, Forbidden) as error:
            refused.append(type(error))

    threads = [threading.Thread(target=act, args=(each,)) for each in moves]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(refused) == 1
    with unit_of_work() as session:
        there = select(func.count(Lesson.id)).where(Lesson.starts_at == EVENING)
        assert session.scalar(there) == 1
        assert session.scalar(select(func.count(Lesson.id)).where(Lesson.status != "planned")) == 0
    assert isinstance(school, School)
