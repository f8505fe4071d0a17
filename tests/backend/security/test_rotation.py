"""Keys change while people write: nothing is lost, whatever dies in the middle (S2, X6)."""

import base64
import os
import subprocess
import sys
import time

import pytest
from sqlalchemy import insert, select, text

from backend.kit import clock, crypto, files
from backend.kit.config import settings
from backend.kit.db import reading, unit_of_work
from backend.outbox import ledger
from backend.outbox import service as outbox
from backend.outbox.models import OutboxMessage
from backend.outbox.schemas import NoticeKind, Recipient
from backend.security import accounts, people, rotation, service
from backend.security.models import KeyRotation
from backend.security.schemas import Role
from migrations.tables import ROOT

OLD = settings().field_keys.get_secret_value()
NEW = f"2:{base64.b64encode(bytes(range(32))).decode()}"
MANY = 450


def change_keys(monkeypatch: pytest.MonkeyPatch, field_keys: str, previous: str) -> None:
    monkeypatch.setenv("FIELD_KEYS", field_keys)
    monkeypatch.setenv("BLIND_INDEX_KEY", "the-new-index-key")
    monkeypatch.setenv("BLIND_INDEX_KEY_PREVIOUS", previous)
    settings.cache_clear()


def fill() -> str:
    """Letters, an account, a declined phone and a file under the keys of before."""
    at = clock.now()
    letter = {"recipient_name": "", "status": "sent", "created_at": at, "due_at": at}
    with unit_of_work() as session:
        session.execute(
            insert(OutboxMessage),
            [
                {**letter, "next_try_at": at, "dedupe_key": f"key {n}", "payload": f"第{n}封"}
                for n in range(MANY)
            ],
        )
        service.hire(session, name="何信安", role=Role.SECURITY, phone="13900000008")
        outbox.opt_out(session, to=Recipient(phone="13900000008"), kind=NoticeKind.MARKETING)
    return files.keep(b"a picture", owner="o")


def done() -> int:
    with reading() as session:
        return session.scalars(select(KeyRotation.done)).one()


def kill_in_the_middle() -> None:
    """A worker that moves a few rows at a time is killed once it has committed some."""
    slowly = "from backend.security import rotation as r; r.AT_ONCE = 5; r.go_on(seconds=60)"
    worker = subprocess.Popen([sys.executable, "-c", slowly], cwd=ROOT, env=dict(os.environ))
    began = done()
    until = time.monotonic() + 30
    while done() < began + 20 and time.monotonic() < until:
        time.sleep(0.01)
    worker.kill()
    assert worker.wait(10) < 0, "it was done before it was killed"


def test_a_rotation_is_killed_and_goes_on(
    database: str, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    monkeypatch.setenv("VAR_DIR", str(tmp_path))
    settings.cache_clear()
    name = fill()
    change_keys(monkeypatch, f"{NEW},{OLD}", "local-only-secret")
    with reading() as session:  # Both keys read, before anything has moved.
        assert people.people(session, search="13900000008")[0].name == "何信安"
        assert rotation.is_needed(session)
        before = rotation.left_over(session)
    assert before >= MANY + 2
    with unit_of_work() as session:
        rotation.begin(session, by="system")
    kill_in_the_middle()
    with reading() as session:
        half = rotation.left_over(session)
    assert 0 < half < before
    with unit_of_work() as session:  # Somebody writes meanwhile.
        service.hire(session, name="新同事", role=Role.OFFICE, phone="13911112222")
    command = [sys.executable, "-m", "backend", "keys", "rotate"]
    finished = subprocess.run(
        command, cwd=ROOT, env=dict(os.environ), text=True, capture_output=True
    )
    assert "the old keys can be removed" in finished.stdout
    assert not rotation.go_on(seconds=5)  # Twice is once.

    change_keys(monkeypatch, NEW, "")
    with unit_of_work() as session:
        assert rotation.left_over(session) == 0
        assert not rotation.is_needed(session)
        assert {row.payload for row in session.scalars(select(OutboxMessage))} == {
            f"第{n}封" for n in range(MANY)
        }
        for phone in ("13900000008", "13911112222"):
            assert len(people.people(session, search=phone)) == 1
        again = accounts.open_once(
            session, name="何信安", role=Role.SECURITY, phone="13900000008", campus_id=None
        )
        assert again == people.people(session, search="13900000008")[0].id
        to = Recipient(phone="13900000008")
        assert ledger.declined_kinds(session, to) == {NoticeKind.MARKETING}
        stored = session.execute(text("SELECT phone FROM security_account")).scalars()
        assert {crypto.key_id_of(each) for each in stored} == {"2"}
    assert files.read(name) == b"a picture"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_nobody_can_read_stays_and_is_counted(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with unit_of_work() as session:
        service.hire(session, name="何信安", role=Role.SECURITY, phone="13900000008")
        session.execute(text("UPDATE security_account SET phone = '1.' || substr(phone, 20)"))
    change_keys(monkeypatch, f"{NEW},{OLD}", "")
    with unit_of_work() as session:
        rotation.begin(session, by="system")
    assert not rotation.go_on(seconds=20)
    with reading() as session:
        found = rotation.latest(session)
        assert found is not None
        assert found.finished_at is not None
        assert rotation.is_needed(session)
    with pytest.raises(ValueError, match="twice"):
        crypto._keys(f"{OLD},{OLD}")
