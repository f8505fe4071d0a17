"""Which notifications are believed, and what is read from them (F7)."""

import json
from pathlib import Path
from typing import Any

import pytest

from backend.gateways import payments
from backend.gateways.payments import Notification, NotificationRefused
from backend.kit import clock
from tests.backend.gateways.payments import letters
from tests.backend.gateways.payments.till import Till

VECTORS = Path(__file__).parents[5] / "shared" / "data" / "wechat_vectors" / "pay"


def read(till: Till, body: bytes) -> Notification:
    """Read a body that is genuinely signed."""
    key = letters.private_key(till.platform_private_key)
    headers = letters.signed(body, key, till.given["WECHAT_PAY_PUBLIC_KEY_ID"], at=clock.now())
    return payments.payments().read_notification(headers, body, now=clock.now())


def seal(till: Till, resource: Any, event: str = "TRANSACTION.SUCCESS", **other: Any) -> bytes:
    key = till.given["WECHAT_PAY_APIV3_KEY"].encode()
    return letters.sealed(resource, key, notice_id="EV-1", event=event, **other)


def test_a_payment_is_read(merchant: Till) -> None:
    told = read(merchant, seal(merchant, letters.transaction("20261123000001", 128000)))
    assert told.id == "EV-1"
    assert told.paid is not None
    assert (told.paid.out_trade_no, told.paid.amount_fen) == ("20261123000001", 128000)
    assert told.paid.payer_openid == "o_demo_guardian"
    assert told.paid.paid_at.isoformat() == "2026-11-23T14:00:00+08:00"


def test_a_refund_is_read(merchant: Till) -> None:
    resource = {
        "out_trade_no": "20261123000001",
        "out_refund_no": "R1",
        "refund_id": "5030",
        "refund_status": "SUCCESS",
        "amount": {"total": 128000, "refund": 8000},
    }
    told = read(merchant, seal(merchant, resource, "REFUND.SUCCESS"))
    assert told.paid is None
    assert told.refund is not None
    assert (told.refund.amount_fen, told.refund.status) == (8000, "success")


def test_an_event_we_do_not_know_says_nothing_about_money(merchant: Till) -> None:
    told = read(merchant, seal(merchant, {"some": "thing"}, "COUPON.USE"))
    assert (told.paid, told.refund) == (None, None)


@pytest.mark.parametrize(
    "resource",
    [
        b"not json",
        b"[]",
        b'{"a":' * 5000,
        {},
        letters.transaction("20261123000001", 100, trade_state="NOTPAY"),
        letters.transaction("20261123000001", 100, transaction_id=None),
        letters.transaction("20261123000001", 100, success_time="2026-11-23 14:00:00"),
        letters.transaction("20261123000001", 100, amount={"total": 100, "currency": "USD"}),
        letters.transaction("20261123000001", 100, amount={"total": "a lot"}),
    ],
)
def test_a_genuine_but_odd_resource_is_refused(merchant: Till, resource: Any) -> None:
    with pytest.raises(NotificationRefused) as caught:
        read(merchant, seal(merchant, resource))
    assert caught.value.code == "PARAM_ERROR"


@pytest.mark.parametrize("other", [{"nonce": "short"}, {"algorithm": "NONE"}, {"nonce": "x" * 12}])
def test_a_seal_that_does_not_fit_is_refused(merchant: Till, other: dict[str, str]) -> None:
    with pytest.raises(NotificationRefused):
        read(merchant, seal(merchant, letters.transaction("20261123000001", 100), **other))


@pytest.mark.parametrize("body", [b"", b"{}", b"\xff\xfe", b"null", b'{"id": "EV-1"}'])
def test_a_genuine_but_odd_envelope_is_refused(merchant: Till, body: bytes) -> None:
    with pytest.raises(NotificationRefused):
        read(merchant, body)


@pytest.mark.parametrize("name", ["notify_body_demo", "notification_body_wechatpay_java"])
def test_published_bodies_without_a_signature_are_refused(merchant: Till, name: str) -> None:
    path = VECTORS / f"{name}.json"
    if not path.exists():
        pytest.skip(f"the published vectors are not at {VECTORS}")
    body = path.read_bytes()
    if name.startswith("notification"):
        body = json.loads(body)["body_raw"].encode()
    with pytest.raises(NotificationRefused) as caught:
        payments.payments().read_notification({}, body, now=clock.now())
    assert caught.value.code == "SIGN_ERROR"
    with pytest.raises(NotificationRefused) as caught:
        read(merchant, body)
    assert caught.value.code == "PARAM_ERROR"
