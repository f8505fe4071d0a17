"""To a person: what the bot does not do itself becomes a ticket of whoever is responsible, at once
and in the customer's words; the customer hears until when somebody will answer (C3, S8)."""

import re
from collections.abc import Callable

from backend.admissions import queries as leads
from backend.admissions import service as admissions
from backend.gateways.visitors import is_visitor
from backend.security import queries as security
from backend.security.schemas import Role
from backend.students import queries as students
from backend.students import takeovers
from backend.students.schemas import TakeoverView, TicketKind, TicketView
from backend.students.tickets import desk
from bot.flows import handoff, transcript
from bot.flows.talk import OUTSIDE, UNCLEAR, Talk
from bot.interpreter.reading import LONGEST
from bot.phrases import general as phrases
from bot.phrases import handoff as handoff_phrases
from bot.phrases import staff as staff_phrases
from bot.phrases import tickets as ticket_phrases
from bot.replies import Reply, say

GIVE_UP_AFTER = 2
NEAR_TIE = 0.15  # Below `ENOUGH`, yet worth asking about.
_BARE = re.compile(r"^(我要|请|帮我)?(转|找|叫)?(个)?(人工|真人|老师|人|客服|顾问)+(服务|在吗)?$")
_FIRST = re.compile(r"(?:请|麻烦|帮我|给我|我要|我想)*转接?人工")
_SHORT = 20
_DEAR = re.compile(
    r"太贵|好贵|有点贵|贵了|便宜(?:一?[点些])(?!的)|能便宜|(?:能|可以)(?:再)?少[点收]|打个?折吧?$|抹(?:个)?零"
)
_INTEREST = "人工咨询"  # Of a lead whose first words ask for a person; the ticket holds the words.
_TITLES = {
    Role.ADVISOR: "招生顾问",
    Role.ACADEMIC: "教务老师",
    Role.ACCOUNTANT: "财务老师",
    Role.PRINCIPAL: "校长",
    Role.OFFICE: "行政老师",
    Role.LOGISTICS: "后勤老师",
}


def to_person(talk: Talk) -> Reply:
    """「转人工」: the advisor for a prospect, the academic office for a family of ours leads the
    talk from now on, or from the next opening on (C3).

    Who waits for somebody already is reminded of when; what else they say reaches the same person.
    """
    view = takeovers.of_customer(talk.session, talk.openid)
    ticket = students.open_request_of(talk.session, talk.openid)
    if view is not None:
        due_at = students.ticket(talk.session, view.ticket_id).respond_due_at
        return say(phrases.added(due_at) if view.begun_at else _noted(talk, view))
    if talk.speaker.account_id is not None:
        return _add(talk, ticket) if ticket else _turned(talk, _open(talk, Role.ACADEMIC))
    is_ours = talk.speaker.guardian_id or talk.speaker.student_id
    role = Role.ACADEMIC if is_ours else Role.ADVISOR
    if ticket is None:
        ticket = _open(talk, role, tells_owner=False)
    return _turned(talk, ticket, _hand_over(talk, ticket, role))


def beside(talk: Talk) -> Reply:
    """Somebody cannot get on with a form: a person hears of it, and the form goes on."""
    ticket = students.open_request_of(talk.session, talk.openid)
    if ticket is not None:
        return _add(talk, ticket)
    is_ours = talk.speaker.guardian_id or talk.speaker.student_id
    return _turned(talk, _open(talk, Role.ACADEMIC if is_ours else Role.ADVISOR))


def soothe(talk: Talk) -> Reply:
    """Somebody is angry: a complaint with a deadline, and whoever answers for it comes at once."""
    if talk.state.flow in ("complain", "give_feedback"):
        talk.state.leave()
    view = takeovers.of_customer(talk.session, talk.openid)
    if view is not None:
        return say(_noted(talk, view))
    ticket = desk.open_ticket(
        talk.session,
        openid=talk.openid,
        kind=TicketKind.COMPLAINT,
        text=talk.text,
        source_key=talk.source_key,
    )
    reply = say(ticket_phrases.opened(ticket))
    view = _hand_over(talk, ticket, Role.CAMPUS_MANAGER)
    if view is None or view.begun_at is None:
        return reply
    return reply.then(say(handoff_phrases.COMES_AT_ONCE))


def _noted(talk: Talk, view: TakeoverView) -> str:
    """Something more for whoever leads the talk from the next opening on."""
    takeovers.note(talk.session, takeover_id=view.id, words=transcript.heard(talk.text))
    return handoff_phrases.noted(view.begins_at)


def _turned(talk: Talk, ticket: TicketView, view: TakeoverView | None = None) -> Reply:
    if view is not None and view.begun_at is None:
        return say(handoff_phrases.out_of_hours(view.begins_at))
    return say(phrases.turned_to_person(ticket.respond_due_at))


def _hand_over(talk: Talk, ticket: TicketView, role: Role) -> TakeoverView | None:
    """Whoever has the ticket leads the talk unless they are busy."""
    owner_id = ticket.owner_id
    if owner_id is not None:
        role = security.staff_members(talk.session, {owner_id})[owner_id].role
    return handoff.begin(talk, ticket, role=role, customer=_customer(talk), preferred_id=owner_id)


