"""A running server takes up what is published and taken back; one started later serves it too.

Two tiny models stand for two trainings: the current archive with another intent model in it.
"""

import json
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

NLU = Path(__file__).parents[2] / "nlu"
PYTHON = NLU / ".venv" / "bin" / "python"

Ask = Callable[..., Any]
Serve = Callable[..., AbstractContextManager[str]]

pytestmark = [pytest.mark.rasa, pytest.mark.timeout(900)]

# Writes <folder>/<name>.tar.gz, a model that knows three words, and publishes it.
PUBLISH = """
import io, sys, tarfile, tempfile
from pathlib import Path
import quiet, train
from understanding import intents, meaning

whole, name, meant = Path(sys.argv[1]), sys.argv[2], sys.argv[3].split()
meaning.CACHE = quiet.MODELS / "vectors.sqlite"
texts = ["甲甲甲", "乙乙乙", "丙丙丙"] * 4
with tempfile.TemporaryDirectory() as folder:
    tiny = Path(folder) / "intents.pickle"
    intents.train(texts, meant * 4).save(tiny)
    with tarfile.open(whole) as old, tarfile.open(quiet.MODELS / f"{name}.tar.gz", "w:gz") as new:
        for member in old.getmembers():
            file = old.extractfile(member) if member.isfile() else None
            content = file.read() if file else b""
            if member.name.endswith("intents.pickle"):
                content = tiny.read_bytes()
                member.size = len(content)
            new.addfile(member, io.BytesIO(content) if file else None)
train.publish(quiet.MODELS / f"{name}.tar.gz")
"""


def _run(folder: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run nlu's Python where models are kept in a folder of the test."""
    return subprocess.run(
        [PYTHON, *arguments],
        env={"NLU_MODELS": str(folder), "PYTHONPATH": str(NLU), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )


def _understood(address: str, ask: Ask) -> tuple[str, str]:
    """Return the model that answers and what it takes 甲甲甲 for."""
    parsed = ask(f"{address}/model/parse", "甲甲甲")
    assert ask(f"{address}/ready")["model"] == parsed["model"]
    return parsed["model"], parsed["intent"]["name"]


def _told(address: str, ask: Ask, model: str) -> None:
    """Ask without a pause until another model answers; every single answer must come."""
    deadline = time.monotonic() + 90
    while ask(f"{address}/model/parse", "甲甲甲")["model"] != model:
        assert time.monotonic() < deadline, "the server has not taken up the model"
        time.sleep(0.05)


def _asked(address: str, key: str) -> tuple[int, str]:
    """Ask the school's door to go back to `older`; returns status and what is current then."""
    request = urllib.request.Request(
        f"{address}/school/rollback",
        data=b'{"model": "older"}',
        headers={"Authorization": f"Bearer {key}"},
    )
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status, json.load(answer)["current"]
    except urllib.error.HTTPError as error:
        return error.code, ""


def test_swap_and_rollback_are_taken_up_and_what_the_next_server_serves(
    trained: Path, serve: Serve, ask: Ask, tmp_path: Path
) -> None:
    for name, meant in (("older", "greet thank goodbye"), ("newer", "thank goodbye greet")):
        published = _run(tmp_path, "-c", PUBLISH, trained, name, meant)
        assert published.returncode == 0, published.stderr
    assert (tmp_path / "current").readlink() == Path("newer.tar.gz")
    with serve(NLU_MODELS=str(tmp_path), NLU_SCHOOL_KEY="key") as address:
        assert _understood(address, ask) == ("newer", "thank")
        assert _asked(address, "wrong") == (401, "")
        assert _asked(address, "key") == (200, "older")
        _told(address, ask, "older")
        assert _understood(address, ask) == ("older", "greet")
    with serve(NLU_MODELS=str(tmp_path)) as address:
        assert _understood(address, ask) == ("older", "greet")
        assert _asked(address, "") == (404, "")
        forth = _run(tmp_path, NLU / "train.py", "--rollback")
        assert forth.returncode == 0, forth.stderr
        _told(address, ask, "newer")
    assert sorted(each.name for each in tmp_path.iterdir() if each.name.startswith(".")) == []


def test_nothing_to_go_back_to(tmp_path: Path) -> None:
    refused = _run(tmp_path, NLU / "train.py", "--rollback")
    assert refused.returncode == 1
    assert "no earlier model" in refused.stderr
    assert not (tmp_path / "current").exists()
