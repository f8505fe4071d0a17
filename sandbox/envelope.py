"""WeChat's message signature and its AES envelope.

Written out here on purpose (60 lines) so that the sandbox shares no code with the bot it tests.
Source: the official "message encryption" page; padding is PKCS#7 over blocks of 32 bytes.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_BLOCK = 32


class BadEnvelope(Exception):
    """The ciphertext, its signature or its appid is not what the protocol demands."""


def signature_of(*parts: str) -> str:
    """Return the hex SHA-1 of the sorted parts joined together."""
    joined = "".join(sorted(parts)).encode()
    return hashlib.sha1(joined, usedforsecurity=False).hexdigest()


def is_signed(signature: str, *parts: str) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(signature.encode(), signature_of(*parts).encode())


def seal(text: str, *, aes_key: str, appid: str, salt: bytes | None = None) -> str:
    """Encrypt `text`; `salt` is 16 bytes and random unless a test fixes it."""
    key = base64.b64decode(aes_key + "=")
    content = text.encode()
    plain = (salt or os.urandom(16)) + struct.pack("!I", len(content)) + content + appid.encode()
    padding = _BLOCK - len(plain) % _BLOCK
    encryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    sealed = encryptor.update(plain + bytes([padding]) * padding) + encryptor.finalize()
    return base64.b64encode(sealed).decode()


def unseal(sealed: str, *, aes_key: str, appid: str) -> str:
    """Decrypt; raises BadEnvelope when it cannot be read or is meant for another appid."""
    key = base64.b64decode(aes_key + "=")
    try:
        decryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).decryptor()
        plain = decryptor.update(base64.b64decode(sealed, validate=True)) + decryptor.finalize()
        padding = plain[-1]
        if not 1 <= padding <= _BLOCK or plain[-padding:] != bytes([padding]) * padding:
            raise BadEnvelope("the padding is wrong: is it the same EncodingAESKey?")
        (length,) = struct.unpack("!I", plain[16:20])
        content, tail = plain[20 : 20 + length], plain[20 + length : -padding]
        if len(content) != length or tail != appid.encode():
            raise BadEnvelope("the appid inside the envelope is another one")
        return content.decode()
    except (ValueError, IndexError, struct.error) as broken:
        raise BadEnvelope(f"the envelope cannot be opened: {broken}") from broken
