"""The line of the house with real processes: from a follower's first question to a lesson."""

import json
import re
import subprocess
import sys
from datetime import timedelta

import pytest
import requests

from backend.kit import clock
from sandbox.launch.plan import ROOT
from sandbox.launch.town import Town
from tests.e2e.browsers import needs_chromium, opened
from tests.e2e.phones import Phone, command, eventually, number, rows

pytestmark = pytest.mark.e2e
QUESTION = "我想给孩子报周末的英语班，多少钱？"
SEATS_LEFT = (
    "SELECT g.capacity - count(e.id) FROM teaching_class_group g"
    " LEFT JOIN teaching_enrollment e ON e.class_group_id = g.id"
    " WHERE g.name = :name GROUP BY g.id, g.capacity"
)
CHILD = "陈小宇"  # Of the seeded guardian; has a lesson each tomorrow.
LEAD = "SELECT id, advisor_id, claimed_at FROM admissions_lead WHERE openid = :who"
LAST_ORDER = "SELECT number, status FROM finance_order WHERE payer_openid = :who ORDER BY id DESC"


def lead_of(town: Town, who: str) -> int:
    return number(town, "SELECT id FROM admissions_lead WHERE openid = :who", who=who)


def claims_of(town: Town, lead_id: int) -> int:
    return number(
        town,
        "SELECT count(*) FROM admissions_follow_up WHERE lead_id = :id AND note = '认领'",
        id=lead_id,
    )


def test_a_newcomer_asks_and_an_advisor_is_told(town: Town) -> None:
    """A13, A14, A17: by the commands that anybody can type."""
    seats = {
        name: number(town, SEATS_LEFT, name=name) for name in ("英语二级周六班", "英语三级周日班")
    }
    greeting = command(town, "say", "--as", "o_asker", "--event", "subscribe")
    assert [line["via"] for line in greeting] == ["reply"]
    assert "欢迎关注" in greeting[0]["text"]
    (answer,) = command(town, "say", "--as", "o_asker", QUESTION)
    listed = re.findall(r"\d\. (.+)\n.+\n(\d+)元/30课时，.+还剩(\d+)个名额", answer["text"])
    offered = {name: (price, int(left)) for name, price, left in listed}
    assert offered["英语二级周六班"] == ("3100", seats["英语二级周六班"])
    assert offered["英语三级周日班"] == ("3510", seats["英语三级周日班"])
    ((lead_id, advisor_id, claimed_at),) = rows(town, LEAD, who="o_asker")
    assert advisor_id is not None
    assert claimed_at is None
    Phone(town, "advisor").push(f"微信客户{lead_id}", "英语")
    inbox = command(town, "inbox", "--as", "advisor")
    assert sum(f"微信客户{lead_id}" in line["text"] for line in inbox) == 1


@needs_chromium
def test_one_tap_claims_and_a_robot_claims_nothing(town: Town) -> None:
    """A14: the push's link claims when a person's browser opens it, however often."""
    Phone(town, "o_tapped").says(QUESTION)
    lead_id = lead_of(town, "o_tapped")
    link = Phone(town, "advisor").push(f"微信客户{lead_id}")["url"]
    assert requests.get(link, timeout=10).ok
    assert claims_of(town, lead_id) == 0
    with opened(390, 800, phone=True) as browser:
        for _ in range(2):
            browser.driver.get(link)
            # Outside of a phone the sandbox asks who is there, as a PC's WeChat would.
            browser.tap('[data-openid="o_demo_advisor"]')
            browser.find("h1", "认领成功")
        assert browser.complaints() == []
    assert claims_of(town, lead_id) == 1
    broken = requests.post(link[:-3] + "abc", timeout=10)
    assert 400 <= broken.status_code < 500


def test_an_advisor_claims_by_text_and_others_cannot(town: Town) -> None:
    """A14: the same by message, and only for whom it is."""
    Phone(town, "o_texted").says(QUESTION)
    lead_id = lead_of(town, "o_texted")
    Phone(town, "stranger").says(f"认领 {lead_id}")
    Phone(town, "teacher").says(f"认领 {lead_id}")
    assert claims_of(town, lead_id) == 0
    assert "认领成功" in Phone(town, "advisor").says(f"认领 {lead_id}")
    Phone(town, "advisor").says(f"认领 {lead_id}")
    assert claims_of(town, lead_id) == 1


