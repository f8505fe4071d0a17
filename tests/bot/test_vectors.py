"""Every published delivery, posted to the door as WeChat would (C1).

The account is a 服务号: the two vectors in WeCom's style, whose echostr is itself encrypted, are
nobody's we know and are refused.
"""

import base64
import re
from collections import Counter
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete, func, select

from backend.app import create_app
from backend.kit.db import reading, unit_of_work
from backend.outbox.models import OutboxMessage
from bot import envelope, inbound, webhook
from bot.conversation import Message
from bot.inbound import Kind
from bot.review.models import Misunderstanding
from tests.bot.vectors import ACCEPTED, Vector, needs_vectors, vectors

pytestmark = [
    needs_vectors,
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
]


@pytest.fixture
def client(database: str) -> FlaskClient:
    return create_app(lambda: None, doors=[webhook.blueprint]).test_client()


def rows() -> int:
    """Messages stored and answers on their way."""
    with reading() as session:
        stored = session.scalar(select(func.count(Message.id))) or 0
        return stored + (session.scalar(select(func.count(OutboxMessage.id))) or 0)


def forget() -> None:
    with unit_of_work() as session:
        session.execute(delete(OutboxMessage))
        session.execute(delete(Misunderstanding))
        session.execute(delete(Message))


def newest() -> dict[str, Any]:
    with reading() as session:
        found = session.scalars(select(Message.incoming).order_by(Message.id.desc()).limit(1))
        return dict(found.one())


def texts(tree: dict[str, Any]) -> dict[str, Any]:
    """Field values as stripped text, however deep and however the file has them."""
    return {
        name: texts(value) if isinstance(value, dict) else str(value or "").strip()
        for name, value in tree.items()
        if name != "#text" and not isinstance(value, list)
    }


def complaints(vector: Vector, client: FlaskClient) -> list[str]:
    """What is wrong with the answer to a vector; empty when nothing is."""
    before = rows()
    answer = vector.post(client)
    if answer.status_code >= 500:
        return [f"status {answer.status_code}"]
    if vector.mode == "work-echostr" or vector.verdict == "reject":
        return [] if answer.status_code == 403 and rows() == before else ["not refused"]
    if vector.verdict in ("reject-or-ack", "accept-or-400"):
        return [] if rows() == before else ["something is queued"]
    if vector.verdict not in ACCEPTED or answer.status_code != 200:
        return [f"{vector.verdict}: status {answer.status_code}"]
    if vector.method == "GET":
        return [] if answer.text == vector.response_body else [f"echoed {answer.text!r}"]
    return wrong_fields(vector) + wrong_memory(vector, client, before, answer.data)


def wrong_fields(vector: Vector) -> list[str]:
    root = inbound.elements(vector.clear())
    incoming = inbound.parse(root)
    wanted, got = texts(vector.fields), texts(root)
    wrong = [f"{name}: {got.get(name)!r}" for name in wanted if got.get(name, "") != wanted[name]]
    flat = {name: value for name, value in wanted.items() if isinstance(value, str) and value}
    lost = flat.keys() - incoming.facts.keys()
    who = (incoming.account, incoming.openid, str(int(incoming.sent_at.timestamp())))
    if vector.dedupe and list(who) != vector.dedupe[:3]:
        wrong.append(f"from {who}")
    return wrong + [f"lost {name}" for name in lost]


def wrong_memory(vector: Vector, client: FlaskClient, before: int, first: bytes) -> list[str]:
    """Answered kinds are stored once however often they come; the others are only acknowledged."""
    incoming = inbound.parse(inbound.elements(vector.clear()))
    if incoming.kind is Kind.OTHER:
        return [] if first == b"success" and rows() == before else ["stored or answered"]
    stored = rows()
    if stored <= before or newest()["facts"] != incoming.facts:
        return ["not stored as it is"]
    again = vector.post(client)
    if rows() != stored:
        return ["stored twice"]
    return [] if bool(again.data) == bool(first) else ["the repeat is answered differently"]


def test_every_vector_gets_what_its_verdict_says(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    counts: Counter[str] = Counter()
    failed: dict[str, list[str]] = {}
    for vector in vectors():
        vector.configure(monkeypatch)
        forget()  # Collections share ids, and each vector is to be met as a new one.
        wrong = wrong_seal(vector) if vector.is_reply else complaints(vector, client)
        label = "WeCom, refused" if vector.mode == "work-echostr" else vector.verdict
        counts[f"{'failed' if wrong else 'passed'}: {label}"] += 1
        if wrong:
            failed[vector.named] = wrong
    with capsys.disabled():
        print("\n" + "\n".join(f"{count:4} {label}" for label, count in sorted(counts.items())))
    assert failed == {}
    assert sum(counts.values()) >= 126


def wrong_seal(vector: Vector) -> list[str]:
    """Our encryption of a published reply must be the published bytes."""
    given = vector.rest
    key = envelope.aes_key(vector.aes_key)
    sealed = envelope.seal(
        given["plaintext"].encode(), key=key, appid=vector.appid, salt=given["random16"].encode()
    )
    published = vector.body.decode().strip()
    found = re.search(r"<Encrypt><!\[CDATA\[(.+?)\]\]>", published)
    wrong = [] if sealed == (found[1] if found else published) else ["other bytes"]
    if "msg_signature" in given:
        parts = (vector.token, given["timestamp"], given["nonce"], sealed)
        wrong += [] if envelope.signature(*parts) == given["msg_signature"] else ["signature"]
    base64.b64decode(sealed, validate=True)
    return wrong


def varied(vector: Vector) -> list[bytes]:
    """The same body with one part of its recommended dedupe tuple changed at a time."""
    parts = {"FromUserName", "CreateTime"}
    parts |= {"EventKey"} if vector.fields["MsgType"] == "event" else {"MsgId"}
    changed = []
    for name in sorted(parts & {key for key, value in vector.fields.items() if value}):
        value = str(vector.fields[name]).strip().encode()
        other = value + b"1" if name != "CreateTime" else str(int(value) + 1).encode()
        element = f"<{name}>".encode()
        start = vector.body.index(element) + len(element)
        end = vector.body.index(f"</{name}>".encode())
        inner = vector.body[start:end].replace(value, other)
        changed.append(vector.body[:start] + inner + vector.body[end:])
    return changed


def test_a_message_is_another_one_when_any_part_of_its_tuple_differs(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked = 0
    for vector in vectors():
        if vector.mode != "plain" or vector.verdict != "accept" or vector.method != "POST":
            continue
        if "MsgType" not in vector.fields or not vector.dedupe:
            continue
        vector.configure(monkeypatch)
        incoming = inbound.parse(inbound.elements(vector.clear()))
        keys = {incoming.dedupe_key}
        others = varied(vector)
        keys |= {inbound.parse(inbound.elements(body)).dedupe_key for body in others}
        assert len(keys) == 1 + len(others), vector.named
        checked += len(others)
    assert checked > 200
