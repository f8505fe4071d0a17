"""What finance says, heard; and the payment platform."""

from collections import defaultdict

import pytest

from backend.finance.schemas import OrderClosed, OrderPaid, SurplusReceived
from backend.kit import events
from tests.backend.gateways.payments.till import merchant, till

__all__ = ["merchant", "till"]


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Everything finance publishes in this test; nobody else listens."""
    monkeypatch.setattr(events, "_listeners", defaultdict(list))
    said: list[object] = []
    for kind in (OrderPaid, OrderClosed, SurplusReceived):
        events.listen(kind, lambda _session, event: said.append(event))
    return said
