"""The chat window's door: once, in order, for nobody else, and never told to WeChat (A13)."""

import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import func, select

from backend.app import create_app
from backend.gateways.visitors import is_visitor, new_visitor
from backend.gateways.webchat import lines
from backend.gateways.webchat.models import Line, Visitor
from backend.kit import clock, crypto
from backend.kit.config import settings
from backend.kit.db import STATEMENTS, reading, unit_of_work
from bot import browsers, router, turn, web_chat, webhook
from bot.conversation import Message
from bot.interpreter import Meaning
from bot.replies import say
from tests.bot.deliveries import Platform, message
from tests.bot.websites import PAGE, Browser, Tab, text_of

QUESTION = "你好"


@pytest.fixture
def app(database: str, monkeypatch: pytest.MonkeyPatch) -> Flask:
    monkeypatch.setattr(settings(), "redis_url", "memory://")
    return create_app(lambda: None, windows=[web_chat.blueprint])


def count(of: type) -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(of)) or 0


def test_looking_stores_nothing_here_or_there(app: Flask) -> None:
    browser = Browser(app)
    assert browser.client.get_cookie(browsers.COOKIE, path="/chat") is None
    assert browser.tab.look() == []
    assert count(Visitor) == count(Message) == count(Line) == 0


def test_a_message_is_answered_in_the_response_and_found_again(app: Flask) -> None:
    browser = Browser(app)
    own, answer = browser.tab.say(QUESTION)
    assert own == QUESTION
    assert "小助手" in answer
    assert is_visitor(browser.openid)
    assert Tab(browser).look() == [own, answer]  # A reload, or a second tab.
    assert browser.tab.look() == []


def test_the_same_message_from_many_hands_is_one(app: Flask) -> None:
    """The page tries again after a lost answer, also before it has its cookie."""
    browser = Browser(app)
    client_id, token = str(uuid.uuid4()), browser.tab.headers

    def post(_number: int) -> int:
        body = {"client_id": client_id, "text": QUESTION, "after": 0}
        with app.test_client() as client:
            answer = client.post("/chat/messages", json=body, headers=token)
        assert answer.json is not None
        return len(answer.json["lines"])

    with ThreadPoolExecutor(5) as pool:
        assert set(pool.map(post, range(5))) == {2}
    assert len(browser.tab.say(QUESTION, client_id=client_id)) == 2
    assert (count(Visitor), count(Message), count(Line)) == (1, 1, 2)


def test_another_browser_sees_nothing(app: Flask) -> None:
    first, second = Browser(app), Browser(app)
    first.tab.say(QUESTION)
    second.tab.say("在吗")
    assert first.openid != second.openid
    assert QUESTION not in Tab(second).look()


@pytest.mark.parametrize("purpose", ["chat", "pay"])
def test_a_forged_or_foreign_token_names_nobody(app: Flask, purpose: str) -> None:
    victim = Browser(app)
    victim.tab.say(QUESTION)
    token = crypto.sign(purpose, {"visitor": victim.openid})
    forged = token[:-2] + ("aa" if token[-2:] != "aa" else "bb") if purpose == "chat" else token
    with app.test_client() as thief:
        thief.set_cookie(browsers.COOKIE, forged, path="/chat")
        assert thief.get("/chat/events", headers=PAGE).status_code == 403
        assert 'data-token=""' not in thief.get("/chat").text  # They are offered to be new.


def test_nobody_is_a_follower_by_a_token(app: Flask) -> None:
    token = crypto.sign(browsers.PURPOSE, {"visitor": "o_demo_guardian"})
    headers = {**PAGE, browsers.TOKEN_HEADER: token}
    assert app.test_client().get("/chat/events", headers=headers).status_code == 403


@pytest.mark.parametrize(
    "headers", [{"X-Chat-Page": ""}, {**PAGE, "Sec-Fetch-Site": "cross-site"}], ids=["bare", "site"]
)
def test_other_sites_cannot_speak_for_a_visitor(app: Flask, headers: dict[str, str]) -> None:
    browser = Browser(app)
    browser.tab.say(QUESTION)
    body = {"client_id": str(uuid.uuid4()), "text": QUESTION}
    if not headers["X-Chat-Page"]:
        headers = {}
    assert browser.client.post("/chat/messages", json=body, headers=headers).status_code == 403
    assert browser.client.get("/chat/events", headers=headers).status_code == 403
    assert count(Message) == 1


@pytest.mark.parametrize(
    ("text", "client_id"),
    [("", ""), ("   ", ""), ("好" * 1001, ""), ("\x00\x07", ""), (QUESTION, "1")],
)
def test_what_is_no_message_is_refused_politely(app: Flask, text: str, client_id: str) -> None:
    answer = Browser(app).tab.post(text, client_id=client_id)
    assert answer.status_code == 400
    assert answer.json is not None
    assert "再发一次" in answer.json["message"]
    assert count(Message) == 0


def test_a_body_has_a_size(app: Flask) -> None:
    answer = Browser(app).tab.post(QUESTION, page="x" * 20_000)
    assert answer.status_code == 413


