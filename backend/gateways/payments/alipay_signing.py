"""Alipay's RSA2 over parameters, as pure functions over keys.

A request is signed over all its parameters but `sign`; a notification over all but `sign` and
`sign_type`, with values as they are after decoding; an answer over the text of its response node as
it came, never a re-serialised one. Source: Alipay's open platform, 签名 and 异步通知验签.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from backend.gateways.payments.wechat_signing import is_signed
from backend.kit.config import Settings


@dataclass(frozen=True)
class Application:
    """Who we are to Alipay: our application, who is paid, and by which keys each side knows the
    other. `public_key` is Alipay's, not ours."""

    app_id: str
    seller_id: str
    private_key: RSAPrivateKey
    public_key: RSAPublicKey

    @classmethod
    def from_settings(cls, given: Settings) -> "Application":
        """Read the keys named by the settings. Raises ValueError naming what is missing."""
        private_file, public_file = given.alipay_private_key_file, given.alipay_public_key_file
        if private_file is None or public_file is None:
            raise ValueError("set ALIPAY_PRIVATE_KEY_FILE and ALIPAY_PUBLIC_KEY_FILE")
        if not given.alipay_app_id or not given.alipay_seller_id:
            raise ValueError("set ALIPAY_APP_ID and ALIPAY_SELLER_ID")
        private_key = load_pem_private_key(Path(private_file).read_bytes(), password=None)
        public_key = load_pem_public_key(Path(public_file).read_bytes())
        if not isinstance(private_key, RSAPrivateKey) or not isinstance(public_key, RSAPublicKey):
            raise ValueError("Alipay's keys are RSA keys")
        return cls(given.alipay_app_id, given.alipay_seller_id, private_key, public_key)


def canonical(fields: Mapping[str, str], *, but: tuple[str, ...]) -> bytes:
    """What is signed: `key=value` sorted and joined by `&`, empty values left out."""
    kept = sorted((name, value) for name, value in fields.items() if name not in but and value)
    return "&".join(f"{name}={value}" for name, value in kept).encode()


def sign(application: Application, fields: Mapping[str, str]) -> str:
    """The signature of a request."""
    message = canonical(fields, but=("sign",))
    return base64.b64encode(application.private_key.sign(message, PKCS1v15(), SHA256())).decode()


def is_genuine_notice(application: Application, fields: Mapping[str, str]) -> bool:
    """Whether Alipay has signed exactly these parameters."""
    message = canonical(fields, but=("sign", "sign_type"))
    return is_signed(application.public_key, fields.get("sign", ""), message)


def opened(application: Application, text: str, name: str) -> dict[str, object]:
    """The response node `name` of an answer, read from the very text that Alipay signed. Raises
    ValueError for anything else."""
    found: object = json.loads(text)
    if not isinstance(found, dict) or not isinstance(found.get(name), dict):
        raise ValueError(f"an answer without {name}")
    start = text.index("{", text.index(f'"{name}"'))  # Within a string its quotes were escaped.
    content, end = json.JSONDecoder().raw_decode(text, start)
    if not is_signed(application.public_key, str(found.get("sign", "")), text[start:end].encode()):
        raise ValueError("the signature does not fit")
    if not isinstance(content, dict):
        raise ValueError(f"{name} is no object")
    return content
