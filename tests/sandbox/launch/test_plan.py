"""What a town would consist of, without starting it."""

from pathlib import Path

import pytest

from sandbox.launch.plan import Ports, environment, programs, shell_environment


def test_ports_have_defaults_and_settings() -> None:
    assert Ports.read({}) == Ports(web=8000, sandbox=8001, nlu=5005, redis=6390)
    assert Ports.read({"WEB_PORT": "9000", "NLU_PORT": ""}) == Ports(web=9000)


def test_everything_lies_in_the_var_directory_and_on_the_ports(tmp_path: Path) -> None:
    env = environment(tmp_path, Ports(web=1, sandbox=2, nlu=3, redis=4), {})
    assert env["PUBLIC_URL"] == "http://127.0.0.1:1"
    assert env["WECHAT_API_URL"] == env["WECHAT_PAY_URL"] == "http://127.0.0.1:2"
    assert env["NLU_URLS"] == "http://127.0.0.1:3"
    assert env["REDIS_URL"] == "redis://127.0.0.1:4/0"
    assert env["DATABASE_URL"] == f"sqlite:///{tmp_path}/institution.db"


def test_a_given_variable_wins_over_the_keys_and_those_over_the_derived(tmp_path: Path) -> None:
    (tmp_path / "local.env").write_text("WECHAT_TOKEN=from-keys\nSANDBOX_GATEWAY_KEY=k\n")
    env = environment(tmp_path, Ports(), {"DATABASE_URL": "postgresql://db/house"})
    assert env["DATABASE_URL"] == "postgresql://db/house"
    assert (env["WECHAT_TOKEN"], env["SMS_KEY"]) == ("from-keys", "k")
    assert environment(tmp_path, Ports(), {"WECHAT_TOKEN": "mine"})["WECHAT_TOKEN"] == "mine"


def test_replicas_get_names_ports_and_an_address_each(tmp_path: Path) -> None:
    given = {"NLU_REPLICAS": "2", "WORKERS": "2"}
    env = environment(tmp_path, Ports(), given)
    assert env["NLU_URLS"] == "http://127.0.0.1:5005,http://127.0.0.1:5006"
    names = [program.name for program in programs(env, given)]
    assert names == ["redis", "nlu", "nlu-2", "sandbox", "web", "worker", "worker-2", "cron"]


@pytest.mark.parametrize(
    ("setting", "absent"), [("REDIS_URL", "redis"), ("NLU_URLS", "nlu")], ids=str
)
def test_what_somebody_else_runs_is_not_started(tmp_path: Path, setting: str, absent: str) -> None:
    given = {setting: "redis://elsewhere/0"}
    env = environment(tmp_path, Ports(), given)
    assert absent not in [program.name for program in programs(env, given)]
    assert env[setting] == "redis://elsewhere/0"


def test_the_shell_wins_over_the_env_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("# comment\nWEB_PORT=7000\nLOG_LEVEL=DEBUG\n")
    monkeypatch.setenv("WEB_PORT", "7001")
    found = shell_environment(tmp_path)
    assert (found["WEB_PORT"], found["LOG_LEVEL"]) == ("7001", "DEBUG")
