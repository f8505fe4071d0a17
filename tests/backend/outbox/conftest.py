"""Ports that write down what they are given, and an ear for the outbox's events."""

import pytest

from backend.gateways import ports
from backend.kit import events
from backend.outbox.schemas import ChannelStopped, MessageStuck, RecipientUnreachable
from tests.backend.outbox.outside import Outside, RecordingChat, RecordingMail, RecordingSms


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> Outside:
    recorded = Outside()
    for name in ("_chat", "_sms", "_mail"):
        monkeypatch.setattr(ports, name, None)
    ports.use(
        chat=RecordingChat(recorded), sms=RecordingSms(recorded), mail=RecordingMail(recorded)
    )
    return recorded


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Every event that the outbox publishes, in order."""
    told: list[object] = []
    monkeypatch.setattr(
        events,
        "_listeners",
        {
            kind: [lambda _session, event: told.append(event)]
            for kind in (MessageStuck, RecipientUnreachable, ChannelStopped)
        },
    )
    return told
