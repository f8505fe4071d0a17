"""Delivery: who is served next, what came of it, and what is rung for again.

Only the outbox's own jobs call this; rooms call `service`.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.kit import clock
from backend.kit.events import publish
from backend.outbox import rules
from backend.outbox.models import OutboxAttempt, OutboxMessage
from backend.outbox.schemas import (
    Channel,
    ChatMessage,
    Letter,
    MessageStuck,
    Notice,
    Outcome,
    Recipient,
    RecipientUnreachable,
    Status,
)

LEASE = timedelta(seconds=45)
"""Longer than the slowest attempt (two calls and two waits for a token, some 30 s); a chat whose
sender was killed in the act is silent for as long."""
RING_AGAIN_AFTER = timedelta(seconds=30)
IN_CHAT = (Channel.CHAT, Channel.TEMPLATE)


def take(session: Session, message_id: int) -> Letter | None:
    """Lease the next thing to send among all that waits for this message's recipient.

    What goes into one chat keeps its order: while an earlier message is being sent or is waiting
    for its next try, later ones wait too. Messages that have left the chat for SMS or mail block
    nothing. None when there is nothing to send now.
    """
    now = clock.now()
    chat_is_busy = False
    for row in _line_of(session, message_id, now):
        if chat_is_busy and row.channel in IN_CHAT:
            continue
        if row.leased_until is not None and row.leased_until <= now:
            # The lease ran out: that worker died, and its attempt counts as one failure.
            settle(session, row, Outcome(error="the worker died while sending", retry=True))
        if row.status != Status.PENDING:
            continue
        if row.leased_until is None and row.next_try_at <= now:
            return _lease(session, row, now)
        chat_is_busy = chat_is_busy or row.channel in IN_CHAT
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


def _lease(session: Session, row: OutboxMessage, now: datetime) -> Letter:
    row.tries += 1
    row.leased_until = now + LEASE
    letter = _letter(row)
    session.add(
        OutboxAttempt(message_id=row.id, channel=letter.channel, tries=letter.tries, started_at=now)
    )
    return letter


def record(session: Session, letter: Letter, outcome: Outcome) -> None:
    """Write down what came of an attempt and decide what is next.

    Does nothing when the row has moved on meanwhile: the lease had run out and somebody else sent.
    """
    row = session.get(
        OutboxMessage, letter.message_id, with_for_update=True, populate_existing=True
    )
    now = clock.now()
    attempt = session.scalars(
        select(OutboxAttempt)
        .where(
            OutboxAttempt.message_id == letter.message_id,
            OutboxAttempt.channel == letter.channel,
            OutboxAttempt.tries == letter.tries,
        )
        .order_by(OutboxAttempt.id.desc())
    ).first()
    if attempt is not None:
        attempt.finished_at = now
        attempt.code = outcome.code
        attempt.error = outcome.error and outcome.error[:300]
        attempt.platform_id = outcome.platform_id or None
    if row is None or row.status != Status.PENDING:
        return
    if (row.channel, row.tries) != (letter.channel, letter.tries):
        return
    settle(session, row, outcome)


def settle(session: Session, row: OutboxMessage, outcome: Outcome) -> None:
    """Move a locked row to wherever `rules.next_step` says, and signal what others should know."""
    now = clock.now()
    letter = _letter(row)
    step = rules.next_step(
        rules.rungs_of(letter.recipient, letter.content),
        channel=letter.channel,
        tries=letter.tries,
        outcome=outcome,
        is_chat=isinstance(letter.content, ChatMessage),
        now=now,
    )
    if step.channel != row.channel:
        row.tries = 0
    row.status, row.channel, row.next_try_at = step.status, step.channel, step.next_try_at
    row.leased_until = row.rung_at = None
    if step.status == Status.SENT:
        row.sent_at = now
    if row.openid and rules.is_unreachable(letter.channel, outcome.code):
        publish(session, RecipientUnreachable(openid=row.openid, code=outcome.code))
    if step.status == Status.STUCK:
        publish(
            session,
            MessageStuck(
                message_id=row.id,
                template=row.template or "",
                recipient_name=row.recipient_name,
            ),
        )


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


def _letter(row: OutboxMessage) -> Letter:
    assert row.channel is not None
    kind: type[Notice] | type[ChatMessage] = Notice if row.template else ChatMessage
    return Letter(
        message_id=row.id,
        dedupe_key=row.dedupe_key,
        channel=Channel(row.channel),
        tries=row.tries,
        recipient=Recipient(
            openid=row.openid, phone=row.phone, email=row.email, name=row.recipient_name
        ),
        content=kind.model_validate_json(row.payload),
    )
