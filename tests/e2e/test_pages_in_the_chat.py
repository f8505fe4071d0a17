"""Pages opened from the chat, in a browser before the whole house: a colleague answers at a screen,
a guardian agrees to notices (C3, S6)."""

import pytest

from sandbox.launch.town import Town
from tests.e2e.browsers import Browser, needs_chromium, opened
from tests.e2e.phones import Phone, eventually, number

pytestmark = [pytest.mark.e2e, pytest.mark.browser, needs_chromium]


def screen(browser: Browser, town: Town, who: str) -> str:
    """One person's phone; what finds things on it."""
    browser.driver.get(f"{town.addresses['sandbox']}/?as={who}")
    return f'.phone[data-openid="o_demo_{who}"]'


def test_staff_answer_at_the_page_and_the_customer_reads_it_in_the_chat(town: Town) -> None:
    customer, words = Phone(town, "o_waiting"), "我们在望京，周六可以来看看"
    customer.says("你们在哪儿")
    customer.says("转人工")
    owner = (
        "SELECT count(*) FROM students_takeover t JOIN security_wechat_identity i"
        " ON i.account_id = t.owner_id WHERE t.openid = 'o_waiting'"
        " AND i.openid = 'o_demo_advisor' AND t.ended_at IS NULL"
    )
    assert number(town, owner) == 1
    talk = "SELECT id FROM students_takeover WHERE openid = 'o_waiting'"
    page = f"{town.addresses['web']}/oauth/start?next=/talks/{number(town, talk)}"
    with opened(1000, 900) as browser:
        # Outside of a phone the sandbox asks who is there, as a PC's WeChat would.
        browser.driver.get(page)
        browser.tap('[data-openid="o_demo_advisor"]')
        browser.find(".said .customer", "你们在哪儿")
        browser.tap("[data-suggestion]", "我是")
        box = browser.find("#answer textarea")
        assert "我是" in str(box.get_property("value"))
        assert customer.received("我是周婷") == []  # Not sent unseen.
        box.clear()
        box.send_keys(words)
        browser.tap("#answer button", "发送")
        browser.find(".said .staff", words)
        customer.push(words)
        customer.remote.say("o_waiting", "好的，几点")
        browser.find(".said .customer", "好的，几点")  # By looking again, every three seconds.
        browser.tap("#desk button", "结束")
        browser.find(".standing", "已结束")
        assert browser.complaints() == []
    assert len(customer.received(words)) == 1


def test_a_guardian_agrees_to_a_notice(town: Town) -> None:
    left = (
        "SELECT coalesce(sum(remaining), 0) FROM outbox_notice_consent"
        " WHERE openid = 'o_demo_guardian'"
    )
    with opened(1000, 900) as browser:
        phone = screen(browser, town, "guardian")
        browser.type(phone, "接收通知")
        browser.tap(f"{phone} .card-tap", "接收微信通知")
        browser.enter(f"{phone} .browser iframe")
        browser.find(".me-row", "进度通知")
        browser.tap("#agree button", "同意接收一次")
        browser.enter('iframe[title="微信"]')
        browser.tap("#yes")
        browser.leave_frames()
        eventually(lambda: number(town, left) == 2)  # One of progress, one of reminders.
        browser.enter(f"{phone} .browser iframe")
        browser.find(".me-row", "还可收 1 条")
        assert browser.complaints() == []
