"""The clock's door of the bot: messages that nobody answered, after a crash or a slow day."""

from datetime import timedelta

from backend.kit import clock, queue
from backend.kit.db import reading
from bot import conversation, turn

QUIET_FOR = timedelta(seconds=8)  # By then the webhook's own chance is over.


def sweep() -> None:
    """Defer one job for the oldest unanswered message of each person."""
    with reading() as session:
        due = conversation.unanswered(session, before=clock.now() - QUIET_FOR)
    for message_id in due:
        queue.defer("bot.jobs.answer", message_id)


def answer(message_id: int) -> None:
    """Answer one message by a customer message, if that is still due, and look for the next."""
    turn.take(message_id, late=True)
