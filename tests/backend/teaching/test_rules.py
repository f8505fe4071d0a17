"""Lessons on real dates, seats, and which class suits whom."""

from datetime import date, time

import pytest

from backend.kit import clock
from backend.teaching import rules
from backend.teaching.schemas import WeeklySlot

SATURDAY = WeeklySlot(weekday=5, start=time(9), minutes=90)
SUNDAY = WeeklySlot(weekday=6, start=time(14), minutes=60)


def test_lessons_follow_the_weekly_pattern() -> None:
    times = rules.lesson_times(date(2026, 12, 1), [SUNDAY, SATURDAY], 4)
    local = [clock.local(begins).strftime("%m-%d %H:%M") for begins, _ in times]
    assert local == ["12-05 09:00", "12-06 14:00", "12-12 09:00", "12-13 14:00"]
    assert [(ends - begins).seconds // 60 for begins, ends in times] == [90, 60, 90, 60]


def test_two_lessons_on_a_day_come_in_order_and_stop_in_time() -> None:
    late = WeeklySlot(weekday=5, start=time(16), minutes=90)
    times = rules.lesson_times(date(2026, 12, 5), [late, SATURDAY], 3)
    assert [clock.local(begins).hour for begins, _ in times] == [9, 16, 9]


def test_a_class_without_a_pattern_has_no_lessons() -> None:
    assert rules.lesson_times(date(2026, 12, 5), [], 0) == []
    with pytest.raises(ValueError):
        rules.lesson_times(date(2026, 12, 5), [], 1)


@pytest.mark.parametrize(("capacity", "taken", "left"), [(10, 0, 10), (10, 10, 0), (10, 11, 0)])
def test_seats_are_never_negative(capacity: int, taken: int, left: int) -> None:
    assert rules.seats_left_of(capacity, taken) == left
