"""The clock's door of the bot: messages that nobody answered, after a crash or a slow day, and
talks that a person leads."""

from datetime import timedelta

from backend.kit import clock, queue
from backend.kit.db import reading, unit_of_work
from backend.portal import copying, erasing
from backend.students import takeovers
from backend.students.file import erasures
from bot import conversation, turn
from bot.flows import handoff
from bot.review import queue as review

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


def forget_misunderstood() -> None:
    """Delete sentences that nobody labelled within 30 days; once a day, twice is harmless."""
    with unit_of_work() as session:
        review.forget(session)


def make_export(export_id: int) -> None:
    """Make one copy for a family if that is still due, with what it has written in the chat."""
    copying.make(export_id, said_by=conversation.said_by)


def forget_talks(erasure_id: int) -> None:
    """The bot's part of an erasure: words and states of the family's talks; then the next part."""
    with unit_of_work() as session:
        view = erasures.erasure(session, erasure_id)
        if erasures.next_step(view) == "talks":
            for openid in view.openids:
                review.forget_person(session, openid)
                conversation.forget(session, openid, into=erasing.pseudonym_of(openid))
            erasures.step_done(session, erasure_id, "talks")
    queue.defer("backend.portal.jobs.erase", erasure_id)


def tend_talks() -> None:
    """Defer one job for each talk that a person leads and that somebody has to look at."""
    with reading() as session:
        due = takeovers.due(session, at=clock.now())
    for takeover_id in due:
        queue.defer("bot.jobs.tend", takeover_id)


def tend(takeover_id: int) -> None:
    """Push the owner, nudge them, find a colleague or give the talk back, if that is still due."""
    with unit_of_work() as session:
        handoff.tend(session, takeover_id)
