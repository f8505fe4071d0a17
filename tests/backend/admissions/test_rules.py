"""Where a lead stands after what was told, and when it is looked at (A15, A16)."""

from datetime import UTC, datetime

import pytest

from backend.admissions import rules
from backend.admissions.schemas import Stage

NOON = datetime(2026, 11, 25, 4, tzinfo=UTC)


@pytest.mark.parametrize("stage", list(Stage))
def test_a_follow_up_lies_ahead(stage: Stage) -> None:
    assert rules.next_follow_up_of(stage, NOON) > NOON
