"""A school day by chat: free rooms, who is away, hours for pay, the week as a page, attendance."""

import re
from datetime import timedelta

from backend.kit import clock
from backend.logistics import queries as logistics
from backend.security import queries as security
from backend.security import service as links
from backend.security.permissions import may, scope_of
from backend.security.schemas import Permission, Role, Scope
from backend.students import queries as students
from backend.teaching.life import queries as life
from backend.teaching.life import weeks
from bot.flows import people, study, whose
from bot.flows.talk import Talk
from bot.phrases import school_day as phrases
from bot.phrases import staffing as staff_phrases
from bot.replies import Card, Reply, say, show

_ROOMS = re.compile(
    r"(哪|什么|有没有|有).{0,4}(教室|房间|场地).{0,4}(空|没人)|空(闲|着)?的?(教室|房间)"
)
_AWAY = re.compile(r"(谁|哪些|几个|多少|有没有人?).{0,6}(请假|没来|不来|缺勤|缺席|缺课)")
_HOURS = re.compile(r"课酬|(上|带|教)了(多少|几)(节|堂|个?小时|课时)")
_WEEK = re.compile(r"(一周|整周)的?课表|^周课表|课表页")
_PICTURE = re.compile(
    r"课表(?:的|截)?(?:图片?|照片)|(?:图片|截图)(?:版|形式)?的?课表|课表.{0,4}(?:发|做成?)(?:个|张)?图"
)
_CALENDAR = re.compile(
    r"(订阅|添加|加到|同步|导入|放进).{0,6}日历|日历(订阅|地址|链接)|课表.{0,4}(日历|订阅)"
)
_KEEPS = {"排课": "/timetable/drafts", "调课记录": "/timetable/changes", "周课表": "/timetable"}
_KEEPS["教室利用率"] = _KEEPS["利用率"] = "/timetable/use"
_LOOK_BACK = timedelta(days=30)
_NOW, _TODAY = "现在", "今天"


def asked(talk: Talk) -> Reply | None:
    """What staff ask about their day, and anybody's week; None for anything else."""
    text, role = talk.plain, talk.speaker.role
    if text in _KEEPS and may(role, Permission.KEEP_TIMETABLE):
        return _page(talk, phrases.KEEP_TITLE.format(what=text), phrases.KEEP_TEXT, _KEEPS[text])
    if _CALENDAR.search(text) and talk.speaker.is_known:
        return _page(talk, phrases.CALENDAR_TITLE, phrases.CALENDAR_TEXT, "/lessons/calendar")
    if _PICTURE.search(text) and talk.speaker.is_known:
        return _picture(talk)
    if _WEEK.search(text) and talk.speaker.is_known:
        return _page(talk, phrases.WEEK_TITLE, phrases.WEEK_TEXT, "/lessons/week")
    if _ROOMS.search(text) and may(role, Permission.BOOK_ROOM):
        return _rooms(talk)
    if _AWAY.search(text) and may(role, Permission.TAKE_ATTENDANCE):
        return _away(talk)
    if _HOURS.search(text) and role is Role.TEACHER:
        return _hours(talk)
    return None


def attendance(talk: Talk) -> Reply:
    """「出勤」: what the speaker's children attended, what it cost, and why."""
    names = {child.id: child.name for child in whose.learners(talk)}
    if not names:
        return people.pass_to(Role.ACADEMIC)(talk)
    found = life.history_of(talk.session, list(names), from_at=clock.now() - _LOOK_BACK, limit=12)
    return say(phrases.history(names, found) if found else phrases.NO_HISTORY)


def _page(talk: Talk, title: str, text: str, path: str) -> Reply:
    return show(title=title, description=text, url=links.personal_link(talk.openid, path))


def _picture(talk: Talk) -> Reply:
    """「发我这周课表图片」: the week as a picture, with the page behind it. A child that is named
    alone; 下周 is the next one."""
    monday = weeks.monday_of(clock.today())
    spans = [each for each in talk.meaning.times if each.start_at is not None]
    if spans and spans[0].start_at is not None:
        monday = weeks.monday_of(clock.local(spans[0].start_at).date())
    elif "下周" in talk.plain or "下星期" in talk.plain:
        monday += timedelta(days=7)
    own = whose.children(talk)
    named = whose.named(talk.plain, own)
    whose.remember(talk, named)
    only = [child.id for child in named] or None
    card = Card(
        title=phrases.WEEK_TITLE,
        description=phrases.picture(monday),
        url=links.personal_link(talk.openid, f"/lessons/week?from={monday}"),
        picture_url=weeks.picture_link(talk.openid, monday=monday, only=only),
    )
    return Reply(bubbles=(card,))


def _rooms(talk: Talk) -> Reply:
    at = clock.now()
    for span in talk.meaning.times:
        if span.start_at is not None:
            at = max(at, span.start_at.astimezone(clock.UTC))
            break
    busy = life.busy_rooms(talk.session, from_at=at, to_at=at + timedelta(hours=1))
    member = security.staff_member(talk.session, talk.speaker.account_id or 0)
    found = logistics.venues(talk.session, campus_id=member.campus_id if member else None)
    free = [each for each in found if each.id not in busy]
    return say(phrases.rooms(at, free) if free else phrases.NO_ROOM.format(when=_NOW))


def _away(talk: Talk) -> Reply:
    from_at, to_at, when = study.window(talk)
    if when == study.NO_TIME_NAMED:
        (from_at, to_at), when = clock.day_of(clock.today()), _TODAY
    scope = scope_of(talk.speaker.role, Permission.TAKE_ATTENDANCE)
    member = security.staff_member(talk.session, talk.speaker.account_id or 0)
    campus_id = member.campus_id if member else None
    found = life.missing_on(
        talk.session,
        from_at=from_at,
        to_at=to_at,
        teacher_id=talk.speaker.account_id if scope is Scope.OWN else None,
        campus_id=campus_id or 0 if scope is Scope.CAMPUS else None,
    )
    if not found:
        return say(phrases.NOBODY_AWAY.format(when=when))
    children = students.students(talk.session, [place.student_id for place, _ in found])
    return say(phrases.away(when, {id_: c.name for id_, c in children.items()}, found))


def _hours(talk: Talk) -> Reply:
    from_at, to_at, when = study.window(talk)
    if when == study.NO_TIME_NAMED:
        first = clock.today().replace(day=1)
        from_at, to_at, when = clock.at_local(first), clock.now(), staff_phrases.month_of()
    found = life.called(talk.session, talk.speaker.account_id or 0, from_at=from_at, to_at=to_at)
    minutes = sum(int((each.ends_at - each.starts_at).total_seconds()) // 60 for each in found)
    return say(staff_phrases.hours(talk.speaker.name or "", len(found), minutes, when))
