"""The signature and the AES envelope, against published vectors and an independent library."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from wechatpy.crypto import WeChatCrypto

from sandbox.envelope import BadEnvelope, is_signed, seal, signature_of, unseal

VECTORS = Path(__file__).resolve().parents[3] / "shared" / "data" / "wechat_vectors"
KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"


def published(mode: str) -> list[dict[str, Any]]:
    if not VECTORS.exists():
        return []
    found = []
    for path in sorted(VECTORS.glob("*.json")):
        if path.name == "INDEX.json":
            continue
        sidecar = json.loads(path.read_text("utf-8"))
        if sidecar.get("mode") == mode and path.with_suffix(".xml").exists():
            found.append({**sidecar, "name": path.stem, "body": path.with_suffix(".xml")})
    return found


@pytest.mark.skipif(not VECTORS.exists(), reason="the vectors lie beside the project")
def test_opens_every_published_safe_message() -> None:
    opened = 0
    for vector in published("safe"):
        if vector["name"].startswith("bad_"):
            continue
        sealed = ElementTree.fromstring(vector["body"].read_bytes()).findtext("Encrypt") or ""
        query = vector["http"]["query"]
        parts = (vector["token"], query["timestamp"], query["nonce"], sealed)
        assert is_signed(query["msg_signature"], *parts), vector["name"]
        clear = unseal(sealed, aes_key=vector["encoding_aes_key"], appid=vector["appid"])
        assert "MsgType" in clear, vector["name"]
        opened += 1
    assert opened >= 3


def test_another_library_reads_what_was_sealed() -> None:
    text = "<xml><Content><![CDATA[你好 😀 ]]]]><![CDATA[>]]></Content></xml>"
    sealed = seal(text, aes_key=KEY, appid="wxappid")
    signature = signature_of("token", "1", "2", sealed)
    body = f"<xml><Encrypt>{sealed}</Encrypt></xml>"
    clear = WeChatCrypto("token", KEY, "wxappid").decrypt_message(body, signature, "1", "2")
    assert (clear.decode() if isinstance(clear, bytes) else clear) == text


def test_the_same_words_never_look_the_same() -> None:
    first, second = (seal("你好", aes_key=KEY, appid="wx") for _ in range(2))
    assert first != second


@pytest.mark.parametrize("broken", ["", "AAAA", "not base64!", "A" * 64])
def test_broken_ciphertext_is_a_bad_envelope(broken: str) -> None:
    with pytest.raises(BadEnvelope):
        unseal(broken, aes_key=KEY, appid="wx")


def test_an_envelope_for_another_appid_is_refused() -> None:
    with pytest.raises(BadEnvelope, match="appid"):
        unseal(seal("hi", aes_key=KEY, appid="wx1"), aes_key=KEY, appid="wx2")


def test_a_signature_is_compared_whole() -> None:
    good = signature_of("a", "b")
    assert is_signed(good, "b", "a")
    assert not is_signed(good[:-1], "a", "b")
    assert not is_signed("中文", "a", "b")
