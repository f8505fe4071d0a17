"""Headers, forgery tokens, size caps and rate limits."""

import re

import pytest
from flask.testing import FlaskClient

from backend.kit.config import settings
from backend.web import shield
from tests.backend.web.conftest import make_app


def rules_of(policy: str) -> dict[str, str]:
    return dict(rule.strip().split(" ", 1) for rule in policy.split(";"))


def test_every_answer_carries_safe_headers(client: FlaskClient) -> None:
    for path in ("/phone", "/nowhere", "/fail/bug", "/healthz"):
        headers = client.get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cache-Control"] == "no-store"
        rules = rules_of(headers["Content-Security-Policy"])
        assert rules["default-src"] == "'self'"
        assert rules["object-src"] == "'none'"
        assert "unsafe-inline" not in rules["script-src"]


def test_inline_scripts_run_only_under_this_answers_nonce(client: FlaskClient) -> None:
    nonces = set()
    for _ in range(2):
        page = client.get("/phone")
        (nonce,) = re.findall(r'<script nonce="([^"]+)"', page.text)
        assert f"'nonce-{nonce}'" in page.headers["Content-Security-Policy"]
        nonces.add(nonce)
    assert len(nonces) == 2


def test_only_a_local_town_may_frame_pages(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ancestors() -> str:
        return rules_of(client.get("/phone").headers["Content-Security-Policy"])["frame-ancestors"]

    assert "http://127.0.0.1:*" in ancestors()
    monkeypatch.setattr(settings(), "environment", "production")
    assert ancestors() == "'self'"


def test_the_local_bridge_is_let_in_where_it_is_set(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "wechat_bridge_url", "http://127.0.0.1:8001/bridge.js")
    policy = rules_of(client.get("/phone").headers["Content-Security-Policy"])
    assert "http://127.0.0.1:8001" in policy["script-src"].split()


def test_https_sites_insist_on_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "redis_url", "memory://")
    monkeypatch.setattr(settings(), "public_url", "https://school.example.cn")
    app = make_app()
    assert app.config["SESSION_COOKIE_SECURE"]
    assert "Strict-Transport-Security" in app.test_client().get("/phone").headers


def test_a_form_without_its_token_is_refused_and_with_it_accepted(client: FlaskClient) -> None:
    refused = client.post("/form", data={"name": "林"})
    assert refused.status_code == 400
    assert "页面已过期" in refused.text
    (token,) = re.findall(r"</script>(\S+)", client.get("/phone").text)
    accepted = client.post("/form", data={"name": "林", "csrf_token": token})
    assert (accepted.status_code, accepted.text) == (200, "林")


def test_doors_prove_their_callers_themselves(client: FlaskClient) -> None:
    assert client.post("/door", data=b"<xml/>").data == b"<xml/>"


def test_oversized_bodies_are_refused(client: FlaskClient) -> None:
    assert client.post("/door", data=b"x" * (shield.MOST_BYTES + 1)).status_code == 413


def test_too_many_pages_a_minute_are_refused_and_doors_are_not(client: FlaskClient) -> None:
    most = int(shield.PAGE_LIMIT.split()[0])
    answers = [client.get("/form").status_code for _ in range(most + 1)]
    assert answers[:most] == [200] * most
    assert answers[most] == 429
    assert [client.post("/door").status_code for _ in range(5)] == [200] * 5


@pytest.mark.usefixtures("redis_server")
def test_limits_are_shared_through_redis() -> None:
    one, two = make_app().test_client(), make_app().test_client()
    most = int(shield.PAGE_LIMIT.split()[0])
    for _ in range(most // 2):
        one.get("/form")
        two.get("/form")
    assert two.get("/form").status_code == 429


def test_without_redis_pages_still_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "redis_url", "redis://127.0.0.1:1/0")
    client = make_app().test_client()
    assert [client.get("/form").status_code for _ in range(5)] == [200] * 5
