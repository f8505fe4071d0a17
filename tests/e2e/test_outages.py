"""A part of the town is away for a while: people are answered all the same, and hear nothing of it.

What is away comes back before the test ends, because all tests share the town.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from sandbox.launch.town import Town
from tests.e2e.phones import Phone, number

pytestmark = pytest.mark.e2e
EXCUSES = ("故障", "维护", "繁忙", "小状况", "系统", "异常", "稍后", "没太明白", "没弄懂")


@contextmanager
def away(town: Town, name: str) -> Iterator[None]:
    """Kill -9 a program; it is back afterwards."""
    town.kill(name)
    try:
        yield
    finally:
        town.start(name)


def test_without_redis_people_are_answered_and_pushes_follow(town: Town) -> None:
    asker = Phone(town, "o_quiet_bell")
    advisor = Phone(town, "advisor")
    with away(town, "redis"):
        began = time.monotonic()
        assert "在招：" in asker.says("周末的英语班多少钱，孩子三年级")
        assert time.monotonic() - began < 5
        lead_id = number(town, "SELECT id FROM admissions_lead WHERE openid = 'o_quiet_bell'")
        assert advisor.received(f"微信客户{lead_id}") == []
    advisor.push(f"微信客户{lead_id}")
    assert [line["via"] for line in asker.received()] == ["reply"]


def test_without_workers_people_are_answered_and_pushes_follow(town: Town) -> None:
    asker = Phone(town, "o_no_worker")
    with away(town, "worker"):
        assert "在招：" in asker.says("数学课多少钱，孩子三年级")
        lead_id = number(town, "SELECT id FROM admissions_lead WHERE openid = 'o_no_worker'")
    pushes = Phone(town, "advisor")
    pushes.push(f"微信客户{lead_id}")
    assert len(pushes.received(f"微信客户{lead_id}")) == 1


def test_without_understanding_the_main_wishes_are_answered_by_keywords(town: Town) -> None:
    """And no word says so. The sentences are new, because those heard before are remembered."""
    asker, guardian = Phone(town, "o_keywords"), Phone(town, "guardian")
    with away(town, "nlu"):
        answers = {
            "price": asker.says("您好打听一下英语课现在是什么价格呢"),
            "sign_up": asker.says("那我要报名英语三级周日班"),
            "cancel": asker.says("算了不报了"),
            "timetable": guardian.says("麻烦看看明天几点上课哈"),
            "complaint": asker.says("我要投诉一下你们，老师昨天又迟到了半小时"),
        }
    expected = {
        "price": "在招：",
        "sign_up": "孩子叫什么名字",
        "cancel": "不会保留",
        "timetable": "18:30",
        "complaint": "投诉已登记",
    }
    wrong = {wish: answers[wish] for wish, words in expected.items() if words not in answers[wish]}
    assert wrong == {}
    excused = {wish: text for wish, text in answers.items() if any(e in text for e in EXCUSES)}
    assert excused == {}
