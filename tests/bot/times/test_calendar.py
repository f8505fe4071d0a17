"""What the school's calendar and the learner's lessons decide, and how sure the finder is."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.times import SHANGHAI, Kind, SchoolCalendar, TimeSpan, find

NOW = datetime(2026, 11, 23, 13, 30, tzinfo=SHANGHAI)
LESSONS = [
    (datetime(2026, 11, day, 19, tzinfo=SHANGHAI), datetime(2026, 11, day, 20, tzinfo=SHANGHAI))
    for day in (25, 18, 27, 20)
]
CALENDAR = SchoolCalendar(
    periods={"term": [(date(2027, 2, 25), date(2027, 7, 3))]},
    holidays={"元旦": [(date(2027, 1, 1), date(2027, 1, 4))]},
    workdays=frozenset({date(2026, 11, 28)}),
    lessons=LESSONS,
)


def one(text: str, calendar: SchoolCalendar | None = CALENDAR) -> TimeSpan:
    (span,) = find(text, NOW, calendar=calendar)
    return span


@pytest.mark.parametrize(
    ("text", "lesson"),
    [("下节课", 0), ("下次课", 0), ("下下节课", 2), ("上次课", 3), ("上上节课", 1), ("这节课", 0)],
)
def test_lessons_come_from_the_learner(text: str, lesson: int) -> None:
    span = one(text)
    assert (span.start_at, span.end_at) == LESSONS[lesson]
    assert span.kind is Kind.INTERVAL


def test_a_running_lesson_is_this_one() -> None:
    now = datetime(2026, 11, 25, 19, 30, tzinfo=SHANGHAI)
    (span,) = find("这节课", now, calendar=CALENDAR)
    assert span.start_at == LESSONS[0][0]


def test_before_the_next_lesson_is_open() -> None:
    span = one("下节课前交作业")
    assert (span.kind, span.start_at, span.end_at) == (Kind.OPEN, None, LESSONS[0][0])


def test_terms_of_the_school_come_before_national_ones() -> None:
    span, guess = one("开学前"), one("开学前", None)
    assert span.end_at == datetime(2027, 2, 25, tzinfo=SHANGHAI)
    assert guess.end_at == datetime(2027, 2, 21, tzinfo=SHANGHAI)
    assert guess.confidence < 0.8 < span.confidence


def test_days_off_of_the_school_come_before_statutory_ones() -> None:
    assert one("元旦假期").end_at == datetime(2027, 1, 4, tzinfo=SHANGHAI)
    assert one("元旦假期", None).end_at == datetime(2027, 1, 2, tzinfo=SHANGHAI)


def test_exchanged_days_count_as_working_days() -> None:
    assert one("五个工作日内").end_at == datetime(2026, 11, 29, tzinfo=SHANGHAI)
    assert one("五个工作日内", None).end_at == datetime(2026, 12, 1, tzinfo=SHANGHAI)


def test_windows_bound_each_day() -> None:
    assert one("每周六上午").window == (time(8), time(12))
    assert one("下周晚上").window == (time(18), time(0))
    assert one("明天上午").window is None
    assert one("每月15号").month_days == (15,)


def test_now_in_another_zone_is_the_same_moment() -> None:
    utc = NOW.astimezone(ZoneInfo("UTC"))
    assert find("今晚八点", utc) == find("今晚八点", NOW)
    late = datetime(2026, 11, 23, 20, tzinfo=ZoneInfo("UTC"))
    (span,) = find("今天", late)
    assert span.start_at == datetime(2026, 11, 24, tzinfo=SHANGHAI)


@pytest.mark.parametrize("text", ["七点", "5/6", "十一", "暑假", "过两天", "初六", "下节课"])
def test_guesses_say_so(text: str) -> None:
    assert one(text, None).confidence < 0.8


@pytest.mark.parametrize("text", ["明天下午三点", "2026-12-05", "下周三", "14:30", "半小时后"])
def test_clear_words_are_sure(text: str) -> None:
    assert one(text, None).confidence >= 0.9


def test_a_sentence_takes_less_than_a_few_milliseconds() -> None:
    text = "老师您好，下周三晚上七点到八点半的数学课能不能改到周日上午十点，或者元旦以后？"
    find(text, NOW)
    fastest = min(_timed(text) for _ in range(20))
    assert fastest < timedelta(milliseconds=5)


def _timed(text: str) -> timedelta:
    from time import perf_counter

    began = perf_counter()
    assert len(find(text, NOW)) == 3
    return timedelta(seconds=perf_counter() - began)
