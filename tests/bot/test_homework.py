"""What is said about homework, and what only sounds like it (T12)."""

from datetime import datetime

import pytest

from backend.kit import clock
from bot.flows import homework

NOON = datetime(2026, 11, 25, 12, tzinfo=clock.SHANGHAI)  # A Wednesday.


@pytest.mark.parametrize(
    ("said", "rest", "due"),
    [
        ("布置作业：第三课练习，周五前交", "第三课练习", "11-27 20:00"),
        ("布置作业 背单词20个，明天晚上8点前发给我", "背单词20个", "11-26 20:00"),
        ("帮我布置一下今天的作业：抄写课文", "抄写课文", None),
        ("留个作业，周六之前完成，练习册第5页", "练习册第5页", "11-28 20:00"),
        ("布置作业第二单元练习，下节课交", "第二单元练习", None),
        ("发布作业：朗读两遍 请于12月1日前提交", "朗读两遍", "12-01 20:00"),
    ],
)
def test_t12_a_sentence_is_homework_with_a_time(said: str, rest: str, due: str | None) -> None:
    match = homework.SETS.match(said)
    assert match
    with clock.frozen(NOON):
        at, words = homework._due_in(match.group("rest").strip())
    assert words == rest
    assert (at and f"{clock.local(at):%m-%d %H:%M}") == due


@pytest.mark.parametrize("said", ["布置作业太多了", "布置作业了吗", "作业太多", "不用布置作业"])
def test_t12_what_is_no_homework_to_set(said: str) -> None:
    assert homework.SETS.match(said) is None


@pytest.mark.parametrize(
    ("said", "is_done"),
    [
        *(("作业交了", True), ("交作业", True), ("小雨的作业写完了", True)),
        *(("孩子作业做好了", True), ("来交作业：第五题不会", True)),
        *(("作业交了吗", False), ("作业交了没", False), ("作业没做完", False)),
        *(("不想交作业", False), ("能晚点交作业吗", False), ("忘交作业了", False)),
    ],
)
def test_t12_who_says_that_it_is_done(said: str, is_done: bool) -> None:
    found = homework.HANDS_IN.match(said) is not None and not homework._ASKS.search(said)
    assert found is is_done
