"""Alipay against the real sandbox, and answers and notices that must not be believed (F5, F7)."""

import base64
import io
import json
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from backend.gateways.payments import (
    Bill,
    BillUnreadable,
    Charge,
    LineKind,
    NotificationRefused,
    TradeState,
)
from backend.gateways.payments import alipay_signing as signing
from backend.gateways.payments.alipay_bills import bill_of
from backend.gateways.payments.alipay_client import Alipay
from backend.kit import clock
from backend.kit.config import settings
from backend.kit.errors import GatewayError
from tests.backend.gateways.payments.till import Till

NUMBERS = iter(range(10**9, 10**10))


@pytest.fixture
def desk(merchant: Till, monkeypatch: pytest.MonkeyPatch) -> Iterator[Alipay]:
    """Our client, with the sandbox's keys and address."""
    monkeypatch.setenv("ALIPAY_URL", merchant.url)
    settings.cache_clear()
    client = Alipay.from_settings()
    yield client
    client.hang_up()


def charge(**other: object) -> Charge:
    facts = {
        "out_trade_no": f"2026{next(NUMBERS)}", "description": "三年级英语 & 周末班=16课时",
        "amount_fen": 128005, "notify_url": "", "expires_at": clock.now() + timedelta(hours=1),
    }  # fmt: skip
    return Charge.model_validate({**facts, **other})


def pay(merchant: Till, url: str) -> httpx.Response:
    """What the payer does at Alipay's page."""
    page = httpx.get(url, trust_env=False)
    assert page.status_code == 200, page.text
    prepay_id = page.text.partition("prepay_id: ")[2].partition(" ")[0].strip('"')
    return httpx.post(f"{merchant.url}/alipay/pay", json={"prepay_id": prepay_id}, trust_env=False)


@pytest.mark.parametrize("is_mobile", [True, False])
def test_a_payment_from_its_address_to_its_refund(
    merchant: Till, desk: Alipay, is_mobile: bool
) -> None:
    asked = charge()
    assert desk.find(asked.out_trade_no).state is TradeState.UNKNOWN
    desk.close(asked.out_trade_no)  # Closing what nobody has opened is fine.
    url = desk.pay_url(asked, is_mobile=is_mobile, back_url="https://house/pay/x/back")
    back = pay(merchant, url).json()["return_url"]
    assert back.startswith("https://house/pay/x/back?")
    trade = desk.find(asked.out_trade_no)
    assert trade.paid is not None
    assert (trade.state, trade.paid.amount_fen) == (TradeState.PAID, 128005)
    assert (trade.paid.appid, trade.paid.mchid) == (
        settings().alipay_app_id, settings().alipay_seller_id,
    )  # fmt: skip
    assert abs(trade.paid.paid_at - clock.now()) < timedelta(minutes=5)
    with pytest.raises(GatewayError) as paid:
        desk.close(asked.out_trade_no)
    assert paid.value.code == "ORDERPAID"

    def refund(fen: int, number: str = "R1") -> str:
        return desk.refund(
            out_trade_no=asked.out_trade_no, out_refund_no=number, amount_fen=fen,
            total_fen=128005, reason="退费", notify_url="",
        ).status  # fmt: skip

    assert desk.find_refund("R1", out_trade_no=asked.out_trade_no) is None
    assert [refund(28005), refund(28005)] == ["success", "success"]  # Once, told twice.
    found = desk.find_refund("R1", out_trade_no=asked.out_trade_no)
    assert found is not None
    assert found.amount_fen == 28005
    with pytest.raises(GatewayError) as much:
        refund(128005, "R2")
    assert not much.value.retry
    assert refund(100000, "R3") == "success"
    assert desk.find(asked.out_trade_no).state is TradeState.CLOSED


def test_an_address_is_of_no_use_after_its_time(merchant: Till, desk: Alipay) -> None:
    asked = charge(expires_at=clock.now() - timedelta(minutes=1))
    url = desk.pay_url(asked, is_mobile=True, back_url="https://house/")
    assert pay(merchant, url).status_code == 400


def test_a_bill_that_is_not_out_yet_is_empty(desk: Alipay) -> None:
    assert desk.bill(clock.today()) == Bill()
    assert desk.bill(clock.today() - timedelta(days=1)) == Bill()


DAY = """#支付宝业务明细查询
支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,订单金额（元）,退款批次号/请求号,服务费（元）,备注
2026112422001\t,20261124001\t,交易,英语,,2026-11-24 10:00:00,1280.00,\t,-7.68,
2026112422001\t,20261124001\t,退款,英语,,2026-11-24 11:00:00,-100.50,R20261124001\t,0.60,
#交易合计：1笔，退款合计：1笔
"""


def test_a_bill_is_read_whole_or_not_at_all() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as parts:
        parts.writestr("2088_20261124_业务明细(汇总).csv", "sums")
        parts.writestr("2088_20261124_业务明细.csv", DAY.encode("gb18030"))
    for content in (packed.getvalue(), DAY.encode("gb18030"), DAY.encode()):
        came, back = bill_of(content).lines
        assert (came.kind, came.number, came.amount_fen, came.fee_fen) == (
            LineKind.PAYMENT, "20261124001", 128000, 768,
        )  # fmt: skip
        assert (back.kind, back.number, back.amount_fen, back.fee_fen, back.paid_as) == (
            LineKind.REFUND, "R20261124001", 10050, -60, "20261124001",
        )  # fmt: skip
        assert came.platform_id != back.platform_id
    assert bill_of("#支付宝业务明细查询\n".encode()) == Bill()
    for broken in (
        DAY.replace("退款合计：1笔", "退款合计：2笔"), DAY.replace("服务费（元）", "费"),
        DAY.replace("1280.00", "很多"), "PK",
    ):  # fmt: skip
        with pytest.raises(BillUnreadable):
            bill_of(broken.encode())