def unclear(talk: Talk) -> Reply:
    """Nothing was understood: ask between near meanings; the second time in a row a person takes
    over (C3). For somebody who waits for a person already, it is for that person."""
    if not any(character.isalnum() for character in talk.text):
        return say(phrases.NO_WORDS)
    view = takeovers.of_customer(talk.session, talk.openid)
    if view is not None:
        return say(_noted(talk, view))
    open_ticket = students.open_request_of(talk.session, talk.openid)
    if open_ticket is not None:
        return _add(talk, open_ticket)
    talk.doubt = UNCLEAR
    talk.state.misunderstood += 1
    if talk.state.misunderstood >= GIVE_UP_AFTER or len(talk.text) > LONGEST:
        talk.state.misunderstood = 0
        return to_person(talk)
    near = [
        each.name
        for each in talk.meaning.intents[:3]
        if each.confidence >= NEAR_TIE and each.name in phrases.QUESTIONS
    ]
    if len(near) >= 2:
        talk.state.topic["options"] = near
        questions = [phrases.QUESTIONS[name] for name in near]
        return say(phrases.choose_between(questions), tuple(questions))
    talk.state.apologies += 1
    if talk.speaker.account_id is not None:
        return say(staff_phrases.UNCLEAR)
    return say(phrases.unclear(talk.state.apologies))


def outside(talk: Talk) -> Reply:
    """Nothing that a school is asked: said so once. To whoever insists it is a misunderstanding."""
    talk.doubt = OUTSIDE
    talk.state.misunderstood += 1
    is_first = talk.state.misunderstood < GIVE_UP_AFTER
    if is_first and takeovers.of_customer(talk.session, talk.openid) is None:
        talk.state.apologies += 1
        if talk.speaker.account_id is not None:
            return say(staff_phrases.UNCLEAR)
        return say(phrases.outside(talk.state.apologies))
    talk.state.misunderstood = 0
    return to_person(talk)


def _add(talk: Talk, ticket: TicketView) -> Reply:
    """Hand what was said on to whoever has the ticket; a bare «转人工» is nothing new."""
    if talk.text and not _BARE.match(talk.plain):
        desk.add_note(talk.session, ticket_id=ticket.id, text=talk.text)
    return say(phrases.added(ticket.respond_due_at))


def is_asked_for(talk: Talk) -> bool:
    """«转人工，…»: whatever follows is for the person."""
    return _FIRST.match(talk.plain) is not None


def haggles(talk: Talk) -> bool:
    """Whether somebody finds it dear: the same list again would be no answer (A13)."""
    return len(talk.text) <= _SHORT and bool(_DEAR.search(talk.plain))


def to_advisor(talk: Talk) -> Reply:
    """An advisor hears of it: once, and of what is said later beside it."""
    ticket = students.open_request_of(talk.session, talk.openid)
    return _add(talk, ticket) if ticket else pass_to(Role.ADVISOR)(talk)


def pass_to(role: Role) -> Callable[[Talk], Reply]:
    """A flow that hands the message to a role."""

    def passed(talk: Talk) -> Reply:
        known = None
        if not talk.speaker.is_known:  # One question after the other is one matter for a person.
            known = students.open_request_of(talk.session, talk.openid)
        if known is not None:
            told = _add(talk, known)
        else:
            ticket = _open(talk, role)
            told = say(phrases.passed_on(_TITLES[role], ticket.respond_due_at))
        is_strange = not talk.speaker.is_known and not is_visitor(talk.openid)
        is_of_ours = role in (Role.ACADEMIC, Role.ACCOUNTANT)
        return told.then(say(phrases.BIND_FIRST)) if is_strange and is_of_ours else told

    return passed


def _customer(talk: Talk) -> str:
    """What a customer is called among staff: by the child, by the lead, never by the openid."""
    speaker = talk.speaker
    if speaker.guardian_id is not None:
        children = students.children_of(talk.session, speaker.guardian_id)
        return (
            f"{'、'.join(child.name for child in children)}的家长" if children else "在读学员家长"
        )
    if speaker.student_id is not None:
        return f"{students.student(talk.session, speaker.student_id).name}同学"
    lead = leads.open_lead_of(talk.session, talk.openid)
    if lead is not None:
        return f"客户{lead.id}"
    return "网站访客" if is_visitor(talk.openid) else "微信客户"


def _open(talk: Talk, role: Role, *, tells_owner: bool = True) -> TicketView:
    """A prospect's own advisor answers for them; otherwise the role, a manager, or the head."""
    owner_id, customer = None, talk.speaker.name or _customer(talk)
    if role is Role.ADVISOR and talk.speaker.account_id is None:
        lead = admissions.open_lead(talk.session, openid=talk.openid, interest=_INTEREST)
        owner_id = lead.advisor_id
        customer = leads.family_of(talk.session, talk.openid) or f"客户{lead.id}"
    return desk.open_ticket(
        talk.session,
        openid=talk.openid,
        kind=TicketKind.REQUEST,
        text=talk.text or "（发来一条非文字消息）",
        source_key=talk.source_key,
        roles=(role, Role.CAMPUS_MANAGER, Role.PRINCIPAL),
        owner_id=owner_id,
        customer=customer,
        tells_owner=tells_owner,
    )
