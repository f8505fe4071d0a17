"""Sentences for those who are with us: timetable, balance, orders, tickets."""

from datetime import date, timedelta

from backend.finance.schemas import LessonBalance, OrderStatus, OrderView
from backend.kit import clock
from backend.kit.money import yuan
from backend.teaching.schemas import LessonView
from bot.phrases.general import WEEKDAYS

NOT_BOUND = (
    "这里查不到和您微信绑定的学员，所以看不到课表等信息。"
    "新报名请回复「报名」；已经是学员，请回复「绑定」核对手机号，或回复「转人工」找老师。"
)
NO_ORDERS = "没有查到您的订单。想报名请回复「报名」。"
NOTHING_TO_PAY = "您目前没有待付款的订单。想报名请回复「报名」。"
NO_BALANCE = "还没有查到剩余课时。报名付款后课时会自动到账，想报名请回复「报名」。"
TO_CALL = "有课还没点名，回复「点名」一句话就好。"
NO_OWN_TEACHERS = "目前没有排好的课，所以还看不到任课老师。回复「转人工」可以请教务老师确认。"
_STATUS = {
    OrderStatus.PENDING: "待付款",
    OrderStatus.PAID: "已付款",
    OrderStatus.CLOSED: "已关闭",
    OrderStatus.REFUNDED: "已退款",
}


def day(on: date) -> str:
    """`明天（11月24日 周二）`."""
    name = {0: "今天", 1: "明天", 2: "后天"}.get((on - clock.today()).days)
    full = f"{on.month}月{on.day}日 {WEEKDAYS[on.weekday()]}"
    return f"{name}（{full}）" if name else full


def lesson(view: LessonView) -> str:
    """One lesson in one line."""
    begins, ends = clock.local(view.starts_at), clock.local(view.ends_at)
    place = f"{view.campus_name}{view.venue_name or ''}"
    return f"{begins:%H:%M}–{ends:%H:%M} {view.course_name}，{place}，{view.teacher_name}老师"


def timetable(who: str, lessons: list[LessonView]) -> str:
    """Lessons grouped by day, for one person."""
    days: dict[date, list[str]] = {}
    for view in lessons:
        days.setdefault(clock.local(view.starts_at).date(), []).append(lesson(view))
    parts = [f"{day(on)}\n" + "\n".join(lines) for on, lines in days.items()]
    return f"{who}的课：\n" + "\n".join(parts)


def no_lessons(who: str, when: str, upcoming: LessonView | None) -> str:
    """Nothing then; says when the next one is."""
    if upcoming is None:
        return f"{who}{when}没有课，之后也还没有排课。回复「转人工」可以请教务老师确认。"
    on = clock.local(upcoming.starts_at).date()
    return f"{who}{when}没有课。下一次是{day(on)} {lesson(upcoming)}。"


def after_timetable() -> str:
    return "临时来不了，直接跟我说「请假」就行。"


def own_teachers(taught: list[tuple[str, str, str]]) -> str:
    """Who teaches whom what: (child, course, teacher)."""
    lines = [f"{child} · {course}：{teacher}老师" for child, course, teacher in taught]
    return "\n".join(lines) + "\n有话想带给老师，直接告诉我，我来转告。"


def balances(who: dict[int, str], found: list[LessonBalance], courses: dict[int, str]) -> str:
    """Lessons left per child and course."""
    lines = [
        f"{who[each.student_id]} · {courses.get(each.course_id, '课程')}：还剩{each.left}课时"
        f"（共{each.bought + each.given}课时{_lasts(each)}）"
        for each in found
    ]
    return "\n".join(lines) + "\n想续费请回复「续费」，觉得不对请回复「转人工」。"


def _lasts(balance: LessonBalance) -> str:
    if balance.expires_on is None or not balance.left:
        return ""
    last = balance.expires_on - timedelta(days=1)
    verb = "有效期已到" if last < clock.today() else "有效期到"
    return f"，{verb}{last.year}年{last.month}月{last.day}日"


def orders(found: list[OrderView]) -> str:
    """Orders, newest first."""
    lines = [
        f"{each.number} {_STATUS[each.status]} {yuan(each.total_fen)}\n{each.lines[0].description}"
        for each in found
    ]
    return "\n\n".join(lines) + "\n\n待付款的订单回复「缴费」就能付款。"
