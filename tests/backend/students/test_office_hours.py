"""Office time: split days, weekly rest, holidays (S8)."""

from datetime import datetime, time, timedelta

import pytest

from backend.kit import clock
from backend.students.office_hours import OfficeHours


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=clock.SHANGHAI)


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        ("2026-11-25 10:00", 2, "2026-11-25 12:00"),
        ("2026-11-25 11:00", 2, "2026-11-25 14:30"),
        ("2026-11-25 12:30", 1, "2026-11-25 14:30"),
        ("2026-11-25 20:00", 1, "2026-11-26 09:30"),
        ("2026-11-25 23:59", 1, "2026-11-26 10:00"),
        ("2026-11-22 20:00", 1, "2026-11-24 09:30"),
        ("2026-11-23 10:00", 1, "2026-11-24 10:00"),
        ("2026-11-25 09:00", 10, "2026-11-25 20:30"),
    ],
    ids=["morning", "over noon", "at noon", "evening", "night", "before Monday", "Monday", "a day"],
)
def test_office_time(start: str, hours: float, end: str) -> None:
    """Tuesday to Sunday 9–12 and 13:30–20:30; Monday rests. 2026-11-23 is a Monday."""
    assert OfficeHours().after(_at(start), timedelta(hours=hours)) == _at(end)


@pytest.mark.parametrize(
    "broken",
    [{"spells": ()}, {"days_off": frozenset(range(7))}],
    ids=["no hours", "no days"],
)
def test_office_hours_that_never_open_are_refused(broken: dict[str, frozenset[int]]) -> None:
    with pytest.raises(ValueError):
        OfficeHours(**broken)  # type: ignore[arg-type]


def test_one_spell_a_day_is_enough() -> None:
    hours = OfficeHours(spells=((time(9), time(10)),), days_off=frozenset())
    ends = hours.after(_at("2026-11-25 09:30"), timedelta(hours=2))
    assert ends == _at("2026-11-27 09:30")
