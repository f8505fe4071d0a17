"""Sentences for scanned codes and for repairs."""

REPAIR_CANCELLED = "好的，这次不报修了。需要时再扫一次码，或回复「报修」。"
ASK_FAULT = "哪里、什么东西坏了？一句话告诉我，比如「302教室投影不亮」，我马上转给后勤。"
REPORTER = "到校人员"
WHO_REPAIRS = "后勤老师"
CLOSED_CLASS = "{label}已经结束招生了。回复「课程」看看正在招生的班，或回复「转人工」问问老师。"


def ask_fault_at(place: str) -> str:
    """After the code of a room or a thing."""
    return f"您扫的是「{place}」的报修码。哪里坏了？一句话告诉我，我马上转给后勤；没事请忽略。"


def interest_in(label: str) -> str:
    """What a lead wants who scanned the code of a class; for the advisor."""
    return f"扫码了解：{label}"


def fault_at(place: str, text: str) -> str:
    """What is broken where; for whoever repairs it."""
    return f"【{place}】{text}" if place else text


CARRIED_OVER = "接上啦！您在网站上问过的我都记着，直接在这里接着说就行，想报名请回复「报名」，找老师请回复「转人工」。"
