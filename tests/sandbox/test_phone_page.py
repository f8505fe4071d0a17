"""The phone page in a real browser: chatting, menus, cards, the in-app browser, sign-in, paying."""

from __future__ import annotations

import html
import json
import shutil
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from tests.sandbox.pay.test_wechat_pay import order, pay_fields
from tests.sandbox.stage import Post, Reply, Stage

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="Chromium and its driver are missing"),
]
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--window-size=1500,950",
)  # fmt: skip


class Browser:
    """Chromium, with the few words these tests need."""

    def __init__(self) -> None:
        options = webdriver.ChromeOptions()
        options.binary_location = str(CHROMIUM)
        for flag in FLAGS:
            options.add_argument(flag)
        self.driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))

    def until(self, true: Callable[[], Any], seconds: float = 10) -> Any:
        waiting = WebDriverWait(
            self.driver, seconds, 0.05, ignored_exceptions=[StaleElementReferenceException]
        )
        return waiting.until(lambda _: true())

    def find(self, css: str, text: str = "") -> WebElement:
        """Wait for a visible element, with this text inside if given."""

        def found() -> WebElement | None:
            for one in self.driver.find_elements(By.CSS_SELECTOR, css):
                if one.is_displayed() and text in one.text:
                    return one
            return None

        element: WebElement = self.until(found)
        return element

    def tap(self, css: str, text: str = "") -> None:
        """Click an element; the page may redraw it between finding and clicking, so try again."""

        def clicked() -> bool:
            self.find(css, text).click()
            return True

        self.until(clicked)

    def phone(self, role: str) -> str:
        return f'.phone[data-openid="o_demo_{role}"]'

    def open(self, stage: Stage, roles: str) -> None:
        self.driver.get(f"{stage.url}/?as={roles}")
        for role in roles.split(","):
            self.find(f"{self.phone(role)} .bar h2")
        self.until(lambda: self.driver.find_elements(By.CSS_SELECTOR, ".live.on"))

    def said(self, role: str) -> list[str]:
        """Return the texts of the bubbles on a phone, both sides."""
        script = "return [...document.querySelectorAll(arguments[0])].map((one) => one.innerText)"
        found: list[str] = self.driver.execute_script(script, f"{self.phone(role)} .bubble")
        return found

    def type(self, role: str, text: str) -> None:
        keyboard = f'{self.phone(role)} [aria-label="切换到键盘"]'
        for button in self.driver.find_elements(By.CSS_SELECTOR, keyboard):
            button.click()
        self.find(f"{self.phone(role)} textarea").send_keys(text, Keys.ENTER)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    made = Browser()
    yield made
    made.driver.quit()


@pytest.fixture
def browser(chromium: Browser) -> Iterator[Browser]:
    yield chromium
    problems = [
        one
        for one in chromium.driver.get_log("browser")  # type: ignore[no-untyped-call]
        if one["level"] == "SEVERE"
    ]
    chromium.driver.get("about:blank")
    assert problems == []


def test_two_phones_side_by_side_hear_their_own_answers(stage: Stage, browser: Browser) -> None:
    stage.webhook.answer = stage.echo
    browser.open(stage, "guardian,teacher")
    browser.type("guardian", "明天几点上课")
    browser.type("teacher", "我要请假")
    browser.until(lambda: browser.said("guardian") == ["明天几点上课", "收到：明天几点上课"])
    browser.until(lambda: browser.said("teacher") == ["我要请假", "收到：我要请假"])


def test_a_newcomer_follows_and_is_greeted(stage: Stage, browser: Browser) -> None:
    stage.webhook.answer = stage.echo
    browser.open(stage, "prospect")
    assert not browser.driver.find_elements(By.CSS_SELECTOR, "textarea")
    browser.tap(f"{browser.phone('prospect')} .follow button", "关注公众号")
    browser.until(lambda: browser.said("prospect") == ["收到：subscribe"])
    browser.type("prospect", "你好")
    browser.until(lambda: browser.said("prospect")[-1] == "收到：你好")
    browser.tap("#newcomer")
    browser.find(".phone .follow")
    browser.find(".phone-owner", "访客 1")


