"""C5: a week as a picture shows one's own lessons, whatever the link was made for."""

from datetime import date

import pytest
from sqlalchemy.orm import Session

from backend.kit import charts, clock
from backend.teaching.life import weeks
from tests.backend.teaching import classrooms
from tests.backend.teaching.classrooms import NOW

MONDAY = date(2026, 11, 30)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_c5_a_week_has_only_ones_own(session: Session) -> None:
    with clock.frozen(NOW):
        school = classrooms.open_school(session)
        first, second = school.children
        own = weeks.look(session, openid="o_parent_0", monday=MONDAY)
        assert list(own.children) == [first]
        assert [len(lessons) for _, lessons in own.days] == [0, 0, 0, 0, 0, 1, 0]
        others = weeks.look(session, openid="o_parent_0", monday=MONDAY, only=[second])
        assert not others.children
        assert not any(lessons for _, lessons in others.days)
        taught = weeks.look(session, openid="o_wang", monday=MONDAY)
        assert sum(len(lessons) for _, lessons in taught.days) == 1
        assert not any(x for _, x in weeks.look(session, openid="o_x", monday=MONDAY).days)


def test_a_week_is_drawn_whatever_is_in_it() -> None:
    long = ("18:30–20:00", "名字特别长的课程名字特别长的课程名字特别长的课程", "")
    days: list[charts.Day] = [(f"周{n}", n == 3, [long] * n) for n in range(7)]
    empty: list[charts.Day] = [(name, False, []) for name, _, _ in days]
    for given in (days, empty):
        assert charts.week("一周课表", "", given).startswith(b"\x89PNG")
