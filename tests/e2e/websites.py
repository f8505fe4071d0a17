"""A school's website on an origin of its own, with our chat button in its corner."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from wsgiref.types import WSGIApplication

from flask import Flask
from werkzeug.serving import make_server

from tests.e2e.browsers import Browser
from tests.fixtures.doorbell import free_port

_IN_CORNER = "return document.querySelector('body > div:last-of-type').shadowRoot.querySelector"
_PAGE = """<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>启明学堂</title>
<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">
<style>
body {{ margin: 0; font: 17px/1.7 system-ui, sans-serif; color: #22303c; background: #f7f4ee }}
header {{ padding: 56px 7vw; background: #24506b; color: #fff }}
main {{ padding: 28px 7vw }}
</style>
<script src="{house}/chat/widget.js" {how} defer></script></head>
<body><header><h1>启明学堂</h1><p>小班教学，让孩子爱上学习</p></header>
<main><h2>2027春季班招生中</h2><p>英语、数学、书法、编程，朝阳与海淀两个校区。</p>
<p>有问题？点右下角，随时问。</p></main></body></html>"""


@contextmanager
def serving(app: WSGIApplication, port: int) -> Iterator[None]:
    """An application on a real port of this machine."""
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def website(house: str) -> Iterator[str]:
    """The website before the house at this address; gives its own. The path says how the button
    behaves: `/data-open`."""
    site, port = Flask("website"), free_port()
    site.add_url_rule("/<how>", view_func=lambda how: _PAGE.format(house=house, how=how))
    with serving(site, port):
        yield f"http://127.0.0.1:{port}"


def press(browser: Browser) -> None:
    """The round button in the corner."""
    browser.until(lambda: browser.driver.execute_script(f"{_IN_CORNER}('button')")).click()


def enter(browser: Browser, *, is_open: bool = True) -> None:
    """Go into the window's frame once it is there and, if so wanted, open."""
    frame = browser.until(lambda: browser.driver.execute_script(f"{_IN_CORNER}('iframe')"))
    if is_open:
        browser.until(frame.is_displayed)
    browser.driver.switch_to.frame(frame)


def is_shown(browser: Browser) -> bool:
    """Whether the window is open, seen from the website."""
    return bool(browser.driver.execute_script(f"{_IN_CORNER}('iframe')").is_displayed())


def badge(browser: Browser) -> str:
    """How many lines are unread, as the button shows it; empty for none."""
    button = browser.driver.execute_script(f"{_IN_CORNER}('.badge')")
    return str(button.text) if button.is_displayed() else ""


def write(browser: Browser, words: str, answer: str) -> None:
    """Say something, and wait for the answer below everything else."""
    browser.find("#words").send_keys(words)
    browser.tap(".send")
    browser.find("#lines .row:last-child:not(.own)", answer)
