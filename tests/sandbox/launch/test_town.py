"""A small town of real processes: what is killed comes back, what is stopped leaves nobody."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psutil
import pytest
from redis import Redis

from sandbox.launch.plan import Ports
from sandbox.launch.town import Town, TownError
from tests.fixtures.doorbell import free_port


@pytest.fixture
def redis_port() -> int:
    return free_port()


def raise_town(home: Path) -> Town:
    town = Town(home / "var", Ports(redis=free_port()), given={}, only=["redis"])
    town.start()
    return town


@pytest.fixture(scope="module")
def small_town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A town with nothing but Redis, for tests that leave it running."""
    town = raise_town(tmp_path_factory.mktemp("town"))
    yield town
    town.stop()


def eventually(holds: Callable[[], bool], seconds: float = 10) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, "it did not come true in time"
        time.sleep(0.05)


def answers(port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_a_crashed_process_comes_back_by_itself(small_town: Town) -> None:
    redis_port = small_town.ports.redis
    before = small_town.pids["redis"]
    small_town.crash("redis")
    eventually(lambda: small_town.pids.get("redis", before) != before and answers(redis_port))
    with Redis(port=redis_port) as redis:
        assert redis.ping()


def test_a_killed_process_stays_dead_until_it_is_started(small_town: Town) -> None:
    redis_port = small_town.ports.redis
    small_town.kill("redis")
    time.sleep(1.5)
    assert "redis" not in small_town.pids
    assert not answers(redis_port)
    small_town.start("redis")
    assert answers(redis_port)


def test_stopping_leaves_nobody_behind(tmp_path: Path) -> None:
    town = raise_town(tmp_path)
    pid = town.pids["redis"]
    town.stop()
    town.stop()
    assert not psutil.pid_exists(pid)
    assert not answers(town.ports.redis)


def test_when_the_watcher_is_killed_stopping_still_leaves_nobody(tmp_path: Path) -> None:
    town = raise_town(tmp_path)
    pid = town.pids["redis"]
    watcher = psutil.Process(pid).parent()
    assert watcher is not None
    watcher.kill()
    eventually(lambda: not town.is_alive)
    town.stop()
    eventually(lambda: not psutil.pid_exists(pid))


def test_a_taken_port_is_named_with_its_setting(tmp_path: Path) -> None:
    with closing(socket.socket()) as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        ports = Ports(redis=holder.getsockname()[1])
        town = Town(tmp_path / "var", ports, given={}, only=["redis"])
        with pytest.raises(TownError, match="set REDIS_PORT to another one"):
            town.start()


def test_a_directory_holds_one_town(small_town: Town) -> None:
    second = Town(small_town.var_dir, Ports(redis=free_port()), given={}, only=["redis"])
    with pytest.raises(TownError, match="already runs a town"):
        second.start()
    assert small_town.pids["redis"]


def test_a_program_that_cannot_start_names_its_log(tmp_path: Path) -> None:
    given = {"REDIS_SERVER": "/bin/false"}
    town = Town(tmp_path / "var", Ports(redis=free_port()), given=given, only=["redis"])
    with pytest.raises(TownError, match=r"redis does not start; .*redis\.log"):
        town.start()


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL], ids=str)
def test_however_the_launcher_ends_nobody_is_orphaned(
    tmp_path: Path, redis_port: int, end: signal.Signals
) -> None:
    command = [sys.executable, "-m", "sandbox.launch", "--var", str(tmp_path), "--only", "redis"]
    environ = {**os.environ, "REDIS_PORT": str(redis_port)}
    del environ["REDIS_URL"]
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = iter(process.stdout.readline, "")
        assert any(line.startswith("READY") for line in lines)
        assert answers(redis_port)
        process.send_signal(end)
    eventually(lambda: not answers(redis_port))


def test_stop_ends_the_town_of_a_directory_and_is_content_when_there_is_none(
    tmp_path: Path, redis_port: int
) -> None:
    command = [sys.executable, "-m", "sandbox.launch", "--var", str(tmp_path)]
    environ = {**os.environ, "REDIS_PORT": str(redis_port)}
    del environ["REDIS_URL"]
    with subprocess.Popen(
        [*command, "--only", "redis"], env=environ, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert any(line.startswith("READY") for line in iter(process.stdout.readline, ""))
        assert subprocess.run([*command, "--stop"], env=environ).returncode == 0
        assert process.wait(10) == 0
    assert subprocess.run([*command, "--stop"], env=environ).returncode == 0
    assert not answers(redis_port)
