"""The seeded institution of each test, and who understands what is said in it."""

import os
import shutil
import subprocess
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy.engine import make_url

from backend.kit import clock, events
from backend.kit.config import settings
from backend.kit.db import engine
from backend.seed.load import load
from bot.interpreter import rasa, reading
from tests.dialogues.stage import MORNING, Stage
from tests.fixtures.doorbell import free_port

NLU = Path(__file__).resolve().parents[2] / "nlu"


@pytest.fixture(scope="session")
def seeded_file(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the institution as it stands on the morning of all transcripts."""
    path = tmp_path_factory.mktemp("seeded") / "institution.db"
    shutil.copyfile(sqlite_template, path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", f"sqlite:///{path}")
        patch.setattr(events, "_listeners", defaultdict(list))
        _forget()
        with clock.frozen(MORNING):
            load()
        with engine().connect() as connection:
            connection.exec_driver_sql("ROLLBACK")  # A checkpoint needs no transaction around it.
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.exec_driver_sql("BEGIN")
        engine().dispose()
    _forget()
    return path


@pytest.fixture
def stage(database: str, seeded_file: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """The institution, its clock stopped, wired as in production; keywords understand."""
    monkeypatch.setattr(events, "_listeners", defaultdict(list))
    if database.startswith("sqlite"):
        shutil.copyfile(seeded_file, make_url(database).database or "")
    else:
        with clock.frozen(MORNING):
            load()
    reading._remembered.cache_clear()
    rasa._replicas.cache_clear()
    played = Stage()
    played.open()
    yield played
    played.close()


@pytest.fixture(scope="session")
def rasa_server() -> Iterator[str]:
    """A real Rasa server with the trained model; gives its URL. `make nlu` installs and trains."""
    if not (NLU / ".venv/bin/python").exists() or not (NLU / "models/current").exists():
        pytest.skip("Rasa is not installed or not trained here: run `make nlu`")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [str(NLU / ".venv/bin/python"), "serve.py", "--port", str(port)]
    server = subprocess.Popen(command, cwd=NLU, stdout=subprocess.DEVNULL, env=dict(os.environ))
    give_up_at = time.monotonic() + 90
    while time.monotonic() < give_up_at and server.poll() is None:
        try:
            httpx.get(f"{url}/ready", timeout=1)
            break
        except httpx.HTTPError:
            time.sleep(0.2)
    else:
        raise RuntimeError("the tests' Rasa server did not become ready")
    yield url
    server.terminate()
    server.wait(20)


@pytest.fixture
def understood_by_rasa(
    rasa_server: str, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Stage]:
    """The same institution with Rasa understanding."""
    monkeypatch.setenv("NLU_URLS", rasa_server)
    settings.cache_clear()
    rasa._replicas.cache_clear()
    reading._remembered.cache_clear()
    yield stage
    for replica in rasa._replicas():
        replica.client.close()
    rasa._replicas.cache_clear()
    reading._remembered.cache_clear()


def _forget() -> None:
    settings.cache_clear()
    engine.cache_clear()
