"""A small application with the shield, the journal and one page for each kind of failure."""

from collections.abc import Callable, Iterator

import pytest
from flask import Blueprint, Flask, abort, render_template_string, request
from flask.testing import FlaskClient
from psycopg.errors import ConnectionTimeout, DeadlockDetected
from sqlalchemy.exc import OperationalError

from backend.kit.config import settings
from backend.kit.crypto import LinkInvalid
from backend.kit.errors import DomainError, NotAllowed, NotFound
from backend.web import errors, health, journal, shield, site


class SeatTaken(DomainError):
    """A rule of no room."""


def make_app() -> Flask:
    app = Flask(__name__, static_folder=None)
    for part in (journal, shield, errors, site):
        part.install(app)
    app.register_blueprint(health.blueprint)
    app.register_blueprint(_pages())
    door = Blueprint("door", __name__)
    door.add_url_rule("/door", view_func=lambda: request.get_data(), methods=["POST"])
    shield.exempt(door)
    app.register_blueprint(door)
    return app


def _pages() -> Blueprint:
    pages = Blueprint("pages", __name__)

    @pages.get("/phone")
    def phone() -> str:
        return render_template_string(
            '{% extends "wechat.html" %}{% block content %}<h1>{{ 123450|yuan }}</h1>'
            '<script nonce="{{ csp_nonce() }}">1</script>{{ csrf_token() }}{% endblock %}'
        )

    @pages.get("/console")
    def console() -> str:
        return render_template_string('{% extends "console.html" %}')

    @pages.route("/form", methods=["GET", "POST"])
    def form() -> str:
        return request.form.get("name", "")

    @pages.get("/fail/<kind>")
    def fail(kind: str) -> str:
        broken: dict[str, Callable[[], Exception]] = {
            "taken": SeatTaken,
            "missing": NotFound,
            "forbidden": NotAllowed,
            "link": lambda: LinkInvalid(expired=True),
            "bug": ZeroDivisionError,
            "crossed": lambda: OperationalError("UPDATE", {}, DeadlockDetected()),
            "down": lambda: OperationalError("SELECT", {}, ConnectionTimeout()),
        }
        if kind.isdigit():
            abort(int(kind))
        raise broken[kind]()

    return pages


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[FlaskClient]:
    monkeypatch.setattr(settings(), "redis_url", "memory://")
    with make_app().test_client() as made:
        yield made
