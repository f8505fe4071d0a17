"""A pattern for whole Chinese time expressions (下周三晚上七点到九点), for marking, not resolving.

An expression is a run of pieces (a day, a part of the day, an hour …) that may touch or be joined
by 的 and 到; the dates behind it are the bot's business, which knows the clock and the calendar.
"""

import re

N = r"(?:[0-9]{1,2}|[一二两三四五六七八九十]{1,3})"
WEEKDAY = r"(?:周|星期|礼拜)"
DAY_OF_WEEK = (
    rf"{WEEKDAY}(?:[一二三四五六日天1-7](?!到[一二三四五六日天1-7]|至[一二三四五六日天])|末)"
)
WEEKDAYS = rf"{WEEKDAY}[一二三四五六日天1-7](?:[到至、和跟与\-~]{WEEKDAY}?[一二三四五六日天1-7])+"
WHICH = r"(?:这一?个?|本|(?<![马早晚线])上上?一?个?|(?<!一)下下?一?个?|每个?|隔|后|头|前)"
PART = (
    r"(?:大?清早|(?:早上|上午|中午|下午|晚上)(?!好(?!吗|不))|早晨|清晨|午休|傍晚|夜里|半夜|晚间|放学[后前]|下班[后前]|饭后|"
    r"白天|课后|(?<=[一二三四五六日天末号周])[早晚](?![了一上安饭些教])|上半天|下半天|前半段|后半段)"
)
HOUR = rf"(?:{N}[点時时](?:{N}分?|半|钟|整|一刻|三刻|多)?|[0-9]{{1,2}}[:：][0-9]{{2}})(?:左右|前后|以前|以后|之前|之后|前|后)?"
DAY = r"(?:大前天|前天|昨天|昨儿|今天|今儿个?|今晚|今早|今夜|明天|明儿个?|明晚|明早|后天|大后天|当天|那天|昨晚|前晚|隔天)"
DATE = (
    rf"(?:(?:20[0-9]{{2}}|今|明|去|后|前)年?[的]?)?{N}月份?(?:{N}[号日]?|初|底|中旬|上旬|下旬)?"
    rf"|{N}[号日](?!楼|线|教室|店)|20[0-9]{{2}}[-/.][0-9]{{1,2}}[-/.][0-9]{{1,2}}|20[0-9]{{2}}年|[0-9]{{1,2}}[/.][0-9]{{1,2}}(?![0-9])|"
    r"去年|今年|明年|前年|后年|上半年|下半年|年初|年底|年前|年后|月初|月中|月底|月末|第[一二三四1-4]季度|一季度|二季度|三季度|四季度"
)
MONTH = rf"{WHICH}(?:月|季度|学期|周|星期|礼拜|年)(?!几|多少)(?:初|底|末|中旬|上旬|下旬)?|(?:本|当|每)[月日年周天]|上学期|下学期|新学期|这几天|这两天|前几天|过几天|最近几天|每天|天天|近期|最近|今日|明日|昨日|过完年|周中"
FEAST = (
    r"(?:暑假|寒假|春假|秋假|暑期|寒期|国庆节?|十一假期|十一期间|五一|端午节?|中秋节?|清明节?|元旦|春节|过年|除夕|圣诞节?|元宵节?|"
    r"儿童节|六一|教师节|劳动节|周末|双休日?|工作日|平时|节假日|假期|放假期间|期中|期末|中考后|高考后|开学前?|学期末|开学后|年三十|小长假|黄金周)"
)
SPAN = rf"(?:最近|过去|近|前|后|头|过|未来|接下来)(?:这)?(?:{N}|几|半)个?(?:天|日|周|星期|礼拜|月|年|小时|分钟)(?:前|后|以前|以后|之前|之后|内|以内|左右)?|(?:{N}|几|半)个?(?:天|周|星期|礼拜|月|小时|分钟)(?:前|后|以前|以后|之前|之后|内|以内)"
CLASS_RELATIVE = r"(?:(?:上上?|下下?|这)一?[次节堂回]课|(?<![先来去能够想])(?:上上?|下下?)一?[次回](?![性数])|最近[一这]?次课?|下课后|上课前)"
TAIL = r"(?:以前|以后|之前|之后|前后|左右|期间|前|(?<=[天号日周月末假庆一]) ?后)"

_PIECE = (
    rf"(?:{SPAN}|{WEEKDAYS}|{WHICH}?{DAY_OF_WEEK}|{WHICH}(?:{FEAST})|{CLASS_RELATIVE}|{MONTH}|{DATE}|{DAY}|{FEAST}"
    rf"|{HOUR}|{PART})(?:{TAIL})?"
)
_JOIN = r"(?: ?[的]? ?|[到至\-~—])"
TIME = re.compile(rf"{_PIECE}(?:{_JOIN}(?:{_PIECE}))*")
# Pieces that look like an hour or a date and seldom are: 快一点, 3.5 points.
_NO_TIME = re.compile(r"一点|[0-9]{1,2}[./][0-9]{1,2}")


def time_spans(text: str) -> list[tuple[int, int]]:
    """Return the half-open spans of the time expressions in a normalised text."""
    spans = []
    for found in TIME.finditer(text):
        start, end = found.span()
        while end > start and text[end - 1] in " 的":
            end -= 1
        piece = text[start:end]
        if _NO_TIME.fullmatch(piece):
            continue
        spans.append((start, end))
    return spans
