"""The console without a mouse, and without an answer: every way by keyboard alone, and nothing that
was typed lost when the network or the house fails."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial, wraps
from threading import Event

import pytest
from flask import abort
from flask.typing import ResponseReturnValue
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from backend.security.schemas import Role
from backend.teaching.drafts import moving
from tests.backend.portal.test_console_browser import found, write
from tests.backend.portal.test_every_page_browser import House, house
from tests.backend.security.desks import PASSWORD, PHONE, colleague
from tests.backend.teaching.drafts.test_week_browser import lesson
from tests.e2e.browsers import Browser, needs_chromium, opened

__all__ = ["house"]
pytestmark = [
    pytest.mark.browser,
    needs_chromium,
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
]
FURTHEST = 90
HERE = "return document.activeElement.matches(arguments[0]) && document.activeElement.innerText"
LIST = "portal_pages.customers.listed"


def press(window: Browser, *keys: str) -> None:
    ActionChains(window.driver, duration=0).send_keys(*keys).perform()


def reach(window: Browser, css: str, words: str = "") -> None:
    """Go on with the tabulator until the focus is there."""
    for _ in range(FURTHEST):
        said = window.driver.execute_script(HERE, css)
        if said is not False and words in said:
            return
        press(window, Keys.TAB)
    raise AssertionError(f"no way by keyboard to {css} {words}")


def is_gone(window: Browser, css: str) -> bool:
    return not window.driver.find_element("css selector", css).is_displayed()


def news(window: Browser) -> str:
    return str(window.driver.execute_script("return document.getElementById('news').textContent"))


def test_everything_can_be_done_by_keyboard(house: House) -> None:
    colleague(Role.ACADEMIC)
    lesson_id, begins = lesson()
    monday = begins.date() - timedelta(days=begins.weekday())
    with opened(1400, 900) as window:
        window.driver.get(f"{house.address}/console")
        press(window, PHONE, Keys.TAB, PASSWORD, Keys.ENTER)
        window.find("h1", "我的工作台")
        press(window, Keys.TAB)
        assert window.driver.switch_to.active_element.text == "跳到正文"
        press(window, Keys.ENTER)
        assert window.driver.switch_to.active_element.get_attribute("id") == "content"
        window.driver.refresh()
        reach(window, "#rooms a", "学员与家长")
        press(window, Keys.ENTER)
        window.find("h1", "学员与家长")
        reach(window, "#q")
        press(window, "陈小宇")
        window.until(lambda: "李想" not in found(window))
        window.until(lambda: news(window) == "列出1条")
        reach(window, "#found a", "陈小宇")
        press(window, Keys.ENTER)
        window.find("h1", "陈小宇")

        window.driver.get(f"{house.address}/timetable?from={monday}")
        reach(window, f'[data-lesson="{lesson_id}"]')
        press(window, Keys.ENTER)
        window.find("h1", "调课")
        reach(window, "#at")
        press(window, *(Keys.ARROW_RIGHT,) * 3, Keys.ARROW_UP, Keys.ENTER)
        window.find("#dropped", "可以")
        reach(window, "#dropped [name=reason]")
        press(window, "老师培训", Keys.ENTER)
        window.find("h1", "调课记录")
        assert "老师培训" in window.find("#content tbody").text
        assert lesson()[1] == begins + timedelta(hours=1)

        window.driver.get(f"{house.address}/timetable/rooms/1")
        reach(window, "button", "生成地址")
        press(window, Keys.ENTER)
        for answer, left in (("dismiss", "停用"), ("accept", "生成地址")):
            window.find("button", "停用")
            reach(window, "button", "停用")
            press(window, Keys.ENTER)
            getattr(window.driver.switch_to.alert, answer)()
            window.find("button", left)
        assert window.complaints() == []


@contextmanager
def instead(house: House, then: Callable[[], object]) -> Iterator[None]:
    """The list looks everything up, and does this before it answers."""
    view = house.app.view_functions[LIST]

    @wraps(view)
    def other() -> ResponseReturnValue:
        answer: ResponseReturnValue = house.app.ensure_sync(view)()
        then()
        return answer

    house.app.view_functions[LIST] = other
    try:
        yield
    finally:
        house.app.view_functions[LIST] = view


def broken(*_: object, **__: object) -> None:
    abort(500)


@contextmanager
def offline(window: Browser) -> Iterator[None]:
    calm = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    window.driver.execute_cdp_cmd("Network.enable", {})
    for is_off in (True, False):
        window.driver.execute_cdp_cmd(
            "Network.emulateNetworkConditions", {"offline": is_off, **calm}
        )
        if is_off:
            yield


def test_no_answer_loses_nothing_and_says_what_to_do(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    lesson_id, _ = lesson()
    with opened(390, 800, phone=True) as window:
        house.let_in(window, "o_demo_academic")
        window.driver.get(f"{house.address}/console/customers")

        def is_kept(words: str, typed: str) -> None:
            """The sentence stands there, and the list and what was typed still do."""
            assert "再试" in window.find("#trouble", words).text
            assert "陈小宇" in found(window)
            assert window.find("#q").get_attribute("value") == typed

        with offline(window):
            write(window, "q", "陈")
            is_kept("网络好像断开了", "陈")
        with instead(house, broken):
            write(window, "q", "陈小")
            is_kept("系统出了点问题", "陈小")
        slow = Event()
        with instead(house, lambda: slow.wait(20)):
            write(window, "q", "陈小宇")
            window.find(".console-busy", "正在加载")
            window.until(lambda: "正在加载" in news(window))
            slow.set()
            window.until(lambda: "李想" not in found(window))
            for gone in ("#trouble", ".console-busy"):
                window.until(partial(is_gone, window, gone))
        slow.clear()
        with instead(house, lambda: slow.wait(20)):
            window.driver.execute_script("htmx.config.timeout = 200")
            write(window, "q", "陈小雨")
            is_kept("等了很久还没有回应", "陈小雨")
            slow.set()
        write(window, "q", "没有这个人")
        window.until(lambda: "没有找到" in found(window))
        window.until(lambda: "请放宽条件" in news(window))

        window.driver.get(f"{house.address}/timetable/lessons/{lesson_id}")
        reason = "ol li:first-child [name=reason]"
        with offline(window):
            window.find(reason).send_keys("老师培训", Keys.ENTER)
            window.find("#trouble", "网络好像断开了")
            assert window.find(reason).get_attribute("value") == "老师培训"
        with monkeypatch.context() as torn:
            torn.setattr(moving, "move", broken)
            window.find(reason).send_keys(Keys.ENTER)
            assert "请返回上一页再试" in window.find("[role=alert]", "系统出了点问题").text
            window.tap("button", "返回上一页")
        window.find("h1", "调课")
        assert window.find(reason).get_attribute("value") == "老师培训"
        window.find(reason).send_keys(Keys.ENTER)
        window.find("#content tbody", "老师培训")
        kept = "return sessionStorage.getItem('typed')"
        window.until(lambda: window.driver.execute_script(kept) is None)
