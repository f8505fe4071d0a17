"""Delivery: who is served next, what came of it, and what is rung for again.

Only the outbox's own jobs call this; rooms call `service`.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.kit import clock
from backend.outbox import ledger, permission, results, rules
from backend.outbox.models import OutboxAttempt, OutboxMessage
from backend.outbox.permission import Situation
from backend.outbox.queries import letter_of
from backend.outbox.schemas import (
    Channel,
    ChatMessage,
    Letter,
    Outcome,
    Status,
)

LEASE = timedelta(seconds=45)
"""Longer than the slowest attempt (two calls and two waits for a token, some 30 s); a chat whose
sender was killed in the act is silent for as long."""
RING_AGAIN_AFTER = timedelta(seconds=30)
OVER = Outcome(error="what it was about is over", code="over")
AT_ONCE = timedelta(seconds=1)  # Nobody changes their mind in the time that a bell takes.


def take(session: Session, message_id: int) -> Letter | None:
    """Lease the next thing to send among all that waits for this message's recipient.

    What goes into one chat keeps its order: while an earlier message is being sent or is waiting
    for its next try, later ones wait too. Messages that have left the chat for SMS or mail, or that
    wait for the morning, block nothing. None when there is nothing to send now.
    """
    now = clock.now()
    line = _line_of(session, message_id, now)
    if not line:
        return None
    now_is = permission.situation(session, line[0].openid)
    chat_is_busy = False
    for place, row in enumerate(line):
        if chat_is_busy and _has_to_queue(row, now_is):
            continue
        if row.leased_until is not None and row.leased_until <= now:
            # The lease ran out: that worker died, and its attempt counts as one failure.
            results.settle(session, row, Outcome(error="the worker died while sending", retry=True))
        letter = _allowed(session, row, now_is, chat_is_busy)
        if letter is not None:
            return _lease(session, row, letter, line[place + 1 :], now_is)
        waits = row.status == Status.PENDING and row.due_at <= now
        chat_is_busy = chat_is_busy or (waits and row.channel in rules.IN_WECHAT)
    return None


def _line_of(session: Session, message_id: int, now: datetime) -> Sequence[OutboxMessage]:
    """The recipient's pending messages, oldest first, locked in that order by every worker."""
    openid = session.scalar(select(OutboxMessage.openid).where(OutboxMessage.id == message_id))
    mine = OutboxMessage.openid == openid if openid else OutboxMessage.id == message_id
    return session.scalars(
        select(OutboxMessage)
        .where(mine, OutboxMessage.status == Status.PENDING, OutboxMessage.due_at <= now)
        .order_by(OutboxMessage.id)
        .limit(50)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()


def _has_to_queue(row: OutboxMessage, now_is: Situation) -> bool:
    """Whether a row keeps its place behind others in the chat. Nobody queues for a stopped channel
    who can be told over another one."""
    return row.channel in rules.IN_WECHAT and row.channel not in now_is.stopped


def _is_ready(row: OutboxMessage, now: datetime) -> bool:
    return row.status == Status.PENDING and row.leased_until is None and row.next_try_at <= now


def _allowed(
    session: Session, row: OutboxMessage, now_is: Situation, chat_is_busy: bool
) -> Letter | None:
    """The row as a letter that may go out now, after passing over channels that are closed to it;
    None when it waits, is done with, or not its turn."""
    while _is_ready(row, now_is.now):
        if chat_is_busy and _has_to_queue(row, now_is):
            return None
        letter = letter_of(row)
        verdict = permission.ask(
            session,
            letter,
            now_is,
            has_waited=now_is.now - row.created_at > AT_ONCE,
            may_probe=not chat_is_busy,
        )
        if verdict.is_declined:
            row.status = Status.DECLINED
        elif verdict.is_over:
            _note_passing(session, row, OVER, now_is.now)
            row.status = Status.FAILED
        elif verdict.wait_until is not None:
            row.next_try_at, row.rung_at = verdict.wait_until, None
            row.due_at = verdict.wait_until if verdict.at_night else row.due_at
        elif verdict.passed_over is not None:
            _note_passing(session, row, verdict.passed_over, now_is.now)
            results.settle(session, row, verdict.passed_over, at=now_is.now)
        else:
            return letter.model_copy(update={"is_probe": verdict.is_probe})
    return None


def _note_passing(session: Session, row: OutboxMessage, why: Outcome, now: datetime) -> None:
    session.add(
        OutboxAttempt(
            message_id=row.id,
            channel=row.channel,
            tries=0,
            started_at=now,
            finished_at=now,
            code=why.code,
            error=why.error,
        )
    )


def _lease(
    session: Session,
    row: OutboxMessage,
    letter: Letter,
    behind: Sequence[OutboxMessage],
    now_is: Situation,
) -> Letter:
    """Take a letter, and with it whatever has to share its text; what it costs is spent now."""
    openid = letter.recipient.openid
    companions: list[OutboxMessage] = []
    if letter.channel == Channel.CHAT and openid:
        companions = _companions(letter, behind, now_is)
        ledger.spend(session, openid, now_is.now)
    elif letter.channel == Channel.SUBSCRIPTION and openid:
        template_id = permission.subscription_id_of(letter) or ""
        ledger.change_consent(session, openid, template_id, by=-1, at=now_is.now)
    for each in (row, *companions):
        each.tries += 1
        each.leased_until = now_is.now + LEASE
        session.add(
            OutboxAttempt(
                message_id=each.id, channel=each.channel, tries=each.tries, started_at=now_is.now
            )
        )
    merged = tuple(letter_of(each) for each in companions)
    return letter.model_copy(update={"tries": row.tries, "merged": merged})


def _companions(
    letter: Letter, behind: Sequence[OutboxMessage], now_is: Situation
) -> list[OutboxMessage]:
    """The next messages of the same sort, when all of them are more than the budget allows: as many
    as go into one text with this one."""
    ready = [row for row in behind if row.channel == Channel.CHAT and _is_ready(row, now_is.now)]
    is_reply = isinstance(letter.content, ChatMessage)
    alike: list[OutboxMessage] = []
    for row in ready:
        content = letter_of(row).content
        asleep = row.due_at > now_is.now
        if isinstance(content, ChatMessage) != is_reply or asleep:
            break
        alike.append(row)
    if 1 + len(alike) <= permission.spare_messages(letter, now_is):
        return []
    contents, chosen = [letter.content], []
    for row in alike:
        if rules.merged_text_of([*contents, letter_of(row).content]) is None:
            break
        contents.append(letter_of(row).content)
        chosen.append(row)
    return chosen


def ring_due(session: Session, *, limit: int = 500) -> list[int]:
    """One message id for each person for whom something is due; the sweep rings for these.

    A row rung for within the last 30 s is left alone, so that an outage of the workers does not
    fill the queue with repeats.
    """
    now = clock.now()
    rows = session.scalars(
        select(OutboxMessage)
        .where(
            OutboxMessage.status == Status.PENDING,
            OutboxMessage.next_try_at <= now,
            (OutboxMessage.leased_until.is_(None)) | (OutboxMessage.leased_until <= now),
            (OutboxMessage.rung_at.is_(None)) | (OutboxMessage.rung_at <= now - RING_AGAIN_AFTER),
        )
        .order_by(OutboxMessage.next_try_at)
        .limit(limit)
    ).all()
    chosen: dict[str, int] = {}
    for row in rows:
        row.rung_at = now
        chosen.setdefault(row.openid or f"#{row.id}", row.id)
    return list(chosen.values())
