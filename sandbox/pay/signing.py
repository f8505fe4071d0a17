"""RSA-SHA256 signatures and the AES-GCM envelope of WeChat Pay v3.

Source: the official v3 documentation. The strings to be signed end every line with a newline, the
last one too.
"""

from __future__ import annotations

import base64
import functools
import secrets
import time
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sandbox.settings import Settings


def lines(*parts: str) -> bytes:
    """Join the parts as the signature wants them."""
    return "".join(f"{part}\n" for part in parts).encode()


@functools.lru_cache(maxsize=16)
def private_key(path: Path) -> rsa.RSAPrivateKey:
    """Load a private key once."""
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


@functools.lru_cache(maxsize=16)
def public_key(path: Path) -> rsa.RSAPublicKey:
    """Load a public key once."""
    key = serialization.load_pem_public_key(path.read_bytes())
    assert isinstance(key, rsa.RSAPublicKey)
    return key


def sign(path: Path, message: bytes) -> str:
    """Return the base64 signature with the private key in a file."""
    signature = private_key(path).sign(message, padding.PKCS1v15(), hashes.SHA256())
    return base64.b64encode(signature).decode()


def is_genuine(path: Path, message: bytes, signature: str) -> bool:
    """Whether a base64 signature fits the public key in a file."""
    try:
        public_key(path).verify(
            base64.b64decode(signature, validate=True), message, padding.PKCS1v15(), hashes.SHA256()
        )
    except (InvalidSignature, ValueError):
        return False
    return True


def platform_headers(settings: Settings, body: bytes) -> dict[str, str]:
    """Return the Wechatpay-* headers for an answer or a notification with this body."""
    timestamp, nonce = str(int(time.time())), secrets.token_hex(16)
    message = lines(timestamp, nonce) + body + b"\n"
    return {
        "Wechatpay-Timestamp": timestamp,
        "Wechatpay-Nonce": nonce,
        "Wechatpay-Signature": sign(settings.platform_private_key_file, message),
        "Wechatpay-Signature-Type": "WECHATPAY2-SHA256-RSA2048",
        "Wechatpay-Serial": settings.platform_key_id,
    }


def seal_resource(settings: Settings, text: str, kind: str) -> dict[str, str]:
    """Encrypt a notification's resource; `kind` is transaction or refund."""
    nonce = secrets.token_hex(6)
    sealed = AESGCM(settings.apiv3_key.encode()).encrypt(
        nonce.encode(), text.encode(), kind.encode()
    )
    return {
        "original_type": kind,
        "algorithm": "AEAD_AES_256_GCM",
        "ciphertext": base64.b64encode(sealed).decode(),
        "associated_data": kind,
        "nonce": nonce,
    }
