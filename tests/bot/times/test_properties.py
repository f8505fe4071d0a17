"""What holds for any text, and for the same words said in other weeks."""

from datetime import datetime, timedelta
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.times import SHANGHAI, Kind, TimeSpan, find
from tests.bot.times.table import Row, rows

MOMENTS = st.datetimes(
    datetime(2021, 1, 1),  # noqa: DTZ001 - hypothesis wants naive bounds and adds the zone.
    datetime(2048, 12, 31),  # noqa: DTZ001
    timezones=st.just(SHANGHAI),
)
WORDS = """
周 星期 禮拜 一 二 三 五 六 日 天 下 上 这 每 个 月 号 日 年 点 點 半 刻 分 到 至 - ~ 、 和
或者 的 前 之后 以后 起 内 上午 下午 晚上 早 晚 今 明 后天 末 底 初 中旬 3 10 15 30 2026 /
. : ： 小时 分钟 工作日 国庆 春节 十一 寒假 开学 期末 学期 农历 正 腊 廿八 初五 下节课 过
两 几 第一个 季度 最近 差 一点 老师 有课吗 ， ( ） 闰 大年 三十
"""
PIECES = st.sampled_from(WORDS.split())
TEXTS = st.one_of(st.text(max_size=40), st.lists(PIECES, max_size=12).map("".join))
WEEKLY = (
    "周三",
    "下周三晚上七点到八点半",
    "这周末",
    "周一三五晚上",
    "下周",
    "明天下午三点",
    "两周后",
    "三天内",
    "工作日",
    "八点",
    "周五到周一",
    "周六8-10点",
)


@settings(max_examples=600, deadline=None)
@given(TEXTS, MOMENTS)
def test_spans_lie_within_the_text_in_order(text: str, now: datetime) -> None:
    reached = 0
    for span in find(text, now):
        assert reached <= span.start_index < span.end_index <= len(text)
        assert span.text == text[span.start_index : span.end_index]
        assert 0 < span.confidence <= 1
        reached = span.end_index


@settings(max_examples=600, deadline=None)
@given(TEXTS, MOMENTS)
def test_ends_are_ordered_and_one_is_missing_only_when_open(text: str, now: datetime) -> None:
    for span in find(text, now):
        missing = [span.start_at, span.end_at].count(None)
        assert missing == (1 if span.kind is Kind.OPEN else 0)
        if span.start_at and span.end_at:
            assert span.start_at < span.end_at
        if span.kind is Kind.RECURRENCE:
            assert span.weekdays or span.month_days


def _moved(span: TimeSpan, by: timedelta) -> tuple[datetime | None, datetime | None, str]:
    return span.start_at and span.start_at + by, span.end_at and span.end_at + by, span.kind


@given(st.sampled_from(WEEKLY), MOMENTS, st.integers(1, 60))
def test_weekly_words_move_with_the_weeks(text: str, now: datetime, weeks: int) -> None:
    by = timedelta(weeks=weeks)
    before = [_moved(span, by) for span in find(text, now)]
    assert before == [_moved(span, timedelta()) for span in find(text, now + by)]
    assert len(before) == 1


@given(st.sampled_from(rows("held_out.txt")))
def test_words_around_change_nothing(row: Row) -> None:
    plain = find(row.sentence, row.now)
    framed = find(f"😀{row.sentence}。", row.now)
    assert [(s.text, s.start_at, s.end_at) for s in framed] == [
        (s.text, s.start_at, s.end_at) for s in plain
    ]


def cost(text: str) -> float:
    """CPU seconds of a search, which other work on the machine does not change much."""
    began = process_time()
    find(text, datetime(2026, 11, 23, tzinfo=SHANGHAI))
    return process_time() - began


@pytest.mark.parametrize("piece", ["一", "周", "周一", "1-", "5月", "下", "a", "1.", "三点到", " "])
def test_long_texts_cost_no_more_than_their_length(piece: str) -> None:
    """Ten times the text costs about ten times the work, and never a hundred times."""
    short, long = cost(piece * 500), cost(piece * 5000)
    assert long < 40 * max(short, 0.001)


def test_naive_now_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        find("明天", datetime(2026, 11, 23))  # noqa: DTZ001
