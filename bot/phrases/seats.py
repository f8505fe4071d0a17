"""Sentences about changing class, pausing and coming back."""

from datetime import date

from bot.phrases.absences import numbered
from bot.phrases.general import WEEKDAYS

NO_CLASS = "没有查到孩子在读的班。想了解课程回复「课程」，想确认请回复「转人工」。"
CHANGE_CANCELLED = "好的，不转班了，按原来的时间上课。需要时随时回复「转班」。"
PAUSE_CANCELLED = "好的，不停课了，按课表上课。需要时随时回复「停课」。"
NO_OTHER = (
    "{name}目前没有能转的班：同一门课、同价、有空位、时间又不冲突的，暂时没有。"
    "回复「转人工」，请教务老师帮您想办法。"
)
GONE = "抱歉，这个班刚刚满了或时间有变动。回复「转班」可以再看看别的班。"
ASK_PAUSE = "从哪天停到哪天呢？比如「12月1日到12月20日」；还不知道哪天回来，只说开始日期就行。"
PAUSE_CHECK = "从今天起的日期才能停课。请再说一次，比如「明天到12月20日」。"
NOT_PAUSED = "孩子现在没有停课，按课表上课就好。要停课请回复「停课」。"
CLASH = "复课的时间和孩子其他课冲突了。请回复「转人工」，教务老师帮您调整。"


def which_class(labels: list[str]) -> str:
    return f"是哪个班呢？\n{numbered(labels)}\n点一下或回复序号就行。"


def which_new(labels: list[str]) -> str:
    return (
        f"同一门课可以转到：\n{numbered(labels)}\n"
        "课时照旧，不用补差价。点一下或回复序号，我再和您确认。"
    )


def check_change(child: str, old: str, new: str, on: date) -> str:
    return (
        f"{child}从{old}转到{new}，{on.month}月{on.day}日起生效，剩余课时不变。"
        "确定的话回复「确认」，不转了回复「取消」。"
    )


def changed(child: str, new: str, on: date) -> str:
    return (
        f"转好了：{child}从{on.month}月{on.day}日起在{new}上课，老师也知道了。"
        "回复「课表」可以看新的时间。"
    )


def check_pause(child: str, class_name: str, from_on: date, to_on: date | None) -> str:
    until = f"到{to_on.month}月{to_on.day}日复课" if to_on else "，复课时间待定"
    return (
        f"{child}的{class_name}从{from_on.month}月{from_on.day}日起停课{until}。"
        "停课期间不扣课时，补课期限顺延。确定的话回复「确认」，不停了回复「取消」。"
    )


def paused(child: str, class_name: str) -> str:
    return f"办好了：{child}的{class_name}已停课，期间不扣课时。想回来上课，随时回复「复课」。"


def resumed(child: str, class_name: str, days: int) -> str:
    tail = f"停了{days}天，补课期限已顺延{days}天。" if days else ""
    return f"欢迎回来！{child}的{class_name}已恢复上课。{tail}回复「课表」可以看时间。"


def offer(name: str, campus: str, slots: list[tuple[int, str]], left: int) -> str:
    """`英语三级周六班 周六10:40 朝阳校区 剩11个名额`."""
    times = "、".join(f"{WEEKDAYS[day]}{start}" for day, start in slots)
    return f"{name} {times} {campus} 剩{left}个名额"
