"""A website with our chat button, in a real browser: from the button to the list of courses, on a
desk and on a phone (A13)."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from sqlalchemy import select

from backend.app import create_app
from backend.gateways import ports
from backend.gateways.webchat.sender import ByAddress
from backend.kit import queue
from backend.kit.config import settings
from backend.kit.db import reading
from backend.outbox import jobs as outbox
from backend.outbox.models import OutboxMessage
from bot import web_chat
from tests.backend.outbox.outside import Outside, RecordingChat
from tests.bot.websites import RecordingAccount
from tests.dialogues.stage import Stage
from tests.e2e.browsers import needs_chromium, opened
from tests.e2e.websites import badge, enter, is_shown, press, serving, website, write
from tests.fixtures.doorbell import free_port

pytestmark = [
    pytest.mark.browser,
    needs_chromium,
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
]


@dataclass
class Site:
    """The website of the school, and the house behind its button."""

    url: str
    house: str
    stage: Stage

    def answer(self, words: str) -> None:
        """The advisor says something from their own WeChat, and the workers deliver it."""
        self.stage.say("advisor", words)
        with reading() as session:
            ids = session.scalars(select(OutboxMessage.id).order_by(OutboxMessage.id)).all()
        for message_id in ids:
            outbox.deliver(message_id)


@pytest.fixture
def site(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """Two origins: what a browser tells apart, it tells apart here."""
    port = free_port()
    house = f"http://127.0.0.1:{port}"
    monkeypatch.setattr(settings(), "redis_url", "memory://")
    monkeypatch.setattr(settings(), "public_url", house)
    monkeypatch.setattr(ports, "_chat", ByAddress(RecordingChat(Outside())))
    monkeypatch.setattr(ports, "_account", RecordingAccount())
    monkeypatch.setattr(queue, "defer", lambda *_: True)
    app = create_app(lambda: None, windows=[web_chat.blueprint])
    with serving(app, port), website(house) as url:
        yield Site(url, house, stage)


def test_from_the_button_to_the_courses_to_a_person_and_back(site: Site) -> None:
    with opened(1100, 800) as browser:
        browser.driver.get(f"{site.url}/data-open-after='off'")
        press(browser)
        enter(browser)
        browser.until(
            lambda: browser.driver.switch_to.active_element.get_attribute("id") == "words"
        )
        write(browser, "周末有英语班吗", "在招")
        assert browser.find("#lines .row.own .bubble").text == "周末有英语班吗"
        browser.tap("#wechat")
        browser.until(lambda: browser.find("#code").get_property("naturalWidth"))
        browser.tap("#sheet button")
        browser.tap("#options button", "转人工")
        browser.find("#lines .row:last-child:not(.own)", "老师")
        site.answer("您好，我是周老师")
        browser.find("#lines .row:last-child", "我是周老师")  # By itself, without a reload.
        browser.driver.refresh()
        browser.driver.switch_to.default_content()
        press(browser)
        enter(browser)
        browser.find("#history", "以下为历史消息")
        browser.find("#lines .row:last-child", "我是周老师")
        own = browser.driver.find_elements("css selector", "#lines .row.own")
        assert [row.text for row in own] == ["周末有英语班吗", "转人工"]
        browser.tap("#close")
        site.answer("名额给您留着")
        browser.driver.execute_script("window.dispatchEvent(new Event('online'))")
        browser.leave_frames()
        browser.until(lambda: badge(browser) == "1")
        press(browser)
        browser.until(lambda: not badge(browser))
        assert browser.complaints() == []


def test_a_newcomers_window_opens_by_itself_once_and_fits_a_phone(site: Site) -> None:
    with opened(390, 844, phone=True) as browser:
        browser.driver.get(f"{site.url}/data-open-after='0.3'")
        enter(browser)
        size = "return [innerWidth, document.documentElement.scrollWidth]"
        assert browser.driver.execute_script(size) == [390, 390]
        browser.tap("#options button", "周末有哪些课")
        browser.find("#lines .row:last-child:not(.own)", "班")
        assert browser.driver.execute_script(size) == [390, 390]
        browser.tap("#close")
        browser.driver.switch_to.default_content()
        browser.driver.get(f"{site.url}/data-open-after='0.1'")
        enter(browser, is_open=False)  # Loaded for its badge, and not shown.
        browser.driver.switch_to.default_content()
        assert not is_shown(browser)
        assert browser.complaints() == []


def test_what_could_not_be_sent_is_sent_again_by_a_tap(site: Site) -> None:
    with opened(420, 780) as browser:
        browser.driver.get(f"{site.house}/chat")
        browser.driver.execute_script(
            "window.real = window.fetch; window.fetch = () => Promise.reject(new TypeError('x'))"
        )
        browser.find("#words").send_keys("你好")
        browser.tap(".send")
        browser.find("#lines .failed .state", "未发送")
        browser.driver.execute_script("window.fetch = window.real")
        browser.tap(".again")
        browser.find("#lines .row:last-child:not(.own)", "小助手")
        assert len(browser.driver.find_elements("css selector", "#lines .row.own")) == 1
        assert browser.complaints() == []