def test_a_parent_signs_up_pays_once_and_sees_the_timetable(town: Town) -> None:
    """A10–A12, F4, F5, F7: digression, correction, payment notified six times."""
    parent = Phone(town, "o_parent")
    parent.says("你好")
    assert "孩子叫什么名字" in parent.says("我要报名硬笔书法周三班")
    assert "几年级" in parent.says("周小满")
    aside = parent.says("对了你们在哪儿")
    assert "望京" in aside
    assert "几年级" in aside.splitlines()[-1]
    assert "怎么称呼" in parent.says("三年级")
    assert "手机号" in parent.says("周立")
    assert "11位" in parent.says("12345")
    summary = parent.says("13812340001")
    assert all(part in summary for part in ("周小满", "三年级", "硬笔书法周三班", "13812340001"))
    assert "手机号" in parent.says("手机号写错了")
    assert "13912340002" in parent.says("13912340002")
    assert "待付款 1680元" in parent.says("同意")
    ((order, status),) = rows(town, LAST_ORDER, who="o_parent")
    assert status == "pending"

    (paid,) = command(town, "pay", "--as", "o_parent")
    assert paid["err_msg"].endswith(":ok")
    parent.push("周小满", "已报名成功")
    (trade_no,) = rows(
        town,
        "SELECT p.out_trade_no FROM finance_payment p JOIN finance_order o ON o.id = p.order_id"
        " WHERE o.number = :order AND p.status = 'succeeded'",
        order=order,
    )[0]
    again = command(town, "notify", "--again", trade_no, "--times", "5")
    assert [200 <= answer["status"] < 300 for answer in again] == [True] * 5
    Phone(town, "advisor").push("周立", "硬笔书法周三班")
    assert number(town, "SELECT count(*) FROM finance_order WHERE payer_openid = 'o_parent'") == 1
    booked = "FROM finance_journal_entry e JOIN finance_order o ON o.id = e.order_id"
    assert number(town, f"SELECT count(*) {booked} WHERE o.number = :n", n=order) == 1
    student_id = number(town, "SELECT student_id FROM admissions_sign_up WHERE openid = 'o_parent'")
    sits = "SELECT status FROM teaching_enrollment WHERE student_id = :id"
    assert [row[0] for row in rows(town, sits, id=student_id)] == ["active"]
    mine = "SELECT count(*) FROM security_wechat_identity WHERE openid = 'o_parent'"
    assert number(town, f"{mine} AND guardian_id IS NOT NULL") == 1
    assert "周小满" in parent.says("课表")
    assert len(parent.received("已报名成功")) == 1
    assert len(Phone(town, "advisor").received("周立", "硬笔书法周三班")) == 1


def test_a_form_is_cancelled_and_another_is_picked_up_after_a_chat(town: Town) -> None:
    """A11: nothing is kept of what was cancelled; what was begun waits."""
    parent = Phone(town, "o_slow")
    parent.says("报名")
    parent.says("吴桐")
    assert "不会保留" in parent.says("算了不报了")
    assert "孩子叫什么名字" in parent.says("报名")
    parent.says("吴桐桐")
    assert "几年级" in parent.says("在吗")
    assert "选择班级" in parent.says("四年级")


def test_a_guardian_hears_of_the_childs_lesson_and_a_stranger_nothing(town: Town) -> None:
    """T9, S2: who asks decides what is told."""
    told = Phone(town, "guardian").says("明天几点上课")
    tomorrow = clock.today() + timedelta(days=1)
    assert CHILD in told
    assert "18:30" in told
    assert f"{tomorrow.month}月{tomorrow.day}日" in told
    untold = Phone(town, "stranger").says("明天几点上课")
    assert not any(secret in untold for secret in (CHILD, "18:30", "302教室"))
    untold = Phone(town, "stranger").says(f"{CHILD}明天几点上课")
    assert not any(secret in untold for secret in ("18:30", "302教室"))


def test_a_complaint_reaches_its_owner_and_the_answer_comes_back(town: Town) -> None:
    """S7–S9: a number, a deadline, a push, and the answer in the guardian's own chat. What hurts a
    child is never gathered with others, whatever crowd has complained in this town before."""
    guardian = Phone(town, "guardian")
    answer = guardian.says("我要投诉，老师动手打孩子")
    found = re.search(r"T\d{6,12}", answer)
    assert found is not None
    ((owner, due_at),) = rows(
        town,
        "SELECT i.openid, t.respond_due_at FROM students_ticket t JOIN security_wechat_identity i"
        " ON i.account_id = t.owner_id WHERE t.number = :number",
        number=found[0],
    )
    assert due_at is not None
    Phone(town, owner).push(found[0])  # A card where the chat's allowance is used up.
    Phone(town, owner).says(f"回复 {found[0]} 非常抱歉，我们今天就和老师谈。")
    guardian.push("非常抱歉，我们今天就和老师谈")
    assert len(guardian.received("非常抱歉，我们今天就和老师谈")) == 1
    eventually(
        lambda: number(town, "SELECT count(*) FROM outbox_message WHERE status != 'sent'") == 0
    )


def test_c2_texts_are_understood_from_outside(town: Town) -> None:
    """The model, the town's own names and the times together, on thousands of lines if need be."""
    texts = ["英语3级周六班多少錢", "海定校区的硬比书法下周三几点上课", "娃明天发烧去不了"]
    done = subprocess.run(
        [sys.executable, "-m", "bot", "understand", "--now", "2026-11-24T10:00"],
        cwd=ROOT,
        env=town.env,
        input="\n".join(texts * 200),
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    read = [json.loads(line) for line in done.stdout.splitlines()]
    assert [each["text"] for each in read] == texts * 200
    price, schedule, leave = read[:3]
    assert [each["intents"][0]["name"] for each in (price, leave)] == ["ask_price", "request_leave"]
    named = {(each["entity"], each["value"]) for each in price["entities"] + schedule["entities"]}
    assert {("course", "英语三级周六班"), ("campus", "海淀校区"), ("course", "硬笔书法")} <= named
    assert schedule["times"][0]["start"] == "2026-12-02T00:00:00+08:00"
    assert leave["times"][0]["start"] == "2026-11-25T00:00:00+08:00"
