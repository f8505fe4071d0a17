"""WeChat Pay v3: orders, the till, notifications, refunds and bills."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sandbox.pay.notices import LADDER
from sandbox.pay.orders import SHANGHAI
from sandbox.pay.signing import lines, sign
from tests.sandbox.stage import Post, Stage

JSAPI = "/v3/pay/transactions/jsapi"


def order(stage: Stage, **more: Any) -> dict[str, Any]:
    return {
        "appid": stage.settings.appid,
        "mchid": stage.settings.mchid,
        "description": "三年级英语班",
        "out_trade_no": "T20261123",
        "notify_url": f"{stage.webhook.url}/pay/wechat/notify",
        "amount": {"total": 248_000},
        "payer": {"openid": "o_demo_guardian"},
        **more,
    }


def pay_fields(stage: Stage, prepay_id: str) -> dict[str, str]:
    """Return what a page hands to getBrandWCPayRequest."""
    key = stage.settings.platform_private_key_file.with_name("merchant_private.pem")
    package = f"prepay_id={prepay_id}"
    signature = sign(key, lines(stage.settings.appid, "1700000000", "n", package))
    return {
        "appId": stage.settings.appid,
        "timeStamp": "1700000000",
        "nonceStr": "n",
        "package": package,
        "signType": "RSA",
        "paySign": signature,
    }


def paid(stage: Stage, **more: Any) -> requests.Response:
    prepay_id = stage.merchant("POST", JSAPI, order(stage, **more)).json()["prepay_id"]
    body = {**pay_fields(stage, prepay_id), "as": "o_demo_guardian"}
    return requests.post(f"{stage.url}/cashier/pay", json=body, timeout=10)


def check_signed(stage: Stage, headers: dict[str, str], body: bytes) -> None:
    """Verify Wechatpay-* with the platform's public key, in code of our own."""
    found = {name.lower(): value for name, value in headers.items()}
    assert found["wechatpay-serial"] == stage.settings.platform_key_id
    assert abs(int(found["wechatpay-timestamp"]) - time.time()) < 60
    message = (
        f"{found['wechatpay-timestamp']}\n{found['wechatpay-nonce']}\n".encode() + body + b"\n"
    )
    pem = stage.settings.platform_private_key_file.with_name("platform_public.pem").read_bytes()
    key = serialization.load_pem_public_key(pem)
    assert isinstance(key, rsa.RSAPublicKey)
    signature = base64.b64decode(found["wechatpay-signature"])
    key.verify(signature, message, padding.PKCS1v15(), hashes.SHA256())


def opened(stage: Stage, post: Post) -> dict[str, Any]:
    """Verify and decrypt a notification."""
    check_signed(stage, post.headers, post.body.encode())
    notice: dict[str, Any] = json.loads(post.body)
    sealed = notice["resource"]
    clear = AESGCM(stage.settings.apiv3_key.encode()).decrypt(
        sealed["nonce"].encode(),
        base64.b64decode(sealed["ciphertext"]),
        sealed["associated_data"].encode(),
    )
    return {**notice, "resource": json.loads(clear)}


def notices(stage: Stage) -> list[Post]:
    return [post for post in stage.webhook.posts if post.path == "/pay/wechat/notify"]


def test_paying_notifies_signed_and_sealed_and_once(stage: Stage) -> None:
    stage.webhook.answer = lambda post: (204, "")
    result = paid(stage).json()
    assert result["err_msg"] == "get_brand_wcpay_request:ok"
    stage.until(lambda: len(notices(stage)) == 1)
    notice = opened(stage, notices(stage)[0])
    assert notice["event_type"] == "TRANSACTION.SUCCESS"
    assert notice["resource"]["out_trade_no"] == "T20261123"
    assert notice["resource"]["amount"]["total"] == 248_000
    assert notice["resource"]["payer"] == {"openid": "o_demo_guardian"}
    again = requests.post(
        f"{stage.url}/cashier/pay",
        json={**pay_fields(stage, _prepay(stage)),
              "as": "o_demo_guardian"},
        timeout=10,
    )  # fmt: skip
    assert again.json()["transaction_id"] == result["transaction_id"]
    query = stage.merchant(
        "GET", f"/v3/pay/transactions/out-trade-no/T20261123?mchid={stage.settings.mchid}"
    )
    check_signed(stage, dict(query.headers), query.content)
    assert query.json()["trade_state"] == "SUCCESS"
    path = f"/v3/pay/transactions/id/{result['transaction_id']}?mchid={stage.settings.mchid}"
    assert stage.merchant("GET", path).json()["out_trade_no"] == "T20261123"
    stage.pass_time(30 * 3600)
    assert len(notices(stage)) == 1


def _prepay(stage: Stage) -> str:
    found = stage.world.store.row("SELECT prepay_id FROM orders")
    assert found is not None
    return str(found["prepay_id"])


