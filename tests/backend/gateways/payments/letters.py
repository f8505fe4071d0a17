"""Notifications as the platform seals and signs them, written apart from the code under test."""

import base64
import json
import secrets
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key


def transaction(out_trade_no: str, total_fen: int, **other: Any) -> dict[str, Any]:
    """The resource of a successful payment."""
    return {
        "appid": "wx5823bf96d3bd56c7",
        "mchid": "1900009191",
        "out_trade_no": out_trade_no,
        "transaction_id": "4200001234202611230000000001",
        "trade_state": "SUCCESS",
        "success_time": "2026-11-23T14:00:00+08:00",
        "payer": {"openid": "o_demo_guardian"},
        "amount": {"total": total_fen, "payer_total": total_fen, "currency": "CNY"},
        **other,
    }


def sealed(resource: Any, apiv3_key: bytes, *, notice_id: str, event: str, **other: Any) -> bytes:
    """The body of a notification around an encrypted resource."""
    nonce = secrets.token_hex(6)
    text = resource if isinstance(resource, bytes) else json.dumps(resource).encode()
    ciphertext = AESGCM(apiv3_key).encrypt(nonce.encode(), text, b"transaction")
    body = {
        "id": notice_id,
        "event_type": event,
        "resource": {
            "algorithm": "AEAD_AES_256_GCM",
            "ciphertext": base64.b64encode(ciphertext).decode(),
            "associated_data": "transaction",
            "nonce": nonce,
            **other,
        },
    }
    return json.dumps(body).encode()


def signed(body: bytes, key: RSAPrivateKey, serial: str, *, at: datetime) -> dict[str, str]:
    """The headers that make a body genuine."""
    timestamp, nonce = str(int(at.timestamp())), secrets.token_hex(16)
    message = f"{timestamp}\n{nonce}\n".encode() + body + b"\n"
    return {
        "Wechatpay-Timestamp": timestamp,
        "Wechatpay-Nonce": nonce,
        "Wechatpay-Serial": serial,
        "Wechatpay-Signature": base64.b64encode(key.sign(message, PKCS1v15(), SHA256())).decode(),
    }


def private_key(path: Path) -> RSAPrivateKey:
    """The platform's key, which the backend never sees."""
    key = load_pem_private_key(path.read_bytes(), password=None)
    assert isinstance(key, RSAPrivateKey)
    return key
