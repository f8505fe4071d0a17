"""The commands of whoever runs the house, called as they are called."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import inspect, text

from backend.cli import main
from backend.kit.config import settings
from backend.kit.db import engine, unit_of_work
from backend.kit.errors import NotAllowed
from backend.security import accounts, entrance, service
from backend.security.schemas import Role
from backend.seed import passwords


def test_check_succeeds_when_database_and_redis_answer(database: str, redis_server: str) -> None:
    assert CliRunner().invoke(main, ["check"]).exit_code == 0


def test_check_fails_without_redis(database: str) -> None:
    assert CliRunner().invoke(main, ["check"]).exit_code == 1


@pytest.mark.parametrize("times", [1, 2])
def test_migrate_and_seed_may_be_repeated(
    blank_database: str, times: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "var_dir", tmp_path)
    for _ in range(times):
        done = CliRunner().invoke(main, ["migrate", "seed"])
        assert done.exit_code == 0, done.output
    assert "alembic_version" in inspect(engine()).get_table_names()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_seeded_staff_get_passwords_of_this_machine(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "var_dir", tmp_path)
    with unit_of_work() as session:
        service.hire(session, name="王敏", role=Role.TEACHER, phone="13900000011")
    for _ in range(2):
        with unit_of_work() as session:
            path = passwords.give(session)
    assert path.stat().st_mode & 0o777 == 0o600
    _, phone, password, _ = path.read_text().split()
    assert entrance.check_password(phone, password, address="127.0.0.1") == (1, False)
    monkeypatch.setattr(settings(), "environment", "production")
    with pytest.raises(NotAllowed), unit_of_work() as session:
        accounts.set_local_password(session, 1, "some other password")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_accounts_are_opened_invited_listed_and_closed(database: str) -> None:
    def call(*words: str) -> str:
        done = CliRunner().invoke(main, ["account", *words])
        assert done.exit_code == 0, done.output
        return done.stdout.splitlines()[-1]  # Without a Redis the log says so before.

    add = ("add", "--name", "何信安", "--role", "security", "--phone", "13900000008")
    assert call(*add) == call(*add) == "Account 1 is sent a link to set a password."
    assert call("list") == "1\t何信安\tsecurity\t139****0008\tactive"
    call("invite", "--id", "1")
    call("deactivate", "--id", "1")
    assert "closed" in call("list")
    for wrong in (["account", "add"], ["account", "invite", "--id", "1"], ["account", "invite"]):
        assert CliRunner().invoke(main, wrong).exit_code != 0


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_verify_fails_at_the_first_broken_entry(database: str) -> None:
    with unit_of_work() as session:
        service.hire(session, name="王敏", role=Role.TEACHER)
        service.hire(session, name="刘洋", role=Role.TEACHER)
    done = CliRunner().invoke(main, ["audit", "verify"])
    assert (done.exit_code, "2 entries are sound" in done.output) == (0, True)
    with unit_of_work() as session:
        session.execute(text("DROP TRIGGER security_audit_unchanged"))
        session.execute(text("UPDATE security_audit_entry SET actor = 'x' WHERE position = 2"))
    done = CliRunner().invoke(main, ["audit", "verify"])
    assert (done.exit_code, "entry 2 is changed" in done.output) == (1, True)
