"""Sentences about waiting for a seat."""

from backend.admissions.waitlist.schemas import WaitingStatus, WaitingView
from backend.kit import clock
from bot.phrases.absences import numbered

NONE_FULL = "现在这些班都还有名额，不用排队。想报名直接回复「报名」，想先听一节回复「试听」。"
SEATS_FREE = "{name}还有名额，不用排队，直接回复「报名」就行。"
GONE = "这个班现在不招生了。回复「课程」看看别的班。"
SITS_THERE = "{child}已经在{name}上课了，不用排队。想看课表回复「课表」就行。"
ASK_CLASS = "想等哪个班的名额？\n{listed}\n点一下或回复序号就行。"
CANCELLED = "好的，先不排了。想等名额的时候回复「候补」就行。"
BACK = "咱们接着登记候补："
NOT_WAITING = "您现在没有在排队的班。想等哪个班的名额，告诉我班名加「候补」就行。"
NO_OFFER = "现在还没有空出来的名额，一有就马上通知您。想看排到第几回复「候补进度」。"
OFFER_OVER = "抱歉，{name}这个名额已经让给下一位了。还想等请回复「候补」重新排队。"
DECLINED = "好的，{name}的名额让给下一位了。想看别的班回复「课程」就行。"
MOVED = "好了：{child}从明天起转到{name}上课，课时不变，老师那边也说好了。想看新课表回复「课表」。"
HELD = "好的，{name}的名额给您留到{until}，咱们把报名办完。"
STUCK = "孩子那个时间已经有{name}的课了，暂时转不过去，名额还给您留着。回复「转人工」请老师帮您调。"
LEFT = "好的，{child}不再排{name}了。想看别的班回复「课程」就行。"


def which(labels: list[str]) -> str:
    """Several lines or offers, and only one can be meant."""
    return f"请问是哪一个？\n{numbered(labels)}\n点一下就行。"


def consent(lines: dict[str, str], privacy_url: str) -> str:
    """What is kept for the line, and the consent to it (PIPL §§14, 29, 31)."""
    summary = "\n".join(f"{name}：{value}" for name, value in lines.items())
    return (
        f"请核对：\n{summary}\n\n"
        f'为通知您名额，我们需要保存以上信息，详见<a href="{privacy_url}">《个人信息保护告知》</a>。'
        "孩子未满14周岁的，您的同意也是监护人的单独同意。"
        "没问题请回复「同意」；有写错的，直接告诉我哪一项。"
    )


def joined(view: WaitingView) -> str:
    """It is noted: the place, what comes, and what one can say."""
    if view.status is WaitingStatus.OFFERED:
        return progress([view])
    moves = "轮到时是从现在的班转过去，课时不变。" if view.from_class_id else ""
    return (
        f"排好了：{view.child_name}在{view.class_name}候补第{view.place}位。{moves}"
        "有名额马上通知您，并给您留几个小时；"
        "想看排到第几回复「候补进度」，不等了回复「取消候补」。"
    )


def progress(found: list[WaitingView]) -> str:
    """Where one stands, line by line."""
    return "\n".join(_place(each) for each in found) + "\n不等了回复「取消候补」。"


def until(view: WaitingView) -> str:
    """`11月25日 13:30`, empty without an offer."""
    return f"{clock.local(view.offer_until):%m月%d日 %H:%M}" if view.offer_until else ""


def _place(view: WaitingView) -> str:
    what = f"{view.child_name} · {view.class_name}"
    if view.status is WaitingStatus.OFFERED:
        return f"{what}：有名额了，为您留到{until(view)}，要的话回复「接受名额」。"
    ahead = f"前面还有{view.place - 1}位" if view.place > 1 else "下一个名额就是您的"
    return f"{what}：排在第{view.place}位，{ahead}。"
