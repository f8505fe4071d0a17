"""Alipay: page and wap payment, notification, query, refund, close and bill."""

from __future__ import annotations

import base64
import io
import json
import re
import time
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from sandbox.pay.alipay_notice import LADDER, canonical
from sandbox.pay.orders import SHANGHAI
from tests.sandbox.stage import Post, Stage

VECTORS = Path(__file__).resolve().parents[4] / "shared" / "data" / "wechat_vectors" / "pay"
PAGE = {"product_code": "FAST_INSTANT_TRADE_PAY"}


def request_fields(stage: Stage, method: str, content: dict[str, Any]) -> dict[str, str]:
    """Sign a request with the merchant's application key, in code of our own."""
    fields = {
        "app_id": stage.settings.alipay_app_id,
        "method": method,
        "charset": "utf-8",
        "sign_type": "RSA2",
        "timestamp": "2026-11-23 10:00:00",
        "version": "1.0",
        "notify_url": f"{stage.webhook.url}/pay/alipay/notify",
        "return_url": f"{stage.webhook.url}/pay/done",
        "biz_content": json.dumps(content, ensure_ascii=False),
    }
    message = "&".join(f"{name}={fields[name]}" for name in sorted(fields)).encode()
    pem = stage.settings.alipay_private_key_file.with_name("alipay_app_private.pem").read_bytes()
    key = serialization.load_pem_private_key(pem, password=None)
    assert isinstance(key, rsa.RSAPrivateKey)
    signature = key.sign(message, padding.PKCS1v15(), hashes.SHA256())
    return {**fields, "sign": base64.b64encode(signature).decode()}


def check(stage: Stage, message: bytes, signature: str) -> None:
    pem = stage.settings.alipay_private_key_file.with_name("alipay_public.pem").read_bytes()
    key = serialization.load_pem_public_key(pem)
    assert isinstance(key, rsa.RSAPublicKey)
    key.verify(base64.b64decode(signature), message, padding.PKCS1v15(), hashes.SHA256())


def call(stage: Stage, method: str, content: dict[str, Any]) -> dict[str, Any]:
    fields = request_fields(stage, method, content)
    raw = requests.post(f"{stage.url}/gateway.do", data=fields, timeout=10).text
    node = f"{method.replace('.', '_')}_response"
    found = re.fullmatch(rf'\{{"{node}":(.*),"sign":"([^"]+)"\}}', raw)
    assert found, raw
    check(stage, found[1].encode(), found[2])
    answer: dict[str, Any] = json.loads(found[1])
    return answer


def open_till(stage: Stage, **more: Any) -> requests.Response:
    content = {"out_trade_no": "A1", "total_amount": "2480.00", "subject": "英语班", **PAGE, **more}
    method = more.pop("method", "alipay.trade.page.pay")
    content.pop("method", None)
    fields = request_fields(stage, method, content)
    return requests.get(f"{stage.url}/gateway.do", params=fields, timeout=10)


def pay(stage: Stage, **more: Any) -> dict[str, Any]:
    page = open_till(stage, **more)
    found = re.search(r'prepay_id: "(\w+)"', page.text)
    assert found, page.text
    answer = requests.post(f"{stage.url}/alipay/pay", json={"prepay_id": found[1]}, timeout=10)
    result: dict[str, Any] = answer.json()
    return result


def notices(stage: Stage) -> list[Post]:
    return [post for post in stage.webhook.posts if post.path == "/pay/alipay/notify"]


def form(post: Post) -> dict[str, str]:
    return dict(parse_qsl(post.body, keep_blank_values=True))


def test_paying_notifies_with_a_signature_over_everything_else(stage: Stage) -> None:
    result = pay(stage)
    stage.until(lambda: len(notices(stage)) == 1)
    told = form(notices(stage)[0])
    assert (told["trade_status"], told["total_amount"]) == ("TRADE_SUCCESS", "2480.00")
    assert told["seller_id"] == stage.settings.alipay_seller_id
    assert (told["out_trade_no"], told["trade_no"]) == ("A1", result["trade_no"])
    check(stage, canonical(told), told["sign"])
    back = dict(parse_qsl(urlsplit(result["return_url"]).query))
    check(stage, canonical(back), back["sign"])
    assert call(stage, "alipay.trade.query", {"out_trade_no": "A1"})["trade_status"] == (
        "TRADE_SUCCESS"
    )
    assert "已被支付" in open_till(stage).text
    time.sleep(0.1)
    assert len(notices(stage)) == 1


