"""The receptionist's stand-in understands the main wishes without Rasa."""

import pytest

from bot.interpreter import interpret, keywords, rasa, reading


@pytest.mark.parametrize(
    ("said", "wish"),
    [
        ("英语多少钱", "ask_price"),
        ("你们都教些什么课程", "ask_course"),
        ("周末有班吗", "ask_class_time"),
        ("你们在哪儿", "ask_campus"),
        ("我要报名", "sign_up"),
        ("我要報名", "sign_up"),
        ("明天几点上课", "my_schedule"),
        ("还剩几节课", "my_balance"),
        ("我要投诉，老师迟到了三次", "complain"),
        ("转人工", "request_human"),
        ("能退费吗", "ask_refund_policy"),
        ("我要退费", "request_refund"),
        ("明天来不了，请个假", "request_leave"),
        ("我的订单", "my_orders"),
        ("怎么付款", "pay"),
        ("取消订单", "cancel"),
        ("中", "affirm"),
        ("老师好", "greet"),
        ("老师好不好", "ask_teacher"),
        ("我的客户", "staff_leads"),
        ("今天招生怎么样", "staff_report"),
    ],
)
def test_main_wishes(said: str, wish: str) -> None:
    found = keywords.read(said)
    assert wish in (found.wishes or [each.name for each in found.intents[:1]])


@pytest.mark.parametrize("said", ["", "😀", "嗯呐哼哈", "]]>", "a" * 10_000])
def test_noise_means_nothing(said: str) -> None:
    assert keywords.read(said).intents == []


def test_a_dead_server_is_said_nowhere() -> None:
    """Nobody listens where NLU_URLS points in tests; the meaning is there all the same."""
    rasa._replicas.cache_clear()
    reading._remembered.cache_clear()
    meaning = interpret("周末的英语班多少钱")
    assert meaning.source == "keywords"
    assert meaning.wants("ask_price")
    assert meaning.value("subject") == "英语"


def test_a_letter_is_cut_and_never_breaks() -> None:
    assert len(interpret("好" * 10_000).text) == reading.LONGEST
