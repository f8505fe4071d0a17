"""The clock: which moment is a row's, and who may ring for it."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta

import pytest
from redis import Redis
from redis.exceptions import RedisError

from backend import cron
from backend.cron import Row, Ticker, slot_of
from backend.kit import queue

NOW = datetime(2026, 11, 23, 6, 0, 7, tzinfo=UTC)  # 14:00:07 in Shanghai.
EACH_MINUTE = Row("a.b", "test", every_seconds=60)
AT_THREE = Row("c.d", "test", daily_at=time(3, 0))
AT_SIX_PM = Row("e.f", "test", daily_at=time(18, 0))


@pytest.mark.parametrize(
    ("row", "slot"),
    [
        (EACH_MINUTE, datetime(2026, 11, 23, 6, 0, tzinfo=UTC)),
        (Row("a.b", "test", every_seconds=5), datetime(2026, 11, 23, 6, 0, 5, tzinfo=UTC)),
        (AT_THREE, datetime(2026, 11, 22, 19, 0, tzinfo=UTC)),
        (AT_SIX_PM, datetime(2026, 11, 22, 10, 0, tzinfo=UTC)),
    ],
)
def test_the_slot_is_the_latest_moment_not_ahead(row: Row, slot: datetime) -> None:
    assert slot_of(row, NOW) == slot
    assert slot_of(row, slot) == slot
    assert slot_of(row, slot - timedelta(microseconds=1)) < slot


def test_rows_are_plain() -> None:
    jobs = [row.job for row in cron.ROWS]
    assert len(set(jobs)) == len(jobs)
    for row in cron.ROWS:
        assert (row.every_seconds is None) != (row.daily_at is None)
        assert row.why


@pytest.fixture
def redis(redis_server: str) -> Iterator[Redis]:
    with queue.connect() as connection:
        yield connection


def waiting(redis: Redis) -> int:
    return int(redis.llen("rq:queue:default"))


def test_one_of_many_replicas_rings(redis: Redis) -> None:
    clocks = [Ticker((EACH_MINUTE, AT_THREE), redis) for _ in range(3)]
    assert clocks[1].tick(NOW) == ["a.b", "c.d"]
    for ticker in clocks:
        assert ticker.tick(NOW + timedelta(seconds=1)) == []
    assert waiting(redis) == 2
    assert clocks[2].tick(NOW + timedelta(seconds=60)) == ["a.b"]
    assert clocks[0].tick(NOW + timedelta(seconds=60)) == []
    assert waiting(redis) == 3


def test_a_restarted_clock_does_not_ring_again(redis: Redis) -> None:
    assert Ticker((AT_THREE,), redis).tick(NOW) == ["c.d"]
    assert Ticker((AT_THREE,), redis).tick(NOW + timedelta(hours=3)) == []
    assert Ticker((AT_THREE,), redis).tick(NOW + timedelta(days=1)) == ["c.d"]


def test_a_clock_that_died_between_taking_and_ringing_is_made_good(redis: Redis) -> None:
    key = f"cron:{AT_THREE.job}:{slot_of(AT_THREE, NOW).timestamp():.0f}"
    ticker = Ticker((AT_THREE,), redis)
    redis.set(key, cron.TAKEN, ex=cron.TAKEN_SECONDS)
    assert ticker.tick(NOW) == []
    redis.delete(key)  # As its expiry does.
    assert ticker.tick(NOW) == ["c.d"]


def test_without_redis_the_clock_says_so() -> None:
    with pytest.raises(RedisError):
        Ticker((AT_THREE,), queue.connect(timeout_seconds=0.2)).tick(NOW)


def test_a_slot_not_rung_for_is_rung_for_later(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticker = Ticker((AT_THREE,), redis)
    with monkeypatch.context() as silence:
        silence.setattr(queue, "defer", lambda _job: False)
        with pytest.raises(RedisError):
            ticker.tick(NOW)
    assert ticker.tick(NOW) == ["c.d"]
    assert waiting(redis) == 1
