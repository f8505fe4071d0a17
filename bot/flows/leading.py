"""Staff lead talks with customers from their own chat (C3): plain words reach the customer, a few
commands say to whom, and «结束» gives the talk back to the bot."""

import re

from backend.admissions import queries as leads
from backend.kit.errors import NotAllowed, NotFound
from backend.security.permissions import may
from backend.security.schemas import Permission, Role
from backend.students import queries as students
from backend.students import takeovers
from backend.students.schemas import TakeoverView, TicketKind, TicketView
from backend.students.tickets import desk
from bot.flows import followed, handoff, transcript
from bot.flows.talk import Talk
from bot.interpreter import words
from bot.phrases import handoff as phrases
from bot.phrases import staff
from bot.replies import Reply, say

_TAKE = re.compile(r"^接管\s*(客户|线索)?\s*(T\d{6,12}|\d{1,9})\s*号?$", re.IGNORECASE)
_TO = re.compile(r"^回复\s*(\d{1,9})\s*号?[\s:：,，]+(.+)$", re.DOTALL)
_FACE = re.compile(r"^切[到换]?\s*(\d{1,9})\s*号?$")
_END = re.compile(r"^结束\s*(\d{1,9})?\s*号?$")
_RECORD = re.compile(r"^记录\s*(\d{1,9})?\s*号?$")
_ABOUT_TALKS = re.compile(
    r"^(接管|回复|切|结束|记录)[到换]?\s*(客户|线索)?\s*(T?\d|$)", re.IGNORECASE
)
_FOR_BOT = re.compile(
    r"^(我的客户|我的线索|客户|线索|帮助|菜单|课表|报修|今天招生怎么样|认领.*|转人工)$"
)
"""What staff say to the bot although they lead a talk; the menu works all the time."""


def lead(talk: Talk) -> Reply | None:
    """What a member of staff says about or in the talks they lead; None when it is for the bot."""
    if talk.speaker.account_id is None or not talk.text:
        return None
    if not may(talk.speaker.role, Permission.LEAD_TALK):
        return say(staff.OTHER_ROLE) if _ABOUT_TALKS.match(talk.plain) else None
    if match := _TAKE.match(talk.plain):
        return _take(talk, kind=match.group(1), number=match.group(2).upper())
    if match := _TO.match(words.simplified(talk.text)):
        return _answer(talk, int(match.group(1)), talk.text[match.start(2) :].strip())
    if match := _FACE.match(talk.plain):
        return _face(talk, int(match.group(1)))
    if match := _RECORD.match(talk.plain):
        return _record(talk, match.group(1))
    if match := _END.match(talk.plain):
        return _end(talk, match.group(1))
    is_for_bot = _FOR_BOT.match(talk.plain) or followed.is_addressed(talk.plain)
    if talk.state.flow is not None or is_for_bot:
        return None
    return _say(talk)


def _say(talk: Talk) -> Reply | None:
    """Plain words, or the number of a suggestion, to the customer whom the speaker faces."""
    talks, before = _talks(talk), talk.state.facing
    if before is not None and before not in [view.id for view in talks]:
        # Words for a talk that has just ended must not reach the bot or whoever came after.
        talk.state.facing = None
        if takeovers.has_just_ended(talk.session, before):
            lost = say(phrases.NO_SUCH_TALK.format(number=before))
            return lost.then(say(phrases.which(talks))) if talks else lost
    if not talks:
        return None
    view = _faced(talk, talks)
    if view is None:
        return say(phrases.which(talks))
    spoken = talk.text
    if talk.plain.isdecimal() and 0 < int(talk.plain) <= len(view.suggestions):
        spoken = view.suggestions[int(talk.plain) - 1]
    return _answer(talk, view.id, spoken)


def _answer(talk: Talk, number: int, spoken: str) -> Reply:
    try:
        view = takeovers.answer(
            talk.session,
            takeover_id=number,
            account_id=talk.speaker.account_id or 0,
            words=spoken,
            source_key=talk.source_key,
        )
    except NotFound:
        return say(phrases.NO_SUCH_TALK.format(number=number))
    except NotAllowed:
        return say(phrases.NOT_YOURS.format(number=number))
    talk.state.facing = view.id
    return say(phrases.SENT.format(customer=view.customer, number=view.id))


