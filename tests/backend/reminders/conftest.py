"""Kinds as the house has them, and an institution on a Wednesday noon."""

from collections.abc import Iterator

import pytest

from backend import wiring
from backend.kit import clock
from backend.kit.db import unit_of_work
from backend.reminders import registry
from backend.seed import load
from tests.backend.reminders import scene


@pytest.fixture(autouse=True)
def composed() -> Iterator[None]:
    wiring.compose_reminders()
    yield
    registry.use((), {})


@pytest.fixture
def school(database: str) -> Iterator[None]:
    """陈建国 has two children with a lesson tomorrow at 18:30, 李强 one."""
    with clock.frozen(scene.NOON):
        load()
        with unit_of_work() as session:
            scene.seat(session, child="陈小雨", class_name="英语三级平日班")
        yield
