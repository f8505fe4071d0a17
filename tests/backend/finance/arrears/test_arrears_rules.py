"""Ladder, ages, parts: F8–F10; clauses §4 rule 10."""

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.finance.arrears import rules
from backend.finance.arrears.schemas import Age, Step
from backend.finance.schemas import NewLine

DUE = date(2026, 12, 10)


@pytest.mark.parametrize(
    ("days", "step", "age", "blocks"),
    [
        (-4, None, Age.NOT_DUE, False),
        (-3, Step.BEFORE, Age.NOT_DUE, False),
        (-1, Step.BEFORE, Age.NOT_DUE, False),
        (0, Step.DUE, Age.TO_30, False),
        (3, Step.LATE, Age.TO_30, False),
        (6, Step.LATE, Age.TO_30, False),
        (7, Step.BLOCKED, Age.TO_30, True),
        (30, Step.BLOCKED, Age.TO_30, True),
        (31, Step.BLOCKED, Age.TO_60, True),
        (61, Step.BLOCKED, Age.TO_90, True),
        (91, Step.BLOCKED, Age.BEYOND, True),
    ],
)
def test_the_ladder_and_the_ages(days: int, step: Step | None, age: Age, blocks: bool) -> None:
    today = DUE + timedelta(days=days)
    assert rules.step_on(DUE, today) is step
    assert rules.age_of(DUE, today) is age
    assert rules.is_blocking(DUE, today, promised_on=None) is blocks
    assert not rules.is_blocking(DUE, today, promised_on=today)
    assert rules.is_blocking(DUE, today, promised_on=today - timedelta(days=1)) is blocks


def test_months_have_a_last_day() -> None:
    found = rules.due_days(date(2026, 11, 30), 5)
    assert [str(day) for day in found] == [
        "2026-11-30",
        "2026-12-30",
        "2027-01-30",
        "2027-02-28",
        "2027-03-30",
    ]
    assert rules.is_rising(found)


@pytest.mark.parametrize(
    ("amount_fen", "lessons"), [(0, 0), (9_999, 0), (10_001, 1), (50_000, 4), (999_999, 8)]
)
def test_what_an_amount_pays_for(amount_fen: int, lessons: int) -> None:
    assert rules.affordable(80_001, 8, amount_fen) == lessons


LINES = st.lists(
    st.builds(
        lambda lessons, gifts, fen, off: NewLine(
            description="课", course_id=1, lesson_count=lessons, gift_count=gifts,
            list_fen=fen + off, net_fen=fen,
        ),
        st.integers(6, 60), st.integers(0, 5), st.integers(0, 500_000), st.integers(0, 9_999),
    ),
    min_size=1,
    max_size=3,
)  # fmt: skip
BOOKS = NewLine(description="教材费", list_fen=8_000, net_fen=8_000, is_material=True)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(lines=LINES, parts=st.integers(2, 6))
def test_parts_sum_to_the_order_in_fen_and_in_lessons(lines: list[NewLine], parts: int) -> None:
    """Every part holds lessons of its own, none costs more than its list price, and together they
    are the order to the fen."""
    cut = rules.cut([*lines, BOOKS], [1] * parts)
    flat = [line for part in cut for line in part]
    for name in ("lesson_count", "gift_count", "net_fen"):
        whole = sum(getattr(line, name) for line in (*lines, BOOKS))
        assert sum(getattr(line, name) for line in flat) == whole
    assert all(line.lesson_count > 0 for part in cut for line in part if not line.is_material)
    assert all(0 <= line.net_fen <= line.list_fen for line in flat)
    assert [line for line in flat if line.is_material] == [BOOKS]
