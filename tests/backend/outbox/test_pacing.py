"""The reply budget and the quiet hours, without a database; the budget also against the sandbox."""

import random
from dataclasses import replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import cast

import pytest

from backend.kit import clock
from backend.outbox import pacing
from backend.outbox.pacing import Standing
from backend.outbox.schemas import Interaction
from sandbox import credits
from sandbox.store import Store
from sandbox.world import World

NOW = datetime(2026, 11, 23, 14, 0, tzinfo=clock.SHANGHAI)
MESSAGE, MOMENT, PAYMENT = Interaction.MESSAGE, Interaction.MOMENT, Interaction.PAYMENT


def opened(kind: Interaction, *, ago: timedelta = timedelta(0)) -> Standing:
    return Standing(opened={kind: NOW - ago})


@pytest.mark.parametrize(
    ("standing", "left"),
    [
        (Standing(opened={}), 0),
        (opened(MESSAGE), 5),
        (opened(MESSAGE, ago=timedelta(hours=47)), 5),
        (opened(MESSAGE, ago=timedelta(hours=48)), 0),
        (opened(MOMENT), 3),
        (opened(MOMENT, ago=timedelta(minutes=1)), 0),
        (opened(PAYMENT, ago=timedelta(hours=47)), pacing.UNLIMITED),
        (opened(PAYMENT, ago=timedelta(hours=48)), 0),
        (replace(opened(MESSAGE), closed_at=NOW), 0),
        (replace(opened(MESSAGE), closed_at=NOW - timedelta(seconds=9)), 5),
        (replace(opened(MESSAGE), gone_at=NOW), 0),
    ],
)
def test_windows_open_and_close(standing: Standing, left: int) -> None:
    assert pacing.messages_left(standing, NOW) == left


def test_each_message_counts_until_the_person_writes_again() -> None:
    standing = opened(MESSAGE, ago=timedelta(hours=1))
    for left in (4, 3, 2, 1, 0, 0):
        standing = pacing.with_send(standing, NOW)
        assert pacing.messages_left(standing, NOW) == left
    later = NOW + timedelta(minutes=1)
    assert pacing.messages_left(replace(standing, opened={MESSAGE: later}), later) == 5


def test_a_refused_message_costs_nothing() -> None:
    standing = pacing.with_send(opened(MESSAGE), NOW)
    assert pacing.messages_left(pacing.without_send(standing, NOW), NOW) == 5


def test_who_left_is_gone_until_they_come_back() -> None:
    standing = replace(opened(MESSAGE, ago=timedelta(hours=1)), gone_at=NOW)
    assert pacing.is_gone(standing)
    back = replace(standing, opened={**standing.opened, MOMENT: NOW + timedelta(seconds=1)})
    assert not pacing.is_gone(back)
    assert not pacing.is_gone(Standing(opened={}))


@pytest.mark.parametrize(
    ("shown", "wakes"),
    [
        ("23 21:29", None),
        ("23 21:30", "24 08:00"),
        ("24 03:00", "24 08:00"),
        ("24 07:59", "24 08:00"),
        ("24 08:00", None),
        ("24 12:00", None),
    ],
)
def test_quiet_hours_end_in_the_morning(shown: str, wakes: str | None) -> None:
    def at(text: str) -> datetime:
        return datetime.strptime(f"2026-11-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=clock.SHANGHAI)

    expected = at(wakes) if wakes else None
    assert pacing.waking_after(at(shown), "21:30-08:00") == expected
    assert pacing.waking_after(at(shown), "") is None


def test_quiet_hours_may_lie_within_a_day() -> None:
    noon = datetime(2026, 11, 23, 12, 30, tzinfo=clock.SHANGHAI)
    assert pacing.waking_after(noon, "12:00-14:00") == noon.replace(hour=14, minute=0)
    assert pacing.waking_after(noon.replace(hour=15), "12:00-14:00") is None


class Platform:
    """The sandbox's own counters of one person, on a clock that a test moves."""

    def __init__(self, store: Store) -> None:
        self.now = NOW.timestamp()
        parts = SimpleNamespace(store=store, clock=SimpleNamespace(now=lambda: self.now))
        self._world = cast(World, parts)
        self._store = store

    def open(self, kind: str) -> None:
        credits.open_window(self._world, "o1", kind)

    def leave(self) -> None:
        self._store.run("DELETE FROM credits WHERE openid = ?", "o1")

    def take(self) -> int:
        return credits.spend(self._world, "o1")


@pytest.fixture
def platform(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    return Platform(Store(tmp_path_factory.mktemp("sandbox") / "sandbox.db"))


KINDS = {"message": MESSAGE, "moment": MOMENT, "payment": PAYMENT}


def one_life(platform: Platform, dice: random.Random) -> tuple[int, int]:
    """A person and an institution at random: events arrive late and out of order, and are noted
    with whole seconds; we send whenever the ledger says yes. Returns (accepted, refused)."""
    platform.leave()
    standing, accepted, refused = Standing(opened={}), 0, 0
    under_way: list[tuple[float, Interaction, datetime]] = []
    for _ in range(60):
        platform.now += dice.choice([0.1, 0.4, 1.3, 7, 25, 58, 3_000, 30_000, 172_750])
        now = datetime.fromtimestamp(platform.now, clock.UTC)
        deed = dice.choice(["message", "message", "moment", "moment", "payment", "leave"])
        if dice.random() < 0.35 and (deed != "payment" or dice.random() < 0.1):
            sent_at = now.replace(microsecond=0)
            if deed == "leave":
                platform.leave()
                under_way.append((platform.now, Interaction.LEFT, sent_at))
            else:
                platform.open(deed)
                arrives = platform.now + dice.choice([0, 0, 0.2, 5, 12])
                under_way.append((arrives, KINDS[deed], sent_at))
        dice.shuffle(under_way)
        arrived = [one for one in under_way if one[0] <= platform.now]
        under_way = [one for one in under_way if one[0] > platform.now]
        for _, kind, at in arrived:
            standing = noted(standing, kind, at)
        for _ in range(dice.randrange(4)):
            if pacing.messages_left(standing, now) > 0:
                refused += platform.take() != 0
                accepted += 1
                standing = pacing.with_send(standing, now)
    return accepted, refused


def noted(standing: Standing, kind: Interaction, at: datetime) -> Standing:
    if kind == Interaction.LEFT:
        return replace(standing, gone_at=max(at, standing.gone_at or at))
    return replace(
        standing, opened={**standing.opened, kind: max(at, standing.opened.get(kind, at))}
    )


def test_c1_what_the_ledger_allows_the_platform_never_refuses(platform: Platform) -> None:
    lives = [one_life(platform, random.Random(seed)) for seed in range(150)]
    assert sum(refused for _, refused in lives) == 0
    assert sum(accepted for accepted, _ in lives) > 1000


def test_c1_a_plain_talk_uses_every_message_the_platform_allows(platform: Platform) -> None:
    platform.open("message")
    standing = opened(MESSAGE)
    while pacing.messages_left(standing, NOW) > 0:
        assert platform.take() == 0
        standing = pacing.with_send(standing, NOW)
    assert platform.take() == 45047
