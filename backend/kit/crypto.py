"""Secrets at rest and signatures in links.

Field encryption (S2, PIPL §51): AES-256-GCM with a key id in front, so that keys can be rotated
while old rows stay readable. Equality search goes through a keyed blind index, never through the
ciphertext. Signed tokens carry who may use a link, for what, and until when.
"""

import base64
import hashlib
import hmac
import os
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from itsdangerous import BadSignature, SignatureExpired, URLSafeTimedSerializer

from backend.kit.config import settings
from backend.kit.errors import DomainError


class LinkInvalid(DomainError):
    """The link was altered, belongs to something else, or is too old (`expired`)."""

    status = 403


@lru_cache
def _keys(field_keys: str) -> dict[str, AESGCM]:
    """`"2:base64,1:base64"` → key id → cipher; the first one encrypts."""
    pairs = (entry.strip().split(":", 1) for entry in field_keys.split(","))
    return {key_id: AESGCM(base64.b64decode(key)) for key_id, key in pairs}


def encrypt(text: str, *, context: str) -> str:
    """`key id . base64(nonce + ciphertext + tag)`; `context` (table.column) is authenticated, so a
    ciphertext moved to another column does not decrypt."""
    key_id, cipher = next(iter(_keys(settings().field_keys.get_secret_value()).items()))
    nonce = os.urandom(12)
    sealed = cipher.encrypt(nonce, text.encode(), context.encode())
    return f"{key_id}.{base64.b64encode(nonce + sealed).decode()}"


def decrypt(stored: str, *, context: str) -> str:
    """The text behind `encrypt`; raises cryptography's InvalidTag if anything was altered."""
    key_id, _, blob = stored.partition(".")
    raw = base64.b64decode(blob)
    cipher = _keys(settings().field_keys.get_secret_value())[key_id]
    return cipher.decrypt(raw[:12], raw[12:], context.encode()).decode()


def encrypt_file(content: bytes, *, context: str) -> bytes:
    """`key id . nonce + ciphertext + tag` as bytes, for what is too large for base64 in a row."""
    key_id, cipher = next(iter(_keys(settings().field_keys.get_secret_value()).items()))
    nonce = os.urandom(12)
    return key_id.encode() + b"." + nonce + cipher.encrypt(nonce, content, context.encode())


def decrypt_file(stored: bytes, *, context: str) -> bytes:
    """The bytes behind `encrypt_file`; raises cryptography's InvalidTag if anything was altered."""
    key_id, _, raw = stored.partition(b".")
    cipher = _keys(settings().field_keys.get_secret_value())[key_id.decode()]
    return cipher.decrypt(raw[:12], raw[12:], context.encode())


def blind_index(text: str, *, context: str) -> str:
    """A keyed fingerprint: equal texts in one column give equal indexes, nothing else shows."""
    key = settings().blind_index_key.get_secret_value().encode()
    return hmac.new(key, f"{context}\0{text}".encode(), hashlib.sha256).hexdigest()


def equal(left: str, right: str) -> bool:
    """Constant-time comparison of two ASCII secrets."""
    return hmac.compare_digest(left.encode(), right.encode())


def sign(purpose: str, claims: dict[str, Any]) -> str:
    """A URL-safe token for one purpose (`pay`, `go`), readable by anybody, forgeable by none."""
    return _serializer(purpose).dumps(claims)


def unsign(purpose: str, token: str, *, max_age_seconds: int) -> dict[str, Any]:
    """The claims of a token. Raises LinkInvalid when forged, for another purpose, or too old."""
    try:
        claims: dict[str, Any] = _serializer(purpose).loads(token, max_age=max_age_seconds)
    except SignatureExpired as error:
        raise LinkInvalid(expired=True) from error
    except BadSignature as error:
        raise LinkInvalid(expired=False) from error
    return claims


def _serializer(purpose: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(settings().secret_key.get_secret_value(), salt=f"link:{purpose}")
