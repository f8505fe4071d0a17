"""Real worker processes on a real Redis that is killed and started again."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import select

from backend.kit import clock, queue
from backend.kit.config import settings
from backend.kit.db import reading, unit_of_work
from backend.outbox import service
from backend.outbox.models import OutboxMessage
from backend.outbox.schemas import ChatMessage, Interaction, Recipient
from sandbox.launch.programs import redis_binary
from tests.backend.gateways.stub import Answer, Heard, Stub, serving
from tests.backend.gateways.wechat_stub import Platform
from tests.fixtures.doorbell import free_port

SEND = "/cgi-bin/message/custom/send"
HOUSE = Path(__file__).parents[2]


class Town:
    """A Redis that can be killed, and processes started against it; ended after the test."""

    def __init__(self, stack: ExitStack, home: Path, stub: Stub) -> None:
        self._stack = stack
        self._home = home
        self.stub = stub
        self.port = free_port()
        self.redis = self.start_redis()

    def start_redis(self) -> subprocess.Popen[bytes]:
        command = [str(redis_binary()), "--port", str(self.port), "--save", ""]
        started = self._start([*command, "--dir", str(self._home)], "redis")
        with Redis(port=self.port, socket_timeout=1) as probe:
            wait_for(lambda: answers(probe))
        return started

    def kill_redis(self) -> None:
        self.redis.kill()
        self.redis.wait()

    def start(self, door: str) -> subprocess.Popen[bytes]:
        return self._start([sys.executable, "-m", "tests.backend.doors", door], door)

    def _start(self, command: list[str], name: str) -> subprocess.Popen[bytes]:
        log = self._stack.enter_context((self._home / f"{name}.log").open("ab"))
        started = subprocess.Popen(command, cwd=HOUSE, stdout=log, stderr=log)
        self._stack.callback(end, started)
        return started

    def said(self) -> list[str]:
        """What reached the phone, in order."""
        return [sent.body["text"]["content"] for sent in self.stub.to(SEND)]


def answers(redis: Redis) -> bool:
    with suppress(RedisError):
        return bool(redis.ping())
    return False


def end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


def wait_for(condition: Callable[[], bool], *, seconds: float = 80) -> float:
    """Seconds until the condition held; fails the test when it never does."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds, "it did not happen in time"
        time.sleep(0.005)
    return time.monotonic() - began


def say(text: str) -> None:
    with unit_of_work() as session:
        message = ChatMessage(body={"msgtype": "text", "text": {"content": text}})
        service.say(session, to=Recipient(openid="o1"), message=message, dedupe_key=text)


def statuses() -> list[str]:
    with reading() as session:
        return list(session.scalars(select(OutboxMessage.status).order_by(OutboxMessage.id)))


@pytest.fixture
def town(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    with ExitStack() as stack:
        stub = stack.enter_context(serving(Platform()))
        made = Town(stack, tmp_path, stub)
        stack.enter_context(pointing_at(made, monkeypatch))
        with unit_of_work() as session:  # Who has paid may be told any number of things.
            at, kind = clock.now(), Interaction.PAYMENT
            service.note_interaction(session, openid="o1", kind=kind, at=at)
        yield made


@contextmanager
def pointing_at(town: Town, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Settings of this process and of those it starts."""
    monkeypatch.setenv("REDIS_URL", f"redis://127.0.0.1:{town.port}/0")
    monkeypatch.setenv("WECHAT_API_URL", town.stub.url)
    monkeypatch.setenv("WECHAT_SECRET", "right")
    monkeypatch.setattr(queue, "_doorbell_redis", None)
    settings.cache_clear()
    yield
    if queue._doorbell_redis is not None:
        queue._doorbell_redis.close()


def test_pushes_survive_the_loss_of_redis_and_of_the_worker(town: Town) -> None:
    worker, cron = town.start("worker"), town.start("cron")
    say("之前")
    wait_for(lambda: statuses() == ["sent"])

    town.kill_redis()
    began = time.monotonic()
    say("断开时")
    assert time.monotonic() - began < 3
    assert town.said() == ["之前"]

    town.redis = town.start_redis()
    wait_for(lambda: statuses() == ["sent"] * 2)
    assert worker.poll() is None
    assert cron.poll() is None

    end(worker)
    say("之后")
    town.start("worker")
    wait_for(lambda: statuses() == ["sent"] * 3)
    assert town.said() == ["之前", "断开时", "之后"]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_worker_is_quick_hard_to_kill_and_leaves_tidily(town: Town) -> None:
    worker = town.start("worker")
    queue.defer("backend.outbox.jobs.deliver", {"not": "an id"})
    queue.defer("backend.nowhere.at_all", 1)
    say("还在")
    wait_for(lambda: town.said() == ["还在"])
    assert worker.poll() is None

    waits = []
    for number in range(10):
        say(str(number))
        waits.append(wait_for(lambda: town.said()[-1:] == [str(number)]))  # noqa: B023
    assert sorted(waits)[2] < 0.1, waits  # Other tests may hold the machine up at times.

    platform = town.stub.answer

    def slow(heard: Heard) -> Answer:
        time.sleep(0.5)
        return platform(heard)

    town.stub.answer = slow
    say("慢")
    wait_for(lambda: town.said()[-1] == "慢")
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(20) == 0
    assert statuses() == ["sent"] * 12


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_worker_leaves_when_told_even_without_redis(town: Town) -> None:
    worker = town.start("worker")
    say("在岗")
    wait_for(lambda: town.said() == ["在岗"])
    town.kill_redis()
    time.sleep(0.3)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(20) == 0
