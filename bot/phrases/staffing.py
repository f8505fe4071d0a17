"""Sentences for staff about lessons: leave of their own, substitutes, cancelled lessons."""

from backend.kit import clock
from backend.teaching.schemas import SubstitutionView
from bot.phrases.absences import slot

NO_LESSON_THEN = "您{when}没有课，不用找人代课。其他日子要请假，告诉我哪天就行，比如「明天请假」。"
WHICH_DAY = "您哪天的课来不了？告诉我日子就行，比如「明天请假」或「周六的课来不了」。"
NO_SUCH_SUBSTITUTION = "没有找到代课 {number}。请核对编号，或回复「转人工」请教务老师看看。"
NO_SUCH_TEACHER = "没有找到叫{name}的老师。请写全名，比如「代课 {number} 换 张蕾」。"
BUSY = "{name}这个时间已经有课了。换一位老师，比如「代课 {number} 换 姓名」。"
TOO_LATE = "这节课已经开始或取消了，不用再安排代课。"
NOBODY = "代课 {number} 还没有人选。请回复「代课 {number} 换 姓名」。"
CANCEL_WHICH = (
    "没有认出要取消哪节课。请写上班级和日子，比如「取消英语三级平日班明天的课，因为停电」。"
)


def leave_noted(found: list[SubstitutionView]) -> str:
    """The teacher's leave is with academic affairs."""
    lines = [f"· {slot(each.lesson)}" for each in found]
    return "收到，这几节课已经报给教务老师安排代课：\n" + "\n".join(lines) + "\n安排好马上告诉您。"


def confirmed(view: SubstitutionView) -> str:
    return (
        f"安排好了：{slot(view.lesson)}由{view.substitute_name}老师代课，"
        "代课老师、原任课老师和家长都已通知。要再换人，请重新安排。"
    )


def cancelled(view_slot: str, count: int) -> str:
    return f"已取消{view_slot}，{count}位学员的家长和老师都会收到通知，不扣课时，可以补课。"


def hours(name: str, lessons: int, minutes: int, month: str) -> str:
    """A teacher's lessons for pay."""
    return (
        f"{name}老师{month}已点名的课共{lessons}节，{minutes / 60:g}小时。"
        "没点名的课不算在内，回复「点名」可以补上。"
    )


def month_of() -> str:
    return f"{clock.today().month}月"
