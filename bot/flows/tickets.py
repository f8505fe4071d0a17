"""Complaints and feedback: one sentence is enough (S7, S8)."""

import re

from backend.students import queries as students
from backend.students import service as desk
from backend.students.schemas import TicketKind
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


def complain(talk: Talk) -> Reply:
    """Open a complaint from what was said; ask what happened only when nothing was."""
    return _begin(talk, COMPLAINT)


def feedback(talk: Talk) -> Reply:
    """File a suggestion or praise."""
    return _begin(talk, FEEDBACK)


def progress(talk: Talk) -> Reply:
    """Where the speaker's own tickets stand."""
    found = students.tickets_of(talk.session, talk.openid)
    return say(phrases.tickets(found)) if found else say(phrases.NO_TICKETS)


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
