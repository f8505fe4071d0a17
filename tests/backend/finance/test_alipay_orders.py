"""An order paid by Alipay: from the page to the books and back (F5, F7). Both databases, the real
sandbox, our pages over real HTTP."""

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

import httpx
import pytest
from sqlalchemy import func, select

from backend.finance import checkout, jobs, queries, refunds, service
from backend.finance.models import JournalEntry, Order, Payment, PaymentNotice, Refund
from backend.finance.refund_words import RefundCause, RefundStatus
from backend.finance.schemas import OrderPaid, OrderStatus, OrderView
from backend.gateways import payments
from backend.gateways.payments.alipay_client import Alipay
from backend.kit import clock
from backend.kit.config import settings
from backend.kit.db import reading, unit_of_work
from backend.security.schemas import Role
from tests.backend.finance import scenes
from tests.backend.finance.conftest import Shop
from tests.backend.finance.till.test_till_desk import colleague
from tests.backend.gateways.payments.test_alipay import pay, signed_form

PHONE = {"User-Agent": "Mozilla/5.0 (iPhone) Mobile Safari"}
IN_WECHAT = {"User-Agent": "Mozilla/5.0 (iPhone) Mobile MicroMessenger/8.0"}


@pytest.fixture
def counter(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """The shop, where one can pay by Alipay too."""
    monkeypatch.setenv("ALIPAY_URL", shop.till.url)
    settings.cache_clear()
    client = Alipay.from_settings()
    payments.use_alipay(client)
    yield shop
    payments.use_alipay(None)
    client.hang_up()


def link(order: OrderView) -> str:
    return urlsplit(service.pay_link(order.number, scenes.GUARDIAN)).path


def get(shop: Shop, path: str, headers: dict[str, str] = PHONE) -> httpx.Response:
    return httpx.get(f"{shop.url}{path}", headers=headers, trust_env=False)


def status_of(order: OrderView) -> OrderStatus:
    with reading() as session:
        return OrderStatus(session.get_one(Order, order.id).status)


def test_who_is_inside_wechat_hears_how_to_get_out(counter: Shop) -> None:
    path = link(counter.bill())
    page = get(counter, path, IN_WECHAT).text
    assert "在浏览器打开" in page
    assert "/alipay" not in page
    away = get(counter, f"{path}/alipay", IN_WECHAT)
    assert urlsplit(away.headers["Location"]).path == path
    assert "支付宝支付" in get(counter, path).text
    with reading() as session:
        methods = session.scalars(select(Payment.method)).all()
    assert set(methods) == {"wechat_jsapi"}
    assert get(counter, f"{path[:-3]}xyz/alipay").status_code == 403


def test_the_browser_proves_nothing_and_the_platform_is_asked(counter: Shop) -> None:
    order = counter.bill()
    away = get(counter, f"{link(order)}/alipay").headers["Location"]
    forged = f"{link(order)}/back?trade_status=TRADE_SUCCESS&total_amount=1280.00"
    assert get(counter, forged).status_code == 302
    assert status_of(order) == OrderStatus.PENDING
    assert pay(counter.till, away).status_code == 200
    for _ in range(2):
        assert get(counter, f"{link(order)}/back").status_code == 302
    assert status_of(order) == OrderStatus.PAID
    (told,) = [each for each in counter.heard if isinstance(each, OrderPaid)]
    assert not told.in_wechat  # It opens no 48 hours of WeChat's.
    assert "支付成功" in get(counter, link(order)).text


def test_a_silent_payment_is_asked_about(counter: Shop) -> None:
    order = counter.bill()
    away = get(counter, f"{link(order)}/alipay").headers["Location"]
    with reading() as session:
        (payment_id,) = queries.open_payment_ids(session, order_id=order.id)
    jobs.poll(payment_id)  # Nobody has opened the page: asked again later.
    assert pay(counter.till, away).status_code == 200
    jobs.poll(payment_id)
    assert status_of(order) == OrderStatus.PAID


def test_notices_doubled_late_reordered_and_forged(counter: Shop) -> None:
    order = counter.bill()
    get(counter, f"{link(order)}/alipay")

    def tell(**other: str) -> tuple[int, str]:
        fields = {
            "out_trade_no": order.number, "total_amount": "1280.00", "trade_no": f"T{order.number}",
            "notify_id": "N1", **other,
        }  # fmt: skip
        body = signed_form(counter.till, **fields)
        answer = httpx.post(
            f"{counter.url}{checkout.ALIPAY_NOTIFY_PATH}", data=body, trust_env=False
        )
        return answer.status_code, answer.text

    url = f"{counter.url}{checkout.ALIPAY_NOTIFY_PATH}"
    bad = {**signed_form(counter.till, out_trade_no=order.number), "total_amount": "0.01"}
    assert httpx.post(url, data=bad, trust_env=False).status_code == 401
    assert httpx.post(url, content=b"x" * 70_000, trust_env=False).status_code == 413
    assert tell(total_amount="1279.99")[0] == 400  # Signed, but not what was asked for.
    assert tell(out_trade_no="2026")[0] == 404
    assert tell(trade_status="WAIT_BUYER_PAY") == (200, "success")
    assert status_of(order) == OrderStatus.PENDING
    with clock.frozen(order.expires_at + timedelta(minutes=1)):
        jobs.close(order.id)
    assert status_of(order) == OrderStatus.CLOSED
    # Late, and what tells of a refund first: the money was there.
    assert tell(notify_id="N2", refund_fee="1.00") == (200, "success")
    assert tell(notify_id="N3") == tell(notify_id="N3") == (200, "success")
    assert tell(notify_id="N4", trade_status="TRADE_CLOSED") == (200, "success")
    assert status_of(order) == OrderStatus.PAID
    (told,) = [each for each in counter.heard if isinstance(each, OrderPaid)]
    assert told.is_late
    with reading() as session:
        booked = session.scalar(select(func.count()).select_from(JournalEntry))
        kept = set(session.scalars(select(PaymentNotice.id)))
    assert (booked, kept) == (1, {"N1", "N2", "N3", "N4"})


def test_money_goes_back_the_way_it_came(counter: Shop) -> None:
    order = counter.bill()
    pay(counter.till, get(counter, f"{link(order)}/alipay").headers["Location"])
    get(counter, f"{link(order)}/back")
    with unit_of_work() as session:
        asked = refunds.ask(
            session, number=order.number, openid=scenes.GUARDIAN, cause=RefundCause.CUSTOMER,
            reason="", source_key="m:1",
        )  # fmt: skip
        for name in ("甲", "乙"):
            refunds.approve(
                session, refund_id=asked.id, by=colleague(session, name, Role.PRINCIPAL)
            )
    for _ in range(2):  # The worker died after Alipay had said yes: asking again moves nothing.
        checkout.give_back(asked.id)
    found = payments.alipay().find_refund(asked.number, out_trade_no=order.number)
    assert found is not None
    with reading() as session:
        refund = session.get_one(Refund, asked.id)
        assert (refund.status, refund.amount_fen) == (RefundStatus.DONE, found.amount_fen)
