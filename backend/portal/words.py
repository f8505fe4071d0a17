"""How the console says the words of the list of customers."""

from collections.abc import Mapping
from typing import Any

from backend.kit import clock
from backend.kit.workbook import Flaw
from backend.portal.schemas import Segment
from backend.students.doubles import Why
from backend.students.intake import Outcome, Plan, Status
from backend.students.merging import Refusal
from backend.students.schemas import Person
from backend.students.sheet import Problem
from backend.students.tags import Colour

SEGMENTS: Mapping[Segment, str] = {
    Segment.NEW: "新学员",
    Segment.ACTIVE: "在读",
    Segment.AT_RISK: "课时将尽",
    Segment.SILENT: "沉默",
    Segment.FORMER: "已结课",
}
PERSONS: Mapping[Person, str] = {Person.STUDENT: "学员", Person.GUARDIAN: "监护人"}
COLOURS: Mapping[Colour, str] = {
    Colour.GREY: "灰色",
    Colour.BLUE: "蓝色",
    Colour.GREEN: "绿色",
    Colour.YELLOW: "黄色",
    Colour.RED: "红色",
}

WHYS: Mapping[Why, str] = {
    Why.SAME_PHONE: "手机号相同",
    Why.SAME_FAMILY: "同一监护人，姓名相同",
    Why.ALIKE: "姓名读音相同，手机后四位相同",
}
FIELDS = {"name": "姓名", "grade": "年级", "phone": "手机"}
REFERENCES = {
    "students_guardianship": "监护关系",
    "students_tagging": "标签",
    "security_wechat_identity": "微信绑定",
    "teaching_enrollment": "班级名额",
    "finance_lesson_account": "课时账户",
    "finance_instalment_plan": "分期",
    "admissions_sign_up": "报名",
    "admissions_placement": "定级测评",
    "students_consent": "同意记录",
    "students_ticket": "工单",
    "students_review": "资料变更",
    "students_invitation": "邀请",
    "admissions_referral": "推荐奖励",
    "students_look": "查看记录",
    "teaching_attendance": "课堂名单",
    "teaching_absence": "缺课记录",
    "teaching_leave": "请假记录",
    "teaching_hand_in": "交的作业",
    "teaching_learner_busy": "不能上课的时间",
    "teaching_change_receipt": "调课回执",
    "teaching_feed": "日历订阅",
    "teaching_score": "成绩",
    "students_erasure": "资料删除",
}
_REFUSALS: Mapping[Refusal, str] = {
    Refusal.SAME: "这是同一份档案，请选择两份不同的档案。",
    Refusal.MERGED: "其中一份已经和别的档案合并，请先撤销那次合并，再回来操作。",
    Refusal.TWIN: "两份档案在同一处各有一条有效的{where}，请先处理掉其中一条再合并。",
    Refusal.NEWER: "合并之后又新增了{where}，撤销会分不清归谁。请先处理新增的记录再撤销。",
    Refusal.ERASED: "其中一份档案已按家长的申请删除，不能再合并或撤销。请核对其他档案。",
    Refusal.GONE: "合并时移动的{where}后来有变动，不能原样撤销。请联系信息安全老师协助。",
    Refusal.CHANGED: "合并时采用的资料后来又改过，请先核对资料再决定是否撤销。",
}


def refusal(facts: Mapping[str, Any]) -> str:
    """Why a merge or its undoing is refused, and what to do."""
    table = str(facts.get("where", "")).partition(".")[0]
    return _REFUSALS[facts["why"]].format(where=REFERENCES.get(table, "记录"))


FLAWS: Mapping[Flaw, str] = {
    Flaw.EMPTY: "文件是空的，请填好后再上传。",
    Flaw.TOO_LARGE: "文件太大，请拆成几个不超过1MB的文件分别上传。",
    Flaw.TOO_MANY_ROWS: "一次最多导入5000行，请拆成几个文件分别上传。",
    Flaw.OLD_EXCEL: "这是旧版 .xls 或加了密码的文件，请在 Excel 里另存为不加密的 .xlsx 再上传。",
    Flaw.UNKNOWN: "这个文件读不出来，请用 Excel 打开后另存为 .xlsx 或 CSV 再上传。",
}
PROBLEMS: Mapping[Problem, str] = {
    Problem.MISSING: "没有填写",
    Problem.TOO_LONG: "太长",
    Problem.BAD_PHONE: "不是11位手机号",
    Problem.BAD_DATE: "不是有效日期，请写成2017-03-04",
    Problem.UNKNOWN_TAG: "里有不存在或您不能使用的标签",
    Problem.REPEATED: "在前面已经出现过",
}
PLANS: Mapping[Plan, str] = {Plan.NEW: "新增", Plan.KNOWN: "已有", Plan.BAD: "有误"}
OUTCOMES: Mapping[Outcome, str] = {
    Outcome.MADE: "已新增",
    Outcome.UPDATED: "已更新",
    Outcome.LEFT: "已有，未改动",
    Outcome.REFUSED: "有误，未导入",
}
STATUSES: Mapping[Status, str] = {
    Status.DRAFT: "待确认",
    Status.RUNNING: "导入中",
    Status.DONE: "已完成",
}
STUDENT_HEADINGS: list[object] = [
    *("编号", "姓名", "年级", "监护人", "手机", "班级", "剩余课时", "分类", "标签")
]
GUARDIAN_HEADINGS: list[object] = ["编号", "姓名", "手机", "孩子", "标签"]


def stamp(name: str) -> str:
    """Who took this out and when, for the line above a table."""
    at = f"{clock.local(clock.now()):%Y-%m-%d %H:%M}"
    return f"导出人：{name}　导出时间：{at}　仅限内部使用，请勿外传"
