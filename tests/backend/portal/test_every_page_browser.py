"""Every page that the navigation offers, on a phone in a real browser: the browser complains of
nothing, the page is no wider than its screen, says what it is, and every field has a name."""

import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from flask import Flask, abort
from flask.sessions import SecureCookieSessionInterface
from werkzeug.exceptions import HTTPException
from werkzeug.serving import make_server

from backend import wiring
from backend.app import create_app
from backend.gateways import ports
from backend.kit.config import settings
from backend.kit.errors import GatewayError
from backend.reminders import registry
from backend.seed import load
from bot import review_pages, talk_pages, web_chat
from tests.backend.portal.lived_in import lived_in
from tests.e2e.browsers import Browser, needs_chromium, opened
from tests.e2e.screen_reader import barriers, listen
from tests.fixtures.doorbell import free_port

pytestmark = [
    pytest.mark.browser,
    needs_chromium,
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
]
PEOPLE = {
    "o_demo_principal": (
        *("/console", "/leads/sheets", "/leads/partners", "/lessons/1/roll-call"),
        *(
            "/tickets/found?q=老师",
            "/understanding/school",
            "/console/customers/doubles/student/1/2",
        ),
    ),
    "o_demo_security": ("/console",),
    "o_demo_accountant": ("/console", "/books/costs"),
    "o_demo_teacher": ("/console",),
    "o_demo_guardian": (
        *("/me", "/me/messages", "/me/looks", "/me/consents", "/me/erasure", "/lessons/calendar"),
        *("/me/referral",),
    ),
}
TO_ALL = ("/console/sign-in", "/enquiry", "/privacy", "/chat", "/contract")
BROKEN = (*(f"/broken/{status}" for status in (403, 409, 500)), "/nowhere")
# Doors that are no pages of their own: files and pictures, answers for programs, parts that a page
# fetches for itself; and the steps of signing in, which test_console_browser reads.
NO_PAGES = frozenset(
    {
        *("portal_pages.intakes.template", "portal_pages.intakes.result"),
        *("portal_pages.family.download", "finance_pages.books.reports.printed"),
        *("finance_pages.books.reading.exported", "finance_pages.books.keeping.photo"),
        *("admissions_pages.figures.export", "admissions_pages.figures.picture"),
        *("admissions_pages.lead_sheets.template", "admissions_pages.contracts.one"),
        *("students_pages.attachment", "teaching_pages.homework.piece"),
        *("teaching_pages.timetable.calendar.feed", "finance_pages.pay_status"),
        "teaching_pages.picture",
        *("health.alive", "health.ready", "health.metrics", "web_chat.events", "web_chat.widget"),
        *("security_pages.wechat.start", "security_pages.wechat.callback"),
        *("security_pages.wechat.go", "security_pages.wechat.page_signature"),
        *("talk_pages.lines", "talk_pages.suggestions", "talk_pages.lead_line.shown"),
        *("students_pages.tickets.board.more", "admissions_pages.claim_page"),
        *("finance_pages.papers.receipt_pdf", "finance_pages.papers.invoice"),
        *("finance_pages.pay_by_alipay", "finance_pages.back_from_alipay"),
        *("security_pages.entrance.ask_code", "security_pages.account.ask_app", "abort"),
    }
)
LOOK = """
const fields = document.querySelectorAll("input:not([type=hidden]), select, textarea");
const unnamed = [...fields].filter((each) => !each.labels.length && !each.ariaLabel);
const room = document.documentElement;
const places = document.querySelectorAll("#rooms [aria-current]").length;
return [
  ...(room.scrollWidth > room.clientWidth ? ["wider than the screen"] : []),
  ...(document.querySelectorAll("h1").length === 1 ? [] : ["not one heading"]),
  ...(document.title ? [] : ["no title"]),
  ...(document.querySelector("#rooms") && places !== 1 ? ["no place in the navigation"] : []),
  ...unnamed.map((each) => `no name: ${each.outerHTML}`),
];
"""
LINKS = "return [...document.links].map((each) => each.href.split('#')[0])"


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


