"""One turn of the talk: a stored message becomes a stored answer (design §3, steps 3–5).

Safe to call for the same message from anywhere at any time: the webhook, its repeats and the sweep
all do. No transaction is open while understanding.
"""

import time
from datetime import timedelta

import structlog
from sqlalchemy.orm import Session

from backend.gateways.visitors import is_visitor
from backend.gateways.webchat import lines
from backend.kit import clock
from backend.kit.db import unit_of_work
from backend.kit.errors import DomainError
from backend.outbox import service as outbox
from backend.outbox.schemas import ChatMessage, Recipient
from bot import conversation, phrases, router
from bot.conversation import CUSTOMER, Answered, Conversation, Message, State
from bot.flows.talk import Talk
from bot.inbound import Incoming, Kind
from bot.interpreter import Meaning, interpret
from bot.replies import Reply, pieces, say, to_customer_message
from bot.review import queue

log = structlog.get_logger(__name__)

MAX_ATTEMPTS = 4
WAIT_FOR_TURN_SECONDS = 4.0
LATER = timedelta(milliseconds=700)  # Behind the passive reply, which is on its way by then.


class NotYet(Exception):
    """An earlier message of the same person is still being answered."""


def take(message_id: int, leased: Incoming | None = None, *, late: bool = False) -> Answered | None:
    """Answer a message unless that is done or being done (then None). `leased` is the message when
    the caller has leased it already; `late` says that nobody waits for a passive reply any more.

    Never raises for what a person said; raises for broken machinery.
    """
    incoming = leased or _lease(message_id, late=late)
    if incoming is None:
        return None
    meaning = interpret(incoming.text) if incoming.kind in (Kind.TEXT, Kind.VOICE) else Meaning()
    give_up_at = time.monotonic() + WAIT_FOR_TURN_SECONDS
    while True:
        try:
            return _answer(message_id, incoming, meaning)
        except NotYet:
            if time.monotonic() >= give_up_at:
                with unit_of_work() as session:
                    conversation.let_go(session, message_id)
                return None
            time.sleep(0.05)


def _lease(message_id: int, *, late: bool) -> Incoming | None:
    with unit_of_work() as session:
        incoming = conversation.lease(session, message_id)
        if incoming is not None and late:
            conversation.give_up_waiting(session, message_id)
    return incoming


def _answer(message_id: int, incoming: Incoming, meaning: Meaning) -> Answered | None:
    """Unit 2. A broken rule leaves the unit first and only then becomes a sentence; so does a
    mistake of ours, after which the talk goes on instead of hanging for ever."""
    try:
        with unit_of_work() as session:
            talk, message = _lock(session, message_id, incoming)
            if message.answered_at is not None:
                return None
            state = State.model_validate(talk.state)
            turn = Talk(
                session=session,
                message_id=message_id,
                incoming=incoming,
                meaning=meaning,
                state=state,
            )
            answered = _store(session, message, router.answer(turn))
            queue.note(turn, message)
            talk.state = state.model_dump(mode="json")
            talk.updated_at = clock.now()
            message.meaning = {**meaning.for_the_record(), "doubt": turn.doubt}
            return answered
    except NotYet:
        raise
    except DomainError as error:
        reply = say(phrases.broken_rule(error))
    except Exception:
        log.exception("turn_failed", message_id=message_id)
        with unit_of_work() as session:
            attempts = conversation.lock_message(session, message_id).attempts
            if attempts < MAX_ATTEMPTS:
                conversation.let_go(session, message_id)
        if attempts < MAX_ATTEMPTS:
            raise
        reply = say(phrases.OUR_MISTAKE)
    with unit_of_work() as session:
        _, message = _lock(session, message_id, incoming)
        return None if message.answered_at else _store(session, message, reply)


def _lock(session: Session, message_id: int, incoming: Incoming) -> tuple[Conversation, Message]:
    """The talk and the message. Raises NotYet out of turn."""
    talk, message, is_next = conversation.lock_turn(session, message_id, incoming.openid)
    if not is_next:
        raise NotYet()
    return talk, message


def _store(session: Session, message: Message, reply: Reply) -> Answered:
    """Store the answer. What does not fit into a passive reply goes through the outbox: everything
    when nobody waits any more, else all bubbles after the first. In our own website's window the
    answer is there as soon as it is stored, whole."""
    if is_visitor(message.openid):
        via = conversation.finish(session, message, reply)
        _show(session, message, reply)
        return Answered(via=via, reply=reply)
    bubbles = pieces(reply)
    stored = Reply(bubbles=tuple(bubbles))
    via = conversation.finish(session, message, stored)
    first = 0 if via == CUSTOMER else 1
    for number, bubble in enumerate(bubbles[first:], first):
        outbox.say(
            session,
            to=Recipient(openid=message.openid),
            message=ChatMessage(body=to_customer_message(bubble)),
            dedupe_key=f"reply:{message.id}:{number}",
            due_at=clock.now() + LATER if first else None,
        )
    return Answered(via=via, reply=stored)


def _show(session: Session, message: Message, reply: Reply) -> None:
    lines.set_typing(session, message.openid, is_typing=False)
    for number, bubble in enumerate(reply.bubbles):
        lines.show(
            session,
            message.openid,
            key=f"reply:{message.id}:{number}",
            body=to_customer_message(bubble),
        )
