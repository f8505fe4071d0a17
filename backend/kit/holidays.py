"""The official days off and the weekends worked for them (调休).

Source: the State Council's yearly notices (国务院办公厅关于部分节假日安排的通知). The bot reads
dates by them, the office counts its hours by them.
"""

from datetime import date, timedelta

OFFICIAL: dict[int, dict[str, tuple[tuple[int, int], int]]] = {
    2025: {
        "元旦": ((1, 1), 1),
        "春节": ((1, 28), 8),
        "清明": ((4, 4), 3),
        "劳动节": ((5, 1), 5),
        "端午": ((5, 31), 3),
        "国庆": ((10, 1), 8),
        "中秋": ((10, 1), 8),
    },
    2026: {
        "元旦": ((1, 1), 3),
        "春节": ((2, 15), 9),
        "清明": ((4, 4), 3),
        "劳动节": ((5, 1), 5),
        "端午": ((6, 19), 3),
        "中秋": ((9, 25), 3),
        "国庆": ((10, 1), 7),
    },
}
"""Year, holiday: the first day off (month, day) and how many days."""

WORKED = frozenset(
    date(year, month, day)
    for year, month, day in (
        (2025, 1, 26),
        (2025, 2, 8),
        (2025, 4, 27),
        (2025, 9, 28),
        (2025, 10, 11),
        (2026, 1, 4),
        (2026, 2, 14),
        (2026, 2, 28),
        (2026, 5, 9),
        (2026, 9, 20),
        (2026, 10, 10),
    )
)
"""Days at a weekend that were worked for it (调休)."""

_OFF = frozenset(
    date(year, *first) + timedelta(days)
    for year, holidays in OFFICIAL.items()
    for first, count in holidays.values()
    for days in range(count)
)
_ALWAYS = frozenset({(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)})
"""Solar days off every year (全国年节及纪念日放假办法 §2), where no notice is known."""


def is_holiday(on: date) -> bool:
    """Whether a day is an official day off."""
    return on in _OFF or (on.year not in OFFICIAL and (on.month, on.day) in _ALWAYS)


def is_worked(on: date) -> bool:
    """Whether a day of a weekend is worked in exchange for a holiday."""
    return on in WORKED
