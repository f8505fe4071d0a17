"""The web application: every room's doors behind one shield.

A room opens a door by having `routes.py` (programs: exempt from forgery tokens, so they prove their
caller by signature or key) or `pages.py` (browsers) with a `blueprint`; nothing is listed here but
the rooms. The bot's application calls `create_app` and adds the chat's webhook.
"""

import importlib
import importlib.util
from collections.abc import Callable, Iterator, Sequence

from flask import Blueprint, Flask
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.middleware.proxy_fix import ProxyFix

from backend import wiring
from backend.kit.config import settings
from backend.kit.db import reading
from backend.outbox import queries as outbox
from backend.web import errors, health, journal, shield, site

ROOMS = (
    "admissions",
    "finance",
    "teaching",
    "students",
    "logistics",
    "office",
    "security",
    "portal",
    "outbox",
)


def create_app(
    wire: Callable[[], None] = wiring.connect,
    *,
    doors: Sequence[Blueprint] = (),
    pages: Sequence[Blueprint] = (),
    windows: Sequence[Blueprint] = (),
) -> Flask:
    """A WSGI application. `doors` are further blueprints that prove their callers themselves,
    `pages` such that browsers open, `windows` such whose pages prove themselves by a header
    (`shield.without_tokens`)."""
    wire()
    app = Flask("backend", static_folder=None)
    journal.install(app)
    shield.install(app)
    errors.install(app)
    site.install(app)
    shield.exempt(health.blueprint)
    app.register_blueprint(health.blueprint)
    for room in ROOMS:
        for door in ("routes", "pages"):
            blueprint = _door_of(room, door)
            if blueprint is None:
                continue
            if door == "routes":
                shield.exempt(blueprint)
            app.register_blueprint(blueprint)
    for blueprint in pages:
        app.register_blueprint(blueprint)
    for blueprint in doors:
        shield.exempt(blueprint)
        app.register_blueprint(blueprint)
    for blueprint in windows:
        shield.without_tokens(blueprint)
        app.register_blueprint(blueprint)
    health.measure(_unsent)
    hops = settings().proxy_hops
    if hops:
        # Only as many proxies as we run are believed about who the caller is.
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops
        )
    return app


def _door_of(room: str, door: str) -> Blueprint | None:
    name = f"backend.{room}.{door}"
    if importlib.util.find_spec(f"backend.{room}") is None or not importlib.util.find_spec(name):
        return None
    blueprint: Blueprint = importlib.import_module(name).blueprint
    return blueprint


class _Unsent(Collector):
    """Outbox messages not sent, counted when somebody looks."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        gauge = GaugeMetricFamily("outbox_unsent", "Messages not sent.", labels=["status"])
        try:
            with reading() as session:
                counts = outbox.unsent_counts(session)
        except SQLAlchemyError:  # The other figures are wanted most when the database is away.
            return
        for status, count in counts.items():
            gauge.add_metric([status.value], count)
        yield gauge

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Named without a look at the database, which may not be there yet."""
        yield GaugeMetricFamily("outbox_unsent", "Messages not sent.", labels=["status"])


_unsent = _Unsent()
