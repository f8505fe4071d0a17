"""The platform's notifications at our door: believed or refused, never with a 5xx (F7)."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from backend.finance import queries
from backend.finance.models import JournalEntry, PaymentNotice
from backend.finance.routes import MAX_BODY_BYTES
from backend.finance.schemas import OrderPaid, OrderStatus, OrderView
from backend.kit import clock
from backend.kit.db import reading, unit_of_work
from tests.backend.finance import scenes
from tests.backend.finance.conftest import Shop
from tests.backend.gateways.payments import letters


def begun(shop: Shop) -> OrderView:
    """An order somebody is about to pay."""
    order = shop.bill()
    with unit_of_work() as session:
        scenes.begin(session, order)
    return order


def seal(shop: Shop, resource: dict[str, Any], notice_id: str = "EV-1", **other: Any) -> bytes:
    key = shop.till.given["WECHAT_PAY_APIV3_KEY"].encode()
    event = other.pop("event", "TRANSACTION.SUCCESS")
    return letters.sealed(resource, key, notice_id=notice_id, event=event, **other)


def genuine(shop: Shop, body: bytes, *, seconds_ago: int = 0) -> dict[str, str]:
    key = letters.private_key(Path(shop.till.platform_private_key))
    serial = shop.till.given["WECHAT_PAY_PUBLIC_KEY_ID"]
    return letters.signed(body, key, serial, at=clock.now() - timedelta(seconds=seconds_ago))


def post(shop: Shop, body: bytes, headers: dict[str, str]) -> httpx.Response:
    return httpx.post(
        f"{shop.url}/pay/wechat/notify", content=body, headers=headers, trust_env=False
    )


def kept(order: OrderView) -> tuple[OrderStatus, int, int]:
    """The order's status, and how many notices and journal entries there are."""
    with reading() as session:
        status = queries.order_for(session, number=order.number, openid=scenes.GUARDIAN).status
        notices = session.scalar(select(func.count()).select_from(PaymentNotice)) or 0
        entries = session.scalar(select(func.count()).select_from(JournalEntry)) or 0
    return status, notices, entries


def test_a_notification_is_acknowledged_and_so_are_its_repetitions(shop: Shop) -> None:
    order = begun(shop)
    for _ in range(3):
        body = seal(shop, letters.transaction(order.number, order.total_fen))
        answer = post(shop, body, genuine(shop, body))
        assert (answer.status_code, answer.content) == (204, b"")
    assert kept(order) == (OrderStatus.PAID, 1, 1)
    assert [type(event) for event in shop.heard] == [OrderPaid]


def test_a_refund_told_by_the_platform_is_kept_as_evidence(shop: Shop) -> None:
    order = begun(shop)
    resource = {
        "out_trade_no": order.number,
        "out_refund_no": "R1",
        "refund_id": "5030",
        "refund_status": "SUCCESS",
        "amount": {"total": order.total_fen, "refund": 100},
    }
    body = seal(shop, resource, event="REFUND.SUCCESS")
    assert post(shop, body, genuine(shop, body)).status_code == 204
    assert kept(order) == (OrderStatus.PENDING, 1, 0)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"appid": "wx0000000000000000"}, 400),
        ({"mchid": "1"}, 400),
        ({"amount": {"total": 1, "currency": "CNY"}}, 400),
        ({"out_trade_no": "20200101000000"}, 404),
        ({"trade_state": "NOTPAY"}, 400),
    ],
)
def test_genuine_words_that_do_not_fit_are_refused(
    shop: Shop, change: dict[str, Any], status: int
) -> None:
    order = begun(shop)
    body = seal(shop, {**letters.transaction(order.number, order.total_fen), **change})
    answer = post(shop, body, genuine(shop, body))
    assert answer.status_code == status
    assert set(answer.json()) == {"code", "message"}
    assert kept(order) == (OrderStatus.PENDING, 0, 0)


@pytest.mark.parametrize(
    "fault", ["unsigned", "tampered", "old", "probe", "other serial", "replayed on another body"]
)
def test_what_is_not_genuine_is_refused(shop: Shop, fault: str) -> None:
    order = begun(shop)
    body = seal(shop, letters.transaction(order.number, order.total_fen))
    headers = genuine(shop, body, seconds_ago=400 if fault == "old" else 0)
    if fault == "unsigned":
        headers = {}
    elif fault == "tampered":
        body = body.replace(b"EV-1", b"EV-2")
    elif fault == "probe":
        headers["Wechatpay-Signature"] = "WECHATPAY/SIGNTEST/" + headers["Wechatpay-Signature"]
    elif fault == "other serial":
        headers["Wechatpay-Serial"] = "PUB_KEY_ID_0000000000000000000000000000000"
    elif fault == "replayed on another body":
        headers = genuine(shop, b"{}")
    answer = post(shop, body, headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "SIGN_ERROR")
    assert kept(order) == (OrderStatus.PENDING, 0, 0)


def test_garbage_is_refused_even_when_signed(shop: Shop) -> None:
    for body in (b"", b"{", b"\xff\xfe", b"[]", b'{"id": 1}', b"<xml/>"):
        answer = post(shop, body, genuine(shop, body))
        assert (answer.status_code, answer.json()["code"]) == (400, "PARAM_ERROR")


def test_an_oversized_body_is_refused_unread(shop: Shop) -> None:
    answer = post(shop, b"x" * (MAX_BODY_BYTES + 1), {})
    assert (answer.status_code, answer.json()["code"]) == (413, "PARAM_ERROR")
