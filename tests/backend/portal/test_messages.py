"""「消息设置」: each reader's own wishes, what WeChat was told, and the way out of letters (S6)."""

import re
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from backend import wiring
from backend.kit import clock, crypto
from backend.kit.config import settings
from backend.kit.db import reading, unit_of_work
from backend.outbox import delivery, jobs, rules, templates
from backend.outbox import queries as outbox
from backend.outbox import service as post_office
from backend.outbox.models import OptOut, OutboxMessage
from backend.outbox.schemas import Interaction, Notice, NoticeKind, Recipient, Status
from backend.outbox.template import Template
from backend.outbox.templates import SUBSCRIPTIONS, TEMPLATES
from backend.portal import queries, service
from backend.security import queries as security
from backend.seed import load
from tests.backend.outbox.conftest import outside
from tests.backend.outbox.outside import Outside
from tests.backend.security.conftest import Phone, Site, site, wechat

__all__ = ["outside", "site", "wechat"]
on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
NOON = datetime(2026, 11, 25, 12, tzinfo=clock.SHANGHAI)
MARKETING = NoticeKind.MARKETING
GUARDIAN = "o_demo_guardian"


def declined() -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(OptOut)) or 0


def switch(phone: Phone, kind: str, wanted: str) -> int:
    _, _, page = phone.open("/me/messages")
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    fields = {"csrf_token": token.group(1) if token else "", "wanted": wanted}
    return phone.browser.post(f"/me/messages/{kind}", data=fields).status_code


@on_sqlite
def test_switches_are_the_readers_own(site: Site) -> None:
    load()
    phone = site.phone(GUARDIAN)
    for _tap in range(2):
        assert switch(phone, "reminder", "no") == 303
    assert declined() == 2  # The openid, and the phone on file.
    assert "已关闭" in phone.open("/me/messages")[2]
    assert "已关闭" not in site.phone("o_demo_stranger").open("/me/messages")[2]
    assert switch(phone, "reminder", "yes") == 303
    assert declined() == 0
    assert switch(phone, "task", "no") == 404
    assert switch(phone, "nonsense", "no") == 404


@on_sqlite
def test_the_page_says_how_many_notices_are_left(site: Site) -> None:
    load()
    wiring.compose_reminders()
    phone = site.phone(GUARDIAN)
    assert "已用完" in phone.open("/me/messages")[2]
    with unit_of_work() as session:
        for _yes in range(2):
            post_office.note_consent(
                session, openid=GUARDIAN, template_id="progress_notice", is_accepted=True
            )
    page = phone.open("/me/messages")[2]
    assert "还可收 <b>2</b> 条" in page
    assert 'template="progress_notice,reminder_notice"' in page
    assert "包括：上课前几天、上课前几小时、课时快用完" in page
    assert "还没有给您发过通知" in page
    assert "工作提醒" not in page
    with unit_of_work() as session:
        answered = Notice(template="ticket_answered", values={"number": "T1", "answer": "好"})
        to = Recipient(openid=GUARDIAN, name="陈建国")
        post_office.post(session, to=to, notice=answered, dedupe_key="a")
    assert "正在发送" in phone.open("/me/messages")[2]
    advisor = site.phone("o_demo_advisor").open("/me/messages")[2]
    assert "待办提醒" in advisor
    assert "客户该跟进）是您的工作安排，也不能关闭" in advisor


def test_every_subscription_template_says_what_it_is_for() -> None:
    assert {each.wechat for each in TEMPLATES.values() if each.wechat} == set(SUBSCRIPTIONS)
    assert set(service.DECLINABLE) == set(templates.KIND_NAMES)


@pytest.mark.parametrize("waits", [True, False], ids=["scheduled", "held up"])
def test_a_wish_holds_for_what_waits_already(database: str, waits: bool) -> None:
    """S6: at once, also for rows that were posted before."""
    to = Recipient(openid="o_1", name="某")
    notice = Notice(template="sign_up_expired", values={"class_name": "周三班"})
    with clock.frozen(NOON), unit_of_work() as session:
        due_at = clock.now() + timedelta(hours=1) if waits else None
        post_office.post(session, to=to, notice=notice, dedupe_key="a", due_at=due_at)
        message_id = session.scalars(select(OutboxMessage.id)).one()
    with clock.frozen(NOON + timedelta(hours=2)):
        with unit_of_work() as session:
            service.wish(session, openid="o_1", kinds=[NoticeKind.SERVICE], wanted=False)
        with unit_of_work() as session:
            assert delivery.take(session, message_id) is None
        with reading() as session:
            assert session.get_one(OutboxMessage, message_id).status == Status.DECLINED


