"""What follows from a visitor's talk: leads with their source, a person who takes over, a sign-up
that is paid by scanning; and that WeChat never hears of any of it (A13, C3)."""

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from backend.admissions import service as admissions
from backend.admissions.models import FollowUp, Lead
from backend.app import create_app
from backend.gateways import ports
from backend.gateways.webchat.models import Visitor
from backend.gateways.webchat.sender import ByAddress
from backend.kit import events, queue
from backend.kit.config import settings
from backend.kit.db import reading, unit_of_work
from backend.outbox import jobs as outbox
from backend.outbox.models import OutboxMessage
from backend.security import followers
from backend.security.models import Scan, WechatIdentity
from backend.security.schemas import CodeKind, CodeScanned
from bot import web_chat
from bot.phrases import handoff
from tests.backend.outbox.outside import Outside, RecordingChat, RecordingSms
from tests.bot.test_codes import printed
from tests.bot.websites import Browser, RecordingAccount
from tests.dialogues.stage import Stage

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


class RecordingMenus:
    def __init__(self) -> None:
        self.tagged: list[str] = []

    def publish(self, default: Any, by_tag: Any) -> None:
        raise AssertionError("nobody publishes menus here")

    def tag(self, openids: Any, *, add: str | None, remove: str | None) -> None:
        self.tagged += openids


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> Outside:
    recorded = Outside()
    for name in ("_chat", "_sms", "_menus"):
        monkeypatch.setattr(ports, name, None)
    ports.use(chat=ByAddress(RecordingChat(recorded)), sms=RecordingSms(recorded))
    monkeypatch.setattr(queue, "defer", lambda *_: True)
    return recorded


@pytest.fixture
def browser(stage: Stage, outside: Outside, monkeypatch: pytest.MonkeyPatch) -> Browser:
    monkeypatch.setattr(settings(), "redis_url", "memory://")
    events.listen(CodeScanned, admissions.touched)  # As `wiring` does.
    app: Flask = create_app(lambda: None, windows=[web_chat.blueprint])
    return Browser(app)


def post_out() -> None:
    """What the workers do: everything that is due, in order."""
    with reading() as session:
        ids = session.scalars(select(OutboxMessage.id).order_by(OutboxMessage.id)).all()
    for message_id in ids:
        outbox.deliver(message_id)


def lead_of(openid: str) -> Lead:
    with reading() as session:
        lead = session.scalars(select(Lead).where(Lead.openid == openid)).one()
        session.expunge(lead)
        return lead


def test_a_visitor_who_asks_is_a_lead_from_the_website(browser: Browser, stage: Stage) -> None:
    page = "https://www.example.cn/english?phone=13800138000#top"
    answer = browser.tab.say("周末有英语班吗", page=page, campaign="autumn")[1]
    assert "在招" in answer
    lead = lead_of(browser.openid)
    assert (lead.source, lead.last_source) == ("website", None)
    with reading() as session:
        notes = session.scalars(select(FollowUp.note).where(FollowUp.lead_id == lead.id)).all()
        told = session.scalars(select(OutboxMessage.payload).order_by(OutboxMessage.id.desc()))
        assert "网站访客" in str(told.first())
    assert notes == ["来自网页 https://www.example.cn/english（autumn）"]


def test_the_code_of_a_channel_or_campaign_names_the_source(browser: Browser) -> None:
    printed(CodeKind.CAMPAIGN, "spring", "春季招生")
    printed(CodeKind.CHANNEL, "baidu", "百度")
    browser.tab.say("你好", source="nobody", campaign="spring")
    browser.tab.say("周末有英语班吗", source="nobody", campaign="spring")
    assert lead_of(browser.openid).source == "campaign:spring"
    browser.tab.say("多少钱", source="baidu")
    browser.tab.say("多少钱", source="baidu")
    lead = lead_of(browser.openid)
    assert (lead.source, lead.last_source) == ("campaign:spring", "channel:baidu")
    with reading() as session:
        assert len(session.scalars(select(Scan)).all()) == 2


def test_a_person_takes_over_in_both_directions(browser: Browser, stage: Stage) -> None:
    browser.tab.say("周末有英语班吗")
    assert "老师" in browser.tab.say("转人工")[1]
    assert browser.tab.say("孩子八岁，零基础可以吗") == ["孩子八岁，零基础可以吗"]
    assert [text for _, text in stage.pushes() if "零基础可以吗" in text]
    with reading() as session:
        owner = session.scalars(
            select(OutboxMessage.openid).where(OutboxMessage.dedupe_key.like("talk:%:heard:%"))
        ).one()
    assert owner is not None
    stage.say(owner, "可以的，我们有零基础班")
    post_out()
    assert browser.tab.look() == ["可以的，我们有零基础班"]
    assert browser.tab.look() == []
    stage.say(owner, "结束")
    post_out()
    assert browser.tab.look() == [handoff.BACK_AFTER_SILENCE]
    assert "小助手" in browser.tab.say("你好")[1]


