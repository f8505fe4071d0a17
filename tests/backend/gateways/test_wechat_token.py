"""One token for all processes, refreshed by one of them, whatever happens to Redis."""

import multiprocessing
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from redis import Redis

from backend.gateways.wechat.token import TokenKeeper
from backend.kit import clock, queue
from tests.backend.gateways.sender import send_many
from tests.backend.gateways.stub import serving
from tests.backend.gateways.wechat_stub import Platform


class Counter:
    """A platform that gives the same token until told otherwise."""

    def __init__(self) -> None:
        self.calls = 0
        self.value = "a"
        self.slow_seconds = 0.0

    def __call__(self) -> tuple[str, int]:
        self.calls += 1
        time.sleep(self.slow_seconds)
        return self.value, 7200


def together(count: int, task: Callable[[], object]) -> None:
    """Run a task on many threads that start at the same moment."""
    gate = threading.Barrier(count)

    def run(_number: int) -> None:
        gate.wait()
        task()

    with ThreadPoolExecutor(count) as pool:
        list(pool.map(run, range(count)))


@pytest.fixture
def redis(redis_server: str) -> Iterator[Redis]:
    with queue.connect() as connection:
        yield connection


def test_processes_share_one_fetch(redis: Redis) -> None:
    fetch = Counter()
    keepers = [TokenKeeper("t", fetch, redis) for _ in range(5)]
    assert {keeper.token() for keeper in keepers for _ in range(3)} == {"a"}
    assert fetch.calls == 1


def test_a_failed_token_is_replaced_once_for_all(redis: Redis) -> None:
    fetch = Counter()
    keepers = [TokenKeeper("t", fetch, redis) for _ in range(4)]
    for keeper in keepers:
        keeper.token()
    fetch.value, fetch.slow_seconds = "b", 0.2
    together(40, lambda: [keeper.replace("a") for keeper in keepers])
    assert [keeper.token() for keeper in keepers] == ["b"] * 4
    assert fetch.calls == 2


def test_near_its_end_one_renews_and_the_others_use_what_they_have(redis: Redis) -> None:
    fetch = Counter()
    keepers = [TokenKeeper("t", fetch, redis) for _ in range(3)]
    for keeper in keepers:
        keeper.token()
    redis.set("t:lock", "somebody else", ex=5)
    with clock.frozen(clock.now() + timedelta(seconds=7000)):
        fetch.value = "b"
        assert keepers[0].token() == "a"
        redis.delete("t:lock")
        assert [keeper.token() for keeper in keepers] == ["b"] * 3
    assert fetch.calls == 2


def test_without_redis_each_process_fetches_for_itself() -> None:
    fetch = Counter()
    absent = queue.connect(timeout_seconds=0.2)
    keeper = TokenKeeper("t", fetch, absent)
    together(10, keeper.token)
    assert fetch.calls == 1
    fetch.value = "b"
    assert keeper.replace("a") == "b"
    assert keeper.token() == "b"


def test_a_holder_that_died_delays_but_does_not_stop(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.gateways.wechat.token.WAIT_SECONDS", 0.2)
    redis.set("t:lock", "dead", ex=10)
    assert TokenKeeper("t", Counter(), redis).token() == "a"
    assert redis.get("t:lock") == b"dead"


def test_two_hundred_sends_from_five_processes_after_an_expiry_refresh_once(
    redis_server: str,
) -> None:
    platform = Platform()
    with serving(platform) as stub:
        send_many(stub.url, redis_server, 1)
        assert platform.fetches == 1
        platform.expire()
        # Forked from a clean process: a fork of this one would copy its threads' locks.
        spawn = multiprocessing.get_context("forkserver")
        spawn.set_forkserver_preload(["tests.backend.gateways.sender"])
        senders = [
            spawn.Process(target=send_many, args=(stub.url, redis_server, 40)) for _ in range(5)
        ]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join(60)
        assert [sender.exitcode for sender in senders] == [0] * 5
        sends = stub.to("/cgi-bin/message/custom/send")
    accepted = [send for send in sends if send.query["access_token"] == "token-2"]
    assert len(accepted) == 200
    assert platform.fetches == 2