def test_a_payment_opens_the_window_and_leaves_a_receipt(stage: Stage) -> None:
    paid(stage)
    chats = [one["chat"] for one in stage.phone("guardian", "/bubbles")["bubbles"]]
    assert chats == ["pay"]
    text = {"touser": "o_demo_guardian", "msgtype": "text", "text": {"content": "谢谢"}}
    sent = [stage.call("/cgi-bin/message/custom/send", text)["errcode"] for _ in range(8)]
    assert sent == [0] * 8


def test_a_notification_climbs_the_whole_ladder(stage: Stage) -> None:
    stage.webhook.answer = lambda post: (500, '{"code":"FAIL"}')
    paid(stage)
    for tries, pause in enumerate(LADDER, 1):
        stage.until(lambda tries=tries: len(notices(stage)) == tries)  # type: ignore[misc]
        stage.until(lambda: _due(stage) > stage.world.clock.now())
        assert round(_due(stage) - stage.world.clock.now()) == pytest.approx(pause, abs=2)
        stage.pass_time(pause)
    stage.until(lambda: len(notices(stage)) == len(LADDER) + 1)
    stage.until(lambda: _state(stage) == "given up")
    assert sum(LADDER) == 24 * 3600 + 4 * 60
    assert len({json.loads(post.body)["id"] for post in notices(stage)}) == 1
    assert len({post.body for post in notices(stage)}) == len(LADDER) + 1


def _due(stage: Stage) -> float:
    found = stage.world.store.row("SELECT due_ts FROM notices")
    return float(found["due_ts"]) if found else 0.0


def _state(stage: Stage) -> str:
    found = stage.world.store.row("SELECT state FROM notices")
    return str(found["state"]) if found else ""


def test_a_notification_can_be_repeated_at_will(stage: Stage) -> None:
    paid(stage)
    stage.until(lambda: len(notices(stage)) == 1)
    body = {"out_trade_no": "T20261123", "times": 3}
    url = f"{stage.url}/sandbox/pay/notify-again"
    assert len(requests.post(url, json=body, timeout=10).json()["answers"]) == 3
    assert len({json.loads(post.body)["id"] for post in notices(stage)}) == 1
    assert len(notices(stage)) == 4


def test_the_merchants_number_is_the_idempotency_key(stage: Stage) -> None:
    first = stage.merchant("POST", JSAPI, order(stage)).json()["prepay_id"]
    second = stage.merchant("POST", JSAPI, order(stage)).json()["prepay_id"]
    assert first != second
    other = stage.merchant("POST", JSAPI, order(stage, amount={"total": 1}))
    assert (other.status_code, other.json()["code"]) == (400, "INVALID_REQUEST")
    assert paid(stage).ok
    after = stage.merchant("POST", JSAPI, order(stage))
    assert after.json()["code"] == "ORDERPAID"


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"out_trade_no": "短"}, "PARAM_ERROR"),
        ({"amount": {"total": 0}}, "PARAM_ERROR"),
        ({"amount": {"total": 1.5}}, "PARAM_ERROR"),
        ({"description": "长" * 128}, "PARAM_ERROR"),
        ({"payer": {"openid": "o_nobody"}}, "PARAM_ERROR"),
        ({"notify_url": "http://a.example/?x=1"}, "PARAM_ERROR"),
        ({"time_expire": "2020-01-01T00:00:00+08:00"}, "PARAM_ERROR"),
        ({"appid": "wx0"}, "APPID_MCHID_NOT_MATCH"),
    ],
)
def test_a_wrong_order_is_refused(stage: Stage, more: dict[str, Any], code: str) -> None:
    answer = stage.merchant("POST", JSAPI, order(stage, **more))
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    check_signed(stage, dict(answer.headers), answer.content)


def test_a_call_that_is_not_signed_or_stale_is_refused(stage: Stage) -> None:
    raw = json.dumps(order(stage)).encode()
    stale = stage.merchant_raw("POST", JSAPI, raw, int(time.time()) - 301)
    assert stale.json()["code"] == "SIGN_ERROR"
    unsigned = requests.post(stage.url + JSAPI, data=raw, timeout=5)
    assert (unsigned.status_code, unsigned.json()["code"]) == (401, "SIGN_ERROR")


def test_the_till_checks_signature_and_payer(stage: Stage) -> None:
    prepay_id = stage.merchant("POST", JSAPI, order(stage)).json()["prepay_id"]
    fields = pay_fields(stage, prepay_id)
    url = f"{stage.url}/cashier/pay"
    forged = {**fields, "nonceStr": "other"}
    assert requests.post(url, json=forged, timeout=5).status_code == 400
    other = requests.post(url, json={**fields, "as": "o_demo_teacher"}, timeout=5)
    assert "不一致" in other.json()["err_desc"]
    page = requests.get(f"{stage.url}/cashier", params=fields, timeout=5)
    assert "2,480.00" in page.text
    assert requests.get(f"{stage.url}/cashier", params=forged, timeout=5).status_code == 400


