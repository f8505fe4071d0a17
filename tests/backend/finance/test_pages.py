"""The pay page in every state, over real HTTP with the real till behind it (A10, F5)."""

import json
import re
import time
from datetime import timedelta

import httpx
import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from backend.finance import service
from backend.finance.models import Payment
from backend.finance.schemas import OrderPaid, PaymentMethod
from backend.gateways import payments
from backend.gateways.payments.wechat_pay import WechatPay
from backend.gateways.payments.wechat_signing import Merchant
from backend.gateways.visitors import new_visitor
from backend.kit import clock, crypto
from backend.kit.config import settings
from backend.kit.db import reading, unit_of_work
from backend.kit.errors import NotFound
from backend.security import identities
from tests.backend.finance import scenes
from tests.backend.finance.conftest import Shop

# Pages only read, so one database says it all.
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def path_of(number: str, openid: str = scenes.GUARDIAN) -> str:
    return service.pay_link(number, openid).removeprefix(settings().public_url)


@pytest.fixture
def browser(shop: Shop) -> FlaskClient:
    """A browser at the shop's own application, in this process."""
    return shop.app.test_client()


def bridge_parameters(page: str) -> dict[str, str] | None:
    found = re.search(r'<script type="application/json" id="wcpay">(.*?)</script>', page, re.DOTALL)
    return json.loads(found[1]) if found else None


def test_an_open_order_shows_what_is_paid_for_and_the_way_to_pay(
    shop: Shop, browser: FlaskClient
) -> None:
    order = shop.bill()
    answer = browser.get(path_of(order.number))
    assert answer.status_code == 200
    for shown in ("1280.00", "三年级英语 · 周末班（16课时）", "另赠2课时", "教材费", order.number):
        assert shown in answer.text
    assert "陈" not in answer.text  # No names: the link may be passed on.
    parameters = bridge_parameters(answer.text)
    assert parameters is not None
    assert parameters["signType"] == "RSA"
    assert parameters["package"].startswith("prepay_id=wx")
    assert f'<script src="{shop.till.url}/bridge.js">' in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert browser.get(f"{path_of(order.number)}/status").json == {"status": "payable"}


def test_opening_again_uses_the_same_prepay_with_a_fresh_signature(
    shop: Shop, browser: FlaskClient
) -> None:
    order = shop.bill()
    pages = [browser.get(path_of(order.number)).text for _ in range(3)]
    given = [bridge_parameters(page) or {} for page in pages]
    assert len({parameters["package"] for parameters in given}) == 1
    assert len({parameters["nonceStr"] for parameters in given}) == 3
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(Payment)) == 1


