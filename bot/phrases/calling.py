"""Sentences of the roll-call."""

from datetime import datetime

from backend.teaching.schemas import LessonView, Mark
from bot.phrases.absences import numbered, slot

NOTHING_TO_CALL = "您现在没有要点名的课。课前30分钟起可以点名；要改已点的名，回复「更正点名」。"
NOTHING_TO_CORRECT = "最近两周没有点过名的课。上课时回复「点名」就能点。"
CANCELLED = "好的，先不点名。需要时回复「点名」就行。"
ASK_REASON = "请说一下原因，会留在记录里，比如「昨天手机没电，忘了点」。"
WHO = "没认出说的是谁。请写名单里的名字，比如「除了{name}都到了」，全到齐就回复「全到」。"
SAME_NAME = "名单里有不止一位{name}，请写全名。"
NOBODY = "这节课没有要点名的学员。有疑问请回复「转人工」请教务老师核对名单。"
REFUSED = "这节课现在点不了名，可能已取消或名单有变动。回复「点名」重新试试。"
NOT_THERE = "没有找到可以写反馈的课：先点名，再回复「小结 今天大家……」就会发给到课学员的家长。"
HOW_TO_SUMMARISE = (
    "点完名后一句话就行，比如「小结 今天学了过去式，大家表现很好」，会发给到课学员的家长；"
    "单独说某位学员，回复「小结 姓名：……」。"
)
GUEST = "{name}（试听）"
PAGE_TITLE = "打开名单点名"
PAGE_TEXT = "{slot}，大按钮逐个点，适合人多的班。"
WORDS = {
    Mark.EXPECTED: "待点名",
    Mark.PRESENT: "到",
    Mark.LATE: "迟到",
    Mark.LEAVE: "请假",
    Mark.ABSENT: "缺勤",
}


def which(labels: list[str]) -> str:
    return f"点哪一节的名？\n{numbered(labels)}\n点一下或回复序号就行。"


def roll(view: LessonView, names: list[str], on_leave: list[str]) -> str:
    """Who is expected."""
    away = f"\n已请假：{'、'.join(on_leave)}" if on_leave else ""
    return (
        f"{slot(view)}，应到{len(names)}人：{'、'.join(names)}{away}\n1. 全到\n"
        "或者说一句，比如「除了小明都到」「小红迟到10分钟，小刚请假」。"
    )


def check(view: LessonView, told: dict[Mark, list[str]]) -> str:
    """The roll as it was understood, before it is written down."""
    lines = [f"{WORDS[mark]}{len(who)}人：{'、'.join(who)}" for mark, who in told.items() if who]
    return f"{slot(view)}\n" + "\n".join(lines) + "\n对的话回复「确认」，不对就再说一遍。"


def done(view: LessonView, count: int, is_correction: bool) -> str:
    if is_correction and not count:
        return f"{slot(view)}的点名没有变化。还要改，回复「更正点名」。"
    what = f"已更正{count}人" if is_correction else "点名完成"
    return (
        f"{slot(view)}{what}，课时按规定处理，家长会收到通知。"
        "想写课堂反馈，回复「小结 今天大家……」就发给家长。"
    )


def too_early(from_at: datetime) -> str:
    return f"还没到点名时间，{from_at:%H:%M}起可以点名，到时回复「点名」。"


def summary_sent(count: int) -> str:
    return f"好的，已经发给{count}位学员的家长。单独说某位学员，回复「小结 姓名：……」。"
