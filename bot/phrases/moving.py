"""Sentences about moving lessons, for whoever keeps the timetable and whoever is told."""

from bot.phrases.absences import numbered

YES = "确认调课"
WHEN_TO = "没有认出要挪到什么时候。请写上日子，比如「周三的课挪到周四晚上」。"
WHICH_UNKNOWN = "没有找到您说的课。请写上日子、班级或老师，比如「把王老师周三的课挪到周四」。"
TOO_MANY = (
    "符合的课有{count}节，太多了。请再写上班级或老师，比如「英语三级平日班周三的课挪到周四」。"
)
CANCELLED = "好的，不调了，课表没有变。要调课随时说，比如「周三的课挪到周四晚上」。"
OVER = "这节课已经开始、点过名或取消了，不能再调。可以回复「课表」核对一下。"
CHANGED_MEANWHILE = (
    "刚才有同事动了课表，这个安排不成立了，什么都没有改。请把那句话再发一遍，我重新看。"
)
REFUSED = "这样调不行：{why}。课表没有改，请换个时间，再说一遍要挪到什么时候。"
OBJECTED = "收到，已经转给教务老师（{ticket}），会尽快联系您商量。着急的话回复「转人工」。"
SEEN = "好的，已记下您知道了。之后来不了，回复「不方便 {number}」就行。"
NOT_YOURS = "没有找到发给您的这条调课通知。请核对编号，或回复「转人工」请教务老师看看。"


def which(labels: list[str]) -> str:
    return f"要调哪一节？\n{numbered(labels)}\n点一下或回复序号就行。"


def free(lesson: str, labels: list[str]) -> str:
    """Places that are free, the least disturbing first."""
    return (
        f"{lesson}可以挪到（改动小的在前，老师、教室、学员都有空）：\n{numbered(labels)}\n"
        "点一下或回复序号，下一步再确认；不调了回复「算了」。"
    )


def repair(to: str, lines: list[str]) -> str:
    """Nothing is free: what would have to give way."""
    moved = "\n".join(f"· {line}" for line in lines)
    return f"{to}没有空档。改动最小的办法是一起调这{len(lines)}节：\n{moved}\n可以就回复「可以」，不调了回复「算了」。"


def elsewhere(to: str, why: str, labels: list[str], *, can_insist: bool) -> str:
    """Nothing is free and nothing can give way: other times, or insisting."""
    because = f"（{why}）" if why else ""
    reply = f"{to}排不下{because}。"
    if labels:
        reply += f"最近的空档有：\n{numbered(labels)}\n点一下或回复序号；"
    if can_insist:
        reply += "一定要这个时间，请写明原因，比如「坚持，因为家长都同意了」；"
    return reply + "不调了回复「算了」。"


def nothing(to: str, why: str) -> str:
    because = f"（{why}）" if why else ""
    return (
        f"{to}排不下{because}，前后一周也没有空档。可以换个日子再说一遍，或在工作台的课表里看看。"
    )


def confirm(lines: list[str]) -> str:
    moved = "\n".join(f"· {line}" for line in lines)
    return f"请确认：\n{moved}\n回复「{YES}」就改，家长和老师马上收到通知；不改回复「算了」。"


def done(lines: list[str]) -> str:
    moved = "\n".join(f"· {line}" for line in lines)
    return f"调好了，相关家长和老师都已通知：\n{moved}\n谁看到了、谁有异议，在工作台的「调课记录」里看。"
