"""Payment signatures and envelopes against published vectors."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import load_pem_x509_certificate

from sandbox.pay.signing import is_genuine, seal_resource
from sandbox.settings import Settings

VECTORS = Path(__file__).resolve().parents[4] / "shared" / "data" / "wechat_vectors" / "pay"
needs_vectors = pytest.mark.skipif(
    not VECTORS.exists(), reason="the vectors lie beside the project"
)


def vector(name: str) -> Any:
    return json.loads((VECTORS / name).read_text("utf-8"))


@needs_vectors
def test_a_published_signature_is_genuine_and_a_changed_one_is_not(tmp_path: Path) -> None:
    published = vector("rsa_sha256_signature_wechatpay_java.json")
    found = load_pem_x509_certificate(published["certificate_pem"].encode()).public_key()
    key = tmp_path / "key.pem"
    key.write_bytes(found.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    message, signature = published["message"].encode(), published["signature_b64"]
    assert is_genuine(key, message, signature)
    assert not is_genuine(key, message + b"x", signature)
    assert not is_genuine(key, message, "not base64")


@needs_vectors
def test_a_sealed_resource_opens_with_the_scheme_of_the_published_one(settings: Settings) -> None:
    published = vector("gcm_small_wechatpay_java.json")
    assert _open(published["api_v3_key"], published) == published["plaintext"]
    sealed = seal_resource(settings, "你好", "transaction")
    assert _open(settings.apiv3_key, sealed) == "你好"
    assert len(sealed["nonce"]) == 12


def _open(key: str, sealed: dict[str, str]) -> str:
    return (
        AESGCM(key.encode())
        .decrypt(
            sealed["nonce"].encode(),
            base64.b64decode(sealed["ciphertext"]),
            sealed["associated_data"].encode(),
        )
        .decode()
    )
