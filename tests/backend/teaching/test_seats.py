"""A seat is never sold twice (A11, A12)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from backend.kit import clock
from backend.kit.db import reading, unit_of_work
from backend.kit.errors import NotFound
from backend.students.models import Student
from backend.teaching import queries, service
from backend.teaching.models import ClassGroup
from tests.backend.finance import scenes


def _open(session: Session, capacity: int) -> int:
    group_id = scenes.open_school(session).class_group_id
    session.get_one(ClassGroup, group_id).capacity = capacity
    session.flush()
    return group_id


def _student(session: Session) -> int:
    student = Student(name="李小明", created_at=clock.now())
    session.add(student)
    session.flush()
    return student.id


def _hold(session: Session, group_id: int, holder: str, until: datetime | None = None) -> None:
    service.hold_seat(
        session,
        class_group_id=group_id,
        holder=holder,
        until=until or clock.now() + timedelta(minutes=30),
    )


def test_of_many_at_once_one_gets_the_last_seat(database: str) -> None:
    with unit_of_work() as session:
        group_id = _open(session, 1)

    def try_to_hold(number: int) -> bool:
        try:
            with unit_of_work() as session:
                _hold(session, group_id, f"sign_up:{number}")
        except service.SeatTaken:
            return False
        return True

    with ThreadPoolExecutor(5) as pool:
        assert sum(pool.map(try_to_hold, range(5))) == 1
    with reading() as session:
        assert queries.taken_seats(session, group_id) == 1


def test_holding_again_extends_and_takes_no_second_seat(session: Session) -> None:
    group_id = _open(session, 1)
    _hold(session, group_id, "a")
    _hold(session, group_id, "a", clock.now() + timedelta(hours=1))
    assert queries.taken_seats(session, group_id) == 1


def test_a_hold_that_ran_out_is_free_for_others_and_honoured_while_there_is_room(
    session: Session,
) -> None:
    group_id, student_id = _open(session, 1), _student(session)
    _hold(session, group_id, "a", clock.now() - timedelta(seconds=1))
    assert queries.taken_seats(session, group_id) == 0
    service.confirm_seat(session, holder="a", student_id=student_id)
    assert queries.taken_seats(session, group_id) == 1
    with pytest.raises(service.SeatTaken):
        _hold(session, group_id, "b")


def test_a_late_confirmation_on_a_full_class_is_refused(session: Session) -> None:
    group_id, student_id = _open(session, 1), _student(session)
    _hold(session, group_id, "a", clock.now() - timedelta(seconds=1))
    _hold(session, group_id, "b")
    with pytest.raises(service.SeatTaken):
        service.confirm_seat(session, holder="a", student_id=student_id)


def test_confirming_again_changes_nothing(session: Session) -> None:
    group_id, student_id = _open(session, 2), _student(session)
    _hold(session, group_id, "a")
    for _ in range(2):
        assert service.confirm_seat(session, holder="a", student_id=student_id) == group_id
    assert queries.taken_seats(session, group_id) == 1
    assert queries.is_enrolled(session, class_group_id=group_id, student_id=student_id)


def test_a_child_sits_in_a_class_once(session: Session) -> None:
    group_id, student_id = _open(session, 3), _student(session)
    for holder in ("a", "b"):
        _hold(session, group_id, holder)
    service.confirm_seat(session, holder="a", student_id=student_id)
    with pytest.raises(service.AlreadyEnrolled):
        service.confirm_seat(session, holder="b", student_id=student_id)


def test_giving_back_frees_a_hold_and_never_a_seat_in_class(session: Session) -> None:
    group_id, student_id = _open(session, 2), _student(session)
    _hold(session, group_id, "a")
    service.release_seat(session, holder="a")
    service.release_seat(session, holder="a")
    assert queries.taken_seats(session, group_id) == 0
    _hold(session, group_id, "b")
    service.confirm_seat(session, holder="b", student_id=student_id)
    service.release_seat(session, holder="b")
    assert queries.taken_seats(session, group_id) == 1


def test_what_is_not_on_offer_cannot_be_held(session: Session) -> None:
    group_id = _open(session, 1)
    session.get_one(ClassGroup, group_id).is_open = False
    session.flush()
    for wanted in (group_id, 999):
        with pytest.raises(NotFound):
            _hold(session, wanted, "a")
    with pytest.raises(NotFound):
        service.confirm_seat(session, holder="nobody", student_id=1)