def test_a_notification_is_repeated_until_the_answer_is_success(stage: Stage) -> None:
    stage.webhook.answer = lambda post: (200, "ok")
    pay(stage)
    for tries, pause in enumerate(LADDER, 1):
        stage.until(lambda tries=tries: len(notices(stage)) == tries)  # type: ignore[misc]
        stage.until(lambda: _due(stage) > stage.world.clock.now())
        if tries == 3:
            stage.webhook.answer = lambda post: (200, "success")
        stage.pass_time(pause)
        if tries == 3:
            break
    stage.until(lambda: len(notices(stage)) == 4)
    stage.pass_time(100_000)
    time.sleep(0.2)
    assert len({form(post)["notify_id"] for post in notices(stage)}) == 1
    assert len(notices(stage)) == 4
    assert (len(LADDER), sum(LADDER)) == (7, 24 * 3600 + 24 * 60)


def _due(stage: Stage) -> float:
    found = stage.world.store.row("SELECT due_ts FROM notices")
    return float(found["due_ts"]) if found else 0.0


def test_refunds_move_money_once_and_close_the_trade(stage: Stage) -> None:
    pay(stage)
    content = {"out_trade_no": "A1", "refund_amount": "80.00", "out_request_no": "B1"}
    first = call(stage, "alipay.trade.refund", content)
    again = call(stage, "alipay.trade.refund", content)
    assert (first["fund_change"], again["fund_change"]) == ("Y", "N")
    assert (first["refund_fee"], again["refund_fee"]) == ("80.00", "80.00")
    found = call(
        stage, "alipay.trade.fastpay.refund.query", {"out_trade_no": "A1", "out_request_no": "B1"}
    )
    assert (found["refund_amount"], found["refund_status"]) == ("80.00", "REFUND_SUCCESS")
    rest = {"out_trade_no": "A1", "refund_amount": "2400.01", "out_request_no": "B2"}
    assert call(stage, "alipay.trade.refund", rest)["code"] == "40004"
    rest["refund_amount"] = "2400.00"
    assert call(stage, "alipay.trade.refund", rest)["fund_change"] == "Y"
    assert call(stage, "alipay.trade.query", {"out_trade_no": "A1"})["trade_status"] == (
        "TRADE_CLOSED"
    )


def test_wrong_requests_have_their_codes(stage: Stage) -> None:
    fields = request_fields(stage, "alipay.trade.query", {"out_trade_no": "A1"})
    url = f"{stage.url}/gateway.do"
    forged = {**fields, "biz_content": '{"out_trade_no": "A2"}'}
    assert "isv.invalid-signature" in requests.post(url, data=forged, timeout=5).text
    assert (
        "isv.invalid-app-id" in requests.post(url, data={**fields, "app_id": "1"}, timeout=5).text
    )
    assert call(stage, "alipay.trade.query", {"out_trade_no": "A9"})["sub_code"] == (
        "ACQ.TRADE_NOT_EXIST"
    )
    assert open_till(stage, total_amount="0").status_code == 400
    assert open_till(stage, total_amount="1.234").status_code == 400
    assert open_till(stage, product_code="X").status_code == 400


def test_a_wap_order_that_is_over_or_closed_cannot_be_paid(stage: Stage) -> None:
    wap = {"method": "alipay.trade.wap.pay", "product_code": "QUICK_WAP_WAY"}
    open_till(stage, out_trade_no="W1", timeout_express="5m", **wap)
    stage.pass_time(301)
    assert "关闭" in pay(stage, out_trade_no="W1", timeout_express="5m", **wap)["error"]
    open_till(stage, out_trade_no="W2", **wap)
    assert call(stage, "alipay.trade.close", {"out_trade_no": "W2"})["code"] == "10000"
    assert open_till(stage, out_trade_no="W2", **wap).status_code == 400


def test_the_same_number_may_live_on_both_platforms(stage: Stage) -> None:
    from tests.sandbox.pay.test_wechat_pay import paid

    assert paid(stage).ok
    assert "trade_no" in pay(stage, out_trade_no="T20261123")


def test_the_bill_comes_the_next_day(stage: Stage) -> None:
    pay(stage)
    day = str(datetime.fromtimestamp(stage.world.clock.now(), SHANGHAI).date())
    method, content = "alipay.data.dataservice.bill.downloadurl.query", {"bill_date": day}
    assert call(stage, method, content)["sub_code"] == "isp.bill_not_exist"
    stage.pass_time(86_400)
    url = call(stage, method, content)["bill_download_url"]
    packed = zipfile.ZipFile(io.BytesIO(requests.get(url, timeout=5).content))
    _, details = packed.namelist()
    rows = packed.read(details).decode("gb18030").splitlines()
    assert len(rows) == 4
    assert [cell.strip() for cell in rows[2].split(",")[1:3]] == ["A1", "交易"]
    assert rows[3] == "#交易合计：1笔，退款合计：0笔"


@pytest.mark.skipif(not VECTORS.exists(), reason="the vectors lie beside the project")
def test_the_signed_string_is_the_published_one() -> None:
    published = json.loads((VECTORS / "alipay_notify_sample.json").read_text("utf-8"))
    fields = dict(published["form"])
    fields.pop("gmt_create")  # The published string omits it, against the rule it illustrates.
    assert canonical(fields).decode() == published["expected_string_to_sign"]
