"""Sentences about what a class is taught: its plan, what was noted, the course standard."""

from collections.abc import Mapping, Sequence

from backend.admissions.eligibility.placing import Placed
from backend.kit import clock
from backend.teaching.curriculum.schemas import Part, Plan, Row, StandardView
from bot.phrases.general import WEEKDAYS

SHOWN_UNITS = 12
NO_PLAN = "这门课的课程标准还没有发布，排不出每节课的单元。可以回复「转人工」请教务老师安排。"
NO_CLASS = "没有找到您在教的班。名单有疑问，请联系教务老师核对课表。"
NOT_BEGUN = "这个班还没有上过课，上完第一节再登记就好。"
HOW_TO_NOTE = "请说明第几单元，比如「讲完了第3单元」或「讲到第3单元」。"
NOT_YOURS = "只有任课老师和教务老师能登记这个班的进度。需要代为登记，请联系教务老师。"
CANCELLED = "好的，没有登记。讲完了随时说，比如「讲完了第3单元」。"
NO_FAMILY_PLAN = "老师的教学计划还没有公布，暂时看不到进度。想问老师，回复「转人工」。"
NO_SEAT = "现在没有在读的班，所以没有学习进度。想看课程，回复「有什么课」。"
WHICH_COURSE = "请说明是哪门课的标准，比如「少儿英语三级的课程标准」。"
STANDARD_TITLE = "课程标准"
PLAN_TITLE = "教学计划"
PLAN_TEXT = "逐节看单元，登记或更正讲了什么。"


def which_class(names: Sequence[str]) -> str:
    listed = "\n".join(f"{number}. {name}" for number, name in enumerate(names, 1))
    return f"登记哪个班？\n{listed}\n点一下或回复序号就行。"


def unknown_unit(last: int) -> str:
    return (
        f"课程标准里没有这个单元，一共{last}个单元。请核对后再说一遍，比如「讲完了第{last}单元」。"
    )


def next_lessons(plans: Sequence[Plan], contents: Mapping[str, str], without: int) -> str:
    """The next lesson of each class, the soonest first; what its unit holds for the very first."""
    lines = []
    for place, plan in enumerate(plans):
        row = plan.next
        if row is None:
            continue
        lines.append(f"{_when(row)} {plan.class_name}：{_parts(row)}{_pace(plan)}")
        content = next((contents[p.key] for p in row.parts if contents.get(p.key)), "")
        if not place and content:
            lines.append(f"内容：{content}")
    if not lines:
        return NO_PLAN if without else "没有排好的下一节课了。想核对，回复「课表」。"
    if without:
        lines.append(f"另有{without}个班的课程标准还没有发布。")
    return "\n".join([*lines, "讲完后告诉我，比如「讲完了第3单元」。"])


def standing(plans: Sequence[Plan]) -> str:
    """Where each class is."""
    lines = []
    for plan in plans:
        last = plan.last
        told = "还没有开始" if last is None else f"{_when(last)}{_taught(last)}"
        lines.append(f"{plan.class_name}：{told}，共讲{plan.done}/{plan.total}课时{_pace(plan)}")
    return "\n".join([*lines, "要登记就说「讲完了第3单元」或「讲到第3单元」。"])


def noted(plan: Plan, row: Row) -> str:
    done = "、".join(
        f"{'讲完' if part.is_last else '讲到'}第{part.number}单元「{part.name}」"
        for part in row.parts
        if part.number
    )
    then = f"下节课{_when(plan.next)}：{_parts(plan.next)}。" if plan.next else "后面没有排课了。"
    return (
        f"已登记：{plan.class_name}{_when(row)}{done}{_pace(plan)}。\n{then}"
        "登记错了再说一遍就会改过来。"
    )


def for_child(name: str, plans: Sequence[Plan]) -> str:
    """How far one child's classes are."""
    lines = []
    for plan in plans:
        last = plan.last
        if last is None:
            told = f"{name}的{plan.course_name}还没有开课"
        else:
            told = f"{name}的{plan.course_name}{_reached(last)}，已学{plan.done}/{plan.total}课时"
        if plan.next is not None:
            told += f"。下节课{_when(plan.next)}学{_parts(plan.next)}"
        lines.append(f"{told}。")
    return "\n".join(lines)


FAMILY_END = "想跟老师聊聊，直接在这里告诉我就好。"


def placed(found: Sequence[Placed]) -> str:
    """What placements lead to."""
    lines = [
        f"{each.child_name}的{each.programme_name}定级测评{each.points}分，"
        f"建议从{each.level_name}（{each.course_name}）开始。"
        for each in found
    ]
    return "\n".join([*lines, "想报名回复「报名」，想先了解课程，直接说课程名就行。"])


def standard(view: StandardView) -> str:
    """A course's standard in short."""
    since = f"，{view.published_at:%Y年%m月%d日}发布" if view.published_at else ""
    lines = [
        f"{view.course_name}课程标准（第{view.version}版{since}），"
        f"{len(view.units)}个单元{view.hours}课时",
        f"目标：{view.goals[:80]}",
        *(f"{unit.number}. {unit.name}（{unit.lessons}课时）" for unit in view.units[:SHOWN_UNITS]),
    ]
    if len(view.units) > SHOWN_UNITS:
        lines.append("其余单元请点下面查看。")
    return "\n".join(lines)


def no_standard(name: str) -> str:
    return f"{name}还没有发布的课程标准。教务老师可以在后台「课程体系」里起草，请同事审核后发布。"


def which_course(names: Sequence[str]) -> str:
    listed = "\n".join(names)
    return f"符合的课程有几门：\n{listed}\n请说全名，比如「{names[0]}的课程标准」。"


def _when(row: Row) -> str:
    begins = clock.local(row.meeting.starts_at)
    return f"{begins.month}月{begins.day}日 {WEEKDAYS[begins.weekday()]} {begins:%H:%M}"


def _parts(row: Row) -> str:
    return "、".join(_part(part) for part in row.parts) or "复习或机动"


def _part(part: Part) -> str:
    if part.number is None:
        return f"「{part.name}」"
    return f"第{part.number}单元「{part.name}」（第{part.nth}/{part.lessons}课时）"


def _taught(row: Row) -> str:
    return f"讲了{_parts(row)}" + ("" if row.is_noted else "（未登记，按计划算）")


def _reached(row: Row) -> str:
    if not row.parts:
        return "的单元都学完了，在复习"
    part = row.parts[-1]
    number = f"第{part.number}单元" if part.number else ""
    word = "学完了" if part.is_last else "学到"
    return ("" if row.is_noted else "按计划") + f"{word}{number}「{part.name}」"


def _pace(plan: Plan) -> str:
    if plan.missing:
        return f"，剩下的课次还差{plan.missing}节"
    if plan.ahead:
        return f"，比计划{'快' if plan.ahead > 0 else '慢'}{abs(plan.ahead)}节"
    return ""
