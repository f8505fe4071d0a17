"""The author's last word about a ticket: solved or not, how it was, unnamed after all (S9, S10)."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta

from backend.kit import clock
from backend.kit.errors import NotFound
from backend.students.schemas import TicketStatus, TicketView
from backend.students.tickets import correcting, desk, own, settling
from bot.flows.talk import Talk
from bot.interpreter import keywords
from bot.phrases import tickets as phrases
from bot.phrases.general import when_answered
from bot.replies import Reply, say

_NUMBER = re.compile(r"T\d{6,12}", re.IGNORECASE)
_UNSOLVED = re.compile(
    r"(没有?|未|尚未|并没有?|不算)(真正|完全|彻底|得到)?(解决|处理好|处理完)|重新(打开|处理)|还是(老样子|不行|没人)"
)
_SOLVED = re.compile(r"解决了|已解决|处理好了|已经?好了|没问题了|满意")
_UNSOLVED_ALONE = re.compile(
    r"^(问题|事情|还是|还|仍然?|根本|都|也)*没有?(真正|完全)?解决[啊呢了吧]*$"
)
_SOLVED_ALONE = re.compile(
    r"^(问题|事情|已经?|都|嗯+|好的?|谢谢|[,， ])*(解决了|处理好了|已解决)[啊呢哦吧谢你您,， ]*$"
)
_STARS = re.compile(r"^([1-5一二三四五])\s*(?:[分星颗]+)[,，。:： ]*(.*)$", re.DOTALL)
_STAR = re.compile(r"^[1-5]$")
_UNNAMED = re.compile(r"^(请|我?要|改为?|帮我|能不能|[,， ])*匿名(处理|吧|吗|一下)*$")
_STATE = re.compile(r"^(的|进度|进展|状态|怎么样|处理|到哪|情况|了|呢|吗|如何|查|一下|[?？,， ])*$")
_ASKS = re.compile(r"[?？]|[吗呢]$|多少|几点|怎么|报名|请假|课表")
_RUNNING = (TicketStatus.OPEN, TicketStatus.ANSWERED, TicketStatus.WAITING)
WORDS_WITHIN = timedelta(minutes=10)
UNSOLVED, SOLVED = "没解决", "解决了"


def numbered(talk: Talk) -> Reply | None:
    """A message of a customer that names a ticket: «T112312345 还没解决»; None for all others."""
    found = _NUMBER.search(talk.plain)
    if found is None:
        return None
    number, rest = found.group().upper(), _NUMBER.sub("", talk.plain).strip(" ,，:：")
    try:
        ticket = own.one(talk.session, number=number, openid=talk.openid)
    except NotFound:
        return say(phrases.NOT_FOUND.format(number=number))
    if _UNSOLVED.search(rest):
        return _refuse(talk, ticket, rest if len(rest) > len("还是没有解决") else "")
    if match := _STARS.match(rest):
        return _rate(talk, ticket, match.group(1), match.group(2))
    if _UNNAMED.match(rest):
        return _unname(talk, ticket)
    if _STATE.match(rest):
        return say(phrases.listed([ticket]))
    if _SOLVED.search(rest):
        return _agree(talk, ticket)
    if ticket.status is TicketStatus.CLOSED:
        return say(phrases.listed([ticket]))
    desk.add_note(talk.session, ticket_id=ticket.id, text=rest)
    return say(phrases.SUPPLEMENTED.format(number=number))


def bare(talk: Talk) -> Reply | None:
    """«没解决», «解决了», «5分», «匿名» where a ticket of the speaker waits for it; else None."""
    if _UNSOLVED_ALONE.match(talk.plain):
        found = own.newest(talk.session, talk.openid, (TicketStatus.RESOLVED,))
        found = found or own.newest(talk.session, talk.openid, (TicketStatus.CLOSED,))[:1]
        return _one_of(talk, found, UNSOLVED, _refuse) or _running(talk)
    if _SOLVED_ALONE.match(talk.plain):
        found = own.newest(talk.session, talk.openid, (TicketStatus.RESOLVED,))
        return _one_of(talk, found, SOLVED, _agree) or _running(talk)
    if match := _STARS.match(talk.plain) or _STAR.match(talk.plain):
        found = own.newest(talk.session, talk.openid, (TicketStatus.CLOSED,), asked=True)[:1]
        word = match.group(2) if match.re is _STARS else ""
        stars = match.group(1) if match.re is _STARS else match.group()
        if found:
            return _rate(talk, found[0], stars, word)
        is_alone = match.re is _STARS and not word and talk.state.flow is None
        is_customer = talk.speaker.account_id is None
        return say(phrases.NOTHING_TO_RATE) if is_alone and is_customer else None
    if _UNNAMED.match(talk.plain):
        found = own.newest(talk.session, talk.openid, _RUNNING)[:1]
        return _unname(talk, found[0]) if found else None
    return None


def word(talk: Talk) -> Reply | None:
    """The next words after the stars, within minutes, unless they ask or command something."""
    number, at = talk.state.topic.pop("rated", None), talk.state.topic.get("rated_at", "")
    if number is None or clock.now() - datetime.fromisoformat(at) > WORDS_WITHIN:
        return None
    if _ASKS.search(talk.plain) or keywords.read_phrase(talk.plain) is not None:
        return None
    settling.add_word(talk.session, number=number, openid=talk.openid, word=talk.text)
    return say(phrases.WORD_KEPT.format(number=number))


def _one_of(
    talk: Talk, found: list[TicketView], said: str, act: Callable[[Talk, TicketView], Reply]
) -> Reply | None:
    if not found:
        return None
    return act(talk, found[0]) if len(found) == 1 else say(*phrases.which(found, said))


def _running(talk: Talk) -> Reply | None:
    """No ticket waits for this word: where the one at work stands. None for staff, and in a form
    without any, because both mean something else."""
    if talk.speaker.account_id is not None:
        return None
    found = own.newest(talk.session, talk.openid, _RUNNING)[:1]
    if found:
        return _still_open(found[0])
    return say(phrases.NO_TICKETS) if talk.state.flow is None else None


def _agree(talk: Talk, ticket: TicketView) -> Reply:
    try:
        settling.agree(talk.session, number=ticket.number, openid=talk.openid)
    except settling.NotNow:
        return _still_open(ticket)
    return say(phrases.THANKS_SOLVED.format(number=ticket.number), phrases.STARS)


def _refuse(talk: Talk, ticket: TicketView, said: str = "") -> Reply:
    try:
        again = settling.refuse(talk.session, number=ticket.number, openid=talk.openid, text=said)
    except settling.TooLate:
        return say(phrases.TOO_LATE.format(number=ticket.number))
    except settling.NotNow:
        return _still_open(ticket)
    talk.state.topic.update(ticket_id=again.id, ticket_at=clock.now().isoformat())
    when = when_answered(again.respond_due_at)
    return say(phrases.REOPENED.format(number=again.number, when=when))


def _rate(talk: Talk, ticket: TicketView, stars: str, said: str = "") -> Reply:
    count = "一二三四五".index(stars) + 1 if stars in "一二三四五" else int(stars)
    try:
        settling.rate(
            talk.session, number=ticket.number, openid=talk.openid, stars=count, word=said.strip()
        )
    except settling.NotNow:
        return say(phrases.NOT_ASKED.format(number=ticket.number))
    if not said.strip():
        talk.state.topic.update(rated=ticket.number, rated_at=clock.now().isoformat())
    sentence = phrases.RATED_LOW if count <= 2 else phrases.RATED
    return say(sentence.format(number=ticket.number))


def _unname(talk: Talk, ticket: TicketView) -> Reply:
    correcting.make_anonymous(talk.session, number=ticket.number, openid=talk.openid)
    return say(phrases.UNNAMED_NOW.format(number=ticket.number))


def _still_open(ticket: TicketView) -> Reply:
    due_at = phrases.due_of(ticket)
    when = when_answered(due_at) if due_at > clock.now() else "老师会尽快回复您"
    return say(phrases.STILL_OPEN.format(number=ticket.number, when=when))
