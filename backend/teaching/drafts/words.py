"""Sentences about moves, slots and what a draft leaves open."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.kit import clock
from backend.teaching.drafts.schemas import MoveView, SlotView
from backend.teaching.models import ClassGroup, Lesson
from backend.teaching.timetable.model import Cause, Relief
from backend.teaching.timetable_models import MovedLesson

NO_REASON = "教学安排需要"
NO_WORDS = "时间不方便"
OBJECTION = "{who}对调课有异议：{moves}。说明：{words}"
_DAYS = "一二三四五六日"
RULES: Mapping[str, str] = {
    "class_twice": "这个班那个时间已经有课",
    "staff_twice": "老师那个时间已经有课",
    "room_twice": "教室那个时间已经有课",
    "learner_twice": "有学员那个时间已经有课",
    "way_too_short": "老师来不及从另一个校区赶到",
    "too_late_for_children": "中小学生的课不能晚于20:30结束（线上21:00）",
    "in_school_hours": "中小学生在校时间不能排课",
    "assists_oneself": "助教和老师是同一个人",
    "wrong_campus": "教室不在这个班的校区",
    "no_room": "没有教室",
    "staff_away": "老师那天请假",
    "room_closed": "教室那个时间维修",
    "outside_class_dates": "不在班级的开课日期内",
    "holiday": "那天是节假日或停课日",
    "closed": "不在营业时间内",
    "wrong_teacher": "不是这个班的老师",
    "teacher_skill": "老师没有登记会教这门课",
    "assistant_skill": "缺少合适的助教",
    "staff_hours": "不在老师登记的可上课时间内",
    "too_many_a_day": "老师那天的课超过上限",
    "too_few_seats": "教室座位不够",
    "equipment": "教室缺少需要的设备",
    "learner_away": "有学员登记那个时间来不了",
}
CAUSES: Mapping[Cause, str] = {
    Cause.NO_TIME: "没有合法又营业的时间，或剩下的周数不够",
    Cause.NO_TEACHER: "没有老师会教这门课",
    Cause.NO_ASSISTANT: "没有合适的助教",
    Cause.NO_ROOM: "没有够大、设备齐全的教室",
    Cause.ALL_TAKEN: "老师、教室、学员凑不到一起",
}
RELIEFS: Mapping[Relief, str] = {
    Relief.ROOM: "{at}起多一间至少{seats}座的教室",
    Relief.TEACHER: "{at}起多一位会教这门课的老师",
    Relief.TEACHER_LIMIT: "让{who}老师在{at}那天多上一节",
    Relief.TEACHER_HOURS: "{who}老师在{at}能来",
    Relief.ASSISTANT: "{at}起多一位助教",
    Relief.LEARNERS: "{people}在{at}能来",
}


def at(moment: datetime) -> str:
    """`11月26日 周四 18:30`."""
    local = clock.local(moment)
    return f"{local.month}月{local.day}日 周{_DAYS[local.weekday()]} {local:%H:%M}"


def rules(broken: Sequence[str]) -> str:
    return "；".join(RULES.get(each, each) for each in broken)


def move(view: MoveView) -> str:
    """`英语三级平日班 11月26日 周四 18:30 → 11月27日 周五 18:30（302教室，王敏老师）`."""
    was, becomes = view.move.was, view.move.becomes
    there = [view.after_venue] if view.after_venue else []
    there.append(f"{view.after_teacher}老师")
    if was.starts_at == becomes.starts_at:
        return f"{view.class_name} {at(was.starts_at)} 改为{'，'.join(there)}"
    return f"{view.class_name} {at(was.starts_at)} → {at(becomes.starts_at)}（{'，'.join(there)}）"


def moves(found: Sequence[MoveView], *, most: int = 4) -> str:
    lines = [move(each) for each in found[:most]]
    if len(found) > most:
        lines.append(f"等共{len(found)}节")
    return "；".join(lines)


def slot(view: SlotView) -> str:
    """`11月26日 周四 18:30 302教室 王敏老师（换老师）`."""
    told = [at(view.move.becomes.starts_at), view.venue_name or "", f"{view.teacher_name}老师"]
    changed = [
        w for w, is_new in (("换老师", view.new_teacher), ("换教室", view.new_room)) if is_new
    ]
    return " ".join(filter(None, told)) + (f"（{'、'.join(changed)}）" if changed else "")


def cause(name: str) -> str:
    return CAUSES[Cause(name)]


def of_changes(session: Session, change_ids: Sequence[int], *, most: int = 4) -> dict[int, str]:
    """What changes did, as it was written down, in one statement."""
    rows = session.execute(
        select(MovedLesson.change_id, MovedLesson.was, MovedLesson.became, ClassGroup.name)
        .join(Lesson, Lesson.id == MovedLesson.lesson_id)
        .join(ClassGroup, ClassGroup.id == Lesson.class_group_id)
        .where(MovedLesson.change_id.in_(change_ids))
        .order_by(MovedLesson.change_id, MovedLesson.lesson_id)
    )
    told: dict[int, list[str]] = defaultdict(list)
    for change_id, was, became, name in rows:
        before, after = (at(datetime.fromisoformat(each["starts_at"])) for each in (was, became))
        told[change_id].append(f"{name} {before} → {after}")
    return {
        change_id: "；".join([*some[:most], *([f"等共{len(some)}节"] if len(some) > most else [])])
        for change_id, some in told.items()
    }
