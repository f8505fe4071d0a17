"""Whether a message may go out over its channel now, and if not, what becomes of it.

Asked before every attempt, so that the platform is never asked for what it would refuse.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from backend.gateways.visitors import is_visitor
from backend.gateways.webchat import lines
from backend.kit import clock
from backend.kit.config import settings
from backend.outbox import ledger, pacing, rules, stops
from backend.outbox.pacing import Standing
from backend.outbox.schemas import Channel, ChatMessage, Letter, Outcome


@dataclass(frozen=True)
class Situation:
    """What is the same for all that waits for one person; the ledger's row is locked. For a visitor
    of our website neither WeChat's budget nor its troubles count; they may be away from it."""

    now: datetime
    standing: Standing
    stopped: dict[Channel, datetime]
    is_visitor: bool = False
    is_away: bool = False


@dataclass(frozen=True)
class Verdict:
    """With nothing set the channel is open. `passed_over` says why it is not, so that the next one
    is asked; `wait_until` when to ask again; `at_night` that this is because people sleep."""

    passed_over: Outcome | None = None
    wait_until: datetime | None = None
    at_night: bool = False
    is_declined: bool = False
    is_over: bool = False
    is_probe: bool = False


def situation(session: Session, openid: str | None) -> Situation:
    """Look once, and hold the person's ledger until the unit ends."""
    stopped = stops.in_force(session)
    if openid is not None and is_visitor(openid):
        stopped.pop(Channel.CHAT, None)
        is_away = lines.is_away(session, openid)
        return Situation(clock.now(), Standing(opened={}), stopped, True, is_away)
    known = ledger.standing(session, openid) if openid else Standing(opened={})
    return Situation(clock.now(), known, stopped)


def ask(
    session: Session, letter: Letter, now_is: Situation, *, has_waited: bool, may_probe: bool
) -> Verdict:
    """May this letter go out over its channel? An open verdict has to be followed by sending: it
    may have claimed the one trial of a stopped channel, unless not `may_probe`. What `has_waited`
    since it was posted may have been declined meanwhile."""
    content = letter.content
    if not isinstance(content, ChatMessage):
        kind = rules.declinable_kind(content)
        if has_waited and kind and ledger.is_declined(session, letter.recipient, kind):
            return Verdict(is_declined=True)
        if content.good_until is not None and content.good_until <= now_is.now:
            return Verdict(is_over=True)
    wakes_at = pacing.waking_after(now_is.now, settings().quiet_hours)
    if wakes_at is not None and rules.is_held_at_night(content):
        return Verdict(wait_until=wakes_at, at_night=True)
    reason = _reason_against(session, letter, now_is)
    if reason is not None:
        return Verdict(passed_over=reason)
    return _through_a_stop(session, letter, now_is, may_probe)


def spare_messages(letter: Letter, now_is: Situation) -> int:
    """How many chat messages this letter and its like may use; notices leave some for replies,
    unless the chat is all they have."""
    if now_is.is_visitor:
        return pacing.UNLIMITED
    left = pacing.messages_left(now_is.standing, now_is.now)
    is_reply = isinstance(letter.content, ChatMessage)
    return left if is_reply or _is_last(letter) else left - pacing.KEPT_FOR_REPLIES


def subscription_id(name: str) -> str | None:
    """The account's id for a subscription template; locally the sandbox takes any."""
    found = rules.template_id(settings().wechat_subscriptions, name)
    return found or (f"{name}_notice" if settings().environment == "local" else None)


def _reason_against(session: Session, letter: Letter, now_is: Situation) -> Outcome | None:
    gone = pacing.is_gone(now_is.standing)
    match letter.channel:
        case Channel.SMS | Channel.MAIL if _is_closed(session, letter):
            return Outcome(error="no letters of this kind to this address", code="declined")
        case Channel.CHAT if now_is.is_away and not _is_last(letter):
            return Outcome(error="the window has been closed for a while", code="away")
        case Channel.CHAT if gone:
            return Outcome(error="not following", code="gone")
        case Channel.CHAT if spare_messages(letter, now_is) < 1:
            return Outcome(error="no message left in the reply window", code="no_budget")
        case Channel.SUBSCRIPTION if pacing.is_shut(now_is.standing):
            return Outcome(error="this WeChat is frozen", code="gone")
        case Channel.SUBSCRIPTION if not _has_consent(session, letter):
            return Outcome(error="no consent to this notice", code="no_consent")
        case Channel.TEMPLATE if gone:
            return Outcome(error="not following", code="gone")
    return None


def _is_closed(session: Session, letter: Letter) -> bool:
    """Whether whoever reads the address has stopped letters of this kind."""
    if isinstance(letter.content, ChatMessage):
        return False
    kind = rules.declinable_kind(letter.content)
    address = rules.letter_address_of(letter.recipient, letter.channel)
    return kind is not None and ledger.is_closed(session, address, kind)


def _has_consent(session: Session, letter: Letter) -> bool:
    template_id = subscription_id_of(letter)
    openid = letter.recipient.openid
    return bool(template_id and openid and ledger.has_consent(session, openid, template_id))


def subscription_id_of(letter: Letter) -> str | None:
    """The subscription template that this letter would use."""
    if isinstance(letter.content, ChatMessage):
        return None
    return subscription_id(rules.template_of(letter.content).wechat or "")


def _through_a_stop(
    session: Session, letter: Letter, now_is: Situation, may_probe: bool
) -> Verdict:
    """Stopped channels are passed over, or waited for where nothing else is left."""
    probe_at = now_is.stopped.get(letter.channel)
    if probe_at is None:
        return Verdict()
    is_due = may_probe and probe_at <= now_is.now
    if is_due and stops.claim_probe(session, letter.channel):
        return Verdict(is_probe=True)
    if _is_last(letter):
        return Verdict(wait_until=max(probe_at, now_is.now + stops.FIRST_PROBE_AFTER))
    return Verdict(passed_over=Outcome(error="this channel is stopped", code="stopped"))


def _is_last(letter: Letter) -> bool:
    return rules.rungs_of(letter.recipient, letter.content)[-1] == letter.channel
