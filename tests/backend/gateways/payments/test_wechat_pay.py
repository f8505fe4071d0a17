"""Our WeChat Pay client against the real sandbox, and against servers that misbehave (F5, F7)."""

import json
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from backend.gateways.payments import Charge, TradeState
from backend.gateways.payments.wechat_pay import WechatPay
from backend.gateways.payments.wechat_signing import Merchant
from backend.kit import clock
from backend.kit.config import Settings, settings
from backend.kit.errors import GatewayError
from tests.backend.gateways.payments import letters
from tests.backend.gateways.payments.till import GUARDIAN, Till, opened, using


def charge(**other: object) -> Charge:
    """A charge nobody has seen before."""
    return Charge.model_validate(
        {
            "out_trade_no": f"20261123{secrets.randbelow(10**10):010d}",
            "description": "三年级英语周末班（16课时）",
            "amount_fen": 128000,
            "notify_url": "http://127.0.0.1:1/pay/wechat/notify",
            "expires_at": clock.now() + timedelta(hours=2),
            **other,
        }
    )


def pay(till: Till, pay_client: WechatPay, prepay_id: str) -> None:
    """Confirm at the till as the guardian."""
    fields = pay_client.bridge_parameters(prepay_id, now=clock.now())
    answer = httpx.post(f"{till.url}/cashier/pay", json={**fields, "as": GUARDIAN}, trust_env=False)
    assert answer.json()["err_msg"] == "get_brand_wcpay_request:ok"


@contextmanager
def client(url: str, merchant: Merchant | None = None) -> Iterator[WechatPay]:
    """Our client towards another server than the till, or as another merchant."""
    made = WechatPay(merchant or Merchant.from_settings(settings()), url=url)
    yield made
    made.hang_up()


@pytest.fixture
def wechat_pay(merchant: Till) -> Iterator[WechatPay]:
    with client(merchant.url) as made:
        yield made


def test_a_charge_is_announced_paid_and_found(merchant: Till, wechat_pay: WechatPay) -> None:
    wanted = charge()
    assert wechat_pay.find(wanted.out_trade_no).state == TradeState.UNKNOWN
    prepay_id = wechat_pay.prepay_jsapi(wanted, openid=GUARDIAN)
    assert wechat_pay.find(wanted.out_trade_no).state == TradeState.UNPAID
    pay(merchant, wechat_pay, prepay_id)
    trade = wechat_pay.find(wanted.out_trade_no)
    assert trade.state == TradeState.PAID
    assert trade.paid is not None
    assert (trade.paid.amount_fen, trade.paid.payer_openid) == (128000, GUARDIAN)
    assert (trade.paid.appid, trade.paid.mchid) == (settings().wechat_appid, "1900009191")


def test_the_same_charge_again_is_the_same_payment(wechat_pay: WechatPay) -> None:
    wanted = charge()
    first = wechat_pay.prepay_jsapi(wanted, openid=GUARDIAN)
    assert wechat_pay.prepay_jsapi(wanted, openid=GUARDIAN) != first
    with pytest.raises(GatewayError) as caught:
        wechat_pay.prepay_jsapi(wanted.model_copy(update={"amount_fen": 1}), openid=GUARDIAN)
    assert not caught.value.retry


def test_codes_and_browser_links_are_announced(wechat_pay: WechatPay) -> None:
    assert wechat_pay.prepay_native(charge()).startswith("weixin://")
    assert wechat_pay.prepay_h5(charge(), client_ip="192.0.2.7").startswith("http")


def test_a_long_description_is_cut_to_what_the_platform_takes(wechat_pay: WechatPay) -> None:
    assert wechat_pay.prepay_native(charge(description="英" * 300))


def test_closing_is_repeatable_and_makes_unpayable(merchant: Till, wechat_pay: WechatPay) -> None:
    wanted = charge()
    prepay_id = wechat_pay.prepay_jsapi(wanted, openid=GUARDIAN)
    wechat_pay.close(wanted.out_trade_no)
    wechat_pay.close(wanted.out_trade_no)
    wechat_pay.close("2026112399999999")  # Nobody has heard of it.
    assert wechat_pay.find(wanted.out_trade_no).state == TradeState.CLOSED
    with pytest.raises(AssertionError):
        pay(merchant, wechat_pay, prepay_id)


def test_a_paid_charge_cannot_be_closed(merchant: Till, wechat_pay: WechatPay) -> None:
    wanted = charge()
    pay(merchant, wechat_pay, wechat_pay.prepay_jsapi(wanted, openid=GUARDIAN))
    with pytest.raises(GatewayError) as caught:
        wechat_pay.close(wanted.out_trade_no)
    assert caught.value.code == "ORDERPAID"


