"""Signatures and seals against published vectors (F7)."""

import base64
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509 import load_pem_x509_certificate

from backend.gateways.payments import wechat_signing as signing
from backend.kit import clock
from tests.backend.gateways.payments import letters

VECTORS = Path(__file__).parents[5] / "shared" / "data" / "wechat_vectors" / "pay"
NOW = clock.now()


def vector(name: str) -> Any:
    path = VECTORS / f"{name}.json"
    if not path.exists():
        pytest.skip(f"the published vectors are not at {VECTORS}")
    return json.loads(path.read_text("utf-8"))


@pytest.fixture(scope="module")
def platform_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="module")
def merchant(platform_key: rsa.RSAPrivateKey) -> signing.Merchant:
    return signing.Merchant(
        appid="wx5823bf96d3bd56c7",
        mchid="1900009191",
        serial="5157F09EFDC096DE15EBE81A47057A72",
        private_key=rsa.generate_private_key(public_exponent=65537, key_size=2048),
        apiv3_key=b"0123456789abcdef0123456789abcdef",
        platform_keys={"PUB_KEY_ID_1": platform_key.public_key()},
    )


@pytest.mark.parametrize("name", ["gcm_small_wechatpay_java", "gcm_transaction_easywechat"])
def test_published_seals_open(name: str) -> None:
    given = vector(name)
    opened = signing.unseal(
        given["api_v3_key"].encode(),
        nonce=given["nonce"],
        associated=given["associated_data"],
        ciphertext=given["ciphertext"],
    )
    assert opened.decode() == given["plaintext"]


@pytest.mark.parametrize(
    "change",
    [
        {"associated": "bad-associatedData"},
        {"nonce": "bad-4a9R25RW"},
        {"nonce": "iv"},
        {"ciphertext": base64.b64encode(bytes(128)).decode()},
        {"ciphertext": ""},
        {"ciphertext": "not base64!"},
    ],
)
def test_a_tampered_seal_does_not_open(change: dict[str, str]) -> None:
    given = vector("gcm_small_wechatpay_java")
    parts = {
        "nonce": given["nonce"],
        "associated": given["associated_data"],
        "ciphertext": given["ciphertext"],
        **change,
    }
    with pytest.raises(ValueError, match="does not open"):
        signing.unseal(given["api_v3_key"].encode(), **parts)


def test_a_published_signature_fits_its_certificate_and_no_other_key() -> None:
    given = vector("rsa_sha256_signature_wechatpay_java")
    key = load_pem_x509_certificate(given["certificate_pem"].encode()).public_key()
    assert isinstance(key, RSAPublicKey)
    message, signature = given["message"].encode(), given["signature_b64"]
    assert signing.is_signed(key, signature, message)
    assert not signing.is_signed(key, signature, message + b" ")
    assert not signing.is_signed(key, "not base64!", message)
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    assert not signing.is_signed(other, signature, message)


def test_a_request_is_signed_over_method_path_time_nonce_and_body(
    merchant: signing.Merchant,
) -> None:
    header = signing.authorization(
        merchant, method="POST", path="/v3/a?b=c", body='{"描述":1}', now=NOW
    )
    assert header.startswith("WECHATPAY2-SHA256-RSA2048 ")
    fields = dict(part.split("=", 1) for part in header.partition(" ")[2].split(","))
    given = {name: value.strip('"') for name, value in fields.items()}
    assert (given["mchid"], given["serial_no"]) == (merchant.mchid, merchant.serial)
    message = f'POST\n/v3/a?b=c\n{given["timestamp"]}\n{given["nonce_str"]}\n{{"描述":1}}\n'
    assert signing.is_signed(
        merchant.private_key.public_key(), given["signature"], message.encode()
    )


def test_the_bridge_is_given_what_wechat_checks(merchant: signing.Merchant) -> None:
    given = signing.bridge_parameters(merchant, "wx201410272009395522657a690389285100", now=NOW)
    assert given["signType"] == "RSA"
    message = "".join(f"{given[name]}\n" for name in ("appId", "timeStamp", "nonceStr", "package"))
    assert given["package"] == "prepay_id=wx201410272009395522657a690389285100"
    assert signing.is_signed(merchant.private_key.public_key(), given["paySign"], message.encode())


def test_a_genuine_body_is_believed_within_five_minutes(
    merchant: signing.Merchant, platform_key: rsa.RSAPrivateKey
) -> None:
    body = '{"金额": 1}'.encode()
    headers = letters.signed(body, platform_key, "PUB_KEY_ID_1", at=NOW)
    for seconds in (-299, 0, 299):
        signing.check_genuine(merchant, headers, body, now=NOW + timedelta(seconds=seconds))
    lowered = {name.lower(): value for name, value in headers.items()}
    signing.check_genuine(merchant, lowered, body, now=NOW)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"Wechatpay-Signature": ""}, "missing"),
        ({"Wechatpay-Nonce": ""}, "missing"),
        ({"Wechatpay-Serial": ""}, "missing"),
        ({"Wechatpay-Serial": "PUB_KEY_ID_2"}, "Serial"),
        ({"Wechatpay-Timestamp": ""}, "Timestamp"),
        ({"Wechatpay-Timestamp": "yesterday"}, "Timestamp"),
        ({"Wechatpay-Timestamp": "9" * 40}, "Timestamp"),
        ({"Wechatpay-Timestamp": "0"}, "5 minutes"),
        ({"Wechatpay-Nonce": "another"}, "signature"),
        ({"Wechatpay-Signature": "AAAA"}, "signature"),
        ({"Wechatpay-Signature-Type": "WECHATPAY2-MD5"}, "Type"),
    ],
)
def test_anything_altered_is_not_genuine(
    merchant: signing.Merchant,
    platform_key: rsa.RSAPrivateKey,
    change: dict[str, str],
    reason: str,
) -> None:
    headers = letters.signed(b"{}", platform_key, "PUB_KEY_ID_1", at=NOW)
    with pytest.raises(signing.NotGenuine, match=reason) as caught:
        signing.check_genuine(merchant, {**headers, **change}, b"{}", now=NOW)
    assert not caught.value.probe


def test_a_probe_fails_quietly(merchant: signing.Merchant, platform_key: rsa.RSAPrivateKey) -> None:
    headers = letters.signed(b"{}", platform_key, "PUB_KEY_ID_1", at=NOW)
    headers["Wechatpay-Signature"] = "WECHATPAY/SIGNTEST/" + headers["Wechatpay-Signature"]
    with pytest.raises(signing.NotGenuine) as caught:
        signing.check_genuine(merchant, headers, b"{}", now=NOW)
    assert caught.value.probe


def test_the_bytes_that_came_are_checked_not_their_meaning(
    merchant: signing.Merchant, platform_key: rsa.RSAPrivateKey
) -> None:
    headers = letters.signed(b'{"a": 1}', platform_key, "PUB_KEY_ID_1", at=NOW)
    with pytest.raises(signing.NotGenuine):
        signing.check_genuine(merchant, headers, b'{"a":1}', now=NOW)
