"""For those who are with us: timetable, lessons left, orders (C5, S5).

Only ever about the speaker's own children, themselves, or the lessons they teach: the ids come from
the speaker's identity, never from the message.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta

from backend.finance import queries as finance
from backend.finance import service as payments
from backend.finance.schemas import OrderStatus
from backend.kit import clock
from backend.security import queries as security
from backend.students.schemas import Child
from backend.teaching import queries as teaching
from backend.teaching.life import queries as life
from bot.flows import whose
from bot.flows.talk import Talk
from bot.interpreter import words
from bot.phrases import sign_up as pay_phrases
from bot.phrases import staff
from bot.phrases import students as phrases
from bot.replies import Reply, say, show
from bot.times import Kind

AHEAD = timedelta(days=7)
TERM = timedelta(days=120)
NO_TIME_NAMED = "最近一周"
_SHORT = 14  # Characters of «那就再帮我查一下哥哥的呗»; longer ones ask something of their own.
_WHOSE = re.compile(
    rf"{whose.OLDER.pattern}|{whose.YOUNGER.pattern}|另[外]?一个|两个孩子|两个都?|我女儿|我儿子"
)
_WHO_TEACHES = re.compile(r"老师(是|叫|姓)?(谁|哪[位个]|什么)|[是由]?谁[教上带]")
_ELSE = re.compile(
    r"(那|还有|再|也|帮我|请|麻烦|查|看|一下|下|呢|的|课|有|吗|怎么样|多少|[?？,，。!！呗吧啊])*"
)


def timetable(talk: Talk) -> Reply:
    """Lessons of the speaker's children, of the speaker, or those the speaker teaches."""
    talk.remember(asked="my_schedule")
    from_at, to_at, when = window(talk)
    children = whose.learners(talk)
    if children:
        return _children_timetable(talk, children, from_at, to_at, when)
    if talk.speaker.account_id is None:
        return say(phrases.NOT_BOUND)
    taught = teaching.lessons_of_teacher(
        talk.session, talk.speaker.account_id, from_at=from_at, to_at=to_at
    )
    if taught:
        waiting = life.to_call(talk.session, teacher_id=talk.speaker.account_id, limit=1)
        told = phrases.timetable("您", taught)
        return say(f"{told}\n{phrases.TO_CALL}" if waiting else told)
    upcoming = teaching.lessons_of_teacher(
        talk.session, talk.speaker.account_id, from_at=from_at, to_at=None, limit=1
    )
    return say(phrases.no_lessons("您", when, upcoming[0] if upcoming else None))


def balance(talk: Talk) -> Reply:
    """Lessons left of the speaker's children."""
    talk.remember(asked="my_balance")
    children = whose.learners(talk)
    if not children:
        return say(staff.NO_OWN_CHILDREN if talk.speaker.account_id else phrases.NOT_BOUND)
    names = {child.id: child.name for child in children}
    found = finance.lessons_left(talk.session, student_ids=list(names))
    if not found:
        return say(phrases.NO_BALANCE)
    by_id = {id_: name for name, id_ in talk.catalogue.courses.items()}
    return say(phrases.balances(names, found, by_id))


def follow_up(talk: Talk) -> Reply | None:
    """«小雨的呢», «哥哥的也查一下», «那下周呢» after a question about the own children: the same
    question again, for somebody else or another time; None when it is something of its own."""
    again = _AGAIN.get(talk.state.topic.get("asked", ""))
    text = talk.plain
    if again is None or len(text) > _SHORT or not whose.learners(talk):
        return None
    if _WHO_TEACHES.search(text):
        return teachers(talk)
    for span in talk.meaning.times:
        text = text.replace(words.simplified(span.text), "")
    for child in whose.children(talk):
        text = text.replace(child.name, "").replace(child.name[1:], "")
    rest = _WHOSE.sub("", text)
    if rest == talk.plain or not _ELSE.fullmatch(rest):
        return None
    talk.state.misunderstood = 0
    return again(talk)


def teachers(talk: Talk) -> Reply:
    """Who teaches the speaker's children."""
    children = {child.id: child.name for child in whose.learners(talk)}
    lessons = teaching.lessons_of_students(
        talk.session, list(children), from_at=clock.now(), to_at=clock.now() + TERM, limit=60
    )
    taught = {
        (children[lesson.student_id], lesson.course_name, lesson.teacher_name): None
        for lesson in lessons
        if lesson.student_id is not None
    }
    return say(phrases.own_teachers(list(taught)) if taught else phrases.NO_OWN_TEACHERS)


def orders(talk: Talk) -> Reply:
    """The speaker's own orders, also those of an earlier WeChat of theirs."""
    found = [
        order
        for openid in _own_openids(talk)
        for order in finance.orders_of(talk.session, openid=openid, limit=3)
    ]
    found = sorted(found, key=lambda order: order.id, reverse=True)[:3]
    return say(phrases.orders(found)) if found else say(phrases.NO_ORDERS)


def pay(talk: Talk) -> Reply:
    """The payment link of the newest order that waits."""
    found = finance.orders_of(talk.session, openid=talk.openid, limit=10)
    waiting = [
        order
        for order in found
        if order.status is OrderStatus.PENDING and order.expires_at > clock.now()
    ]
    if not waiting:
        return say(phrases.NOTHING_TO_PAY)
    order = waiting[0]
    return show(
        title=pay_phrases.pay_title(order.total_fen),
        description=pay_phrases.pay_order(
            order.lines[0].description, order.number, order.expires_at
        ),
        url=payments.pay_link(number=order.number, openid=talk.openid),
    )


def _children_timetable(
    talk: Talk, children: list[Child], from_at: datetime, to_at: datetime, when: str
) -> Reply:
    ids = [child.id for child in children]
    lessons = teaching.lessons_of_students(
        talk.session, ids, from_at=from_at, to_at=to_at, limit=60
    )
    parts = []
    for child in children:
        own = [lesson for lesson in lessons if lesson.student_id == child.id]
        if own:
            parts.append(phrases.timetable(child.name, own))
            continue
        upcoming = teaching.lessons_of_students(talk.session, [child.id], from_at=from_at, limit=1)
        parts.append(phrases.no_lessons(child.name, when, upcoming[0] if upcoming else None))
    return say("\n\n".join([*parts, phrases.after_timetable()]))


def _own_openids(talk: Talk) -> list[str]:
    if talk.speaker.guardian_id is None:
        return [talk.openid]
    found = security.identities_of(talk.session, guardian_ids=[talk.speaker.guardian_id])
    return list({talk.openid: None, **{each.openid: None for each in found}})


def window(talk: Talk) -> tuple[datetime, datetime, str]:
    """The half-open time asked about and its words; the coming week when none was named."""
    now = clock.now()
    for span in talk.meaning.times:
        if span.kind is Kind.RECURRENCE or span.start_at is None:
            continue
        if span.kind is Kind.DATETIME:
            start_at, end_at = clock.day_of(clock.local(span.start_at).date())
            return start_at, end_at, span.text
        end_at = span.end_at or span.start_at + AHEAD
        return span.start_at.astimezone(clock.UTC), end_at.astimezone(clock.UTC), span.text
    return now, now + AHEAD, NO_TIME_NAMED


_AGAIN: dict[str, Callable[[Talk], Reply]] = {"my_schedule": timetable, "my_balance": balance}