def signed_form(merchant: Till, **other: str) -> dict[str, str]:
    """A notification as Alipay signs it."""
    fields = {
        "notify_type": "trade_status_sync", "notify_id": "N1", "charset": "utf-8",
        "app_id": settings().alipay_app_id, "seller_id": settings().alipay_seller_id,
        "trade_no": "2026112522001", "out_trade_no": "2026001", "trade_status": "TRADE_SUCCESS",
        "total_amount": "1280.05", "gmt_payment": "2026-11-25 10:00:00", "subject": "英语&数学=1",
        "body": "", **other,
    }  # fmt: skip
    key = load_pem_private_key(
        (merchant.platform_private_key.parent / "alipay_private.pem").read_bytes(), None
    )
    assert isinstance(key, rsa.RSAPrivateKey)
    message = signing.canonical(fields, but=("sign", "sign_type"))
    fields["sign"] = base64.b64encode(key.sign(message, PKCS1v15(), SHA256())).decode()
    return {**fields, "sign_type": "RSA2"}


def read(desk: Alipay, fields: dict[str, str], more: str = "") -> str | int | None:
    """The fen that a notification brings, or why it was refused."""
    try:
        told = desk.read_notification({}, (urlencode(fields) + more).encode(), now=clock.now())
    except NotificationRefused as refused:
        return refused.code
    return told.paid.amount_fen if told.paid else None


def test_only_what_alipay_signed_for_us_is_believed(merchant: Till, desk: Alipay) -> None:
    assert read(desk, signed_form(merchant)) == 128005
    assert read(desk, signed_form(merchant, trade_status="TRADE_FINISHED")) == 128005
    # It tells of a refund before the payment was told: it was paid.
    assert (
        read(desk, signed_form(merchant, refund_fee="10.00", gmt_refund="2026-11-25 11:00:00"))
        == 128005
    )
    for state in ("WAIT_BUYER_PAY", "TRADE_CLOSED"):
        assert read(desk, signed_form(merchant, trade_status=state)) is None
    forged = signed_form(merchant)
    for name, value in (("total_amount", "1.00"), ("out_trade_no", "2026002"), ("sign", "AAAA")):
        assert read(desk, {**forged, name: value}) == "SIGN_ERROR"
    assert read(desk, {**forged, "sign_type": "RSA"}) == "SIGN_ERROR"
    assert read(desk, forged, "&total_amount=1280.05") == "PARAM_ERROR"
    assert read(desk, signed_form(merchant, app_id="2021")) == "PARAM_ERROR"
    assert read(desk, signed_form(merchant, seller_id="2088")) == "PARAM_ERROR"
    assert read(desk, signed_form(merchant, total_amount="1280.055")) == "PARAM_ERROR"
    assert read(desk, signed_form(merchant, total_amount="-5")) == "PARAM_ERROR"
    assert read(desk, {}) == "SIGN_ERROR"


def test_an_answer_is_believed_by_the_text_of_its_node(merchant: Till, desk: Alipay) -> None:
    """The node's text is what is signed: with other spaces, or another node first, it is not."""
    application = signing.Application.from_settings(settings())
    name = "alipay_trade_query_response"
    node = '{"code":"10000","note":"a\\"}{","total_amount":"1.00"}'
    key = load_pem_private_key(
        (merchant.platform_private_key.parent / "alipay_private.pem").read_bytes(), None
    )
    assert isinstance(key, rsa.RSAPrivateKey)
    sign = base64.b64encode(key.sign(node.encode(), PKCS1v15(), SHA256())).decode()
    good = f'{{"{name}":{node},"sign":"{sign}"}}'
    assert signing.opened(application, good, name)["total_amount"] == "1.00"
    spaced = json.dumps(json.loads(good))
    other = f'{{"{name}":{{"code":"10000"}},"x":{node},"sign":"{sign}"}}'
    twice = f'{{"{name}":{node},"{name}":{{"code":"10000","total_amount":"9.00"}},"sign":"{sign}"}}'
    assert signing.opened(application, twice, name)["total_amount"] == "1.00"  # What was signed.
    for wrong in (spaced, other, "[]", "{}", "x", good.replace("1.00", "2.00")):
        with pytest.raises(ValueError, match=r"."):
            signing.opened(application, wrong, name)


def test_what_is_sent_is_signed_over_what_is_sent(desk: Alipay) -> None:
    url = desk.pay_url(charge(), is_mobile=True, back_url="https://house/a?b=1&c=2")
    fields = dict(parse_qsl(urlsplit(url).query))
    application = signing.Application.from_settings(settings())
    assert fields["sign"] == signing.sign(application, fields)
    content = json.loads(fields["biz_content"])
    assert (content["total_amount"], content["product_code"]) == ("1280.05", "QUICK_WAP_WAY")