def test_what_the_bot_sends_is_never_run_as_html(stage: Stage, browser: Browser) -> None:
    stage.say("guardian", "在吗")
    evil = '<img src=x onerror="document.title=1">&lt;b&gt; <script>document.title=2</script>'
    message = {"touser": "o_demo_guardian", "msgtype": "text", "text": {"content": evil}}
    stage.call("/cgi-bin/message/custom/send", message)
    browser.open(stage, "guardian")
    assert browser.said("guardian")[-1] == evil
    assert "沙盒" in browser.driver.title


def test_menus_in_bar_and_bubble_and_links_do_what_they_say(stage: Stage, browser: Browser) -> None:
    stage.webhook.answer = lambda post: (
        stage.echo(post) if post.path == "/wechat" else (200, "<title>页面</title>课程介绍")
    )
    below = [{"type": "click", "name": "我的课表", "key": "TIMETABLE"}]
    menu = {"button": [{"name": "我的", "sub_button": below}]}
    stage.call("/cgi-bin/menu/create", menu)
    browser.open(stage, "guardian")
    phone = browser.phone("guardian")
    browser.tap(f"{phone} .menu-cell > button", "我的")
    browser.tap(f"{phone} .submenu button", "我的课表")
    browser.until(lambda: browser.said("guardian") == ["收到：CLICK"])
    choice = {
        "head_content": "选一个",
        "list": [{"id": "7", "content": "周六班"}],
        "tail_content": "",
    }
    link = f'<a href="{stage.webhook.url}/course">看介绍</a>'
    for body in (
        {"msgtype": "msgmenu", "msgmenu": choice},
        {"msgtype": "text", "text": {"content": link}},
    ):
        stage.call("/cgi-bin/message/custom/send", {"touser": "o_demo_guardian", **body})
    browser.tap(f"{phone} .options .tap", "周六班")
    browser.until(lambda: browser.said("guardian")[-1] == "收到：周六班")
    browser.tap(f"{phone} .bubble a", "看介绍")
    frame = browser.find(f"{phone} .browser iframe")
    browser.driver.switch_to.frame(frame)
    browser.find("body", "课程介绍")
    browser.driver.switch_to.default_content()
    browser.find(f'{phone} [aria-label="关闭网页"]').send_keys(Keys.ESCAPE)
    browser.until(lambda: not browser.driver.find_elements(By.CSS_SELECTOR, ".browser"))


def test_signing_in_and_paying_inside_the_in_app_browser(stage: Stage, browser: Browser) -> None:
    signed_in: list[str] = []

    def bot(post: Post) -> Reply:
        if post.path == "/wechat":
            asked = {
                "appid": stage.settings.appid,
                "redirect_uri": f"{stage.webhook.url}/pay",
                "response_type": "code",
                "scope": "snsapi_base",
            }
            address = f"{stage.url}/connect/oauth2/authorize?{urlencode(asked)}"
            return 200, stage.sealed_text(post, f'<a href="{html.escape(address)}">去支付</a>')
        if post.path == "/pay":
            exchange = {
                "appid": stage.settings.appid,
                "secret": stage.settings.secret,
                "code": post.query["code"],
            }
            url = f"{stage.url}/sns/oauth2/access_token"
            signed_in.append(requests.get(url, params=exchange, timeout=5).json()["openid"])
            return 200, _pay_page(stage)
        return 204, ""

    stage.webhook.answer = bot
    browser.open(stage, "guardian,teacher")
    browser.type("guardian", "缴费")
    phone = browser.phone("guardian")
    browser.tap(f"{phone} .bubble a", "去支付")
    browser.driver.switch_to.frame(browser.find(f"{phone} .browser iframe"))
    browser.tap("#go")
    browser.driver.switch_to.frame(browser.find("iframe"))
    browser.find(".amount", "2,480.00")
    browser.tap("#pay")
    browser.driver.switch_to.parent_frame()
    browser.find("#result", "get_brand_wcpay_request:ok")
    assert signed_in == ["o_demo_guardian"]
    stage.until(lambda: any(post.path == "/pay/wechat/notify" for post in stage.webhook.posts))
    browser.driver.switch_to.default_content()
    browser.tap(f'{phone} [aria-label="关闭网页"]')
    browser.tap(f"{phone} .back")
    browser.tap(f"{phone} .chats button", "微信支付")
    browser.find(f"{phone} .card", "2480.00")


