"""Every address × everybody: opened or refused as the table of doors says, and no address without
an entry in it (S1, X3)."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from backend.app import create_app
from backend.doors import DOORS, Open
from backend.kit.db import unit_of_work
from backend.security import permissions, service
from backend.security.schemas import Role
from backend.web import sign_in
from bot import talk_pages, web_chat, webhook


def whole_site() -> Flask:
    """The application as `bot.app` makes it."""
    return create_app(
        lambda: None,
        doors=[webhook.blueprint],
        pages=[talk_pages.blueprint],
        windows=[web_chat.blueprint],
    )


RULES = whole_site().url_map
PROVED_WITH_THE_PLATFORM = "finance_routes.wechat_notified"  # In test_routes of finance.
PROVING = sorted(
    {name for name, door in DOORS.items() if door is Open.BY_PROOF} - {PROVED_WITH_THE_PLATFORM}
)
STAFF = {name: door for name, door in DOORS.items() if isinstance(door, frozenset)}


def test_every_address_has_its_entry_and_every_entry_an_address() -> None:
    assert {rule.endpoint for rule in RULES.iter_rules()} == set(DOORS)


@pytest.mark.parametrize("endpoint", sorted(DOORS))
def test_a_view_asks_for_what_its_entry_says(endpoint: str) -> None:
    marks = vars(whole_site().view_functions[endpoint])
    door = DOORS[endpoint]
    assert marks.get("needs") == (door if isinstance(door, frozenset) else None)
    assert (marks.get("asks") == "wechat") == (door is Open.IN_WECHAT)
    assert (marks.get("asks") == "half") == (door is Open.TO_STAFF_SIGNING_IN)


@pytest.fixture
def app(database: str) -> Flask:
    made = whole_site()
    made.config["WTF_CSRF_ENABLED"] = False
    made.config["RATELIMIT_ENABLED"] = False
    return made


def addresses(endpoint: str) -> list[tuple[str, str]]:
    """Each method and address of a door, its variables filled with something that is not there."""
    found = []
    adapter = RULES.bind("127.0.0.1:8000")
    for rule in RULES.iter_rules(endpoint):
        parts: dict[str, Any] = {
            name: 999_999 if type(converter).__name__ == "IntegerConverter" else "x"
            for name, converter in rule._converters.items()
        }
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            found.append((method, adapter.build(endpoint, parts, method=method)))
    return found


def of_wechat(app: Flask, openid: str) -> FlaskClient:
    """A browser that WeChat has signed in."""
    with app.test_request_context():
        sign_in.sign_in(openid)
        from flask import session

        held = dict(session)
    client = app.test_client()
    with client.session_transaction() as kept:
        kept.update(held)
    return client


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("who", [None, "stranger", *Role], ids=str)
def test_doors_for_staff_open_as_the_table_says(app: Flask, who: str | None) -> None:
    with unit_of_work() as unit:
        for each in Role:
            service.hire(unit, name="员工", role=each, openid=f"o_{each}")
    client = app.test_client() if who is None else of_wechat(app, f"o_{who}")
    role = who if isinstance(who, Role) else None
    for endpoint, needed in STAFF.items():
        for method, path in addresses(endpoint):
            answer = client.open(path, method=method)
            where = f"{method} {path} as {who}: {answer.status_code}"
            if who is None:
                assert answer.status_code == 302, where
                assert "/console/sign-in" in answer.headers["Location"], where
            elif permissions.may(role, *needed):
                assert answer.status_code in (200, 302, 303, 404, 422), where
            else:
                assert answer.status_code == 403, where
                assert "请" in answer.text, where


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_doors_inside_wechat_ask_whoever_comes_without_it(app: Flask) -> None:
    for endpoint, door in DOORS.items():
        if door is Open.IN_WECHAT:
            for method, path in addresses(endpoint):
                answer = app.test_client().open(path, method=method)
                assert answer.headers.get("Location", "").startswith("/oauth/start"), path


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("endpoint", PROVING)
def test_doors_by_proof_open_for_nobody_without(app: Flask, endpoint: str) -> None:
    for method, path in addresses(endpoint):
        answer = app.test_client().open(
            path, method=method, environ_base={"REMOTE_ADDR": "203.0.113.9"}
        )
        assert answer.status_code in (400, 401, 403, 404), f"{method} {path}: {answer.status_code}"