def _take(talk: Talk, *, kind: str | None, number: str) -> Reply:
    """«接管 3» a talk of a colleague, «接管 客户3» the talk with a lead, «接管 T…» a ticket's."""
    try:
        if kind is None and number.isdecimal():
            view = takeovers.take(
                talk.session, takeover_id=int(number), account_id=talk.speaker.account_id or 0
            )
            handoff.brief(talk.session, view)
        elif number.isdecimal():
            view = _take_lead(talk, int(number))
        else:
            view = _take_ticket(talk, number)
    except NotFound:
        return say(phrases.NO_SUCH_TALK.format(number=number))
    except NotAllowed:
        return say(staff.OTHER_ROLE)
    if view.owner_id != talk.speaker.account_id:
        return say(phrases.HAS_A_PERSON.format(number=view.id))
    talk.state.facing = view.id
    return say(phrases.TAKEN.format(customer=view.customer, number=view.id))


def _take_lead(talk: Talk, lead_id: int) -> TakeoverView:
    found = leads.lead(talk.session, lead_id)
    if found is None:
        raise NotFound()
    if found.advisor_id != talk.speaker.account_id and not _may_take_any(talk):
        raise NotAllowed()
    if found.openid is None:  # Whoever called or walked in has no chat to lead.
        raise NotFound()
    customer = f"客户{lead_id}"
    ticket = students.open_request_of(talk.session, found.openid) or desk.open_ticket(
        talk.session,
        openid=found.openid,
        kind=TicketKind.REQUEST,
        text=found.interest,
        source_key=talk.source_key,
        owner_id=talk.speaker.account_id,
        customer=customer,
        tells_owner=False,
    )
    return _take_up(talk, ticket, openid=found.openid, customer=customer)


def _take_ticket(talk: Talk, number: str) -> TakeoverView:
    ticket = students.ticket_by_number(talk.session, number)
    if ticket is None or ticket.is_anonymous:  # Who leads a talk sees whose it is.
        raise NotFound()
    if ticket.owner_id != talk.speaker.account_id and not _may_take_any(talk):
        raise NotAllowed()
    return _take_up(talk, ticket, openid=ticket.openid, customer=f"工单{ticket.number}的客户")


def _may_take_any(talk: Talk) -> bool:
    return may(talk.speaker.role, Permission.TAKE_TALK)


def _take_up(talk: Talk, ticket: TicketView, *, openid: str, customer: str) -> TakeoverView:
    view = takeovers.begin(
        talk.session,
        openid=openid,
        customer=customer,
        role=talk.speaker.role or Role.OFFICE,
        ticket_id=ticket.id,
        said=transcript.heard(ticket.text),
        taken_by=talk.speaker.account_id,
    )
    if view is None:
        raise NotFound()
    if view.owner_id == talk.speaker.account_id:
        handoff.brief(talk.session, view)
    return view


def _face(talk: Talk, number: int) -> Reply:
    view = next((each for each in _talks(talk) if each.id == number), None)
    if view is None:
        return say(phrases.NO_SUCH_TALK.format(number=number))
    talk.state.facing = number
    return say(phrases.CHOSEN.format(customer=view.customer, number=number))


def _record(talk: Talk, number: str | None) -> Reply:
    view = _named(talk, number)
    if view is None:
        return _no_talk(talk, number)
    return say(handoff.briefing(talk.session, view))


def _end(talk: Talk, number: str | None) -> Reply:
    view = _named(talk, number)
    if view is None:
        return _no_talk(talk, number)
    handoff.finish(talk.session, view.id, account_id=talk.speaker.account_id or 0)
    if talk.state.facing == view.id:
        talk.state.facing = None
    return say(phrases.ENDED.format(number=view.id))


def _no_talk(talk: Talk, number: str | None) -> Reply:
    talks = _talks(talk)
    if number is not None:
        return say(phrases.NO_SUCH_TALK.format(number=number))
    return say(phrases.which(talks) if talks else phrases.NO_TALKS)


def _talks(talk: Talk) -> list[TakeoverView]:
    return takeovers.of_owner(talk.session, talk.speaker.account_id or 0)


def _named(talk: Talk, number: str | None) -> TakeoverView | None:
    """The talk of that number, or without one the talk that plain words would go to."""
    talks = _talks(talk)
    if number is None:
        return _faced(talk, talks)
    return next((each for each in talks if each.id == int(number)), None)


def _faced(talk: Talk, talks: list[TakeoverView]) -> TakeoverView | None:
    """The only talk, or the one answered or chosen last while it lasts."""
    if len(talks) == 1:
        return talks[0]
    return next((each for each in talks if each.id == talk.state.facing), None)
