"""The school with a trainer of three lines: sentences, one training at a time, publish, back."""

import json
import os
import time
from pathlib import Path
from typing import Any

import published
import pytest
import yaml
from school import School, answered, held_out, plain

from tests.fixtures.schools import small_school


@pytest.fixture
def school(tmp_path: Path) -> School:
    return small_school(tmp_path)


def ask(school: School, method: str, what: str = "", **body: Any) -> tuple[int, dict[str, Any]]:
    return answered(school, method, what, body)


def until(school: School, state: str) -> dict[str, Any]:
    deadline = time.monotonic() + 30
    while (report := school.report())["state"] != state or school._is_busy():
        assert time.monotonic() < deadline, report
        time.sleep(0.02)
    return report


def test_good_sentences_are_kept_and_the_others_come_back_with_a_reason(school: School) -> None:
    tested = sorted(held_out())[0]
    rows = [
        {"intent": "ask_price", "sentence": "[围棋](subject)啥价位"},
        {"intent": "ask_price", "sentence": "[围棋](subject)啥价位"},
        {"intent": "ask_nothing", "sentence": "啥价位"},
        {"intent": "ask_price", "sentence": "[围棋](game)啥价位"},
        {"intent": "ask_price", "sentence": tested},
        {"intent": "ask_price", "sentence": "价\x00位"},
    ]
    status, kept = ask(school, "PUT", "sentences", sentences=rows)
    assert (status, kept["kept"]) == (200, 1)
    whys = [each["why"] for each in kept["refused"]]
    assert whys == ["intent", "entity", "held_out", "text"]
    stored = yaml.safe_load((school.models / "learned.yml").read_text("utf-8"))
    assert stored["nlu"] == [{"intent": "ask_price", "examples": "- [围棋](subject)啥价位\n"}]
    ask(school, "PUT", "sentences", sentences=[])
    assert not (school.models / "learned.yml").exists()


def test_a_sentence_that_looks_like_yaml_is_only_a_sentence(school: School) -> None:
    odd = ["- intent: greet", '"价格: {多少}', "# 多少钱 |"]
    rows = [{"intent": "ask_price", "sentence": each} for each in odd]
    assert ask(school, "PUT", "sentences", sentences=rows)[1]["kept"] == 3
    stored = yaml.safe_load((school.models / "learned.yml").read_text("utf-8"))["nlu"]
    assert [block["intent"] for block in stored] == ["ask_price"]
    assert sorted(stored[0]["examples"].splitlines()) == sorted(f"- {each}" for each in odd)


def test_a_held_out_sentence_is_known_however_it_is_marked() -> None:
    assert plain("[钢琴](subject)多少钱") == plain("鋼琴多少錢")


def test_one_training_at_a_time_and_nothing_changes_under_it(school: School) -> None:
    (school.models / "wait").touch()
    assert ask(school, "POST", "train")[1]["state"] == "training"
    assert ask(school, "POST", "train") == (409, {"why": "training"})
    assert ask(school, "PUT", "sentences", sentences=[]) == (409, {"why": "training"})
    assert ask(school, "POST", "publish", model="fresh") == (409, {"why": "candidate"})
    (school.models / "wait").unlink()
    report = until(school, "trained")
    assert report["candidate"] == "fresh"
    accuracy = {
        name: each["held_out"]["intent_accuracy"] for name, each in report["figures"].items()
    }
    assert accuracy == {"second": 0.8, "fresh": 0.9}
    assert report["current"] == "second"
    assert "nlu: trained" in report["log"]


def test_publish_and_roll_back_once_each_however_often_they_are_asked(school: School) -> None:
    ask(school, "POST", "train")
    until(school, "trained")
    assert ask(school, "POST", "publish", model="other") == (409, {"why": "candidate"})
    for _again in range(2):
        status, report = ask(school, "POST", "publish", model="fresh")
        assert (status, report["current"], report["previous"]) == (200, "fresh", "second")
    for _again in range(2):
        status, report = ask(school, "POST", "rollback", model="second")
        assert (status, report["current"]) == (200, "second")
    assert report["history"] == ["first", "second", "fresh", "second"]
    assert ask(school, "POST", "rollback", model="nothing") == (409, {"why": "previous"})


def test_a_training_that_fails_or_dies_leaves_the_way_free(school: School) -> None:
    (school.models / "break").touch()
    ask(school, "POST", "train")
    assert "no more room" in "\n".join(until(school, "failed")["log"])
    (school.models / "break").unlink()
    school._note(state="training")  # As a machine that went down in the middle leaves it.
    assert school.report()["state"] == "failed"
    ask(school, "POST", "train")
    assert until(school, "trained")["candidate"] == "fresh"


def test_what_is_asked_wrongly_changes_nothing(school: School) -> None:
    assert ask(school, "POST", "everything")[0] == 404
    assert answered(school, "PUT", "sentences", None)[0] == 400
    assert ask(school, "PUT", "sentences", sentences=[1])[0] == 400
    assert ask(school, "POST", "publish")[0] == 400


def test_an_image_brings_its_model_once(tmp_path: Path) -> None:
    built, models = tmp_path / "built", tmp_path / "models"
    built.mkdir()
    models.mkdir()
    published.adopt(built, models)
    assert list(models.iterdir()) == []
    (built / "image.tar.gz").write_text("image")
    published.publish(built / "image.tar.gz")
    published.note_release(built, "base1")
    published.adopt(built, models)
    assert published.current(models) == "image"
    (models / "own.tar.gz").write_text("own")
    published.publish(models / "own.tar.gz")
    published.adopt(built, models)
    assert published.current(models) == "own"
    published.note_release(built, "base2")
    published.adopt(built, models)
    assert (published.current(models), published.released(models)) == ("image", "base2")
    assert [each.name for each in models.iterdir() if each.name.startswith(".")] == []


def test_the_lock_is_the_trainings(school: School) -> None:
    """Whoever asked may die: the training goes on, and nobody else starts one."""
    (school.models / "wait").touch()
    ran = os.fork()
    if ran == 0:
        school.begin()
        os._exit(0)
    os.waitpid(ran, 0)
    assert school.report()["state"] == "training"
    (school.models / "wait").unlink()
    report = until(school, "trained")
    assert json.loads((school.models / "school.json").read_text())["candidate"] == "fresh"
    assert report["candidate"] == "fresh"
