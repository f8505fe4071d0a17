"""Complaints and feedback: one sentence is enough (S7, S8)."""

import re
from datetime import datetime, timedelta

from backend.kit import clock
from backend.students import queries as students
from backend.students import service as desk
from backend.students.schemas import TicketKind, TicketStatus
from bot.flows import form
from bot.flows.form import Form, Read, Step, Value
from bot.flows.talk import Talk
from bot.phrases import students as phrases
from bot.replies import Reply, say

_BARE = re.compile(
    r"^(我|想|要|需要|有|提|个|一个|点|一下|一条|你们|老师|你好|您好"
    r"|投诉|举报|建议|意见|反馈|反映|问题|情况|表扬|[，,。!！ ])+$"
)
_SHORTEST = 4
BELONGS_WITHIN = timedelta(minutes=10)
_TAKEN_BACK = re.compile(
    r"(不|别|没有?)(再|用)?(要|想)?(再)?投诉|投诉.{0,4}(撤|取消|算了|不用)|(撤|取消).{0,5}投诉"
)
_NOT_ONE = re.compile(r"不是(要|来|想)?投诉")
_QUESTION = re.compile(r"[?？]|吗|呢|多少|几点|哪|什么|怎么|谁|能不能|可不可以|有没有|想|要|请|帮")
_ABOUT_A_TICKET = {
    *("complain", "give_feedback", "rate_teacher", "ask_teacher", "my_attendance"),
    *("out_of_scope", "update_profile"),
}


def complain(talk: Talk) -> Reply:
    """Open a complaint from what was said; ask what happened only when nothing was."""
    if _NOT_ONE.search(talk.plain):
        return say(phrases.NOT_A_COMPLAINT)
    return _begin(talk, COMPLAINT)


def feedback(talk: Talk) -> Reply:
    """File a suggestion or praise."""
    return _begin(talk, FEEDBACK)


def progress(talk: Talk) -> Reply:
    """Where the speaker's own tickets stand."""
    found = students.tickets_of(talk.session, talk.openid)
    return say(phrases.tickets(found)) if found else say(phrases.NO_TICKETS)


def withdraw(talk: Talk) -> Reply | None:
    """«不投诉了»: whoever has the open complaint hears it; None when the message takes nothing
    back."""
    if not _TAKEN_BACK.search(talk.plain):
        return None
    for ticket in students.tickets_of(talk.session, talk.openid):
        if ticket.kind is TicketKind.COMPLAINT and ticket.status is TicketStatus.OPEN:
            desk.add_note(talk.session, ticket_id=ticket.id, text=talk.text)
            return say(phrases.taken_back(ticket.number))
    return say(phrases.NOTHING_TAKEN_BACK)


def supplement(talk: Talk) -> Reply | None:
    """What follows a ticket within minutes, asks nothing and wishes nothing else belongs to it."""
    said_at = talk.state.topic.get("ticket_at")
    if said_at is None or clock.now() - datetime.fromisoformat(said_at) > BELONGS_WITHIN:
        return None
    wishes = set(talk.meaning.wishes)
    if _QUESTION.search(talk.plain) or len(talk.plain) < _SHORTEST:
        return None
    if "complain" not in wishes and wishes - _ABOUT_A_TICKET:
        return None
    desk.add_note(talk.session, ticket_id=talk.state.topic["ticket_id"], text=talk.text)
    return say(phrases.SUPPLEMENTED)


def _begin(talk: Talk, wanted: Form) -> Reply:
    if not talk.text or _BARE.match(talk.plain):
        return form.start(talk, wanted)
    return _open(talk, _KINDS[wanted.name], talk.text)


def _read(_talk: Talk, text: str) -> Read:
    return Value(text.strip()) if len(text.strip()) >= _SHORTEST else None


def _finish(talk: Talk) -> Reply:
    kind, text = _KINDS[talk.state.flow or ""], talk.state.slots["text"]
    talk.state.leave()
    return _open(talk, kind, text)


def _open(talk: Talk, kind: TicketKind, text: str) -> Reply:
    ticket = desk.open_ticket(
        talk.session, openid=talk.openid, kind=kind, text=text, source_key=talk.source_key
    )
    talk.state.topic.update(ticket_id=ticket.id, ticket_at=clock.now().isoformat())
    return say(phrases.ticket_opened(ticket))


def _form(name: str, question: str) -> Form:
    step = Step("text", ("内容",), lambda _talk: say(question), _read)
    return Form(
        name=name,
        steps=(step,),
        finish=_finish,
        cancelled=phrases.COMPLAINT_CANCELLED,
        back="",
    )


COMPLAINT = _form("complain", phrases.ASK_COMPLAINT)
FEEDBACK = _form("give_feedback", phrases.ASK_FEEDBACK)
_KINDS = {COMPLAINT.name: TicketKind.COMPLAINT, FEEDBACK.name: TicketKind.FEEDBACK}
