"""Complaints and feedback: one sentence is enough (S7, S8)."""

import re
from datetime import datetime, timedelta

from backend.kit import clock
from backend.students import queries as students
from backend.students.schemas import TicketKind, TicketStatus, TicketView
from backend.students.tickets import desk, own
from backend.teaching import queries as teaching
from bot.flows import form
from bot.flows.form import Form, Read, Step, Value
from bot.flows.talk import Talk
from bot.interpreter import keywords
from bot.phrases import tickets as phrases
from bot.replies import Reply, say

_BARE = re.compile(
    r"^(我|想|要|需要|有|提|个|一个|点|一下|一条|你们|老师|你好|您好|匿名|能不能|可以|吗"
    r"|投诉|举报|建议|意见|反馈|反映|问题|情况|表扬|[，,。!！?？ ])+$"
)
_SHORTEST, _LONG = 4, 8
BELONGS_WITHIN = timedelta(minutes=10)
_TAKEN_BACK = re.compile(
    r"(不|别|没有?)(再|用)?(要|想)?(再)?投诉|投诉.{0,4}(撤|取消|算了|不用)|(撤|取消).{0,5}投诉"
)
_NOT_ONE = re.compile(r"不是(要|来|想)?投诉")
_UNNAMED = re.compile(r"匿名|不(要|想)?(留|告诉|透露|写|说)(我的?)?(名字?|姓名|身份|是谁)")
_UNNAMED_ONE = re.compile(
    r"匿名.{0,4}(投诉|举报|反映|反馈|建议|意见|提)|(投诉|举报|反映|反馈).*匿名"
)
_UNNAMED_ALONE = re.compile(r"^(?:我?[想要]?)匿名[的吧了啊]*$")
_QUESTION = re.compile(r"[?？]|吗|呢|多少|几点|哪|什么|怎么|谁|能不能|可不可以|有没有|想|要|请|帮")
_ASKS = re.compile(r"[?？]|[吗呢]$|多少|几点|怎么")
_ABOUT_A_TICKET = {
    *("complain", "give_feedback", "rate_teacher", "ask_teacher", "my_attendance"),
    *("out_of_scope", "update_profile"),
}
_TERM = timedelta(days=120)
MOST_NAMED = 4


def complain(talk: Talk) -> Reply:
    """Open a complaint from what was said; ask what happened only when nothing was."""
    if _NOT_ONE.search(talk.plain):
        return say(phrases.NOT_A_COMPLAINT)
    return _begin(talk, COMPLAINT)


def feedback(talk: Talk) -> Reply:
    """File a suggestion or praise."""
    return _begin(talk, FEEDBACK)


def unnamed_by_staff(talk: Talk) -> Reply | None:
    """A colleague's «匿名» alone: something is to be said without a name, and no roll is called."""
    is_one = talk.speaker.account_id is not None and _UNNAMED_ALONE.match(talk.plain)
    return _begin(talk, FEEDBACK) if is_one and talk.state.flow is None else None


def unnamed(talk: Talk) -> Reply | None:
    """«我要匿名投诉 …» goes past whoever leads the talk, because they know who it is; None for
    everything else."""
    is_long = "匿名" in talk.plain and len(talk.plain) > _LONG
    is_one = is_long or _UNNAMED_ONE.search(talk.plain) is not None
    return _begin(talk, COMPLAINT) if is_one and not _NOT_ONE.search(talk.plain) else None


def progress(talk: Talk) -> Reply:
    """Where the speaker's own tickets stand."""
    found = students.tickets_of(talk.session, talk.openid)
    return say(phrases.listed(found)) if found else say(phrases.NO_TICKETS)


def withdraw(talk: Talk) -> Reply | None:
    """«不投诉了»: whoever has the open complaint hears it; None when the message takes nothing
    back."""
    if not _TAKEN_BACK.search(talk.plain):
        return None
    for ticket in students.tickets_of(talk.session, talk.openid):
        if ticket.kind is TicketKind.COMPLAINT and ticket.status is not TicketStatus.CLOSED:
            desk.add_note(talk.session, ticket_id=ticket.id, text=talk.text)
            return say(phrases.taken_back(ticket.number))
    return say(phrases.NOTHING_TAKEN_BACK)