def _pay_page(stage: Stage) -> str:
    made = stage.merchant("POST", "/v3/pay/transactions/jsapi", order(stage)).json()
    fields = json.dumps(pay_fields(stage, made["prepay_id"]))
    return f"""<meta charset="utf-8"><link rel="icon" href="data:,">
    <script src="{stage.url}/bridge.js"></script>
    <script type="application/json" id="wcpay">{fields}</script>
    <button id="go">支付</button><p id="result"></p>
    <script>
      document.getElementById("go").onclick = () => WeixinJSBridge.invoke(
        "getBrandWCPayRequest", JSON.parse(document.getElementById("wcpay").textContent),
        (result) => {{ document.getElementById("result").textContent = result.err_msg; }});
    </script>"""


def test_consent_is_asked_and_given_in_a_page(stage: Stage, browser: Browser) -> None:
    page = f"""<meta charset="utf-8"><link rel="icon" href="data:,"><p id="said"></p>
    <script src="{stage.url}/bridge.js"></script>
    <wx-open-subscribe template="N1" id="ask"><script type="text/wxtag-template">
      <button>提醒我</button></script></wx-open-subscribe>
    <script>document.getElementById("ask").addEventListener("success", (event) => {{
      document.getElementById("said").textContent = event.detail.subscribeDetails; }});</script>"""
    stage.webhook.answer = lambda post: (200, "success" if post.path == "/wechat" else page)
    stage.say("guardian", "在吗")
    link = {"content": f"{stage.webhook.url}/notices"}
    stage.call(
        "/cgi-bin/message/custom/send",
        {"touser": "o_demo_guardian", "msgtype": "text", "text": link},
    )
    browser.open(stage, "guardian")
    phone = browser.phone("guardian")
    browser.tap(f"{phone} .bubble a")
    browser.driver.switch_to.frame(browser.find(f"{phone} .browser iframe"))
    browser.tap("wx-open-subscribe button")
    browser.driver.switch_to.frame(browser.find("iframe"))
    browser.tap("#yes")
    browser.driver.switch_to.parent_frame()
    browser.find("#said", '{"N1":"accept"}')
    browser.driver.switch_to.default_content()
    notice = {"touser": "o_demo_guardian", "template_id": "N1", "data": {"thing1": {"value": "x"}}}
    assert stage.call("/cgi-bin/message/subscribe/bizsend", notice)["errcode"] == 0


def test_place_voice_and_scanner_send_their_messages(stage: Stage, browser: Browser) -> None:
    scene = {"action_name": "QR_LIMIT_STR_SCENE", "action_info": {"scene": {"scene_str": "room3"}}}
    stage.call("/cgi-bin/qrcode/create", scene)
    browser.open(stage, "guardian")
    phone = browser.phone("guardian")
    browser.tap(f'{phone} [aria-label="更多"]')
    browser.tap(f"{phone} .panel button", "位置")
    browser.tap(f"{phone} .choices button", "上海")
    browser.tap(f"{phone} .panel button", "扫一扫")
    browser.tap(f"{phone} .choices button", "room3")
    browser.tap(f'{phone} [aria-label="切换到语音"]')
    browser.tap(f"{phone} .hold")
    browser.find(f"{phone} .voice")
    stage.settle()
    kinds = [stage.opened(post)["MsgType"] for post in stage.webhook.posts]
    assert kinds == ["location", "event", "voice"]


