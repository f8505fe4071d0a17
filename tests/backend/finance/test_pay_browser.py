"""A payer's thumb on the pay page: a real browser, the sandbox's bridge and till (A10, F5)."""

import shutil
from collections.abc import Iterator

import httpx
import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.expected_conditions import (
    element_to_be_clickable,
    frame_to_be_available_and_switch_to_it,
    text_to_be_present_in_element,
)
from selenium.webdriver.support.wait import WebDriverWait
from sqlalchemy import select

from backend.finance import service
from backend.finance.models import Payment
from backend.finance.schemas import OrderPaid
from backend.gateways.visitors import new_visitor
from backend.kit.db import reading
from tests.backend.finance import scenes
from tests.backend.finance.conftest import Shop

FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=420,860"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)


@pytest.fixture
def phone() -> Iterator[webdriver.Chrome]:
    """A browser of a phone's width."""
    binary, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not binary or not driver:
        pytest.skip("chromium and chromedriver are not installed")
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for flag in FLAGS:
        options.add_argument(flag)
    opened = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    yield opened
    opened.quit()


def press(phone: webdriver.Chrome, element_id: str) -> None:
    WebDriverWait(phone, 15).until(element_to_be_clickable((By.ID, element_id))).click()


def at_the_till(phone: webdriver.Chrome, element_id: str) -> None:
    """Press a button of the till that lies over the page."""
    WebDriverWait(phone, 15).until(frame_to_be_available_and_switch_to_it((By.TAG_NAME, "iframe")))
    press(phone, element_id)
    phone.switch_to.default_content()


def shows(phone: webdriver.Chrome, selector: str, text: str) -> None:
    WebDriverWait(phone, 15).until(text_to_be_present_in_element((By.CSS_SELECTOR, selector), text))


@pytest.mark.browser
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_payer_cancels_thinks_again_and_pays(shop: Shop, phone: webdriver.Chrome) -> None:
    order = shop.bill()
    phone.get(service.pay_link(order.number, scenes.GUARDIAN))
    shows(phone, "#countdown", "剩余 1小时")
    press(phone, "pay")
    at_the_till(phone, "cancel")
    shows(phone, "#message", "您取消了支付")
    press(phone, "pay")
    at_the_till(phone, "pay")
    shows(phone, ".pay-title", "支付成功")
    assert [type(event) for event in shop.heard] == [OrderPaid]
    assert phone.find_elements(By.ID, "wcpay") == []
    complaints: list[dict[str, str]] = phone.get_log("browser")  # type: ignore[no-untyped-call]
    assert [line for line in complaints if line["source"] in ("javascript", "security")] == []


@pytest.mark.browser
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_visitors_page_knows_by_itself_that_the_code_was_paid(
    shop: Shop, phone: webdriver.Chrome
) -> None:
    visitor = new_visitor()
    order = shop.bill(openid=visitor)
    phone.get(service.pay_link(order.number, visitor))
    shows(phone, ".pay-title", "待支付")
    assert phone.find_element(By.CSS_SELECTOR, "#code svg").is_displayed()
    with reading() as session:
        code_url = session.scalars(select(Payment.prepay_id)).one() or ""
    body = {"prepay_id": code_url.split("pr=")[1], "as": "o_demo_prospect"}
    httpx.post(f"{shop.till.url}/cashier/pay", json=body, trust_env=False).raise_for_status()
    shows(phone, ".pay-title", "支付成功")
    complaints: list[dict[str, str]] = phone.get_log("browser")  # type: ignore[no-untyped-call]
    assert [line for line in complaints if line["source"] in ("javascript", "security")] == []
