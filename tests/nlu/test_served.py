"""The real server: installs and trains if needed, then answers over HTTP."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

Ask = Callable[..., Any]

pytestmark = [pytest.mark.rasa, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def server(trained: Path, serve: Callable[..., AbstractContextManager[str]]) -> Iterator[str]:
    """Serve the current model on a free port; yields its address."""
    with serve() as address:
        yield address


def test_ready_and_every_answer_name_the_model(server: str, trained: Path, ask: Ask) -> None:
    name = trained.name.partition(".")[0]
    assert ask(f"{server}/ready") == {"ready": True, "model": name}
    assert ask(f"{server}/model/parse", "你好")["model"] == name


@pytest.mark.parametrize(
    ("typed", "intent", "entities"),
    [
        ("鋼琴課多少錢呀？", "ask_price", {("subject", "鋼琴", "钢琴")}),
        ("我要投诉，老师迟到了三次", "complain", {("quantity", "三次", "三次")}),
        ("您好，我想申请退款，课不上了", "request_refund", set()),
        (
            "打我电话１３８ 1234 5678，明天下午",
            "request_callback",
            {("phone", "１３８ 1234 5678", "13812345678"), ("time", "明天下午", "明天下午")},
        ),
        ("今天天气怎么样", "out_of_scope", {("time", "今天", "今天")}),
    ],
)
def test_parse(
    server: str, ask: Ask, typed: str, intent: str, entities: set[tuple[str, str, str]]
) -> None:
    parsed = ask(f"{server}/model/parse", typed)
    assert parsed["text"] == typed
    assert parsed["intent"]["name"] == intent
    assert parsed["intent_ranking"][0] == parsed["intent"]
    assert {
        (each["entity"], typed[each["start"] : each["end"]], each["value"])
        for each in parsed["entities"]
    } == entities


def test_two_wishes_rank_first_and_are_listed(server: str, ask: Ask) -> None:
    parsed = ask(f"{server}/model/parse", "舞蹈班多少钱，有没有优惠活动")
    assert {each["name"] for each in parsed["intent_ranking"][:2]} == {
        "ask_price",
        "ask_promotion",
    }
    assert [each["intent"]["name"] for each in parsed["clauses"]] == ["ask_price", "ask_promotion"]


def test_hostile_texts_are_only_texts(server: str, ask: Ask) -> None:
    for typed in ("", "   ", "/restart", '/greet{"a": 1}', "啊" * 5000, "\x00\ud83d", "[x](time)"):
        parsed = ask(f"{server}/model/parse", typed)
        assert len(parsed["intent_ranking"]) > 1, typed
        assert parsed["entities"] == [], typed


def test_repeats_come_from_memory(server: str, ask: Ask) -> None:
    text = "请问周末的书法课几点开始呀"
    first = ask(f"{server}/model/parse", text)
    started_at = time.perf_counter()
    again = [ask(f"{server}/model/parse", text) for _ in range(20)]
    assert (time.perf_counter() - started_at) / 20 < 0.05
    assert all(each == first for each in again)
