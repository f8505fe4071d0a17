"""`python -m bot understand`: the shapes, the offsets, and a clear word when nobody understands."""

import json
import socket
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from backend.kit import clock
from backend.kit.config import settings
from bot import own_model, understand
from bot.cli import main
from bot.interpreter import Vocabulary, rasa

KNOWN = Vocabulary({"course": ("英语三级周六班",), "campus": ("海淀校区",)})
NOW = datetime(2026, 11, 24, 10, 0, tzinfo=clock.SHANGHAI)


def test_lines_keep_their_order_and_their_offsets() -> None:
    """Keywords stand in for the model here; the end-to-end test asks the model."""
    lines = ["英语3级周六班多少钱\n", "\n", "下周三晚上七点到八点在海淀校区试听可以吗\r\n"]
    price, nothing, trial = understand.read(lines, KNOWN, NOW)
    assert price["intents"][0]["name"] == "ask_price"
    course = {"entity": "course", "text": "英语3级周六班", "start": 0, "end": 7}
    assert {**course, "value": "英语三级周六班"} in price["entities"]
    assert price["times"] == []  # The Saturday is part of a name.
    assert nothing == {"text": "", "intents": [], "entities": [], "times": []}
    assert trial["text"] == "下周三晚上七点到八点在海淀校区试听可以吗"
    assert trial["times"] == [
        {
            "text": "下周三晚上七点到八点",
            "start": "2026-12-02T19:00:00+08:00",
            "end": "2026-12-02T20:00:00+08:00",
            "kind": "interval",
        }
    ]
    for said in (price, trial):
        for each in said["entities"]:
            assert said["text"][each["start"] : each["end"]] == each["text"]


def test_an_open_range_has_no_end() -> None:
    (read,) = understand.read(["下周三以后都可以"], KNOWN, NOW)
    assert read["times"][0]["kind"] == "open"
    assert None in (read["times"][0]["start"], read["times"][0]["end"])


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A free port that NLU_URLS names."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        found: int = free.getsockname()[1]
    monkeypatch.setenv("NLU_URLS", f"http://127.0.0.1:{found}")
    settings.cache_clear()
    rasa._replicas.cache_clear()
    yield found
    monkeypatch.undo()
    settings.cache_clear()
    rasa._replicas.cache_clear()


def test_without_a_model_the_command_says_what_to_do(
    port: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Guesses by keyword would pass for the model's."""
    monkeypatch.setattr(own_model, "NLU", tmp_path)
    done = CliRunner().invoke(main, ["understand"], input="你好\n")
    assert done.exit_code == 1
    assert "make run" in done.output


# Understands everything as thanks, and refuses every second question.
STAND_IN = """#!{python}
import json, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
asked = [0]
class Door(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        asked[0] += 1
        self.send_response(200 if asked[0] % 2 else 503); self.end_headers()
        said = {{"name": "thank", "confidence": 0.9}}
        answer = {{"intent": said, "intent_ranking": [said], "entities": []}}
        self.wfile.write(json.dumps(answer).encode())
HTTPServer(("127.0.0.1", int(sys.argv[3])), Door).serve_forever()
"""


def test_a_model_is_started_waited_for_asked_again_and_ended(
    port: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(STAND_IN.format(python=sys.executable))
    python.chmod(0o755)
    (tmp_path / "models" / "current").mkdir(parents=True)
    monkeypatch.setattr(own_model, "NLU", tmp_path)
    monkeypatch.setattr(rasa, "LEFT_ALONE_SECONDS", 0.1)
    # A byte order mark, a broken character, a stray return and a line longer than any message.
    lines = b"\xef\xbb\xbf\xe7\x94\xb2\xff\n\n\xe4\xb9\x99\rb\n" + "丙".encode() * 90_000
    done = CliRunner().invoke(main, ["understand"], input=lines)
    read = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert [each["text"] for each in read] == ["甲\ufffd", "", "乙\rb", "丙" * 90_000]
    assert [len(each["intents"]) for each in read] == [1, 0, 1, 1]
    with pytest.raises(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        pass


def test_a_wrong_clock_is_named() -> None:
    done = CliRunner().invoke(main, ["understand", "--now", "heute"], input="你好\n")
    assert done.exit_code == 1
    assert "heute" in done.output
