"""The ground that the other tests stand on."""

import os
import socket

import pytest
from redis import Redis
from sqlalchemy import inspect, text
from sqlalchemy.orm import Session

from backend.kit import queue
from backend.kit.config import settings
from backend.kit.db import engine, unit_of_work
from migrations.tables import every_table
from tests.fixtures.surroundings import OutsideWorld


def test_a_fresh_database_has_every_table(database: str) -> None:
    assert settings().database_url == database
    assert set(inspect(engine()).get_table_names()) == set(every_table().tables)


@pytest.mark.parametrize("round_", [1, 2])
def test_nothing_is_left_over_from_another_test(database: str, round_: int) -> None:
    with unit_of_work() as unit:
        unit.execute(text("CREATE TABLE left_over (round integer)"))
    with unit_of_work() as unit:
        assert unit.execute(text("SELECT count(*) FROM left_over")).scalar_one() == 0


def test_a_session_can_write(session: Session) -> None:
    session.execute(text("CREATE TABLE note (body text)"))
    session.execute(text("INSERT INTO note VALUES ('hello')"))
    assert session.execute(text("SELECT body FROM note")).scalar_one() == "hello"


def test_redis_is_real_and_empty(redis_server: str) -> None:
    assert queue.defer("backend.kit.clock.today")
    with Redis.from_url(redis_server) as redis:
        assert redis.llen("rq:queue:default") == 1


def test_without_a_redis_the_doorbell_is_silent() -> None:
    assert os.environ["REDIS_URL"].startswith("redis://127.0.0.1:1/")
    assert not queue.defer("backend.kit.clock.today")


@pytest.mark.parametrize("host", ["93.184.216.34", "example.com", "2606:2800:220:1::1"])
def test_the_outside_world_is_out_of_reach(host: str) -> None:
    with pytest.raises(OutsideWorld):
        socket.create_connection((host, 80), timeout=1)