def test_a_closed_order_cannot_be_paid(stage: Stage) -> None:
    prepay_id = stage.merchant("POST", JSAPI, order(stage)).json()["prepay_id"]
    path = "/v3/pay/transactions/out-trade-no/T20261123/close"
    assert stage.merchant("POST", path, {"mchid": stage.settings.mchid}).status_code == 204
    body = {**pay_fields(stage, prepay_id), "as": "o_demo_guardian"}
    assert requests.post(f"{stage.url}/cashier/pay", json=body, timeout=5).status_code == 400
    assert stage.merchant("POST", JSAPI, order(stage)).json()["code"] == "ORDER_CLOSED"


def test_an_order_that_is_over_cannot_be_paid(stage: Stage) -> None:
    expiry = (datetime.now(SHANGHAI) + timedelta(minutes=10)).isoformat(timespec="seconds")
    stage.merchant("POST", JSAPI, order(stage, time_expire=expiry))
    body = {**pay_fields(stage, _prepay(stage)), "as": "o_demo_guardian"}
    stage.pass_time(601)
    answer = requests.post(f"{stage.url}/cashier/pay", json=body, timeout=5)
    assert "过期" in answer.json()["err_desc"]


def test_codes_and_mobile_pages_lead_to_the_till(stage: Stage) -> None:
    native = {**order(stage, out_trade_no="N12345"), "payer": None}
    code_url = stage.merchant("POST", "/v3/pay/transactions/native", native).json()["code_url"]
    prepay_id = parse_qs(urlsplit(code_url).query)["pr"][0]
    till = requests.get(f"{stage.url}/cashier/code", params={"pr": prepay_id}, timeout=5)
    assert "付款人" in till.text
    body = {"prepay_id": prepay_id, "as": "o_demo_student"}
    assert requests.post(f"{stage.url}/cashier/pay", json=body, timeout=5).ok
    scene = {"payer_client_ip": "127.0.0.1", "h5_info": {"type": "Wap"}}
    mobile = order(stage, out_trade_no="H12345", scene_info=scene)
    h5_url = stage.merchant("POST", "/v3/pay/transactions/h5", mobile).json()["h5_url"]
    assert "确认支付" in requests.get(h5_url, timeout=5).text


def refund(stage: Stage, number: str, fen: int, **more: Any) -> requests.Response:
    body = {
        "out_trade_no": "T20261123",
        "out_refund_no": number,
        "notify_url": f"{stage.webhook.url}/pay/wechat/notify",
        "amount": {"refund": fen, "total": 248_000, "currency": "CNY"},
        **more,
    }
    return stage.merchant("POST", "/v3/refund/domestic/refunds", body)


def test_refunds_are_accepted_settled_and_notified(stage: Stage) -> None:
    assert refund(stage, "R1", 1).status_code == 404
    paid(stage)
    first = refund(stage, "R1", 100_000)
    assert first.json()["status"] == "PROCESSING"
    assert refund(stage, "R1", 100_000).json()["refund_id"] == first.json()["refund_id"]
    assert refund(stage, "R1", 5).json()["code"] == "INVALID_REQUEST"
    assert refund(stage, "R2", 5).json()["code"] == "FREQUENCY_LIMITED"
    stage.pass_time(61)
    assert refund(stage, "R2", 148_001).json()["code"] == "INVALID_REQUEST"
    assert refund(stage, "R2", 148_000).ok
    stage.until(lambda: len(notices(stage)) == 3)
    events = {opened(stage, post)["event_type"] for post in notices(stage)}
    assert events == {"TRANSACTION.SUCCESS", "REFUND.SUCCESS"}
    found = stage.merchant("GET", "/v3/refund/domestic/refunds/R1").json()
    assert (found["status"], found["amount"]["refund"]) == ("SUCCESS", 100_000)
    missing = stage.merchant("GET", "/v3/refund/domestic/refunds/R9")
    assert missing.json()["code"] == "RESOURCE_NOT_EXISTS"


def test_the_bill_of_a_day_comes_the_next_morning(stage: Stage) -> None:
    paid(stage)
    refund(stage, "R1", 8_000)
    day = datetime.fromtimestamp(stage.world.clock.now(), SHANGHAI).date()
    path = f"/v3/bill/tradebill?bill_date={day}&bill_type=ALL"
    assert stage.merchant("GET", path).json()["code"] == "STATEMENT_CREATING"
    stage.pass_time(34 * 3600)
    answer = stage.merchant("GET", path).json()
    split = urlsplit(answer["download_url"])
    bill = stage.merchant("GET", f"{split.path}?{split.query}")
    assert hashlib.sha1(bill.content).hexdigest() == answer["hash_value"]
    rows = bill.content.decode("utf-8-sig").splitlines()
    assert len(rows) == 5
    head = rows[0].split(",")
    values = dict(zip(head, rows[1].split(","), strict=True))
    assert (values["商户订单号"], values["订单金额"]) == ("`T20261123", "`2480.00")
    assert dict(zip(head, rows[2].split(","), strict=True))["退款金额"] == "`80.00"
    empty = path.replace(str(day), str(day - timedelta(days=3)))
    assert stage.merchant("GET", empty).json()["code"] == "NO_STATEMENT_EXIST"
