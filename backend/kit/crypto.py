"""Secrets at rest and signatures in links.

Field encryption (S2, PIPL §51): AES-256-GCM with a key id in front; FIELD_KEYS is a ring whose
first key encrypts while the others still read. Equality search goes through a blind index with a
key of its own, never through the ciphertext. `backend.security.rotation` moves rows to the current
keys. Signed tokens carry who may use a link, for what, and until when.
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
    """`"2:base64,1:base64"` → key id → cipher; the first one encrypts, the others only decrypt.

    Raises ValueError for a ring that names a key twice or holds no key of 16, 24 or 32 bytes.
    """
    ring: dict[str, AESGCM] = {}
    for entry in field_keys.split(","):
        key_id, _, key = entry.strip().partition(":")
        if key_id in ring or not key_id.isalnum():
            raise ValueError(f"FIELD_KEYS names the key {key_id!r} twice, or with odd letters")
        ring[key_id] = AESGCM(base64.b64decode(key, validate=True))
    return ring


def _ring() -> dict[str, AESGCM]:
    return _keys(settings().field_keys.get_secret_value())


def current_key_id() -> str:
    """The version that encrypts now."""
    return next(iter(_ring()))


def key_ids() -> list[str]:
    """Every version that can be read, the current one first."""
    return list(_ring())


def key_id_of(stored: str | bytes) -> str:
    """The version that a ciphertext names."""
    return (
        stored.partition(".")[0] if isinstance(stored, str) else stored.partition(b".")[0].decode()
    )


def encrypt(text: str, *, context: str) -> str:
    """`key id . base64(nonce + ciphertext + tag)`; `context` (table.column) is authenticated, so a
    ciphertext moved to another column does not decrypt."""
    key_id, cipher = next(iter(_ring().items()))
    nonce = os.urandom(12)
    sealed = cipher.encrypt(nonce, text.encode(), context.encode())
    return f"{key_id}.{base64.b64encode(nonce + sealed).decode()}"


def decrypt(stored: str, *, context: str) -> str:
    """The text behind `encrypt`; raises cryptography's InvalidTag if anything was altered."""
    key_id, _, blob = stored.partition(".")
    raw = base64.b64decode(blob)
    return _ring()[key_id].decrypt(raw[:12], raw[12:], context.encode()).decode()


def encrypt_file(content: bytes, *, context: str) -> bytes:
    """`key id . nonce + ciphertext + tag` as bytes, for what is too large for base64 in a row."""
    key_id, cipher = next(iter(_ring().items()))
    nonce = os.urandom(12)
    return key_id.encode() + b"." + nonce + cipher.encrypt(nonce, content, context.encode())


def decrypt_file(stored: bytes, *, context: str) -> bytes:
    """The bytes behind `encrypt_file`; raises cryptography's InvalidTag if anything was altered."""
    key_id, _, raw = stored.partition(b".")
    return _ring()[key_id.decode()].decrypt(raw[:12], raw[12:], context.encode())


def blind_index(text: str, *, context: str) -> str:
    """A keyed fingerprint: equal texts in one column give equal indexes, nothing else shows."""
    return blind_indexes(text, context=context)[0]


def blind_indexes(text: str, *, context: str) -> list[str]:
    """What to search for: the fingerprint by the current key, and while keys are being rotated the
    one by the key before."""
    keys = (settings().blind_index_key, settings().blind_index_key_previous)
    secrets = [key.get_secret_value().encode() for key in keys if key.get_secret_value()]
    content = f"{context}\0{text}".encode()
    return [hmac.new(key, content, hashlib.sha256).hexdigest() for key in secrets]


def has_previous_index_key() -> bool:
    """Whether the index key has been changed and the one before is still given."""
    return bool(settings().blind_index_key_previous.get_secret_value())


def keys_in_use() -> str:
    """Names the current keys without telling them: two deployments with equal keys agree."""
    return f"{current_key_id()}/{blind_index('', context='keys_in_use')[:8]}"


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
