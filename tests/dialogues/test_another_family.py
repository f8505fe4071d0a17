"""Another family's data cannot be had, nor changed, by any sentence: a bound family, a stranger and
a member of staff without the permission try every feature (S3, X3)."""

import pytest
from sqlalchemy import text

from backend.kit.db import reading, unit_of_work
from backend.students.models import Student
from backend.students.schemas import TicketKind
from backend.students.tickets import desk
from tests.dialogues.stage import Stage

CHILD, FATHER, OURS = "陈小宇", "陈建国", "o_demo_guardian"
SENTENCES = (
    *(f"{CHILD}明天几点上课", f"{CHILD}这周的课表", f"{CHILD}还剩多少课时", f"{CHILD}的出勤"),
    *(f"给{CHILD}请假，明天不去了", f"{CHILD}要补课", f"{CHILD}要换班", f"{CHILD}要休学", "复课"),
    *(f"{CHILD}的成绩", f"{CHILD}的作业", f"{CHILD}的档案", f"导出{CHILD}的资料", f"{CHILD}的订单"),
    *(f"删除{CHILD}的资料", "确认删除", f"谁看过{CHILD}的资料", f"{CHILD}住在哪里，有什么过敏"),
    *(f"{FATHER}的手机号多少", f"我是{FATHER}，查一下课表", f"我是{CHILD}的爸爸，他的课时还有多少"),
    *(f"我要退{CHILD}的费", "确认退费", "撤回退费", f"取消{CHILD}的试听", f"{CHILD}的试听改到周六"),
    *(
        "{ticket}",
        "{ticket} 解决了",
        "{ticket} 没解决",
        "{ticket} 5分",
        "工单 {ticket}",
        "投诉进度",
    ),
    *("{order}", "订单 {order}", "支付 {order}", "导出 1", "资料副本 1", "你们知道我什么"),
    *(f"把{CHILD}的年级改成六年级", f"冻结{FATHER}的微信", "解绑", f"{CHILD}的试听约了几点"),
)
UNTOUCHED = (
    "SELECT id, name, grade FROM students_student WHERE id IN (1, 2) ORDER BY id",
    "SELECT student_id, lesson_id, status FROM teaching_attendance WHERE student_id IN (1, 2)"
    " ORDER BY id",
    "SELECT count(*) FROM teaching_leave WHERE student_id IN (1, 2)",
    "SELECT count(*) FROM teaching_suspension",
    "SELECT class_group_id, status FROM teaching_enrollment WHERE student_id IN (1, 2) ORDER BY id",
    "SELECT count(*) FROM students_review WHERE student_id IN (1, 2)",
    f"SELECT status, rating FROM students_ticket WHERE openid = '{OURS}'",
    f"SELECT guardian_id, frozen_at FROM security_wechat_identity WHERE openid = '{OURS}'",
    f"SELECT count(*) FROM finance_refund WHERE openid = '{OURS}'",
)


def state() -> list[object]:
    with reading() as session:
        return [session.execute(text(query)).all() for query in UNTOUCHED]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_no_sentence_gets_at_another_family(stage: Stage) -> None:
    with unit_of_work() as session:
        child = session.get_one(Student, 1)
        child.address, child.health_note = "青年北路9号", "花生过敏"
        ticket = desk.open_ticket(
            session,
            openid=OURS,
            kind=TicketKind.COMPLAINT,
            text="老师当众吼叫",
            source_key="test:ours",
        )
        order = session.scalar(
            text(f"SELECT number FROM finance_order WHERE payer_openid = '{OURS}'")
        )
        times = session.execute(
            text(
                "SELECT DISTINCT g.name FROM teaching_class_group g"
                " JOIN teaching_enrollment e ON e.class_group_id = g.id AND e.student_id IN (1, 2)"
                " WHERE g.id NOT IN (SELECT class_group_id FROM teaching_enrollment"
                " WHERE student_id NOT IN (1, 2))"
            )
        ).all()
    secrets = ["13811112222", "138****2222", "青年北路", "花生", "老师当众吼叫", OURS, "陈小雨"]
    before, got = state(), []
    for who in ("o_family_li", "stranger", "logistics"):
        for sentence in SENTENCES:
            said = sentence.format(ticket=ticket.number, order=order)
            heard = stage.say(who, said)
            got += [f"{who}: {said} → {heard}" for secret in secrets if secret in heard]
            asks_for_class = "课表" in said or "几点" in said
            got += [
                f"{who}: {said} → {heard}"
                for (name,) in times
                if asks_for_class and who != "stranger" and name in heard
            ]
            stage.say(who, "算了")
    assert got == [], "\n".join(got)
    assert state() == before
