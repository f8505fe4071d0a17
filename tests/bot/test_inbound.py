"""Whatever arrives is a message or is refused; nothing else ever comes out."""

import contextlib
from xml.sax.saxutils import escape

from hypothesis import given
from hypothesis import strategies as st

from bot import inbound
from bot.inbound import Incoming, Kind, NotAMessage

COMMON = {"ToUserName": "gh", "FromUserName": "o", "CreateTime": "1"}
NAMES = ["ToUserName", "FromUserName", "CreateTime", "MsgType", "Event", "Content", "MsgId"]


def _parsed(xml: bytes) -> Incoming | None:
    with contextlib.suppress(NotAMessage):
        return inbound.parse(inbound.elements(xml))
    return None


@given(st.binary(max_size=300))
def test_random_bytes(noise: bytes) -> None:
    assert _parsed(noise) is None


@given(st.lists(st.tuples(st.sampled_from(NAMES), st.text(max_size=30)), max_size=9))
def test_random_elements(pairs: list[tuple[str, str]]) -> None:
    """Repeated, empty and missing elements, control characters and all."""
    inner = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in pairs)
    found = _parsed(f"<xml>{inner}</xml>".encode("utf-8", "surrogatepass"))
    assert found is None or (found.account and found.openid)


@given(st.text(st.characters(min_codepoint=0x20, exclude_categories=["Cs", "Cc", "Cn"])))
def test_any_text_arrives_without_its_edges(text: str) -> None:
    found = inbound.parse({**COMMON, "MsgType": "text", "Content": text, "MsgId": "1"})
    assert found.text == text.strip() or found.kind is Kind.OTHER


def _dedupe_key(**changed: str) -> str:
    return inbound.parse({**COMMON, "MsgType": "text", "MsgId": "1", **changed}).dedupe_key


def test_the_same_tuple_is_the_same_message() -> None:
    assert _dedupe_key() == _dedupe_key() == _dedupe_key(Content="a repeat is not read")
    different = [{"MsgId": "2"}, {"FromUserName": "p"}, {"CreateTime": "2"}, {"ToUserName": "gi"}]
    assert len({_dedupe_key(), *(_dedupe_key(**each) for each in different)}) == 5


def test_parts_of_the_tuple_cannot_run_together() -> None:
    assert _dedupe_key(FromUserName="o1", CreateTime="2") != _dedupe_key(
        FromUserName="o", CreateTime="12"
    )


def test_events_of_the_same_second_are_told_apart() -> None:
    event = {**COMMON, "MsgType": "event", "Event": "CLICK"}
    keys = {inbound.parse({**event, "EventKey": key}).dedupe_key for key in ("a", "b", "")}
    assert len(keys) == 3


def test_a_doctype_is_refused_unread() -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><xml><MsgType>text</MsgType></xml>'
    assert _parsed(bomb) is None
    assert _parsed(bomb.replace(b"DOCTYPE", b"doctype")) is None


def test_deep_and_large_trees_are_refused_in_time() -> None:
    assert _parsed(b"<a>" * 20_000 + b"</a>" * 20_000) is None
