"""What finance says, heard; the payment platform; and the pages served over real HTTP."""

import threading
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from flask import Flask
from werkzeug.serving import make_server

from backend.app import create_app
from backend.finance.schemas import OrderClosed, OrderPaid, OrderView, SurplusReceived
from backend.kit import events
from backend.kit.config import settings
from backend.kit.db import unit_of_work
from tests.backend.finance import scenes
from tests.backend.gateways.payments.till import Till, merchant, till
from tests.fixtures.doorbell import free_port

__all__ = ["merchant", "till"]


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Everything finance publishes in this test; nobody else listens."""
    monkeypatch.setattr(events, "_listeners", defaultdict(list))
    said: list[object] = []
    for kind in (OrderPaid, OrderClosed, SurplusReceived):
        events.listen(kind, lambda _session, event: said.append(event))
    return said


@dataclass
class Shop:
    """The site on a real port, with a till behind it; `url` is where it is or will be."""

    url: str
    app: Flask
    till: Till
    heard: list[object]
    school: scenes.School

    def bill(self, **other: object) -> OrderView:
        """A committed order."""
        with unit_of_work() as session:
            return scenes.bill(session, self.school, **other)  # type: ignore[arg-type]


@pytest.fixture
def shop(
    database: str, merchant: Till, heard: list[object], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Shop]:
    """The institution's site, open for payers and for the platform's notifications."""
    port = free_port()
    monkeypatch.setenv("PUBLIC_URL", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("WECHAT_BRIDGE_URL", f"{merchant.url}/bridge.js")
    settings.cache_clear()
    app = create_app(lambda: None)
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    with unit_of_work() as session:
        school = scenes.open_school(session)
    yield Shop(f"http://127.0.0.1:{port}", app, merchant, heard, school)
    server.shutdown()
    thread.join()
    server.server_close()
