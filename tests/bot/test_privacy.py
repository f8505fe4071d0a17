"""Rights over one's own data by chat, where a transcript cannot set the stage (S3, X6)."""

import pytest
from sqlalchemy import text

from backend.kit.db import reading, unit_of_work
from backend.security import queries as security
from backend.security.schemas import Role
from backend.students.file import consents, looks
from backend.students.file.consents import Purpose, Wording
from backend.students.file.identity import Field
from backend.students.file.words import Reason
from tests.dialogues.conftest import stage
from tests.dialogues.stage import Stage

__all__ = ["stage"]
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def test_erasure_is_asked_for_on_purpose_only(stage: Stage) -> None:
    with unit_of_work() as session:
        session.execute(text("UPDATE finance_hour_entry SET lessons = 0"))
        session.execute(text("UPDATE teaching_enrollment SET status = 'ended'"))
        session.execute(text("UPDATE teaching_attendance SET status = 'freed'"))
    assert "删除前请您知道" in stage.say("guardian", "删除我的资料")
    stage.say("guardian", "谢谢")
    assert "删除前请您知道" in stage.say("guardian", "确认删除")  # Not right after the question.
    asked = stage.say("guardian", "确认删除")
    assert "申请已提交（DEL000001）" in asked
    assert "撤回删除申请" in asked
    assert "申请已提交（DEL000001）" in stage.say("guardian", "把我们的资料都删掉")
    assert stage.value("SELECT count(*) FROM students_erasure") == 1
    assert "已撤回" in stage.say("guardian", "撤回删除申请")
    assert stage.value("SELECT status FROM students_erasure") == "taken_back"


def test_who_looked_is_told_with_the_reason(stage: Stage) -> None:
    with unit_of_work() as session:
        looks.look(
            session,
            student_id=1,
            member=security.staff_with_role(session, Role.ACADEMIC)[0],
            fields=[Field.PHONE, Field.ADDRESS],
            reason=Reason.CONTACT,
            note="核对接送地址",
        )
    for words in ("谁看过孩子的资料", "有哪些老师看过小宇的信息？", "誰查看過我孩子的檔案"):
        told = stage.say("guardian", words)
        assert "陈小宇" in told
        assert "教务李静看了住址、监护人手机（联系家长：核对接送地址）" in told
    assert "核对接送地址" not in stage.say("o_family_li", "谁看过孩子的资料")


def test_new_words_are_shown_once_at_the_next_occasion(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    with reading() as session:
        assert consents.may(session, Purpose.CHILD, student_id=1)
    newer = Wording("孩子的信息", "2027-01", "更多", "停止", "继续")
    monkeypatch.setattr(consents, "WORDINGS", {**consents.WORDINGS, Purpose.CHILD: newer})
    assert "「孩子的信息」的说明有更新" in stage.say("guardian", "明天几点上课")
    assert "有更新" not in stage.say("guardian", "还剩多少课时")
    assert "有更新" not in stage.say("stranger", "明天几点上课")
