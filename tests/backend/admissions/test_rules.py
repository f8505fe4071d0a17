"""Who advises next (A17)."""

from datetime import UTC, datetime, timedelta

import pytest

from backend.admissions import rules
from backend.admissions.schemas import Stage

NOON = datetime(2026, 11, 25, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("loads", "last", "chosen"),
    [
        ({}, {}, None),
        ({1: 3, 2: 1}, {}, 2),
        ({1: 2, 2: 2}, {1: NOON}, 2),
        ({1: 2, 2: 2}, {1: NOON, 2: NOON - timedelta(hours=1)}, 2),
        ({2: 0, 1: 0}, {}, 1),
    ],
    ids=["nobody", "fewest", "never assigned", "waited longest", "first"],
)
def test_the_next_advisor(
    loads: dict[int, int], last: dict[int, datetime], chosen: int | None
) -> None:
    assert rules.choose_advisor(loads, last) == chosen


def test_many_leads_spread_evenly() -> None:
    loads = {1: 0, 2: 0, 3: 0}
    last: dict[int, datetime] = {}
    for minute in range(30):
        chosen = rules.choose_advisor(loads, last)
        assert chosen is not None
        loads[chosen] += 1
        last[chosen] = NOON + timedelta(minutes=minute)
    assert loads == {1: 10, 2: 10, 3: 10}


@pytest.mark.parametrize("stage", list(Stage))
def test_a_follow_up_lies_ahead(stage: Stage) -> None:
    assert rules.next_follow_up_of(stage, NOON) > NOON