@on_sqlite
def test_payments_and_answers_come_in_any_case(database: str) -> None:
    with unit_of_work() as session:
        service.wish(session, openid="o_1", kinds=service.DECLINABLE, wanted=False)
        notice = Notice(template="ticket_answered", values={"number": "T1", "answer": "好"})
        post_office.post(session, to=Recipient(openid="o_1"), notice=notice, dedupe_key="a")
        assert session.scalars(select(OutboxMessage.status)).one() == Status.PENDING


@on_sqlite
def test_advertising_by_letter_ends_with_a_way_out(
    site: Site, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    news = Template(title="新课", text="{what}开班了，想了解请回复「课程」。", kind=MARKETING)
    monkeypatch.setattr(rules, "TEMPLATES", {**TEMPLATES, "news": news})
    to = Recipient(phone="13812345678", email="a@example.com", name="某")
    by_sms = Recipient(phone=to.phone)
    notice = Notice(template="news", values={"what": "围棋"}, is_agreed=True)

    def posted(key: str, to: Recipient) -> None:
        with clock.frozen(NOON):
            with unit_of_work() as session:
                post_office.post(session, to=to, notice=notice, dedupe_key=key)
                query = select(OutboxMessage.id).where(OutboxMessage.dedupe_key == key)
                message_id = session.scalars(query).one()
            jobs.deliver(message_id)

    posted("a", to)
    assert [channel for channel, _, _ in outside.sent] == ["sms"]
    path = outside.sent[0][2].rpartition("退订请点 ")[2].removeprefix(settings().public_url)
    browser = site.app.test_client()  # Any browser: an SMS is read outside of WeChat.
    page = browser.get(path).text
    assert "退订优惠活动" in page
    assert declined() == 0
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    for _tap in range(2):
        done = browser.post(path, data={"csrf_token": token.group(1) if token else ""})
        assert "已退订" in done.text
    assert "这个手机号" in page
    assert browser.get(f"{path}x").status_code == 403
    posted("b", to)  # The phone is silent now, whoever typed it; the rest of the ladder is not.
    with clock.frozen(NOON), unit_of_work() as session:
        here = Interaction.MESSAGE
        post_office.note_interaction(session, openid="o_typed", kind=here, at=clock.now())
    posted("c", Recipient(openid="o_typed", phone=to.phone, name="他人"))
    posted("d", by_sms)
    assert [channel for channel, _, _ in outside.sent] == ["sms", "mail", "chat"]
    with reading() as session:
        assert outbox.wanted(session, [(to, notice), (by_sms, notice)]) == [True, False]
        assert all(each.is_wanted for each in outbox.wishes(session, Recipient(openid="o_typed")))
    letter = outside.sent[1][2][1].rpartition("退订请点 ")[2].removeprefix(settings().public_url)
    assert "这个邮箱" in browser.get(letter).text
    with unit_of_work() as session:  # A link for a letter that was never sent.
        claims = {"message": 99, "channel": "sms", "addresses": ["x"], "kind": "marketing"}
        with pytest.raises(crypto.LinkInvalid):
            post_office.follow_stop(session, crypto.sign(post_office.STOP_PURPOSE, claims))
        post_office.opt_out(session, to=by_sms, kind=MARKETING)  # Their own word goes further.
        assert not outbox.wanted(session, [(to, notice)])[0]
        post_office.opt_in(session, to=by_sms, kind=MARKETING)
        assert outbox.wanted(session, [(by_sms, notice)]) == [True]


@on_sqlite
def test_all_addresses_on_file_are_known(database: str) -> None:
    load()
    with reading() as session:
        to = queries.recipient(session, security.speaker(session, GUARDIAN))
    assert to.openid == GUARDIAN
    assert to.phone


@on_sqlite
def test_a_notice_that_uses_a_consent_up_leads_to_the_next(database: str, outside: Outside) -> None:
    """One yes is one notice (wechat.md §2); the next one goes another way."""
    paid = {"child": "小宇", "class_name": "周三班", "amount": "10元", "first_lesson": "周三"}
    to = Recipient(openid="o_1", name="某")
    with clock.frozen(NOON):
        for key in ("a", "b"):
            with unit_of_work() as session:
                if key == "a":
                    post_office.note_consent(
                        session, openid="o_1", template_id="progress_notice", is_accepted=True
                    )
                notice = Notice(template="order_paid_guardian", values=paid)
                post_office.post(session, to=to, notice=notice, dedupe_key=key)
                message_id = session.scalars(
                    select(OutboxMessage.id).where(OutboxMessage.dedupe_key == key)
                ).one()
            jobs.deliver(message_id)
    assert [channel for channel, _, _ in outside.sent] == ["subscribe", "template"]
    assert outside.sent[0][2].url.endswith("/oauth/start?next=/me/messages")
    assert outside.sent[1][2].url is None
