"""What a ticket is about, and until when it is answered in office time (S8)."""

from datetime import datetime, time, timedelta

import pytest

from backend.kit import clock
from backend.students.rules import OfficeHours, category_of, deadlines_of, responsible_roles
from backend.students.schemas import TicketCategory, TicketKind


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


@pytest.mark.parametrize("kind", list(TicketKind))
def test_the_answer_is_due_before_the_end(kind: TicketKind) -> None:
    respond, resolve = deadlines_of(kind, _at("2026-11-25 10:00"))
    assert _at("2026-11-25 10:00") < respond < resolve


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


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("老师迟到了三次", TicketCategory.TEACHING),
        ("乱收费，多扣了两节课的钱", TicketCategory.MONEY),
        ("教室空调坏了", TicketCategory.VENUE),
        ("前台态度太差", TicketCategory.SERVICE),
        ("我很不高兴", TicketCategory.OTHER),
    ],
)
def test_what_it_is_about(text: str, category: TicketCategory) -> None:
    assert category_of(text) is category


@pytest.mark.parametrize("category", list(TicketCategory))
def test_somebody_answers_for_everything(category: TicketCategory) -> None:
    assert responsible_roles(category)
