"""Scanned codes: where somebody comes from, which class they ask for, what is broken (A13)."""

import re

from backend.admissions import service as admissions
from backend.gateways.webchat import lines
from backend.security import service as security
from backend.security.schemas import CodeKind, CodeView, Role
from backend.students.schemas import TicketKind
from backend.students.tickets import desk
from backend.teaching import queries as teaching
from bot import conversation
from bot.flows import finder, form, people, small_talk
from bot.flows.form import Form, Read, Step, Value
from bot.flows.talk import Talk
from bot.phrases import codes as phrases
from bot.phrases import general
from bot.replies import Reply, say

_SHORTEST = 4
_BARE = re.compile(r"(?:我?[要想]?|帮我|申请)*报[修障](?:一下)?")


def scanned(talk: Talk) -> Reply:
    """After a scan, by a follower or by somebody who follows with it; also a plain follow."""
    scene = talk.incoming.key
    security.follow(talk.session, talk.openid, scene=scene)
    code = security.note_scan(talk.session, talk.openid, scene) if scene else None
    if code is None:
        return small_talk.welcome(talk)
    match code.kind:
        case CodeKind.CLASS:
            return _offer(talk, code)
        case CodeKind.WEB:
            return _carry_over(talk, code)
        case CodeKind.ROOM | CodeKind.ASSET:
            return form.start(talk, REPAIR, place=code.label)
        case _:
            return small_talk.welcome(talk)


def _carry_over(talk: Talk, code: CodeView) -> Reply:
    """A visitor of the website goes on here: their lead, and what the talk was about, come along.
    It is the code's holder who decides who may; nothing they said is shown."""
    visitor = lines.holder_of(talk.session, code.subject)
    if visitor is None or talk.speaker.account_id is not None:
        return small_talk.welcome(talk)
    if not admissions.go_on_in_wechat(talk.session, visitor=visitor, openid=talk.openid):
        return small_talk.welcome(talk)
    before = conversation.state_of(talk.session, visitor)
    talk.state.topic = talk.state.topic or before.topic
    talk.state.shown = talk.state.shown or before.shown
    return say(phrases.CARRIED_OVER)


def repair(talk: Talk) -> Reply:
    """「报修」 without a code: ask what is broken where."""
    return form.start(talk, REPAIR)


def fault(talk: Talk) -> Reply:
    """What is broken, reported in one sentence; asked for where only 「报修」 was said."""
    bare = _BARE.fullmatch(talk.plain)
    return repair(talk) if bare else people.pass_to(Role.LOGISTICS)(talk)


def _offer(talk: Talk, code: CodeView) -> Reply:
    """The class behind the code, ready for 「报名」; whoever asks this way becomes a lead."""
    number = int(code.subject) if code.subject.isdecimal() else 0
    found = teaching.offers(talk.session, class_group_ids=[number])
    if not found:
        return say(phrases.CLOSED_CLASS.format(label=code.label))
    offer = found[0]
    if talk.speaker.account_id is None:
        interest = phrases.interest_in(offer.name)
        admissions.open_lead(
            talk.session, openid=talk.openid, interest=interest, campus_id=offer.campus_id
        )
    talk.state.topic = {}
    talk.remember(subject=offer.subject, course_id=offer.course_id)
    return say(finder.list_classes(talk, [offer], f"{offer.course_name}班"))


def _ask(talk: Talk) -> Reply:
    place = talk.state.slots.get("place")
    return say(phrases.ask_fault_at(place) if place else phrases.ASK_FAULT)


def _read(_talk: Talk, text: str) -> Read:
    # Not sure: whoever asks about something else meanwhile is answered that first.
    return Value(text.strip(), sure=False) if len(text.strip()) >= _SHORTEST else None


def _finish(talk: Talk) -> Reply:
    place, text = talk.state.slots.get("place", ""), talk.state.slots["text"]
    talk.state.leave()
    ticket = desk.open_ticket(
        talk.session,
        openid=talk.openid,
        kind=TicketKind.REQUEST,
        text=phrases.fault_at(place, text),
        source_key=talk.source_key,
        roles=(Role.LOGISTICS, Role.CAMPUS_MANAGER, Role.PRINCIPAL),
        customer=talk.speaker.name or phrases.REPORTER,
    )
    return say(general.passed_on(phrases.WHO_REPAIRS, ticket.respond_due_at))


REPAIR = Form(
    name="report_fault",
    steps=(Step("text", ("内容",), _ask, _read),),
    finish=_finish,
    cancelled=phrases.REPAIR_CANCELLED,
    back="",
)
