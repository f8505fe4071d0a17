"""One request id through answer and log; no secret path in the log."""

import structlog
from flask.testing import FlaskClient


def test_a_request_has_an_id_and_keeps_a_plausible_one(client: FlaskClient) -> None:
    own = client.get("/phone").headers["X-Request-ID"]
    assert len(own) == 32
    kept = client.get("/phone", headers={"X-Request-ID": "abc-12345678"})
    assert kept.headers["X-Request-ID"] == "abc-12345678"
    forged = client.get("/phone", headers={"X-Request-ID": "x' OR 1=1 --"})
    assert len(forged.headers["X-Request-ID"]) == 32


def test_the_log_names_the_rule_and_not_the_path(client: FlaskClient) -> None:
    with structlog.testing.capture_logs() as logs:
        client.get("/fail/taken")
        client.get("/healthz")
    requests = [entry for entry in logs if entry["event"] == "request"]
    assert [(entry["rule"], entry["status"]) for entry in requests] == [("/fail/<kind>", 422)]
    assert "taken" not in str(requests)
