"""Waiting for an answer as long as whoever asked will wait: WeChat's webhook, our own window."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooSlow

import structlog

from backend.kit.db import reading, unit_of_work
from bot import conversation, turn
from bot.conversation import Answered, Delivered

log = structlog.get_logger(__name__)

TYPING_AFTER_SECONDS = 2.0

_turns = ThreadPoolExecutor(max_workers=48, thread_name_prefix="turn")


def answer_in_time(
    delivered: Delivered, *, until: float, while_slow: Callable[[], None]
) -> Answered | None:
    """Run the turn, or wait for whoever runs it, until a moment of the monotonic clock; None when
    time is up and the answer will go out by itself. `while_slow` is called after two seconds."""
    message_id, leased = delivered.message_id, delivered.leased
    while (left := until - time.monotonic()) > 0:
        future = _turns.submit(turn.take, message_id, leased)
        try:
            done = _wait(future, left, while_slow)
        except TooSlow:
            break
        except Exception as error:
            log.warning("turn_broke", message_id=message_id, error=str(error))
            break
        if done is None:
            with reading() as session:
                done = conversation.answered(session, message_id)
        if done is not None:
            return done
        leased = None
        time.sleep(0.1)  # Another delivery of it, or an earlier message, is being answered.
    with unit_of_work() as session:
        return conversation.give_up_waiting(session, message_id)


def _wait(
    future: Future[Answered | None], seconds: float, while_slow: Callable[[], None]
) -> Answered | None:
    """What a turn gives. Raises what the turn raises, and TooSlow."""
    try:
        return future.result(timeout=min(TYPING_AFTER_SECONDS, seconds))
    except TooSlow:
        if future.done() or seconds <= TYPING_AFTER_SECONDS:
            raise
        while_slow()
        return future.result(timeout=seconds - TYPING_AFTER_SECONDS)