def test_a_sign_up_ends_at_a_page_with_a_code(
    browser: Browser, stage: Stage, outside: Outside
) -> None:
    """The whole talk, the seat, the payment, the news of it in the window; no WeChat call names the
    visitor, and the menus leave them out although they are a family now."""
    talk = ("我要报名硬笔书法周三班", "沈一诺", "二年级", "沈悦", "13700007788", "同意")
    for words in talk:
        said = browser.tab.say(words)[1]
    found = re.fullmatch(r"\[待付款 .+\] (\S+)", said)
    assert found is not None
    assert found[1].startswith(f"{settings().public_url}/pay/")
    openid = browser.openid
    stage.pay(openid)
    post_out()
    assert "沈一诺的硬笔书法周三班已报名成功" in "".join(browser.tab.look())
    assert "硬笔书法" in browser.tab.say("课表")[1]
    menus = RecordingMenus()
    ports.use(menus=menus)
    followers.tag_followers()
    followed = {address for _, address, _ in outside.sent} | set(menus.tagged)
    assert followed
    assert not any(address.startswith("web:") for address in followed)
    with reading() as session:
        identity = session.get_one(WechatIdentity, openid)
        assert identity.guardian_id is not None


def test_who_has_closed_the_window_hears_of_their_payment_by_sms(
    browser: Browser, stage: Stage, outside: Outside
) -> None:
    talk = ("我要报名硬笔书法周三班", "沈一诺", "二年级", "沈悦", "13700007788", "同意")
    for words in talk:
        browser.tab.say(words)
    stage.pay(browser.openid)
    long_ago = stage.now.replace(hour=9)
    with unit_of_work() as session:
        session.execute(update(Visitor).values(seen_at=long_ago))
    post_out()
    sms = [(address, text) for channel, address, text in outside.sent if channel == "sms"]
    assert {address for address, _ in sms} == {"13700007788"}
    paid, in_force = (text for _, text in sms)
    assert "已报名成功" in paid
    assert "服务合同" in in_force


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> RecordingAccount:
    monkeypatch.setattr(ports, "_account", None)
    recorded = RecordingAccount()
    ports.use(account=recorded)
    return recorded


def code_of(browser: Browser) -> None:
    answer = browser.client.post("/chat/wechat", headers=browser.tab.headers)
    assert answer.json is not None
    assert answer.json["picture"].startswith("data:image/svg+xml")


def open_leads() -> list[tuple[str, str]]:
    with reading() as session:
        rows = session.execute(
            select(Lead.openid, Lead.interest).where(Lead.closed_at.is_(None)).order_by(Lead.id)
        )
        return [(openid or "", interest) for openid, interest in rows]


def test_a_talk_goes_on_in_wechat_by_a_scan(
    browser: Browser, stage: Stage, account: RecordingAccount
) -> None:
    before = open_leads()
    browser.tab.say("周末有英语班吗")
    code_of(browser)
    code_of(browser)
    assert len(account.scenes) == 1  # The same code, and the visitor's address is not in it.
    assert browser.openid.removeprefix("web:") not in account.scenes[0]
    said = stage.do("o_new_follower", f"subscribe:qrscene_{account.scenes[0]}")
    assert "接上" in said
    assert open_leads() == [*before, ("o_new_follower", "周末有英语班吗")]
    assert "在招" in stage.say("o_new_follower", "三年级的")  # The subject came along.
    assert "接上" not in stage.do("o_new_follower", f"SCAN:{account.scenes[0]}")
    assert "接上" not in stage.do("o_somebody_else", f"SCAN:{account.scenes[0]}")


def test_who_is_a_lead_in_wechat_already_stays_one(
    browser: Browser, stage: Stage, account: RecordingAccount
) -> None:
    stage.say("o_known", "书法课多少钱")
    browser.tab.say("周末有英语班吗")
    code_of(browser)
    stage.do("o_known", f"SCAN:{account.scenes[0]}")
    mine = [(openid, interest) for openid, interest in open_leads() if openid == "o_known"]
    assert mine == [("o_known", "书法课多少钱")]
    assert all(openid != browser.openid for openid, _ in open_leads())
    with reading() as session:
        notes = session.scalars(select(FollowUp.note)).all()
    assert "在网站上也问过：周末有英语班吗" in notes


def test_a_colleague_who_scans_takes_nothing_along(
    browser: Browser, stage: Stage, account: RecordingAccount
) -> None:
    browser.tab.say("周末有英语班吗")
    code_of(browser)
    stage.do("advisor", f"SCAN:{account.scenes[0]}")
    assert lead_of(browser.openid).closed_at is None


def test_who_has_said_nothing_gets_no_code(browser: Browser, account: RecordingAccount) -> None:
    answer = browser.client.post("/chat/wechat", headers=browser.tab.headers)
    assert answer.status_code == 404
    assert account.scenes == []
