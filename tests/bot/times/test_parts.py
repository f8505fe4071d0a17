"""The small parts below the grammar: numerals, normalisation, the lunar table, holidays."""

from datetime import date
from fractions import Fraction

import pytest

from bot.times.holidays import NAMES, day_of, days_off, is_workday
from bot.times.lunar import day_of as lunar_day_of
from bot.times.lunar import new_year_eve_of, term_of
from bot.times.normal import plain
from bot.times.numerals import quantity, whole
from bot.times.school import ranges_of
from bot.times.spans import SchoolCalendar


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("12", 12),
        ("十", 10),
        ("十二", 12),
        ("二十", 20),
        ("廿八", 28),
        ("卅", 30),
        ("两", 2),
        ("二〇二六", 2026),
        ("一百零五", 105),
        ("三十一", 31),
        ("零五", 5),
    ],
)
def test_numerals_are_read(said: str, number: int) -> None:
    assert whole(said) == number


def test_quantities_may_be_half() -> None:
    assert [quantity(said) for said in ("半", "1.5", "两")] == [Fraction(1, 2), Fraction(3, 2), 2]
    with pytest.raises(ValueError, match="not a numeral"):
        whole("课")


def test_normal_text_keeps_its_length() -> None:
    said = "這個週六　１５：３０～１７：００，後天３ＰＭ"
    assert plain(said) == "这个周六 15:30-17:00,后天3pm"
    assert len(plain(said)) == len(said)


@pytest.mark.parametrize(
    ("lunar", "solar"),
    [
        ((2024, 1, 1), date(2024, 2, 10)),
        ((2025, 8, 15), date(2025, 10, 6)),
        ((2026, 5, 5), date(2026, 6, 19)),
        ((2026, 12, 30), date(2027, 2, 5)),
        ((2033, 8, 15), date(2033, 9, 8)),
    ],
)
def test_lunar_dates_fall_on_known_days(lunar: tuple[int, int, int], solar: date) -> None:
    assert lunar_day_of(*lunar) == solar


def test_leap_months_exist_only_in_their_years() -> None:
    assert lunar_day_of(2025, 6, 1, leap=True) == date(2025, 7, 25)
    assert lunar_day_of(2026, 6, 1, leap=True) is None
    assert lunar_day_of(2051, 1, 1) is None


def test_named_days_fall_on_known_days() -> None:
    assert new_year_eve_of(2026) == date(2026, 2, 16)
    assert term_of(2026, "冬至") == date(2026, 12, 22)
    assert day_of("母亲节", 2027) == date(2027, 5, 9)
    assert day_of("感恩节", 2026) == date(2026, 11, 26)
    assert day_of("腊八", 2027) == date(2027, 1, 15)


@pytest.mark.parametrize("name", NAMES)
def test_every_holiday_has_a_day_in_every_year_of_the_table(name: str) -> None:
    assert all(day_of(name, year) for year in range(2021, 2051))


def test_days_off_are_official_where_a_notice_is_known() -> None:
    calendar = SchoolCalendar()
    assert days_off("春节", 2026, calendar) == ((date(2026, 2, 15), date(2026, 2, 24)), True)
    assert days_off("春节", 2030, calendar) == ((date(2030, 2, 2), date(2030, 2, 10)), False)
    assert days_off("教师节", 2026, calendar) is None


def test_workdays_follow_the_notices() -> None:
    works = is_workday(SchoolCalendar())
    worked = [date(2026, 10, 10), date(2026, 11, 23)]
    free = [date(2026, 10, 2), date(2026, 10, 11), date(2027, 2, 8)]
    assert [works(day) for day in worked + free] == [True, True, False, False, False]


def test_school_years_have_no_gap_between_terms_and_breaks() -> None:
    calendar = SchoolCalendar()
    for year in range(2022, 2050):
        spring, autumn = ranges_of("term", year, calendar)
        (winter,), (summer,) = (
            ranges_of(period, year, calendar) for period in ("winter_break", "summer_break")
        )
        assert [winter[1], spring[1], summer[1]] == [spring[0], summer[0], autumn[0]]
        assert autumn[1] == ranges_of("winter_break", year + 1, calendar)[0][0]
