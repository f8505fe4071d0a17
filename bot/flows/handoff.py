"""A person leads the talk, and the bot carries the words both ways (C3).

Who leads is a row of the students room (`backend.students.takeovers`), never the state of a talk:
the owner's turn, the customer's and the clock's may all end it.
"""

import re
from collections.abc import Callable

from sqlalchemy.orm import Session

from backend.kit import clock
from backend.kit.db import rehearsal
from backend.outbox import service as outbox
from backend.outbox.schemas import ChatMessage, Recipient
from backend.security import queries as security
from backend.security.schemas import Role
from backend.students import takeovers
from backend.students.schemas import EndedBy, TakeoverStep, TakeoverView, TicketView
from bot import conversation
from bot.flows import courses, study, transcript
from bot.flows.form import Form, Narrowed, Value, advance
from bot.flows.talk import Talk
from bot.inbound import Incoming, Kind
from bot.interpreter import Meaning, keywords
from bot.phrases import handoff as phrases
from bot.replies import SILENCE, Card, Reply, Text, pieces, say, to_customer_message

LINES = 10  # Of the talk so far, as the owner gets to see it.
SUGGESTIONS = 3
_LONGEST_SUGGESTION = 300
_END = re.compile(r"^(结束(人工|对话|聊天|服务)?|转机器人|找机器人|转回?小助手)$")
_DONE = re.compile(
    r"^(好的?|谢谢|多谢|感谢|[您你老师了啊哦吧,，。 ])*"
    r"(没事|不用|没问题|没别的)了?[了啊哦吧谢您你,，。 ]*$"
)
_PICTURES = {Kind.IMAGE: "图片", Kind.VIDEO: "视频", Kind.VOICE: "语音", Kind.LINK: "链接"}
_FLOWS: dict[str, Callable[[Talk], Reply]] = {
    "ask_price": courses.consult,
    "ask_course": courses.consult,
    "ask_class_time": courses.consult,
    "ask_teacher": courses.teachers,
    "ask_campus": courses.campus,
    "ask_enrollment": courses.enrollment,
    "ask_refund_policy": courses.refund_policy,
    "my_schedule": study.timetable,
    "my_balance": study.balance,
}
"""What the bot can answer on a person's behalf."""


def begin(
    talk: Talk, ticket: TicketView, *, role: Role, customer: str, preferred_id: int | None = None
) -> TakeoverView | None:
    """A person takes over, now or when we open; None where there is nobody to."""
    talk.state.misunderstood = 0
    view = takeovers.begin(
        talk.session,
        openid=talk.openid,
        customer=customer,
        role=role,
        ticket_id=ticket.id,
        said=transcript.heard(talk.text) or "（发来一条非文字消息）",
        said_at=talk.incoming.sent_at,
        preferred_id=preferred_id,
    )
    if view is not None and view.begun_at is not None:
        brief(talk.session, view)
    return view


def hear(talk: Talk, forms: dict[str, Form]) -> Reply | None:
    """What a customer says while a person leads; None when the bot leads. A form that was open
    goes on: what fits its question is its answer, everything else is for the person."""
    view = takeovers.of_customer(talk.session, talk.openid)
    if view is None or view.begun_at is None:
        return None
    form = forms.get(talk.state.flow or "")
    if form is not None and talk.text and _fits(talk, form):
        return None
    if _END.match(talk.plain):
        takeovers.end(talk.session, takeover_id=view.id, by=EndedBy.CUSTOMER)
        back = say(phrases.BACK)
        return back.then(say(form.back)).then(advance(talk, form)) if form else back
    was_waiting = view.waiting_since is not None
    takeovers.hear(
        talk.session,
        takeover_id=view.id,
        words=transcript.heard(said(talk)),
        source_key=talk.source_key,
        said_at=talk.incoming.sent_at,
    )
    if _DONE.match(talk.plain):
        return say(phrases.ASK_END)
    opens_at = takeovers.opening(clock.now())
    return SILENCE if was_waiting or opens_at <= clock.now() else say(phrases.overnight(opens_at))


def _fits(talk: Talk, form: Form) -> bool:
    return isinstance(form.step(talk.state.step).read(talk, talk.text), Value | Narrowed)


def leave(talk: Talk) -> None:
    """A customer has gone: nobody is kept waiting for them."""
    view = takeovers.of_customer(talk.session, talk.openid)
    if view is not None:
        takeovers.end(talk.session, takeover_id=view.id, by=EndedBy.CUSTOMER)