def supplement(talk: Talk) -> Reply | None:
    """What answers a question of ours, and what follows a ticket within minutes, asks nothing and
    wishes nothing else, belongs to it."""
    if not _ASKS.search(talk.plain) and keywords.read_phrase(talk.plain) is None:
        asked = own.newest(talk.session, talk.openid, (TicketStatus.WAITING,))
        if asked and any(character.isalnum() for character in talk.text):
            desk.add_note(talk.session, ticket_id=asked[0].id, text=talk.text)
            return say(phrases.SUPPLEMENTED.format(number=asked[0].number))
    wishes = set(talk.meaning.wishes)
    is_named = talk.plain in talk.state.topic.get("teachers", [])
    is_other = "complain" not in wishes and wishes - _ABOUT_A_TICKET
    if not is_named and (_QUESTION.search(talk.plain) or is_other):
        return None
    said_at = talk.state.topic.get("ticket_at")
    if said_at is None or clock.now() - datetime.fromisoformat(said_at) > BELONGS_WITHIN:
        return None
    talk.state.topic.pop("teachers", None)
    if len(talk.plain) < _SHORTEST and not is_named:
        return None
    ticket_id = talk.state.topic["ticket_id"]
    desk.add_note(talk.session, ticket_id=ticket_id, text=talk.text)
    number = students.ticket(talk.session, ticket_id).number
    return say(phrases.SUPPLEMENTED.format(number=number))


def _begin(talk: Talk, wanted: Form) -> Reply:
    if not talk.text or _BARE.match(talk.plain):
        return form.start(talk, wanted, unnamed=bool(_UNNAMED.search(talk.plain)) or None)
    return _open(talk, wanted.name, talk.text)


def _read(_talk: Talk, text: str) -> Read:
    return Value(text.strip()) if len(text.strip()) >= _SHORTEST else None


def _finish(talk: Talk) -> Reply:
    name, slots = talk.state.flow or "", talk.state.slots
    talk.state.leave()
    return _open(talk, name, slots["text"], is_unnamed=bool(slots.get("unnamed")))


def _open(talk: Talk, name: str, text: str, *, is_unnamed: bool = False) -> Reply:
    teachers = [] if name == FEEDBACK.name or "老师" not in text else _teachers(talk)
    only = desk.teacher_named_in(talk.session, teachers[0]) if len(teachers) == 1 else None
    is_unnamed = is_unnamed or _UNNAMED.search(text) is not None
    ticket = desk.open_ticket(
        talk.session,
        openid=talk.openid,
        kind=TicketKind.FEEDBACK if name == FEEDBACK.name else TicketKind.COMPLAINT,
        text=text,
        source_key=talk.source_key,
        customer=customer_of(talk),
        is_anonymous=is_unnamed,
        teacher_id=only,
    )
    talk.state.topic.update(ticket_id=ticket.id, ticket_at=clock.now().isoformat())
    return say(phrases.opened(ticket)).then(_ask_teacher(talk, ticket, teachers))


def _ask_teacher(talk: Talk, ticket: TicketView, teachers: list[str]) -> Reply:
    """The one thing that may be missing: which of the family's teachers it is about."""
    if ticket.teacher_id is not None or not 2 <= len(teachers) <= MOST_NAMED:
        return Reply()
    options = tuple(f"{name}老师" for name in teachers)
    talk.state.topic["teachers"] = list(options)
    names = "\n".join(f"{n}. {option}" for n, option in enumerate(options, 1))
    return say(phrases.WHICH_TEACHER.format(names=names), options)


def _teachers(talk: Talk) -> list[str]:
    """Who teaches the speaker's children, each once."""
    speaker = talk.speaker
    if speaker.guardian_id is None:
        return []
    children = [child.id for child in students.children_of(talk.session, speaker.guardian_id)]
    lessons = teaching.lessons_of_students(
        talk.session, children, from_at=clock.now() - _TERM, to_at=clock.now() + _TERM, limit=60
    )
    return list(dict.fromkeys(lesson.teacher_name for lesson in lessons))


def customer_of(talk: Talk) -> str:
    """What staff call somebody who tells us something: by the child, never by the openid."""
    speaker = talk.speaker
    if speaker.guardian_id is not None:
        children = students.children_of(talk.session, speaker.guardian_id)
        names = "、".join(child.name for child in children)
        return f"{names}的家长" if names else "在读学员家长"
    if speaker.student_id is not None:
        return f"{students.student(talk.session, speaker.student_id).name}同学"
    return speaker.name or "微信客户"


def _form(name: str, question: str) -> Form:
    def ask(talk: Talk) -> Reply:
        return say(phrases.ASK_UNNAMED if talk.state.slots.get("unnamed") else question)

    step = Step("text", ("内容",), ask, _read)
    return Form(
        name=name,
        steps=(step,),
        finish=_finish,
        cancelled=phrases.COMPLAINT_CANCELLED,
        back="",
    )


COMPLAINT = _form("complain", phrases.ASK_COMPLAINT)
FEEDBACK = _form("give_feedback", phrases.ASK_FEEDBACK)
