"""Sentences about a school day: who is away, which rooms are free, what was attended."""

from datetime import date, datetime, timedelta

from backend.kit import clock
from backend.logistics.schemas import VenueView
from backend.teaching.schemas import REASONS, AttendanceView, LessonView, Mark
from bot.phrases.absences import slot

WEEK_TITLE = "一周课表"
WEEK_TEXT = "点开看这一周的课，可以翻上一周、下一周。"
CALENDAR_TITLE = "日历订阅"
CALENDAR_TEXT = "点开拿到日历地址，加到手机日历里，课表有变动会自动更新。"
KEEP_TITLE = "{what}"
KEEP_TEXT = "点开就能看，也可以在电脑的工作台里打开「课表与排课」。"
NO_HISTORY = "最近30天还没有上课记录。查上课时间回复「课表」就行。"
NOBODY_AWAY = "{when}没有人请假或缺勤。查课表回复「课表」就行。"
NO_ROOM = "{when}没有空教室。换个时间问问，比如「明天下午三点哪个教室空着」。"
_WORDS = {
    Mark.PRESENT: "到课",
    Mark.LATE: "迟到",
    Mark.LEAVE: "请假",
    Mark.ABSENT: "缺勤",
    Mark.FREED: "学校取消",
}


def picture(monday: date) -> str:
    """What stands under the picture of a week."""
    sunday = monday + timedelta(days=6)
    return (
        f"{monday.month}月{monday.day}日至{sunday.month}月{sunday.day}日。"
        "图片可以长按保存；点开能翻上一周、下一周。"
    )


def history(names: dict[int, str], found: list[tuple[AttendanceView, LessonView]]) -> str:
    """What was attended and what it cost, the latest first."""
    lines = []
    for place, lesson in found:
        on = clock.local(lesson.starts_at)
        late = f"{place.late_minutes}分钟" if place.late_minutes else ""
        cost = f"扣{place.lessons}课时" if place.lessons else "不扣课时"
        why = f"（{REASONS[place.why]}）" if place.why and place.status is not Mark.PRESENT else ""
        end = f"，{cost}{why}" if place.lessons is not None else ""
        lines.append(
            f"{names[place.student_id]} {on.month}月{on.day}日 {lesson.course_name}："
            f"{_WORDS[place.status]}{late}{end}"
        )
    return "\n".join(lines) + "\n有疑问直接告诉我，老师马上核对。"


def away(when: str, names: dict[int, str], found: list[tuple[AttendanceView, LessonView]]) -> str:
    lines = [
        f"{slot(lesson)}：{names[place.student_id]}（{_WORDS[place.status]}）"
        for place, lesson in found
    ]
    return (
        f"{when}请假、缺勤{len(found)}人次：\n" + "\n".join(lines) + "\n要更正请回复「更正点名」。"
    )


def rooms(at: datetime, found: list[VenueView]) -> str:
    local = clock.local(at)
    lines = [f"{each.campus} {each.name}（{each.capacity}座）" for each in found]
    return (
        f"{local.month}月{local.day}日{local:%H:%M}起一小时内空着的教室：\n"
        + "\n".join(lines)
        + "\n要用哪间，告诉我时间和教室就行。"
    )
