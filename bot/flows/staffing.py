"""A teacher's own leave, and who gives the lesson instead; lessons that the institution cancels."""

import re

from backend.kit import clock
from backend.kit.errors import NotFound
from backend.security import queries as security
from backend.security.permissions import may, scope_of
from backend.security.schemas import Permission, Role, Scope
from backend.teaching import queries as teaching
from backend.teaching.life import staffing
from backend.teaching.schemas import Clash, LessonOver
from bot.flows import study
from bot.flows.talk import Talk
from bot.phrases import absences as slots
from bot.phrases import staff as staff_phrases
from bot.phrases import staffing as phrases
from bot.replies import Reply, say

_DECIDES = re.compile(
    r"^代课\s*(\d{1,9})\s*(?:(同意|确认|可以)|(?:换成?|改成?)\s*([一-鿿·]{2,8}?)(?:老师)?)$"
)
_CANCELS = re.compile(r"^取消.*课.*?[,，]?(?:因为|由于|原因是?[:：]?)(.{2,30})$")


def teacher_leave(talk: Talk) -> Reply:
    """«明天有事来不了» of a teacher: every lesson of that time needs somebody else."""
    account_id = talk.speaker.account_id or 0
    from_at, to_at, when = study.window(talk)
    if when == study.NO_TIME_NAMED:
        return say(phrases.WHICH_DAY)
    lessons = [
        lesson
        for lesson in teaching.lessons_of_teacher(
            talk.session, account_id, from_at=max(from_at, clock.now()), to_at=to_at
        )
        if lesson.teacher_name == talk.speaker.name
    ]
    if not lessons:
        return say(phrases.NO_LESSON_THEN.format(when=when))
    asked = [
        staffing.ask_leave(
            talk.session, account_id=account_id, lesson_id=lesson.id, words=talk.text
        )
        for lesson in lessons
    ]
    return say(phrases.leave_noted(asked))


def decided(talk: Talk) -> Reply | None:
    """「代课 12 同意」 or 「代课 12 换 张蕾」 of academic affairs; None for anything else."""
    match = _DECIDES.match(talk.plain)
    if match is None or talk.speaker.account_id is None:
        return None
    if not _may_arrange(talk):
        return say(staff_phrases.OTHER_ROLE)
    number, _, name = match.groups()
    substitute_id = None
    if name:
        teachers = security.staff_with_role(talk.session, Role.TEACHER)
        substitute_id = next((each.id for each in teachers if each.name == name), None)
        if substitute_id is None:
            return say(phrases.NO_SUCH_TEACHER.format(name=name, number=number))
    try:
        if name is None and staffing.view(talk.session, int(number)).substitute_name is None:
            return say(phrases.NOBODY.format(number=number))
        with talk.session.begin_nested():
            view = staffing.confirm(
                talk.session,
                substitution_id=int(number),
                by=talk.speaker.account_id,
                substitute_id=substitute_id,
                campus_id=_campus_of(talk),
            )
    except NotFound:
        return say(phrases.NO_SUCH_SUBSTITUTION.format(number=number))
    except LessonOver:
        return say(phrases.TOO_LATE)
    except Clash:
        return say(phrases.BUSY.format(name=f"{name or '这位'}老师", number=number))
    return say(phrases.confirmed(view))


def cancelled(talk: Talk) -> Reply | None:
    """「取消英语三级平日班明天的课，因为停电」 of academic affairs and managers."""
    match = _CANCELS.match(talk.plain)
    if match is None or not _may_arrange(talk):
        return None
    from_at, to_at, when = study.window(talk)
    found = [
        lesson
        for lesson in teaching.lessons_of_day(
            talk.session,
            from_at=max(from_at, clock.now()),
            to_at=to_at,
            teacher_id=None,
            campus_id=_campus_of(talk),
            limit=200,
        )
        if lesson.class_name in talk.plain
    ]
    if len(found) != 1 or when == study.NO_TIME_NAMED:
        return say(phrases.CANCEL_WHICH)
    count = staffing.cancel_lesson(
        talk.session,
        lesson_id=found[0].id,
        reason=match.group(1),
        by=talk.speaker.account_id or 0,
    )
    return say(phrases.cancelled(slots.slot(found[0]), count))


def _may_arrange(talk: Talk) -> bool:
    """Academic affairs and managers arrange lessons: who takes attendance beyond their own."""
    role = talk.speaker.role
    return may(role, Permission.TAKE_ATTENDANCE) and (
        scope_of(role, Permission.TAKE_ATTENDANCE) is not Scope.OWN
    )


def _campus_of(talk: Talk) -> int | None:
    if scope_of(talk.speaker.role, Permission.TAKE_ATTENDANCE) is Scope.ALL:
        return None
    member = security.staff_member(talk.session, talk.speaker.account_id or 0)
    return (member.campus_id or 0) if member else 0