class NoCodes:
    """WeChat that gives no pictures of codes."""

    def create_code(self, _scene: str, *, expires_in_seconds: int | None = None) -> ports.SceneCode:
        raise GatewayError(f"no code for {expires_in_seconds} seconds", retry=True)


@pytest.fixture
def house(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    port = free_port()
    monkeypatch.setattr(ports, "_account", NoCodes())
    monkeypatch.setenv("PUBLIC_URL", f"http://127.0.0.1:{port}")
    settings.cache_clear()
    load()
    app = create_app(
        wiring.compose_reminders,
        pages=[talk_pages.blueprint, review_pages.blueprint],
        windows=[web_chat.blueprint],
    )
    app.add_url_rule("/broken/<int:code>", view_func=abort)
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield House(f"http://127.0.0.1:{port}", app)
    server.shutdown()
    thread.join()
    server.server_close()
    registry.use((), {})


def faults_of(window: Browser, url: str) -> list[str]:
    """What is wrong with a page. WeChat's own script is out of reach of a test."""
    window.driver.get(url)
    wrong: list[str] = window.driver.execute_script(LOOK)
    wrong += barriers(window)
    return wrong + [each for each in window.complaints() if "res.wx.qq.com" not in each]


def view_of(house: House, url: str) -> str:
    """Which view of ours a link leads to; nothing where it is none."""
    parts = urlsplit(url)
    if parts.netloc != urlsplit(house.address).netloc:
        return ""
    try:
        return str(house.app.url_map.bind(parts.netloc).match(parts.path, "GET")[0])
    except HTTPException:
        return ""


def walked(
    window: Browser, house: House, starts: Iterable[str], seen: set[str]
) -> dict[str, list[str]]:
    """What is wrong with these pages and those that links lead to, one page of each kind."""
    wrong: dict[str, list[str]] = {}
    ahead = deque(house.address + path for path in starts)
    begun = set(ahead)
    while ahead:
        url = ahead.popleft()
        view = view_of(house, url)
        if not view or view in NO_PAGES or (view in seen and url not in begun):
            continue
        begun.discard(url)
        seen.add(view)
        wrong[f"{view} {url}"] = faults_of(window, url)
        links: list[str] = window.driver.execute_script(LINKS)
        ahead.extend(links)
    return wrong


def pages_of(house: House) -> set[str]:
    """Every view that somebody can open in a browser."""
    rules = [each for each in house.app.url_map.iter_rules() if "GET" in (each.methods or ())]
    views = {each.endpoint for each in rules if not each.endpoint.endswith(".static")}
    return views - NO_PAGES


def test_every_page_can_be_read_by_everybody_on_a_phone(house: House) -> None:
    """A view that no link and no start leads to fails too: lay out in `lived_in` what it shows, or
    say in NO_PAGES why it is no page."""
    seen = {"finance_pages.pay_page"}  # Without a platform it answers 503: looked at below.
    links = lived_in()
    with opened(390, 800, phone=True) as window:
        listen(window)
        signed = [urlsplit(each).path for each in (links.stop, links.invitation)]
        wrong = walked(window, house, (*TO_ALL, *signed), seen)
        for openid, starts in PEOPLE.items():
            house.let_in(window, openid)
            wrong |= walked(window, house, starts, seen)
        wrong |= walked(window, house, [f"/me/exports/{links.copy}"], seen)
        house.let_in(window, "o_author")
        wrong |= walked(window, house, [f"/tickets/{links.ticket}/files"], seen)
        for path in (*BROKEN, urlsplit(links.payable).path):
            window.driver.get(house.address + path)
            wrong[path] = window.driver.execute_script(LOOK) + barriers(window)
        assert {page: faults for page, faults in wrong.items() if faults} == {}
        assert pages_of(house) - seen == set()
        window.complaints()
        house.let_in(window, "o_demo_principal")
        window.driver.get(f"{house.address}/tickets/analysis")
        window.find("[data-chart] canvas, [data-chart] svg")
        window.tap(".console-menu")
        window.tap("#rooms a", "学员与家长")
        window.tap("#found a", "陈小宇")
        window.find("h1", "陈小宇")
