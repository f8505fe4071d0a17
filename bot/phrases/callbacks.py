"""Sentences about calling somebody back."""

from datetime import datetime

from backend.kit import clock
from bot.phrases.students import day

CANCELLED = "好的，不打电话了。想让老师回电，随时告诉我方便的时间。"
ASK_WHEN = "好的，不用再填了，老师打给您。什么时候方便接？比如「今天下午」「晚上7点后」，都行就回复「随时」。"
NO_TIME = "没看懂时间，请这样回复：「今天下午」「明天10点后」，都行就回复「随时」。"
BACK = "刚才说到给您回电，"
DONE = "好的，已记下您回过电话了。聊了什么可以接着说一句，我记到跟进里。"
NOT_YOURS = "没有找到由您负责的这个回电。看手头的客户回复「我的客户」。"


def promised(from_at: datetime, due_at: datetime) -> str:
    """When the advisor calls."""
    begins, ends = clock.local(from_at), clock.local(due_at)
    return (
        f"好的，顾问会在{day(begins.date())} {begins:%H:%M}到{ends:%H:%M}之间给您打电话。"
        "想换时间，直接告诉我几点方便就行。"
    )