def test_a_code_read_by_a_real_camera_reaches_the_phone_in_front(
    stage: Stage, browser: Browser
) -> None:
    stage.webhook.answer = stage.echo
    scene = {"action_name": "QR_STR_SCENE", "action_info": {"scene": {"scene_str": "booth"}}}
    made = stage.call("/cgi-bin/qrcode/create", scene)
    browser.open(stage, "guardian")
    browser.driver.get(made["url"])
    browser.until(lambda: browser.said("guardian") == ["收到：SCAN"])
    assert stage.opened(stage.webhook.posts[0])["EventKey"] == "booth"


def test_unread_badges_typing_and_the_inspector(stage: Stage, browser: Browser) -> None:
    stage.webhook.answer = stage.echo
    browser.open(stage, "guardian")
    stage.say("teacher", "你好")
    badge = '.person[data-openid="o_demo_teacher"] .badge'
    browser.find(badge, "1")
    stage.say("guardian", "在吗")
    stage.settle()
    typing = {"touser": "o_demo_guardian", "command": "Typing"}
    stage.call("/cgi-bin/message/custom/typing", typing)
    browser.find(f"{browser.phone('guardian')} .bar h2", "对方正在输入")
    browser.tap("#inspector-toggle")
    browser.tap(".exchange", "在吗")
    browser.find(".detail pre", "<Content><![CDATA[在吗]]></Content>")
    browser.tap('[role="tab"]', "故障")
    browser.tap(".knobs .primary")
    browser.find(".faults li", "消息投递")
    browser.tap('[role="tab"]', "时钟")
    browser.tap(".knobs button", "1 天")
    browser.find(".knobs", "快 24 小时")
    browser.tap('.person[data-openid="o_demo_teacher"]')
    browser.until(lambda: not browser.driver.find_elements(By.CSS_SELECTOR, badge))


def test_a_failing_bot_shows_the_official_line_and_the_reason(
    stage: Stage, browser: Browser
) -> None:
    stage.webhook.answer = lambda post: (200, '{"oops": 1}')
    browser.open(stage, "guardian")
    browser.type("guardian", "你好")
    browser.find(".system", "该公众号提供的服务出现故障").find_element(
        By.TAG_NAME, "button"
    ).click()
    browser.tap(".exchange", "你好")
    browser.find(".detail .note", "not XML")


def test_the_page_fits_a_phone(stage: Stage, browser: Browser) -> None:
    stage.webhook.answer = stage.echo
    metrics = {"width": 375, "height": 740, "deviceScaleFactor": 1, "mobile": True}
    browser.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    try:
        browser.open(stage, "guardian")
        assert not browser.find("#phones").find_elements(By.CSS_SELECTOR, ".person")
        browser.type("guardian", "你好")
        browser.until(lambda: browser.said("guardian")[-1:] == ["收到：你好"])
        wide = browser.driver.execute_script("return document.documentElement.scrollWidth")
        assert wide <= 375
        browser.tap(f"{browser.phone('guardian')} .pick")
        browser.tap('.person[data-openid="o_demo_teacher"]')
        browser.find(f"{browser.phone('teacher')} .bar h2")
    finally:
        browser.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_live_bubbles_come_back_after_the_sandbox_was_away(stage: Stage, browser: Browser) -> None:
    stage.webhook.answer = stage.echo
    browser.open(stage, "guardian")
    browser.driver.set_network_conditions(
        offline=True, latency=0, download_throughput=-1, upload_throughput=-1
    )
    stage.say("guardian", "断网时说的")
    stage.settle()
    browser.driver.set_network_conditions(
        offline=False, latency=0, download_throughput=-1, upload_throughput=-1
    )
    browser.until(lambda: browser.said("guardian") == ["断网时说的", "收到：断网时说的"])
    # Being offline is a SEVERE entry of the log that belongs here.
    browser.driver.get_log("browser")  # type: ignore[no-untyped-call]
