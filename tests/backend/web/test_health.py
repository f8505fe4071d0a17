"""Alive, ready, measured."""

import pytest
from flask.testing import FlaskClient

from backend.kit.config import settings
from backend.kit.db import engine
from tests.backend.web.conftest import make_app


def test_a_process_is_alive_without_anything_else(client: FlaskClient) -> None:
    assert client.get("/healthz").json == {"alive": True}


def test_ready_with_everything(database: str, redis_server: str) -> None:
    answer = make_app().test_client().get("/readyz")
    assert (answer.status_code, answer.json) == (
        200,
        {"ready": True, "degraded": False, "database": "ok", "redis": "ok"},
    )


def test_ready_but_degraded_without_redis(database: str) -> None:
    answer = make_app().test_client().get("/readyz")
    assert (answer.status_code, answer.json) == (
        200,
        {"ready": True, "degraded": True, "database": "ok", "redis": "down"},
    )


def test_not_ready_without_the_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "database_url", "postgresql://nobody@127.0.0.1:1/none")
    engine.cache_clear()
    answer = make_app().test_client().get("/readyz")
    engine.cache_clear()
    assert answer.status_code == 503


def test_metrics_name_rules_and_never_paths(client: FlaskClient) -> None:
    client.get("/fail/secret-token")
    page = client.get("/metrics").text
    assert 'http_requests_total{method="GET",rule="/fail/<kind>",status="500"}' in page
    assert "secret-token" not in page


@pytest.mark.parametrize(
    ("address", "headers", "allowed", "status"),
    [
        ("127.0.0.1", {}, "", 200),
        ("::1", {}, "", 200),
        ("127.0.0.1", {"X-Forwarded-For": "203.0.113.7"}, "", 404),
        ("203.0.113.7", {}, "", 404),
        ("10.1.2.3", {}, "10.0.0.0/8, 192.168.0.0/16", 200),
        ("11.1.2.3", {}, "10.0.0.0/8", 404),
    ],
)
def test_metrics_are_for_neighbours(
    client: FlaskClient,
    monkeypatch: pytest.MonkeyPatch,
    address: str,
    headers: dict[str, str],
    allowed: str,
    status: int,
) -> None:
    monkeypatch.setattr(settings(), "metrics_allow", allowed)
    answer = client.get("/metrics", headers=headers, environ_base={"REMOTE_ADDR": address})
    assert answer.status_code == status
