"""WeChat's envelope: signatures and AES (`wechat.md` §1).

In the encrypted modes only `msg_signature` counts, and only decrypted fields are trusted. The
current AES key is tried first, then the previous one; a reply is sealed with the key that worked.
"""

import base64
import os
import struct
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from wechatpy.utils import WeChatSigner

from backend.kit.crypto import equal

BLOCK = 32  # WeChat pads to 32 bytes, not to AES's 16.


class EnvelopeRefused(Exception):
    """Not from WeChat, not for us, or broken on the way."""


@dataclass(frozen=True)
class Opened:
    """The clear XML of a delivery and the AES key that opened it (None in plain mode)."""

    xml: bytes
    aes_key: bytes | None


def signature(*parts: str) -> str:
    """Hex SHA-1 over the sorted parts, as WeChat signs."""
    signer = WeChatSigner()
    signer.add_data(*parts)
    return str(signer.signature)


def check(expected: str, given: str) -> None:
    """Constant-time comparison; raises EnvelopeRefused."""
    if not given.isascii() or not equal(expected, given):
        raise EnvelopeRefused("signature")


def aes_key(encoding_aes_key: str) -> bytes:
    """The 32 bytes behind a 43-character EncodingAESKey."""
    key = base64.b64decode(encoding_aes_key + "=")
    if len(key) != 32:
        raise ValueError("an EncodingAESKey has 43 characters")
    return key


def unseal(encrypted: str, *, keys: list[bytes], appid: str) -> Opened:
    """Decrypt an `Encrypt` element with the first key that fits. Raises EnvelopeRefused."""
    try:
        sealed = base64.b64decode(encrypted, validate=True)
    except ValueError as error:
        raise EnvelopeRefused("base64") from error
    for key in keys:
        xml = _unseal_with(sealed, key, appid)
        if xml is not None:
            return Opened(xml, key)
    raise EnvelopeRefused("decrypt")


def seal(xml: bytes, *, key: bytes, appid: str, salt: bytes | None = None) -> str:
    """Encrypt a reply; `salt` is 16 random bytes, given only by conformance tests."""
    body = (salt or os.urandom(16)) + struct.pack(">I", len(xml)) + xml + appid.encode()
    pad = BLOCK - len(body) % BLOCK
    cipher = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return base64.b64encode(cipher.update(body + bytes([pad]) * pad) + cipher.finalize()).decode()


def _unseal_with(sealed: bytes, key: bytes, appid: str) -> bytes | None:
    if not sealed or len(sealed) % 16:
        return None
    cipher = Cipher(algorithms.AES(key), modes.CBC(key[:16])).decryptor()
    padded = cipher.update(sealed) + cipher.finalize()
    pad = padded[-1]
    if not 1 <= pad <= BLOCK or padded[-pad:] != bytes([pad]) * pad:
        return None
    body = padded[:-pad]
    if len(body) < 20:
        return None
    (length,) = struct.unpack(">I", body[16:20])
    xml, tail = body[20 : 20 + length], body[20 + length :]
    return xml if len(xml) == length and tail == appid.encode() else None
