"""Sentences about homework."""

from collections.abc import Mapping
from datetime import datetime

from backend.kit import clock
from backend.teaching.homework.schemas import Assigned, HomeworkView
from bot.phrases.absences import numbered
from bot.phrases.general import WEEKDAYS

HOW_TO_SET = "一句话就行，比如「布置作业：第三课练习，周五前交」，会发给这个班的家长和学员。"
NOT_YOURS = "没有找到您在教的班，布置不了作业。有疑问请联系教务老师核对课表。"
TOO_SOON = "这个截止时间已经过了。请换个时间再发一次，比如「布置作业：第三课练习，周五前交」。"
NOTHING_SET = "最近一天您没有布置过作业。要布置，回复「布置作业：第三课练习，周五前交」。"
NO_STANDING = "您最近两周没有布置作业。要布置，回复「布置作业：第三课练习，周五前交」。"
SET_CANCELLED = "好的，先不布置。需要时再发「布置作业：……」就行。"
NONE = "目前没有要交的作业。老师布置后会马上告诉您；想看课表回复「课表」。"
NOTHING_TO_HAND_IN = "目前没有等着交的作业。想看老师布置了什么，回复「有什么作业」。"
ASK_CONTENT = "请把作业拍照发来，或者用文字写给老师。拍不了也没关系，回复「已完成」就行。"
HAND_IN_CANCELLED = "好的，先不交。做完了回复「交作业」就行。"
GONE = "这份作业老师已经撤回，不用交了。想看其他作业，回复「有什么作业」。"
PAGE_TITLE = "看谁交了、批改作业"


def day(at: datetime) -> str:
    """`11月27日 周五 20:00`."""
    local = clock.local(at)
    return f"{local.month}月{local.day}日 {WEEKDAYS[local.weekday()]} {local:%H:%M}"


def which_class(names: list[str]) -> str:
    return f"布置给哪个班？\n{numbered(names)}\n点一下或回复序号就行。"


def assigned(view: HomeworkView, count: int, *, guessed: bool) -> str:
    """What was given to whom, with the time by which it is due."""
    due = f"{day(view.due_at)}前交" + ("（没说时间，先按下次课前）" if guessed else "")
    return (
        f"已布置给{view.class_name}{count}位学员：{view.words}，{due}，家长和学员会收到通知。"
        "发错了回复「撤回作业」，看谁交了回复「作业情况」。"
    )


def withdrawn(view: HomeworkView) -> str:
    return (
        f"已撤回{view.class_name}的作业「{view.words}」，家长会收到说明。"
        "要重新布置，再发「布置作业：……」就行。"
    )


def standing(view: HomeworkView, done: list[str], missing: list[str]) -> str:
    """Who has handed in what a teacher has set."""
    lines = [f"{view.class_name}「{view.words}」，{day(view.due_at)}截止："]
    lines.append(f"已交{len(done)}人：{'、'.join(done)}" if done else "还没有人交")
    if missing:
        lines.append(f"未交{len(missing)}人：{'、'.join(missing)}")
    lines.append("点下面的卡片看作业、写评语，评语会发给家长。")
    return "\n".join(lines)


def for_children(names: Mapping[int, str], found: list[Assigned]) -> str:
    """What each child has to do, with the time by which it is due."""
    parts = []
    for student_id, name in names.items():
        own = [each for each in found if each.student_id == student_id]
        lines = [f"{number}. {_line(each)}" for number, each in enumerate(own, 1)]
        parts.append("\n".join([f"{name}的作业：", *lines]) if own else f"{name}没有要交的作业。")
    end = "做完了回复「交作业」，再把照片发来就行。" if found else "老师布置后会马上告诉您。"
    return "\n".join([*parts, end])


def _line(each: Assigned) -> str:
    view, handed = each.homework, each.handed_in
    if handed is not None and handed.grade is not None:
        state = f"老师批改：{handed.grade.value}" + (
            f"，{handed.comment}" if handed.comment else ""
        )
    elif handed is not None:
        state = "已交"
    else:
        state = "已过期，可以补交" if view.due_at <= clock.now() else "未交"
    return f"{view.course_name}：{view.words}，{day(view.due_at)}前交（{state}）"


def label(each: Assigned, names: Mapping[int, str]) -> str:
    """One piece of homework among several, as it is tapped."""
    return f"{names[each.student_id]} {each.homework.course_name}：{each.homework.words[:20]}"


def which_homework(labels: list[str]) -> str:
    return f"交哪一份作业？\n{numbered(labels)}\n点一下或回复序号就行。"


def handed(name: str, view: HomeworkView, pieces: int) -> str:
    """A piece of homework was handed in."""
    with_ = f"（{pieces}份图片或文件）" if pieces else ""
    return (
        f"{name}的{view.course_name}作业已交给老师{with_}，批改后会告诉您。"
        "还有照片可以接着发，看其他作业回复「有什么作业」。"
    )


def added(pieces: int) -> str:
    return f"收到，已补到刚才的作业里，现在共{pieces}份。还有就接着发，没有就不用管了。"
