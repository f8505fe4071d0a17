"""`python -m bot understand`: the shapes, the offsets, and a clear word when nobody understands."""

from datetime import datetime

from click.testing import CliRunner

from backend.kit import clock
from bot import understand
from bot.cli import main
from bot.interpreter import Vocabulary

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


def test_without_a_model_the_command_says_what_to_do() -> None:
    """Guesses by keyword would pass for the model's."""
    done = CliRunner().invoke(main, ["understand"], input="你好\n")
    assert done.exit_code == 1
    assert "make run" in done.output


def test_a_wrong_clock_is_named() -> None:
    done = CliRunner().invoke(main, ["understand", "--now", "heute"], input="你好\n")
    assert done.exit_code == 1
    assert "heute" in done.output
