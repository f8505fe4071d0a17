"""The console in a real browser: signing in, a lock, the desk, sessions ended elsewhere."""

import threading
import time
from collections.abc import Iterator

import pytest
from passlib.totp import TOTP
from selenium.webdriver.common.keys import Keys
from werkzeug.serving import make_server

from backend.app import create_app
from backend.kit.config import settings
from backend.security.schemas import Role
from backend.seed import load
from tests.backend.security.desks import PASSWORD, PHONE, Colleague, colleague
from tests.e2e.browsers import Browser, needs_chromium, opened
from tests.e2e.screen_reader import barriers, listen
from tests.fixtures.doorbell import free_port

pytestmark = [
    pytest.mark.browser,
    needs_chromium,
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
]


@pytest.fixture
def house(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The seeded institution's site on a real port; gives its address."""
    port = free_port()
    monkeypatch.setenv("PUBLIC_URL", f"http://127.0.0.1:{port}")
    settings.cache_clear()
    load()
    server = make_server("127.0.0.1", port, create_app(lambda: None), threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{port}"
    server.shutdown()
    thread.join()
    server.server_close()


def write(window: Browser, field: str, words: str) -> None:
    box = window.find(f"#{field}")
    box.clear()
    box.send_keys(words)


def give_password(window: Browser, house: str, password: str = PASSWORD) -> None:
    window.driver.get(f"{house}/console")
    write(window, "who", PHONE)
    write(window, "password", password)
    window.find("#password").send_keys(Keys.ENTER)


def give_code(window: Browser, one: Colleague) -> None:
    write(window, "code", one.code())
    window.find("#code").send_keys(Keys.ENTER)


def found(window: Browser) -> str:
    """What the search has found, read at one moment: HTMX replaces it as a whole."""
    return str(window.driver.execute_script("return document.getElementById('found').innerText"))


def is_wider_than_its_screen(window: Browser) -> bool:
    script = "return document.documentElement.scrollWidth > window.innerWidth"
    return bool(window.driver.execute_script(script))


def test_a_principal_sets_up_a_code_works_and_is_signed_out_from_elsewhere(house: str) -> None:
    one = colleague(Role.PRINCIPAL)
    with opened(1200, 900) as office, opened(390, 800, phone=True) as train:
        listen(office)
        listen(train)
        give_password(office, house, "not the password")
        office.find("[role=alert]", "不匹配")
        assert barriers(office) == []
        give_password(office, house)
        one.secret = office.find("#secret").text
        office.find("svg")
        assert barriers(office) == []
        assert TOTP(key=one.secret, format="base32").generate(time.time()).token
        give_code(office, one)
        assert len(office.find("#codes").text.split()) == 8
        assert barriers(office) == []
        office.tap("a", "我已收好")
        office.find("h1", "我的工作台")
        assert "王小明 · 校长" in office.find(".console-who").text

        give_password(train, house)
        train.find("#code")
        assert barriers(train) == []
        give_code(train, one)
        train.find("h1", "我的工作台")
        for path in ("/console", "/console/people", "/console/audit", "/console/account"):
            train.driver.get(house + path)
            train.find("h1")
            assert not is_wider_than_its_screen(train), path
        train.driver.get(f"{house}/console/account/second-factor")
        assert barriers(train) == []
        train.tap(".console-menu")
        train.find("#rooms a", "我的账号")
        assert barriers(train) == []

        office.driver.get(f"{house}/console/account")
        office.tap("#sessions button", "退出这台设备")
        office.driver.switch_to.alert.dismiss()  # Asked first; no is no.
        office.find("#sessions button", "退出这台设备")
        office.tap("#sessions button", "退出这台设备")
        office.driver.switch_to.alert.accept()
        office.find("#sessions [class~=alert]", "已退出登录")
        train.driver.refresh()
        train.find("h1", "登录工作台")
        (refused,) = office.complaints()  # The password that was wrong.
        assert "/console/sign-in" in refused
        assert train.complaints() == []


def test_people_are_searched_as_one_types_and_a_session_that_ended_leads_to_the_entrance(
    house: str,
) -> None:
    colleague(Role.SECURITY)
    one = Colleague(0, PHONE)
    with opened(1200, 900) as window:
        give_password(window, house)
        one.secret = window.find("#secret").text
        give_code(window, one)
        window.tap("a", "我已收好")
        window.tap(".console-side a", "员工账号")
        write(window, "q", "周婷")
        window.until(lambda: "王敏" not in found(window))
        assert "周婷" in found(window)
        window.driver.delete_all_cookies()
        write(window, "q", "王")
        window.find("h1", "登录工作台")


def test_whoever_guesses_is_told_to_wait(house: str) -> None:
    colleague(Role.TEACHER)
    with opened(390, 800, phone=True) as window:
        for number in range(5):
            give_password(window, house, f"guess number {number}")
            window.find("[role=alert]", "不匹配")
        give_password(window, house)
        window.find("[role=alert]", "分钟后再试")
        assert window.find("#who").get_attribute("value") == PHONE
