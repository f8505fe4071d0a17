"""The clock's door, and the whole way of money through the real till (A12, F5, F7)."""

import time
from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest
from redis import Redis
from rq import Queue

from backend.finance import checkout, jobs, queries, service
from backend.finance.models import Order
from backend.finance.schemas import OrderClosed, OrderPaid, OrderStatus, OrderView
from backend.gateways import payments
from backend.gateways.payments import TradeState
from backend.gateways.payments.wechat_pay import WechatPay
from backend.gateways.payments.wechat_signing import Merchant
from backend.kit import clock, queue
from backend.kit.config import settings
from backend.kit.db import reading, unit_of_work
from sandbox.remote import Remote
from tests.backend.finance import scenes
from tests.backend.finance.conftest import Shop


def status_of(order: OrderView) -> OrderStatus:
    with reading() as session:
        return queries.order_for(session, number=order.number, openid=scenes.GUARDIAN).status


def payment_id_of(order: OrderView) -> int:
    with reading() as session:
        (payment_id,) = queries.open_payment_ids(session, order_id=order.id)
    return payment_id


def eventually(is_so: Callable[[], bool]) -> None:
    """Wait up to 10 s."""
    for _ in range(200):
        if is_so():
            return
        time.sleep(0.05)
    raise AssertionError("it did not become so within 10 s")


def silently_paid(shop: Shop) -> OrderView:
    """An order paid at the till whose notification is lost: it went to an address nobody has."""
    order = shop.bill(within=timedelta(minutes=30))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PUBLIC_URL", "http://127.0.0.1:1")
        settings.cache_clear()
        fields = checkout.prepare(number=order.number, openid=scenes.GUARDIAN)
    settings.cache_clear()
    answer = httpx.post(
        f"{shop.till.url}/cashier/pay", json={**fields, "as": scenes.GUARDIAN}, trust_env=False
    )
    assert answer.json()["err_msg"].endswith(":ok")
    assert status_of(order) == OrderStatus.PENDING
    return order


@pytest.mark.e2e
def test_paying_on_the_page_marks_the_order_paid_once(shop: Shop) -> None:
    order = shop.bill()
    phone = Remote(shop.till.url)
    link = service.pay_link(order.number, scenes.GUARDIAN)
    assert phone.pay("guardian", link)["err_msg"] == "get_brand_wcpay_request:ok"
    eventually(lambda: status_of(order) == OrderStatus.PAID)
    again = {"out_trade_no": order.number, "times": 5}
    answers = phone.post("/sandbox/pay/notify-again", again)["answers"]
    assert [answer["status"] for answer in answers] == [204] * 5
    assert [type(event) for event in shop.heard] == [OrderPaid]
    assert phone.pay("guardian", link)["err_desc"] == "no pay page found"


def test_a_silent_payment_is_asked_about_and_settled_once(shop: Shop) -> None:
    order = silently_paid(shop)
    payment_id = payment_id_of(order)
    for _ in range(3):
        jobs.poll(payment_id)
    assert status_of(order) == OrderStatus.PAID
    assert [type(event) for event in shop.heard] == [OrderPaid]


def test_an_unpaid_payment_is_asked_about_later(shop: Shop) -> None:
    order = shop.bill()
    checkout.prepare(number=order.number, openid=scenes.GUARDIAN)
    with clock.frozen(clock.now() + timedelta(seconds=61)):
        with reading() as session:
            due = queries.payments_due_for_polling(session, now=clock.now())
        assert due == [payment_id_of(order)]
        jobs.poll(due[0])
        with reading() as session:
            assert queries.payments_due_for_polling(session, now=clock.now()) == []


def test_an_expired_order_is_closed_here_and_at_the_platform(shop: Shop) -> None:
    order = shop.bill(within=timedelta(seconds=90))
    checkout.prepare(number=order.number, openid=scenes.GUARDIAN)
    jobs.close(order.id)
    assert status_of(order) == OrderStatus.PENDING  # Its time is not over yet.
    with clock.frozen(order.expires_at + timedelta(seconds=1)):
        for _ in range(2):
            jobs.close(order.id)
    assert status_of(order) == OrderStatus.CLOSED
    assert payments.payments().find(order.number).state == TradeState.CLOSED
    assert [type(event) for event in shop.heard] == [OrderClosed]


def test_an_order_paid_in_silence_is_not_closed_when_its_time_is_over(shop: Shop) -> None:
    order = silently_paid(shop)
    with unit_of_work() as session:
        session.get_one(Order, order.id).expires_at = clock.now()
    jobs.close(order.id)
    assert status_of(order) == OrderStatus.PAID
    assert [type(event) for event in shop.heard] == [OrderPaid]


def test_while_the_platform_is_away_nothing_is_closed_and_it_stays_due(shop: Shop) -> None:
    order = shop.bill(within=timedelta(seconds=90))
    checkout.prepare(number=order.number, openid=scenes.GUARDIAN)
    away = WechatPay(Merchant.from_settings(settings()), url="http://127.0.0.1:1")
    at_hand = payments.payments()
    with clock.frozen(order.expires_at + timedelta(seconds=1)):
        payments.use(away)
        jobs.close(order.id)
        jobs.poll(payment_id_of(order))
        payments.use(at_hand)
        with reading() as session:
            assert queries.orders_due_for_closing(session, now=clock.now()) == [order.id]
            assert queries.payments_due_for_polling(session, now=clock.now()) == []
    away.hang_up()
    assert status_of(order) == OrderStatus.PENDING


def test_a_cancelled_order_is_closed_at_the_platform_by_the_next_poll(shop: Shop) -> None:
    order = shop.bill()
    checkout.prepare(number=order.number, openid=scenes.GUARDIAN)
    with unit_of_work() as session:
        service.cancel(session, number=order.number, openid=scenes.GUARDIAN)
    with reading() as session:
        (payment_id,) = queries.payments_due_for_polling(session, now=clock.now())
    for _ in range(2):
        jobs.poll(payment_id)
    assert payments.payments().find(order.number).state == TradeState.CLOSED


def test_the_second_way_to_pay_is_closed_once_the_first_is_paid(shop: Shop) -> None:
    order = shop.bill()
    checkout.prepare(number=order.number, openid=scenes.GUARDIAN)
    with unit_of_work() as session:
        other = scenes.begin(session, order, native=True)
    charge = checkout.charge_of(other)
    payments.payments().prepay_native(charge)
    with unit_of_work() as session:
        service.settle(session, paid=scenes.fact(scenes.begin(session, order)))
    jobs.poll(other.id)
    assert payments.payments().find(other.out_trade_no).state == TradeState.CLOSED


def test_each_due_row_gets_a_small_job(shop: Shop, redis_server: str) -> None:
    order = shop.bill(within=timedelta(minutes=2))
    checkout.prepare(number=order.number, openid=scenes.GUARDIAN)
    payment_id = payment_id_of(order)
    with clock.frozen(order.expires_at):
        jobs.poll_silent()
        jobs.close_expired()
    with Redis.from_url(redis_server) as redis:
        rung = [(job.func_name, job.args) for job in Queue(queue.QUEUE, connection=redis).jobs]
    assert rung == [
        ("backend.finance.jobs.poll", (payment_id,)),
        ("backend.finance.jobs.close", (order.id,)),
    ]
