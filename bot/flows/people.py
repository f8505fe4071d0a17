"""To a person: what the bot does not do itself becomes a ticket of whoever is responsible, at once
and in the customer's words; the customer hears until when somebody will answer (C3, S8)."""

import re
from collections.abc import Callable

from backend.admissions import service as admissions
from backend.security.schemas import Role
from backend.students import queries as students
from backend.students import service as desk
from backend.students.schemas import TicketKind, TicketView
from bot.flows.talk import Talk
from bot.interpreter.reading import LONGEST
from bot.phrases import general as phrases
from bot.replies import Reply, say

GIVE_UP_AFTER = 2
NEAR_TIE = 0.15  # Below `ENOUGH`, yet worth asking about.
_BARE = re.compile(r"^(我要|请|帮我)?(转|找|叫)?(个)?(人工|真人|老师|人|客服|顾问)+(服务|在吗)?$")
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
    """「转人工」: the advisor for a prospect, the academic office for a family of ours.

    Who waits for somebody already is reminded of when; what else they say reaches the same person.
    """
    open_ticket = students.open_request_of(talk.session, talk.openid)
    if open_ticket is not None:
        return _add(talk, open_ticket)
    is_ours = talk.speaker.guardian_id or talk.speaker.student_id
    ticket = _open(talk, Role.ACADEMIC if is_ours else Role.ADVISOR)
    return say(phrases.turned_to_person(ticket.respond_due_at))


def unclear(talk: Talk) -> Reply:
    """Nothing was understood: ask between near meanings; the third time in a row a person takes
    over (C3). For somebody who waits for a person already, it is for that person."""
    if not any(character.isalnum() for character in talk.text):
        return say(phrases.NO_WORDS)
    open_ticket = students.open_request_of(talk.session, talk.openid)
    if open_ticket is not None:
        return _add(talk, open_ticket)
    talk.state.misunderstood += 1
    if talk.state.misunderstood > GIVE_UP_AFTER or len(talk.text) > LONGEST:
        talk.state.misunderstood = 0
        return to_person(talk)
    near = [
        each.name
        for each in talk.meaning.intents[:3]
        if each.confidence >= NEAR_TIE and each.name in phrases.QUESTIONS
    ]
    if len(near) >= 2:
        talk.state.topic["options"] = near
        return say(phrases.choose_between([phrases.QUESTIONS[name] for name in near]))
    return say(phrases.unclear(talk.state.misunderstood))


def _add(talk: Talk, ticket: TicketView) -> Reply:
    """Hand what was said on to whoever has the ticket; a bare «转人工» is nothing new."""
    if not _BARE.match(talk.plain):
        desk.add_note(talk.session, ticket_id=ticket.id, text=talk.text)
    return say(phrases.added(ticket.respond_due_at))


def pass_to(role: Role) -> Callable[[Talk], Reply]:
    """A flow that hands the message to a role."""

    def passed(talk: Talk) -> Reply:
        ticket = _open(talk, role)
        return say(phrases.passed_on(_TITLES[role], ticket.respond_due_at))

    return passed


def _open(talk: Talk, role: Role) -> TicketView:
    """A prospect's own advisor answers for them; otherwise the role, a manager, or the head."""
    owner_id, customer = None, talk.speaker.name or "在读学员家长"
    if role is Role.ADVISOR and talk.speaker.account_id is None:
        lead = admissions.open_lead(talk.session, openid=talk.openid, interest=_INTEREST)
        owner_id, customer = lead.advisor_id, f"客户{lead.id}"
    return desk.open_ticket(
        talk.session,
        openid=talk.openid,
        kind=TicketKind.REQUEST,
        text=talk.text or "（发来一条非文字消息）",
        source_key=talk.source_key,
        roles=(role, Role.CAMPUS_MANAGER, Role.PRINCIPAL),
        owner_id=owner_id,
        customer=customer,
    )
