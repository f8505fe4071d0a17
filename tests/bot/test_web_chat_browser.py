"""A website with our chat button, in a real browser: from the button to the list of courses, on a
desk and on a phone (A13)."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from wsgiref.types import WSGIApplication

import pytest
from flask import Flask
from werkzeug.serving import make_server

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
from tests.dialogues.stage import Stage
from tests.e2e.browsers import Browser, needs_chromium, opened
from tests.fixtures.doorbell import free_port

pytestmark = [
    pytest.mark.browser,
    needs_chromium,
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
]
BUTTON_JS = "return document.querySelector('body > div:last-of-type').shadowRoot.querySelector"


@dataclass
class Site:
    """The website of the school, and the house behind its button."""

    url: str
    house: str
    stage: Stage


@contextmanager
def serving(app: WSGIApplication, port: int) -> Iterator[None]:
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def site(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """Two origins: what a browser tells apart, it tells apart here."""
    house_port, site_port = free_port(), free_port()
    house, url = f"http://127.0.0.1:{house_port}", f"http://127.0.0.1:{site_port}"
    monkeypatch.setattr(settings(), "redis_url", "memory://")
    monkeypatch.setattr(settings(), "public_url", house)
    monkeypatch.setattr(ports, "_chat", ByAddress(RecordingChat(Outside())))
    monkeypatch.setattr(queue, "defer", lambda *_: True)
    website = Flask("website")
    website.add_url_rule("/<how>", view_func=lambda how: page_with(house, how), endpoint="page")
    app = create_app(lambda: None, windows=[web_chat.blueprint])
    with serving(website, site_port), serving(app, house_port):
        yield Site(url, house, stage)


def page_with(house: str, how: str) -> str:
    return (
        '<!doctype html><html lang="zh-CN"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">'
        f"<title>学校</title><h1>我们的课程</h1>"
        f'<script src="{house}/chat/widget.js" {how.replace("_", " ")} defer></script></html>'
    )


def pressed(browser: Browser) -> None:
    """The round button in the corner."""
    browser.until(lambda: browser.driver.execute_script(f"{BUTTON_JS}('button')")).click()


def entered(browser: Browser) -> None:
    """Go into the window's frame, which a shadow root holds."""
    frame = browser.until(lambda: browser.driver.execute_script(f"{BUTTON_JS}('iframe')"))
    browser.until(frame.is_displayed)
    browser.driver.switch_to.frame(frame)
    browser.find("#words")


def write(browser: Browser, words: str, answer: str) -> None:
    """Say something, and wait for the answer below everything else."""
    browser.find("#words").send_keys(words)
    browser.tap(".send")
    browser.find("#lines .row:last-child:not(.own)", answer)


def test_from_the_button_to_the_courses_to_a_person_and_back(site: Site) -> None:
    with opened(1100, 800) as browser:
        browser.driver.get(f"{site.url}/data-open-after='off'")
        pressed(browser)
        entered(browser)
        assert browser.driver.switch_to.active_element.get_attribute("id") == "words"
        write(browser, "周末有英语班吗", "在招")
        assert browser.find("#lines .row.own .bubble").text == "周末有英语班吗"
        browser.tap("#options button", "转人工")
        browser.find("#lines .row:last-child:not(.own)", "老师")
        site.stage.say("o_demo_advisor", "您好，我是周老师")
        with reading() as session:
            ids = [row for (row,) in session.query(OutboxMessage.id).order_by(OutboxMessage.id)]
        for message_id in ids:
            outbox.deliver(message_id)
        browser.find("#lines .row:last-child", "我是周老师")  # By itself, without a reload.
        browser.driver.refresh()
        browser.driver.switch_to.default_content()
        pressed(browser)
        entered(browser)
        browser.find("#history", "以下为历史消息")
        browser.find("#lines .row:last-child", "我是周老师")
        own = browser.driver.find_elements("css selector", "#lines .row.own")
        assert [row.text for row in own] == ["周末有英语班吗", "转人工"]
        assert browser.complaints() == []


def test_a_newcomers_window_opens_by_itself_once_and_fits_a_phone(site: Site) -> None:
    with opened(390, 844, phone=True) as browser:
        browser.driver.get(f"{site.url}/data-open-after='0.3'")
        entered(browser)
        size = "return [innerWidth, document.documentElement.scrollWidth]"
        assert browser.driver.execute_script(size) == [390, 390]
        browser.tap("#options button", "周末有哪些课")
        browser.find("#lines .row:last-child:not(.own)", "班")
        assert browser.driver.execute_script(size) == [390, 390]
        browser.tap("#close")
        browser.driver.switch_to.default_content()
        browser.driver.get(f"{site.url}/data-open-after='0.1'")
        browser.until(lambda: browser.driver.execute_script(f"{BUTTON_JS}('iframe')"))
        frame = browser.driver.execute_script(f"{BUTTON_JS}('iframe')")
        browser.driver.switch_to.frame(frame)  # Loaded for its badge, and not shown.
        browser.driver.switch_to.default_content()
        assert not frame.is_displayed()
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
