"""Sentences about leave and makeups."""

from datetime import date

from backend.kit import clock
from backend.teaching.schemas import AbsenceView, LeaveTaken, LessonView, Why
from bot.phrases.general import WEEKDAYS
from bot.phrases.students import day

NO_LESSON_THEN = "{who}{when}没有课，不用请假。想看课表回复「课表」就行。"
NO_LESSONS = "没有查到要上的课，所以不用请假。想确认排课，回复「转人工」请教务老师看看。"
LESSON_OVER = "这节课已经开始或取消了，现在请不了假。有特殊情况请回复「转人工」，老师帮您处理。"
LEAVE_CANCELLED = "好的，不请假了，按时上课就好。需要时随时告诉我「请假」。"
NO_ABSENCE = "目前没有可以补的课。以后在规定时间前请假的课，都可以回复「补课」约时间。"
NO_OFFERS = (
    "暂时没有合适的补课时间：同一门课、有空位、又不和孩子其他课冲突的，最近还没有。"
    "{until}前随时回复「补课」再看，或回复「转人工」请教务老师安排。"
)
MAKEUP_GONE = "抱歉，这个时间刚刚约满了。"
MAKEUP_CANCELLED = "好的，先不约。想补课的时候回复「补课」就行。"
NOT_BACK_FULL = "抱歉，这节课空出来的座位已经约给补课的同学了。回复「补课」可以约别的时间。"
NOT_BACK_CLASH = "孩子这个时间已经有{class_name}的课了，取消不了请假。回复「课表」可以看看安排。"
NO_LEAVE = "没有查到您请过假的课，不用取消。想看课表回复「课表」就行。"


def slot(view: LessonView) -> str:
    """`12月5日 周六 10:40 英语三级周六班`."""
    begins = clock.local(view.starts_at)
    return (
        f"{begins.month}月{begins.day}日 {WEEKDAYS[begins.weekday()]} {begins:%H:%M} "
        f"{view.class_name}"
    )


def numbered(labels: list[str]) -> str:
    return "\n".join(f"{number}. {label}" for number, label in enumerate(labels, 1))


ALL_OF_THEM = "这几节都请假"


def which_lesson(labels: list[str]) -> str:
    """Several lessons could be meant."""
    return f"请哪一节的假呢？\n{numbered(labels)}\n点一下或回复序号就行。"


def leave_taken(child: str, taken: LeaveTaken) -> str:
    """Recorded, with what it costs and why."""
    begins = clock.local(taken.lesson.starts_at)
    when = f"{day(begins.date())} {begins:%H:%M}"
    until = clock.local(taken.free_until)
    limit = f"{until.month}月{until.day}日{until:%H:%M}"
    told = f"已经为{child}请好假：{when} {taken.lesson.course_name}，也告诉{taken.lesson.teacher_name}老师了。"
    if taken.why is Why.LEAVE_IN_TIME:
        return f"{told}这次不扣课时（{limit}前请假都不扣）。又能来了，跟我说一声就行。"
    cost = "不过" if taken.is_free else "按规定会扣1课时，因为"
    end = "按规定免扣课时。" if taken.is_free else ""
    return f"{told}{cost}已过免扣时间（{limit}）。{end}有特殊情况请回复「转人工」；又能来了，跟我说一声就行。"


def offers(found: list[LessonView], expires_on: date) -> str:
    """Lessons in which the missed one can be made up."""
    until = f"{expires_on.month}月{expires_on.day}日"
    return (
        f"这些时间可以补课：\n{numbered([slot(each) for each in found])}\n"
        f"点一下或回复序号就约上；现在不约也可以，{until}前随时回复「补课」。"
    )


def which_absence(labels: list[str]) -> str:
    return f"补哪一节呢？\n{numbered(labels)}\n点一下或回复序号就行。"


def missed(child: str, view: AbsenceView) -> str:
    """`陈小宇 11月26日 少儿英语三级`."""
    on = clock.local(view.missed_at)
    return f"{child} {on.month}月{on.day}日 {view.course_name}"


def not_then(days: list[str], labels: list[str]) -> str:
    """No lesson to make up on the days that were named."""
    return f"{'、'.join(days)}没有能补的课，可以约的是：\n{numbered(labels)}\n点一下或回复序号，不约回复「算了」。"


def some_then(fitting: list[str], labels: list[str]) -> str:
    """Several lessons on the day that was named, under the numbers they have in the list."""
    lines = "\n".join(f"{labels.index(each) + 1}. {each}" for each in fitting)
    return f"这天可以补的有：\n{lines}\n点一下或回复序号就约上，不约回复「算了」。"


def for_other_child(child: str, other: str) -> str:
    """Another child is named after a leave."""
    return (
        f"刚才是给{child}请的假。{other}要请假，请说日子，比如「{other}明天请假」；"
        f"{child}能去了，回复「取消请假」；给{child}补课，回复序号。"
    )


def makeup_booked(child: str, view: LessonView) -> str:
    return (
        f"约好了：{child}{slot(view)}补课，{view.campus_name}{view.venue_name or ''}，"
        f"{view.teacher_name}老师。临时来不了，提前告诉我「请假」就行。"
    )


def revoked(child: str, view: LessonView) -> str:
    return f"好的，{child}{slot(view)}照常上课，已经告诉老师了。到时见！"


def which_leave(labels: list[str]) -> str:
    return (
        f"您请了这几节课的假：\n{numbered(labels)}\n"
        "请说一下哪一节能去了，比如「26号的课又能去了」。"
    )
