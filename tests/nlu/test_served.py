"""The real server: installs and trains if needed, then answers over HTTP."""

import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

NLU = Path(__file__).parents[2] / "nlu"
PYTHON = NLU / ".venv" / "bin" / "python"

pytestmark = [pytest.mark.rasa, pytest.mark.timeout(600)]


def ask(address: str, text: str | None = None) -> Any:
    """Get an address, or post a text to be parsed."""
    body = None if text is None else json.dumps({"text": text}).encode()
    with urllib.request.urlopen(urllib.request.Request(address, data=body), timeout=5) as answer:
        return json.load(answer)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Serve the current model on a free port; yields its address."""
    subprocess.run([str(NLU / "install.sh")], check=True, stdout=subprocess.DEVNULL)
    subprocess.run([PYTHON, NLU / "train.py"], check=True, stdout=subprocess.DEVNULL)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    running = subprocess.Popen(
        [PYTHON, NLU / "serve.py", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        assert running.poll() is None, "the server ended before it was ready"
        try:
            ask(f"{address}/ready")
            break
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.3)
    yield address
    running.send_signal(signal.SIGTERM)
    assert running.wait(timeout=20) == 0


def test_ready_names_the_model(server: str) -> None:
    current = os.readlink(NLU / "models" / "current").partition(".")[0]
    assert ask(f"{server}/ready") == {"ready": True, "model": current}


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
def test_parse(server: str, typed: str, intent: str, entities: set[tuple[str, str, str]]) -> None:
    parsed = ask(f"{server}/model/parse", typed)
    assert parsed["text"] == typed
    assert parsed["intent"]["name"] == intent
    assert parsed["intent_ranking"][0] == parsed["intent"]
    assert {
        (each["entity"], typed[each["start"] : each["end"]], each["value"])
        for each in parsed["entities"]
    } == entities


def test_two_wishes_rank_first_and_are_listed(server: str) -> None:
    parsed = ask(f"{server}/model/parse", "舞蹈班多少钱，有没有优惠活动")
    assert {each["name"] for each in parsed["intent_ranking"][:2]} == {
        "ask_price",
        "ask_promotion",
    }
    assert [each["intent"]["name"] for each in parsed["clauses"]] == ["ask_price", "ask_promotion"]


def test_hostile_texts_are_only_texts(server: str) -> None:
    for typed in ("", "   ", "/restart", '/greet{"a": 1}', "啊" * 5000, "\x00\ud83d", "[x](time)"):
        parsed = ask(f"{server}/model/parse", typed)
        assert len(parsed["intent_ranking"]) > 1, typed
        assert parsed["entities"] == [], typed


def test_repeats_come_from_memory(server: str) -> None:
    text = "请问周末的书法课几点开始呀"
    first = ask(f"{server}/model/parse", text)
    started_at = time.perf_counter()
    again = [ask(f"{server}/model/parse", text) for _ in range(20)]
    assert (time.perf_counter() - started_at) / 20 < 0.05
    assert all(each == first for each in again)
