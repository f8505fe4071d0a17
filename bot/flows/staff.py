"""Staff at work in the chat. What a member of staff may do follows from their role (G1, X3)."""

import re
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import quote, urlencode

from backend.admissions import lead_desk, queries
from backend.admissions.assigning import offers
from backend.admissions.figures import periods, telling
from backend.admissions.figures.schemas import Period
from backend.admissions.schemas import LeadView
from backend.kit import clock
from backend.kit.errors import NotAllowed, NotFound
from backend.kit.links import page_in_wechat, spelled_out
from backend.security import queries as people
from backend.security.permissions import may
from backend.security.schemas import Permission
from backend.students.tickets import answering
from bot.flows.talk import Talk
from bot.interpreter import words
from bot.phrases import figures
from bot.phrases import staff as phrases
from bot.replies import Card, Reply, say

_CLAIM = re.compile(r"^认领\s*(?:客户|线索)?\s*(\d{1,9})?$")
_CHANNELS = re.compile(r"渠道.{0,4}(?:转化|招生|线索|咨询|数据|怎么样)")
_WAITS = re.compile(
    r"(?:平均|大概|一般)?.{0,2}多久.{0,3}回复.{0,2}(?:客户|家长|顾客)|(?:回复|响应)(?:时长|时间|速度)"
)
_ANSWER = re.compile(r"^(?:回复|答复)\s*(T\d{6,12})[\s:：,，]+(.+)$", re.DOTALL | re.IGNORECASE)

Flow = Callable[[Talk], Reply]


def only_for(needed: Permission, flow: Flow) -> Flow:
    """A flow that answers staff who have this permission, and politely nobody else."""

    def guarded(talk: Talk) -> Reply:
        if not may(talk.speaker.role, needed):
            is_staff = talk.speaker.account_id is not None
            return say(phrases.OTHER_ROLE if is_staff else phrases.STAFF_ONLY)
        return flow(talk)

    guarded.__dict__["needs"] = frozenset({needed})
    return guarded


def is_claim(talk: Talk) -> bool:
    """Whether a member of staff typed «认领» or «认领 12»."""
    return talk.speaker.account_id is not None and bool(_CLAIM.match(talk.plain))


def is_answer(talk: Talk) -> bool:
    """Whether a member of staff typed «回复 T112301234 …»."""
    return talk.speaker.account_id is not None and _answer_of(talk) is not None


def _answer_ticket(talk: Talk) -> Reply:
    """Staff answer a ticket from their own chat; the customer reads it in theirs, to the letter
    (S9)."""
    match = _answer_of(talk)
    if match is None or talk.speaker.account_id is None:
        return say(phrases.STAFF_ONLY)
    number = match.group(1).upper()
    try:
        ticket = answering.answer_ticket(
            talk.session,
            number=number,
            account_id=talk.speaker.account_id,
            text=talk.text[match.start(2) :].strip(),
        )
    except NotFound:
        return say(phrases.NO_SUCH_TICKET.format(number=number))
    except NotAllowed:
        return say(phrases.OTHERS_TICKET.format(number=number))
    return say(phrases.ANSWERED.format(number=ticket.number))


def _answer_of(talk: Talk) -> re.Match[str] | None:
    """The parts of «回复 T112301234 …», at their places in the text itself."""
    return _ANSWER.match(words.simplified(talk.text))


def _claim(talk: Talk) -> Reply:
    account_id = talk.speaker.account_id or 0
    match = _CLAIM.match(talk.plain)
    number = match.group(1) if match else None
    if number is None:
        waiting = [
            lead
            for lead in queries.leads_of_advisor(talk.session, account_id)
            if lead.claimed_at is None
        ]
        if not waiting:
            return say(phrases.NOTHING_TO_CLAIM)
        number = str(waiting[0].id)
    try:
        lead = _taken_on(talk, int(number))
    except NotFound:
        return say(phrases.NO_SUCH_LEAD.format(id=number))
    except lead_desk.TakenEnough:
        return say(phrases.TAKEN_ENOUGH)
    return say(phrases.CLAIMED.format(id=lead.id, interest=spelled_out(lead.interest)[:40]))


def _taken_on(talk: Talk, lead_id: int) -> LeadView:
    """One's own is claimed, one of the public pool is taken out of it."""
    account_id = talk.speaker.account_id or 0
    lead = queries.lead(talk.session, lead_id)
    if lead is None:
        raise NotFound()
    if lead.advisor_id is None:
        member = people.staff_members(talk.session, {account_id})[account_id]
        return lead_desk.take(talk.session, lead_id=lead_id, by=member)
    return offers.claim(talk.session, lead_id=lead_id, account_id=account_id)


def own_leads(talk: Talk) -> Reply | None:
    """The open leads of whoever asks; None without any."""
    found = queries.leads_of_advisor(talk.session, talk.speaker.account_id or 0)
    return say(phrases.leads(found)) if found else None


def _leads(talk: Talk) -> Reply:
    return own_leads(talk) or say(phrases.NO_LEADS)


def is_about_figures(talk: Talk) -> bool:
    """Whether a member of staff asks «上周各渠道转化» or «今天平均多久回复客户»."""
    asks = _CHANNELS.search(talk.plain) or _WAITS.search(talk.plain)
    return talk.speaker.account_id is not None and asks is not None


def _report(talk: Talk) -> Reply:
    """Figures of the time that is asked about, else of today: two sentences and a picture that
    opens the page (A18, A19)."""
    member = people.staff_member(talk.session, talk.speaker.account_id or 0)
    if member is None:
        return say(phrases.STAFF_ONLY)
    period = _period(talk)
    found = telling.look(talk.session, member, period)
    if _WAITS.search(talk.plain):
        told, title, kind = figures.waits(found), figures.WAITS_TITLE, telling.WAITS
        is_empty = not found.talks.leads
    elif _CHANNELS.search(talk.plain):
        told, title, kind = figures.channels(found), figures.CHANNELS_TITLE, telling.CHANNELS
        is_empty = not found.sums.leads
    else:
        told, title, kind = figures.funnel(found), figures.FUNNEL_TITLE, telling.FUNNEL
        is_empty = False
    if is_empty:
        return say(told)
    card = Card(
        title=title.format(when=period.name),
        description=figures.TAP,
        url=page_in_wechat(quote(f"/figures?{urlencode(periods.query_of(period))}", safe="/")),
        picture_url=telling.picture_link(member, kind, period),
    )
    return say(told).then(Reply(bubbles=(card,)))


def _period(talk: Talk) -> Period:
    """The local days that were named, whole days also where a part of one was."""
    for span in talk.meaning.times:
        if span.start_at and span.end_at:
            last = clock.local(span.end_at - timedelta(seconds=1)).date()
            first = clock.local(span.start_at).date()
            to_on = max(last, first) + timedelta(days=1)
            return Period(from_on=first, to_on=to_on, name=span.text)
    return periods.named("today")


def _unavailable(_talk: Talk) -> Reply:
    """Work that staff still do elsewhere."""
    return say(phrases.NOT_YET)


claim = only_for(Permission.CLAIM_LEAD, _claim)
answer = only_for(Permission.ANSWER_TICKET, _answer_ticket)
leads = only_for(Permission.SEE_LEADS, _leads)
report = only_for(Permission.SEE_FIGURES, _report)
decide = only_for(Permission.DECIDE_REQUEST, _unavailable)
