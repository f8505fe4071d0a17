"""Signatures and AES against an independent implementation (wechatpy), and envelopes broken on
purpose."""

import base64
import hashlib
import struct
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given
from hypothesis import strategies as st
from wechatpy.crypto import WeChatCrypto
from wechatpy.crypto.base import BasePrpCrypto

from bot import envelope

APPID = "wx5823bf96d3bd56c7"
ENCODED = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
KEY = envelope.aes_key(ENCODED)
OTHER = hashlib.sha256(b"another key").digest()
XML = "<xml><Content>你好😀</Content></xml>".encode()


def _encrypted(body: bytes) -> str:
    """What only somebody with the key can make: any bytes, padded or not."""
    cipher = Cipher(algorithms.AES(KEY), modes.CBC(KEY[:16])).encryptor()
    return base64.b64encode(cipher.update(body) + cipher.finalize()).decode()


def _padded(body: bytes, pad: int | None = None) -> bytes:
    pad = pad or envelope.BLOCK - len(body) % envelope.BLOCK
    return body + bytes([pad]) * pad


def test_wechatpy_opens_what_we_seal() -> None:
    sealed = envelope.seal(XML, key=KEY, appid=APPID)
    opened: Any = WeChatCrypto("token", ENCODED, APPID)
    signed = envelope.signature("token", "1409735669", "nonce", sealed)
    envelope_xml = f"<xml><Encrypt><![CDATA[{sealed}]]></Encrypt></xml>"
    clear = opened.decrypt_message(envelope_xml, signed, "1409735669", "nonce")
    assert clear.encode() == XML if isinstance(clear, str) else clear == XML


def test_we_open_what_wechatpy_seals() -> None:
    crypto: Any = BasePrpCrypto(KEY)
    sealed = crypto._encrypt(XML.decode(), APPID)
    text = sealed.decode() if isinstance(sealed, bytes) else sealed
    assert envelope.unseal(text, keys=[KEY], appid=APPID).xml == XML


def test_the_previous_key_still_opens_and_is_named() -> None:
    sealed = envelope.seal(XML, key=OTHER, appid=APPID)
    assert envelope.unseal(sealed, keys=[KEY, OTHER], appid=APPID) == envelope.Opened(XML, OTHER)


@pytest.mark.parametrize("length", [0, 1, 11, 12, 13, 31, 32, 33, 2048])
def test_any_length_comes_back(length: int) -> None:
    sealed = envelope.seal(b"x" * length, key=KEY, appid=APPID)
    assert envelope.unseal(sealed, keys=[KEY], appid=APPID).xml == b"x" * length


HEAD = b"r" * 16 + struct.pack(">I", len(XML))


@pytest.mark.parametrize(
    "body",
    [
        _padded(HEAD + XML + b"wx_another_account"),
        _padded(b"r" * 16 + struct.pack(">I", 2**31) + XML + APPID.encode()),
        _padded(b"r" * 16 + struct.pack(">I", 3) + XML + APPID.encode()),
        _padded(b"short"),
        (HEAD + XML + APPID.encode()).ljust(128, b"\0"),
        (HEAD + XML + APPID.encode()).ljust(127, b"a") + b"\x21",
        (HEAD + XML + APPID.encode()).ljust(127, b"a") + b"\x05",
        b"\x20" * 16,
    ],
    ids=["appid", "long", "length", "short", "no pad", "pad 33", "pad uneven", "only pad"],
)
def test_broken_insides_are_refused(body: bytes) -> None:
    with pytest.raises(envelope.EnvelopeRefused):
        envelope.unseal(_encrypted(body), keys=[KEY], appid=APPID)


@given(st.one_of(st.text(), st.binary().map(lambda raw: base64.b64encode(raw).decode())))
def test_noise_is_refused_and_never_breaks(noise: str) -> None:
    with pytest.raises(envelope.EnvelopeRefused):
        envelope.unseal(noise, keys=[KEY, OTHER], appid=APPID)


@pytest.mark.parametrize("given_signature", ["", "0" * 40, "签名", "A" * 4000])
def test_a_wrong_signature_is_refused(given_signature: str) -> None:
    with pytest.raises(envelope.EnvelopeRefused):
        envelope.check(envelope.signature("token", "1", "2"), given_signature)


@pytest.mark.parametrize("key", ["", "short", "A" * 42, "!" * 43])
def test_a_key_of_another_length_is_refused(key: str) -> None:
    with pytest.raises(ValueError):
        envelope.aes_key(key)