def test_nobody_can_write_without_end(app: Flask) -> None:
    browser = Browser(app)
    with clock.frozen(clock.now()):
        codes = {browser.tab.post(QUESTION, client_id=str(uuid.uuid4())).status_code}
        codes |= {browser.tab.post("", client_id=str(uuid.uuid4())).status_code for _ in range(21)}
    assert 429 in codes


def test_a_poll_costs_two_queries(app: Flask) -> None:
    browser = Browser(app)
    browser.tab.say(QUESTION)
    before = STATEMENTS._value.get()
    browser.tab.look()
    assert STATEMENTS._value.get() - before == 2


def test_lines_come_whole_and_in_order_over_many_windows(app: Flask) -> None:
    """Written from several sides at once while a window reads on: nothing lost, nothing twice."""
    openid = new_visitor()
    with unit_of_work() as session:
        lines.arrive(session, openid, source=None, came_from=None)
    seen: list[int] = []

    def write(number: int) -> None:
        body = {"msgtype": "text", "text": {"content": str(number)}}
        for _ in range(2):
            with unit_of_work() as session:
                lines.show(session, openid, key=f"n:{number}", body=body)

    def read() -> None:
        with reading() as session:
            found = lines.read(session, openid, after=seen[-1] if seen else 0)
        seen.extend(line.number for line in found.lines)

    with ThreadPoolExecutor(4) as pool:
        writing = [pool.submit(write, number) for number in range(24)]
        while not all(future.done() for future in writing):
            read()
        for future in writing:
            future.result()
    read()
    assert seen == list(range(1, 25))


def test_long_histories_come_in_portions(app: Flask) -> None:
    openid = new_visitor()
    with unit_of_work() as session:
        lines.arrive(session, openid, source=None, came_from=None)
        for number in range(230):
            body = {"msgtype": "text", "text": {"content": str(number)}}
            lines.show(session, openid, key=str(number), body=body)
    with reading() as session:
        newest = lines.read(session, openid, after=0)
        assert (newest.lines[0].number, newest.has_more) == (131, False)
        first = lines.read(session, openid, after=1)
        assert (first.lines[-1].number, first.has_more) == (101, True)


def test_only_the_named_websites_may_show_the_window(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "environment", "production")
    named = "https://www.example.cn/path, http://b.cn:81,nonsense; script-src *"
    monkeypatch.setattr(settings(), "website_origins", named)
    client = app.test_client()

    def ancestors(path: str) -> str:
        policy = client.get(path).headers["Content-Security-Policy"]
        return next(rule for rule in policy.split("; ") if rule.startswith("frame-ancestors"))

    assert ancestors("/chat") == "frame-ancestors 'self' https://www.example.cn http://b.cn:81"
    assert ancestors("/privacy") == "frame-ancestors 'self'"


def test_over_https_the_cookie_works_inside_another_site_and_there_alone(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    cookie = Browser(app).tab.post(QUESTION).headers["Set-Cookie"]
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie
    monkeypatch.setattr(settings(), "public_url", "https://school.example.cn")
    cookie = Browser(app).tab.post(QUESTION).headers["Set-Cookie"]
    for word in ("HttpOnly", "Path=/chat", "Secure", "SameSite=None", "Partitioned"):
        assert word in cookie


def test_a_slow_answer_is_found_by_asking_on(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The response does not wait for ever; the window sees that somebody is at it, then the answer,
    once, although the sweep looks at the message as well."""
    slow = threading.Event()

    def think(text: str) -> Meaning:
        slow.wait(10)
        return Meaning(text=text)

    monkeypatch.setattr(turn, "interpret", think)
    monkeypatch.setattr(router, "answer", lambda _talk: say("想好了"))
    monkeypatch.setattr(web_chat, "ANSWER_WITHIN_SECONDS", 1.5)
    browser = Browser(app)
    first = browser.tab.post(QUESTION)
    assert first.json is not None
    assert [text_of(line) for line in first.json["lines"]] == [QUESTION]
    assert first.json["typing"] is True
    assert first.json["retry_after_ms"] <= 1000
    slow.set()
    with reading() as session:
        message_id = session.scalars(select(Message.id)).one()
    until = time.monotonic() + 10
    while count(Line) < 2:
        assert time.monotonic() < until, "the answer did not come"
        time.sleep(0.05)
    turn.take(message_id, late=True)
    assert browser.tab.look() == [QUESTION, "想好了"]
    news = browser.tab.get().json
    assert news is not None
    assert (news["lines"], news["typing"]) == ([], False)


def test_wechats_door_takes_no_visitor(app: Flask) -> None:
    door = Platform(create_app(lambda: None, doors=[webhook.blueprint]))
    answer = door.post(message(openid=new_visitor(), Content=QUESTION))
    assert answer.status_code == 403
    assert count(Message) == 0


def test_the_script_for_websites_is_kept_for_minutes_only(app: Flask) -> None:
    answer = app.test_client().get("/chat/widget.js")
    assert answer.status_code == 200
    assert "javascript" in answer.headers["Content-Type"]
    assert answer.cache_control.max_age == web_chat.WIDGET_KEPT_SECONDS
    answer.close()