def said(talk: Talk) -> str:
    """A message in words: its text, or what it is and where it can be seen."""
    if talk.text:
        return talk.text
    facts = talk.incoming.facts
    where = facts.get("PicUrl") or facts.get("Url") or facts.get("Label") or ""
    return f"[{_PICTURES.get(talk.incoming.kind, '消息')}] {where}".strip()


def brief(session: Session, view: TakeoverView) -> None:
    """Show the owner what was said so far and what could be answered, in their own chat."""
    suggestions = suggested(session, view)
    takeovers.suggest(session, takeover_id=view.id, suggestions=suggestions)
    shown = view.model_copy(update={"suggestions": suggestions})
    to = Recipient(openid=security.recipient_of(session, view.owner_id).openid)
    for number, bubble in enumerate(pieces(say(briefing(session, shown)))):
        outbox.say(
            session,
            to=to,
            message=ChatMessage(body=to_customer_message(bubble)),
            dedupe_key=f"talk:{view.id}:brief:{view.owner_id}:{clock.now():%d%H%M}:{number}",
        )


def briefing(session: Session, view: TakeoverView) -> str:
    """The last lines of the talk, phones masked, and the suggestions at hand."""
    said_so_far = transcript.lines(session, view.openid, limit=LINES)
    return phrases.briefing(view, [(line.who, line.text) for line in said_so_far])


def suggested(session: Session, view: TakeoverView, *, owner_id: int | None = None) -> list[str]:
    """A greeting of whoever leads or (`owner_id`) looks, and what the bot would have said to the
    latest questions it knows about: its flows are run and everything they did is undone."""
    owner_id = owner_id or view.owner_id
    owner = security.staff_members(session, {owner_id})[owner_id]
    found = [phrases.GREETING.format(name=owner.name)]
    for message in reversed(conversation.lately(session, view.openid, limit=LINES)):
        incoming = Incoming.model_validate(message.incoming)
        if not incoming.text or len(found) == SUGGESTIONS:
            continue
        for intent in keywords.read(incoming.text).intents:
            answer = _rehearsed(session, message.id, incoming, intent.name)
            if answer and answer not in found and len(answer) <= _LONGEST_SUGGESTION:
                found.append(answer)
                break
    return found[:SUGGESTIONS]


def _rehearsed(session: Session, message_id: int, incoming: Incoming, intent: str) -> str:
    flow = _FLOWS.get(intent)
    if flow is None:
        return ""
    with rehearsal(session):
        reply = flow(
            Talk(
                session=session,
                message_id=message_id,
                incoming=incoming,
                meaning=Meaning(text=incoming.text, wishes=(intent,)),
                state=conversation.state_of(session, incoming.openid),
            )
        )
    return "" if any(isinstance(b, Card) for b in reply.bubbles) else transcript.text_of(reply)


def tend(session: Session, takeover_id: int) -> None:
    """The clock looks at a talk: whoever leads now is shown it, the customer hears what changed."""
    done = takeovers.tend(session, takeover_id)
    if done is None:
        return
    step, view = done
    if step in (TakeoverStep.BEGIN, TakeoverStep.REASSIGN):
        brief(session, view)
    sentence = {
        TakeoverStep.REASSIGN: phrases.COLLEAGUE,
        TakeoverStep.RESUME: phrases.BACK_AFTER_SILENCE,
        TakeoverStep.GIVE_UP: phrases.SORRY_NOBODY,
    }.get(step)
    if sentence is not None:
        _tell_customer(session, view, sentence, key=f"{step}:{view.owner_id}")


def finish(session: Session, takeover_id: int, *, account_id: int) -> TakeoverView:
    """The owner ends the talk, and the customer hears who answers from now on.

    Raises NotFound when it is over, NotAllowed for anybody but the owner.
    """
    view = takeovers.end(session, takeover_id=takeover_id, by=EndedBy.OWNER, account_id=account_id)
    _tell_customer(session, view, phrases.BACK_AFTER_SILENCE, key="ended")
    return view


def give(session: Session, takeover_id: int, *, to_id: int, by_id: int) -> TakeoverView:
    """The talk goes to a colleague, who is shown it in their own chat. Again changes nothing.

    Raises NotFound, NotAllowed.
    """
    before = takeovers.owner_of(session, takeover_id)
    view = takeovers.hand(session, takeover_id=takeover_id, to_id=to_id, by_id=by_id)
    if before != to_id:
        brief(session, view)
    return view


def _tell_customer(session: Session, view: TakeoverView, sentence: str, *, key: str) -> None:
    outbox.say(
        session,
        to=Recipient(openid=view.openid),
        message=ChatMessage(body=to_customer_message(Text(text=sentence))),
        dedupe_key=f"talk:{view.id}:{key}",
    )
