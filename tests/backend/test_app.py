"""The web application as a whole: every room's doors are open, and only those."""

from pathlib import Path

import pytest
from flask import Blueprint, request

from backend import app as web
from backend.kit.config import settings
from backend.kit.db import unit_of_work
from backend.outbox import service
from backend.outbox.schemas import Notice, Recipient

BACKEND = Path(web.__file__).parent


def nothing_wired() -> None:
    """These tests speak to nobody."""


@pytest.fixture(scope="module")
def rules() -> set[str]:
    made = web.create_app(nothing_wired)
    return {rule.endpoint.split(".")[0] for rule in made.url_map.iter_rules()}


def test_every_door_of_a_room_is_open(rules: set[str]) -> None:
    for room in web.ROOMS:
        for door in ("routes", "pages"):
            if (BACKEND / room / f"{door}.py").exists():
                assert f"{room}_{door}" in rules


def test_every_room_with_a_door_is_listed() -> None:
    doors = {
        path.parent.name for name in ("routes", "pages") for path in BACKEND.glob(f"*/{name}.py")
    }
    assert doors <= set(web.ROOMS)


def test_a_further_door_needs_no_token() -> None:
    door = Blueprint("further", __name__)
    door.add_url_rule("/further", view_func=lambda: "in", methods=["POST"])
    client = web.create_app(nothing_wired, doors=[door]).test_client()
    assert client.post("/further").text == "in"


def test_wiring_happens_once_before_the_doors_open() -> None:
    calls: list[int] = []
    web.create_app(lambda: calls.append(1))
    assert calls == [1]


def test_metrics_count_what_is_not_sent(database: str, redis_server: str) -> None:
    with unit_of_work() as session:
        notice = Notice(template="sign_up_expired", values={"class_name": "周末英语班"})
        service.post(session, to=Recipient(name="陈"), notice=notice, dedupe_key="a")
        service.post(session, to=Recipient(openid="o1"), notice=notice, dedupe_key="b")
    page = web.create_app(nothing_wired).test_client().get("/metrics").text
    assert 'outbox_unsent{status="stuck"} 1.0' in page
    assert 'outbox_unsent{status="pending"} 1.0' in page
    assert 'outbox_unsent{status="failed"} 0.0' in page


def test_behind_proxies_the_caller_is_whom_they_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "proxy_hops", 1)
    made = web.create_app(nothing_wired)
    seen: list[str | None] = []
    made.before_request(lambda: seen.append(request.remote_addr))
    made.test_client().get("/healthz", headers={"X-Forwarded-For": "10.9.9.9, 203.0.113.7"})
    assert seen == ["203.0.113.7"]
