"""Every sentence by which staff command the bot × everybody: it works for whom the table of
permissions says, and for nobody else (G1, S1, X3). The real bot on a real database."""

import re

import pytest

from backend.kit.db import unit_of_work
from backend.security import permissions, service
from backend.security.schemas import Permission, Role, Scope
from tests.dialogues.stage import Stage

P = Permission
COMMANDS: tuple[tuple[str, Permission, str], ...] = (
    # What is said, what it needs, and what only its own answer says.
    ("我的客户", P.SEE_LEADS, "待跟进|待认领|跟进中"),
    ("认领", P.CLAIM_LEAD, "没有等您认领"),
    ("今天招生怎么样", P.SEE_FIGURES, "咨询"),
    ("上周各渠道转化", P.SEE_FIGURES, "渠道|咨询"),
    ("今天收了多少钱", P.SEE_PAYMENTS, r"收款\d+笔"),
    ("明天该跟进谁", P.LOG_FOLLOW_UP, "跟进"),
    ("客户999 说周六来试听", P.LOG_FOLLOW_UP, "客户999|没有找到|记上"),
    ("点名", P.TAKE_ATTENDANCE, "点名"),
    ("今天谁请假了", P.TAKE_ATTENDANCE, "请假|缺课|没有人"),
    ("哪个教室空着", P.BOOK_ROOM, "教室"),
    ("明天提醒发给谁", P.KEEP_REMINDERS, "提醒"),
    ("我的工单", P.ANSWER_TICKET, "工单|待办"),
    ("收到 T112400001", P.ANSWER_TICKET, "没有找到工单"),
    ("追问 T112400001 哪一天", P.ANSWER_TICKET, "没有找到工单"),
    ("备注 T112400001 已致电", P.ANSWER_TICKET, "没有找到工单"),
    ("回复 T112400001 您好", P.ANSWER_TICKET, "没有找到工单"),
    ("接管 999", P.LEAD_TALK, "没有找到|没有"),
)
REFUSED = re.compile("不在您的岗位权限里|这是员工功能")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_commands_work_for_whom_the_table_says(stage: Stage) -> None:
    with unit_of_work() as session:
        for each in Role:
            service.hire(session, name="同事", role=each, openid=f"o_by_{each}")
    people: list[tuple[str, Role | None]] = [(f"o_by_{each}", each) for each in Role]
    people += [("guardian", None), ("stranger", None)]
    wrong = []
    for said, needed, works in COMMANDS:
        for who, role in people:
            heard = stage.say(who, said)
            is_refused = bool(REFUSED.search(heard))
            if permissions.may(role, needed) and (is_refused or not re.search(works, heard)):
                wrong.append(f"{role or who}: {said} → {heard}")
            if role is None and re.search("没有找到工单|没有等您认领|收款", heard):
                wrong.append(f"{who}: {said} → {heard}")
            if role is not None and not permissions.may(role, needed):
                is_asked = re.search(works, heard) and not is_refused
                if is_asked and "没看懂" not in heard:
                    wrong.append(f"{role}: {said} → {heard}")
            stage.say(who, "取消")
    assert wrong == [], "\n".join(wrong)
    # Own is own: a campus manager's figures of money are those of the campus.
    assert permissions.scope_of(Role.CAMPUS_MANAGER, P.SEE_PAYMENTS) is Scope.CAMPUS
    told = stage.say(f"o_by_{Role.CAMPUS_MANAGER}", "今天收了多少钱")
    assert "本校区" in told
