"""WeChat Pay v3 signatures and seals, as pure functions over keys.

Requests are signed with the merchant's key; answers and notifications with the platform's, over
`timestamp\\nnonce\\nraw body\\n`, so the body must be the bytes that came, never a re-serialised
one. Notification resources are sealed with AES-256-GCM under the merchant's APIv3 key.
"""

import base64
import binascii
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    load_pem_private_key,
    load_pem_public_key,
)

from backend.kit.config import Settings

SCHEME = "WECHATPAY2-SHA256-RSA2048"
PROBE_PREFIX = "WECHATPAY/SIGNTEST/"
MAX_SKEW_SECONDS = 300


class NotGenuine(Exception):
    """Signed text that must not be believed. `probe` marks WeChat Pay's own signature tests."""

    def __init__(self, reason: str, *, probe: bool = False) -> None:
        super().__init__(reason)
        self.probe = probe


@dataclass(frozen=True)
class Merchant:
    """Who we are to the platform, and by which keys each side knows the other.

    `platform_keys` maps a Wechatpay-Serial (`PUB_KEY_ID_…`) to its key. An unknown serial is
    refused: nothing is fetched on the word of an unverified message.
    """

    appid: str
    mchid: str
    serial: str
    private_key: RSAPrivateKey
    apiv3_key: bytes
    platform_keys: Mapping[str, RSAPublicKey]

    @classmethod
    def from_settings(cls, given: Settings) -> "Merchant":
        """Read the keys named by the settings. Raises ValueError naming what is missing."""
        private_file, public_file = (
            given.wechat_pay_private_key_file,
            given.wechat_pay_public_key_file,
        )
        apiv3_key = given.wechat_pay_apiv3_key.get_secret_value().encode()
        if private_file is None or public_file is None:
            raise ValueError("set WECHAT_PAY_PRIVATE_KEY_FILE and WECHAT_PAY_PUBLIC_KEY_FILE")
        if len(apiv3_key) != 32:
            raise ValueError("WECHAT_PAY_APIV3_KEY must be 32 bytes")
        private_key = load_pem_private_key(Path(private_file).read_bytes(), password=None)
        public_key = load_pem_public_key(Path(public_file).read_bytes())
        if not isinstance(private_key, RSAPrivateKey) or not isinstance(public_key, RSAPublicKey):
            raise ValueError("WeChat Pay keys are RSA keys")
        return cls(
            appid=given.wechat_appid,
            mchid=given.wechat_pay_mchid,
            serial=given.wechat_pay_serial,
            private_key=private_key,
            apiv3_key=apiv3_key,
            platform_keys={given.wechat_pay_public_key_id: public_key},
        )


def sign(key: RSAPrivateKey, *fields: str) -> str:
    """Base64 of RSA-SHA256 over the fields, each followed by a newline."""
    message = "".join(f"{field}\n" for field in fields).encode()
    return base64.b64encode(key.sign(message, PKCS1v15(), SHA256())).decode()


def is_signed(key: RSAPublicKey, signature: str, message: bytes) -> bool:
    """Whether a base64 RSA-SHA256 signature fits a message; malformed ones simply do not."""
    try:
        key.verify(base64.b64decode(signature, validate=True), message, PKCS1v15(), SHA256())
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def authorization(merchant: Merchant, *, method: str, path: str, body: str, now: datetime) -> str:
    """The Authorization header of a request; `path` carries its query."""
    timestamp, nonce = str(int(now.timestamp())), secrets.token_hex(16)
    signature = sign(merchant.private_key, method, path, timestamp, nonce, body)
    return (
        f'{SCHEME} mchid="{merchant.mchid}",nonce_str="{nonce}",signature="{signature}",'
        f'timestamp="{timestamp}",serial_no="{merchant.serial}"'
    )


def bridge_parameters(merchant: Merchant, prepay_id: str, *, now: datetime) -> dict[str, str]:
    """What `WeixinJSBridge.invoke('getBrandWCPayRequest', …)` takes."""
    timestamp, nonce = str(int(now.timestamp())), secrets.token_hex(16)
    package = f"prepay_id={prepay_id}"
    return {
        "appId": merchant.appid,
        "timeStamp": timestamp,
        "nonceStr": nonce,
        "package": package,
        "signType": "RSA",
        "paySign": sign(merchant.private_key, merchant.appid, timestamp, nonce, package),
    }


def check_genuine(
    merchant: Merchant, headers: Mapping[str, str], body: bytes, *, now: datetime
) -> None:
    """Raise NotGenuine unless the platform signed exactly this body within the last 5 minutes.

    Cheap checks come first; the signature's arithmetic is done for a known serial only.
    """
    given = {name.lower(): value for name, value in headers.items()}
    timestamp, nonce = given.get("wechatpay-timestamp", ""), given.get("wechatpay-nonce", "")
    signature, serial = given.get("wechatpay-signature", ""), given.get("wechatpay-serial", "")
    if not (nonce and signature and serial):
        raise NotGenuine("a Wechatpay header is missing")
    if given.get("wechatpay-signature-type", SCHEME) != SCHEME:
        raise NotGenuine("unknown Wechatpay-Signature-Type")
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        raise NotGenuine("Wechatpay-Timestamp is not a number of seconds")
    if abs(now.timestamp() - int(timestamp)) > MAX_SKEW_SECONDS:
        raise NotGenuine("Wechatpay-Timestamp is more than 5 minutes away")
    if signature.startswith(PROBE_PREFIX):
        raise NotGenuine("a signature probe", probe=True)
    key = merchant.platform_keys.get(serial)
    if key is None:
        raise NotGenuine("unknown Wechatpay-Serial")
    if not is_signed(key, signature, f"{timestamp}\n{nonce}\n".encode() + body + b"\n"):
        raise NotGenuine("the signature does not fit")


def unseal(apiv3_key: bytes, *, nonce: str, associated: str, ciphertext: str) -> bytes:
    """Open an AEAD_AES_256_GCM resource. Raises ValueError for whatever does not open."""
    try:
        sealed = base64.b64decode(ciphertext, validate=True)
        return AESGCM(apiv3_key).decrypt(nonce.encode(), sealed, associated.encode())
    except (InvalidTag, binascii.Error, ValueError) as error:
        raise ValueError("the resource does not open") from error