def test_refunds_are_idempotent_by_their_number(merchant: Till, wechat_pay: WechatPay) -> None:
    wanted = charge()
    pay(merchant, wechat_pay, wechat_pay.prepay_jsapi(wanted, openid=GUARDIAN))
    number = f"R{wanted.out_trade_no}"
    assert wechat_pay.find_refund(number) is None
    for _ in range(2):
        asked = wechat_pay.refund(
            out_trade_no=wanted.out_trade_no,
            out_refund_no=number,
            amount_fen=8000,
            total_fen=128000,
            reason="转班差价",
            notify_url="http://127.0.0.1:1/pay/wechat/notify",
        )
        assert (asked.out_refund_no, asked.amount_fen) == (number, 8000)
    found = wechat_pay.find_refund(number)
    assert found is not None
    assert found.refund_id == asked.refund_id


def test_a_days_bill_is_fetched_and_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(tmp_path) as own_till, using(own_till, monkeypatch) as wechat_pay:
        wanted = charge()
        pay(own_till, wechat_pay, wechat_pay.prepay_jsapi(wanted, openid=GUARDIAN))
        paid = wechat_pay.find(wanted.out_trade_no).paid
        assert paid is not None
        on = clock.local(paid.paid_at).date()
        with pytest.raises(GatewayError):
            wechat_pay.bill(on)
        seconds = {"add": 2 * 86400}
        httpx.post(f"{own_till.url}/sandbox/clock", json=seconds, trust_env=False)
        bill = wechat_pay.bill(on)
        assert [(line.number, line.fee_fen) for line in bill.lines] == [(wanted.out_trade_no, 768)]
        assert bill.moved_fen == 128000 - 768
        assert wechat_pay.bill(on - timedelta(days=9)).lines == ()


def test_wrong_keys_are_told_as_a_refusal(merchant: Till) -> None:
    stranger = replace(Merchant.from_settings(settings()), serial="0000")
    with client(merchant.url, stranger) as wechat_pay, pytest.raises(GatewayError) as caught:
        wechat_pay.find("20261123000001")
    assert (caught.value.code, caught.value.retry) == ("SIGN_ERROR", False)


@pytest.mark.parametrize(
    "missing",
    ["WECHAT_PAY_PRIVATE_KEY_FILE", "WECHAT_PAY_PUBLIC_KEY_FILE", "WECHAT_PAY_APIV3_KEY"],
)
@pytest.mark.usefixtures("merchant")
def test_missing_keys_are_named(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    monkeypatch.delenv(missing)
    with pytest.raises(ValueError, match=missing):
        Merchant.from_settings(Settings())


@pytest.mark.usefixtures("merchant")
def test_nobody_there_is_worth_another_try() -> None:
    with client("http://127.0.0.1:1") as wechat_pay, pytest.raises(GatewayError) as caught:
        wechat_pay.find("20261123000001")
    assert (caught.value.code, caught.value.retry) == ("UNREACHABLE", True)


@pytest.mark.parametrize(
    ("status", "body", "is_signed", "code", "retry"),
    [
        (200, {"prepay_id": "wx1"}, False, "UNTRUSTED", True),
        (200, {"other": "wx1"}, True, "MALFORMED", True),
        (200, ["prepay_id"], True, "MALFORMED", True),
        (500, {"code": "SYSTEM_ERROR", "message": "稍后"}, True, "SYSTEM_ERROR", True),
        (502, "<html>", False, "HTTP_502", True),
        (429, {"code": "RATELIMIT_EXCEEDED"}, True, "RATELIMIT_EXCEEDED", True),
        (400, {"code": "PARAM_ERROR", "message": "金额"}, True, "PARAM_ERROR", False),
        (302, "", False, "HTTP_302", False),
    ],
)
def test_what_a_platform_may_answer(
    merchant: Till, status: int, body: object, is_signed: bool, code: str, retry: bool
) -> None:
    content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    with (
        _answering(merchant, status, content, is_signed=is_signed) as url,
        client(url) as wechat_pay,
        pytest.raises(GatewayError) as caught,
    ):
        wechat_pay.prepay_jsapi(charge(), openid=GUARDIAN)
    assert (caught.value.code, caught.value.retry) == (code, retry)


def test_a_bill_on_a_foreign_host_is_not_fetched(merchant: Till) -> None:
    bill = {"hash_value": "", "download_url": "https://elsewhere.example/bill"}
    with (
        _answering(merchant, 200, json.dumps(bill).encode(), is_signed=True) as url,
        client(url) as wechat_pay,
        pytest.raises(GatewayError) as caught,
    ):
        wechat_pay.bill(clock.today())
    assert caught.value.code == "UNTRUSTED"


@contextmanager
def _answering(till: Till, status: int, content: bytes, *, is_signed: bool) -> Iterator[str]:
    """A server that gives one answer to everything."""
    key = letters.private_key(till.platform_private_key)

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(status)
            if is_signed:
                serial = till.given["WECHAT_PAY_PUBLIC_KEY_ID"]
                for name, value in letters.signed(content, key, serial, at=clock.now()).items():
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
