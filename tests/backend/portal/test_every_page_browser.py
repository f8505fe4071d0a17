"""Every page that the navigation offers, on a phone in a real browser: the browser complains of
nothing, the page is no wider than its screen, says what it is, and every field has a name."""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from werkzeug.serving import make_server

from backend.app import create_app
from backend.kit.config import settings
from backend.kit.db import unit_of_work
from backend.seed import load
from backend.students.schemas import TicketKind
from backend.students.tickets import desk
from bot import review_pages, talk_pages
from tests.e2e.browsers import Browser, needs_chromium, opened
from tests.fixtures.doorbell import free_port

pytestmark = [
    pytest.mark.browser,
    needs_chromium,
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
]
BEHIND = (
    "/leads/sheets",
    "/leads/partners",
    "/students/1",
    "/console/customers/tags",
    "/lessons/1/roll-call",
    *("/timetable/changes", "/timetable/drafts", "/timetable/means", "/timetable/use"),
    *("/timetable/teachers/9", "/timetable/rooms/1", "/timetable/classes/4"),
)
MARKED = "return document.querySelectorAll('#rooms [aria-current]').length"
FAMILY = ("/me", "/me/file/1", "/me/looks", "/me/messages", "/me/consents", "/lessons/week")
CALENDAR = "/lessons/calendar"
LOOK = """
const fields = document.querySelectorAll("input:not([type=hidden]), select, textarea");
const unnamed = [...fields].filter((each) => !each.labels.length && !each.ariaLabel);
const room = document.documentElement;
return [
  ...(room.scrollWidth > room.clientWidth ? ["wider than the screen"] : []),
  ...(document.querySelectorAll("h1").length === 1 ? [] : ["not one heading"]),
  ...unnamed.map((each) => `no name: ${each.outerHTML}`),
];
"""


@dataclass
class House:
    """The seeded institution's site on a real port."""

    address: str
    app: Flask

    def let_in(self, window: Browser, openid: str) -> None:
        """As WeChat has signed somebody in."""
        seal = SecureCookieSessionInterface().get_signing_serializer(self.app)
        assert seal is not None
        held = seal.dumps({"wechat": {"openid": openid, "until": time.time() + 3600}})
        window.driver.get(f"{self.address}/console/sign-in")
        window.driver.delete_all_cookies()
        name = self.app.config["SESSION_COOKIE_NAME"]
        window.driver.add_cookie({"name": name, "value": str(held), "path": "/"})


@pytest.fixture
def house(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    port = free_port()
    monkeypatch.setenv("PUBLIC_URL", f"http://127.0.0.1:{port}")
    settings.cache_clear()
    load()
    with unit_of_work() as session:
        for number, words in enumerate(("老师迟到了三次", "乱收费", "教室空调坏了")):
            kind, key = TicketKind.COMPLAINT, f"test:{number}"
            desk.open_ticket(session, openid="o_author", kind=kind, text=words, source_key=key)
    app = create_app(lambda: None, pages=[talk_pages.blueprint, review_pages.blueprint])
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield House(f"http://127.0.0.1:{port}", app)
    server.shutdown()
    thread.join()
    server.server_close()


def faults_of(window: Browser, url: str) -> list[str]:
    """What is wrong with a page. WeChat's own script is out of reach of a test."""
    window.driver.get(url)
    wrong: list[str] = window.driver.execute_script(LOOK)
    return wrong + [each for each in window.complaints() if "res.wx.qq.com" not in each]


def entries_of(window: Browser) -> list[str]:
    script = "return [...document.querySelectorAll('#rooms a')].map((each) => each.href)"
    found: list[str] = window.driver.execute_script(script)
    return found


def test_every_page_of_the_navigation_fits_a_phone(house: House) -> None:
    wrong: dict[str, list[str]] = {}
    with opened(390, 800, phone=True) as window:
        for openid, least in (("o_demo_principal", 12), ("o_demo_security", 6)):
            house.let_in(window, openid)
            window.driver.get(f"{house.address}/console")
            urls = entries_of(window)
            assert len(urls) >= least
            for url in urls:
                wrong[f"{openid} {url}"] = faults_of(window, url)
                assert window.driver.execute_script(MARKED) == 1, url
        house.let_in(window, "o_demo_principal")
        for path in BEHIND:
            wrong[path] = faults_of(window, house.address + path)
        house.let_in(window, "o_demo_guardian")
        for path in (*FAMILY, CALENDAR):
            wrong[path] = faults_of(window, house.address + path)
        assert {page: faults for page, faults in wrong.items() if faults} == {}
        house.let_in(window, "o_demo_principal")
        window.driver.get(f"{house.address}/tickets/analysis")
        window.find("[data-chart] canvas, [data-chart] svg")
        window.tap(".console-menu")
        window.tap("#rooms a", "学员与家长")
        window.tap("#found a", "陈小宇")
        window.find("h1", "陈小宇")