def test_where_wechat_brings_its_own_bridge_none_is_loaded(
    shop: Shop, browser: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WECHAT_BRIDGE_URL", "")
    settings.cache_clear()
    page = browser.get(path_of(shop.bill().number)).text
    assert "bridge.js" not in page
    assert "/pay/static/pay.js" in page


def test_paid_closed_and_expired_have_their_own_page(shop: Shop, browser: FlaskClient) -> None:
    paid, cancelled, expired = shop.bill(), shop.bill(), shop.bill(within=timedelta(seconds=30))
    with unit_of_work() as session:
        service.settle(session, paid=scenes.fact(scenes.begin(session, paid)))
        service.cancel(session, number=cancelled.number, openid=scenes.GUARDIAN)
    for order, state, words in (
        (paid, "paid", "支付成功"),
        (cancelled, "closed", "订单已关闭"),
        (expired, "expired", "订单已过期"),
    ):
        answer = browser.get(path_of(order.number))
        assert answer.status_code == 200
        assert words in answer.text
        assert bridge_parameters(answer.text) is None
        assert browser.get(f"{path_of(order.number)}/status").json == {"status": state}


def test_a_platform_that_cannot_be_had_gets_an_apology_and_a_button(
    shop: Shop, browser: FlaskClient
) -> None:
    order = shop.bill()
    at_hand = payments.payments()
    away = WechatPay(Merchant.from_settings(settings()), url="http://127.0.0.1:1")
    payments.use(away)
    answer = browser.get(path_of(order.number))
    away.hang_up()
    assert answer.status_code == 503
    assert "暂时无法支付" in answer.text
    assert "重试" in answer.text
    payments.use(at_hand)
    assert bridge_parameters(browser.get(path_of(order.number)).text)


def test_links_are_good_for_one_order_one_person_and_three_days(
    shop: Shop, browser: FlaskClient
) -> None:
    order = shop.bill()
    good = path_of(order.number)
    other_purpose = crypto.sign("claim", {"order": order.number, "openid": scenes.GUARDIAN})
    for path in (f"{good}x", f"/pay/{other_purpose}", "/pay/nonsense"):
        assert browser.get(path).status_code == 403
        assert browser.get(f"{path}/status").status_code == 403
    assert browser.get(path_of(order.number, "o_demo_stranger")).status_code == 404
    with pytest.raises(NotFound), unit_of_work() as session:
        service.cancel(session, number=order.number, openid="o_demo_stranger")


def test_what_a_refused_name_leads_to(shop: Shop, browser: FlaskClient) -> None:
    """The platform holds another charge under our name: it is closed, and a new one opened."""
    order = shop.bill()
    assert bridge_parameters(browser.get(path_of(order.number)).text)
    with unit_of_work() as session:
        payment = session.scalars(select(Payment)).one()
        payment.prepay_id = None
        payment.prepay_expires_at = None
    payments.payments().close(order.number)
    assert bridge_parameters(browser.get(path_of(order.number)).text)
    with reading() as session:
        names = session.scalars(select(Payment.out_trade_no).order_by(Payment.id)).all()
    assert names == [order.number, f"{order.number}_2"]


def test_static_files_are_served(shop: Shop) -> None:
    for name in ("pay.js", "pay.css"):
        assert httpx.get(f"{shop.url}/pay/static/{name}", trust_env=False).status_code == 200


def test_an_order_about_to_expire_is_not_begun(shop: Shop, browser: FlaskClient) -> None:
    order = shop.bill(within=timedelta(minutes=10))
    with clock.frozen(order.expires_at - timedelta(seconds=59)):
        assert "订单已过期" in browser.get(path_of(order.number)).text
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(Payment)) == 0


def test_a_visitor_of_the_website_scans_and_the_page_knows(
    shop: Shop, browser: FlaskClient
) -> None:
    """No WeChat is bound to the order: a code that anybody's phone pays, once, told by the platform
    like every payment."""
    visitor = new_visitor()
    order = shop.bill(openid=visitor)
    pages = [browser.get(path_of(order.number, visitor)) for _ in range(2)]
    for page in pages:
        assert page.status_code == 200
        assert "<svg" in page.text
        assert bridge_parameters(page.text) is None
        assert 'id="pay"' not in page.text
    with reading() as session:
        # Looking again makes no second attempt.
        method, code_url = session.execute(select(Payment.method, Payment.prepay_id)).one()
    assert method == PaymentMethod.WECHAT_NATIVE
    code = str(code_url).split("pr=")[1]
    body = {"prepay_id": code, "as": "o_demo_prospect"}
    for _ in range(2):
        paid = httpx.post(f"{shop.till.url}/cashier/pay", json=body, trust_env=False)
        assert paid.status_code == 200, paid.text
    path = path_of(order.number, visitor)
    until = time.monotonic() + 15
    while browser.get(f"{path}/status").json != {"status": "paid"}:
        assert time.monotonic() < until, "the platform's notification did not come"
        time.sleep(0.1)
    assert "咨询窗口" in browser.get(path).text
    paid_events = [event for event in shop.heard if isinstance(event, OrderPaid)]
    assert [event.payer_openid for event in paid_events] == [visitor]


def test_the_link_of_a_frozen_wechat_is_shut_until_it_is_given_back(
    shop: Shop, browser: FlaskClient
) -> None:
    path = path_of(shop.bill().number)
    with unit_of_work() as session:
        identities.freeze(session, scenes.GUARDIAN, by="account:1", reason="被盗")
    for address in (path, f"{path}/status"):
        answer = browser.get(address)
        assert answer.status_code == 422
        assert "1280" not in answer.text
    assert "冻结" in browser.get(path).text
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(Payment)) == 0
    with unit_of_work() as session:
        identities.thaw(session, scenes.GUARDIAN, by="account:1")
    assert browser.get(path).status_code == 200
