"""What came of an attempt, and what follows for the message, its recipient and its channel."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.kit import clock
from backend.kit.events import publish
from backend.outbox import ledger, permission, rules, stops
from backend.outbox.models import OutboxAttempt, OutboxMessage
from backend.outbox.queries import letter_of
from backend.outbox.schemas import (
    Channel,
    Interaction,
    Letter,
    MessageStuck,
    Notice,
    Outcome,
    RecipientUnreachable,
    Status,
)


def record(session: Session, letter: Letter, outcome: Outcome) -> None:
    """Write down what came of an attempt and decide what is next.

    Does nothing to a row that has moved on meanwhile: the lease had run out and somebody else sent.
    """
    letters = {each.message_id: each for each in (letter, *letter.merged)}
    rows = session.scalars(
        select(OutboxMessage)
        .where(OutboxMessage.id.in_(letters))
        .order_by(OutboxMessage.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    started_at = clock.now()
    for each in letters.values():
        attempt = _finish_attempt(session, each, outcome)
        started_at = attempt.started_at if attempt and each is letter else started_at
    probe_at = _account_for(session, letter, outcome, started_at)
    for row in rows:
        mine = letters[row.id]
        if row.status != Status.PENDING or (row.channel, row.tries) != (mine.channel, mine.tries):
            continue
        is_last = rules.rungs_of(mine.recipient, mine.content)[-1] == mine.channel
        if probe_at is not None and is_last:
            row.tries -= 1  # It was not this message's fault: it waits until the channel works.
            row.next_try_at, row.leased_until, row.rung_at = probe_at, None, None
        else:
            settle(session, row, outcome)


def _finish_attempt(session: Session, letter: Letter, outcome: Outcome) -> OutboxAttempt | None:
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
        attempt.finished_at = clock.now()
        attempt.code = outcome.code
        attempt.error = outcome.error and outcome.error[:300]
        attempt.platform_id = outcome.platform_id or None
    return attempt


def _account_for(
    session: Session, letter: Letter, outcome: Outcome, started_at: datetime
) -> datetime | None:
    """Put right what the lease had taken from the person's budget and consents, and stop or resume
    the channel; returns when a stopped channel is tried again."""
    openid, code = letter.recipient.openid, outcome.code
    if outcome.error is None:
        if letter.is_probe:
            stops.end(session, letter.channel)
        return None
    if openid and letter.channel == Channel.CHAT and rules.is_budget_refusal(code):
        ledger.close_windows(session, openid, started_at)
    elif openid and letter.channel == Channel.CHAT and rules.surely_not_sent(code):
        ledger.give_back(session, openid, started_at)
    elif openid and letter.channel == Channel.SUBSCRIPTION and rules.surely_not_sent(code):
        template_id = permission.subscription_id_of(letter) or ""
        by = None if code == "43101" else 1
        ledger.change_consent(session, openid, template_id, by=by, at=clock.now())
    if openid and rules.is_unreachable(letter.channel, code):
        ledger.note_interaction(session, openid, Interaction.LEFT, started_at)
        publish(session, RecipientUnreachable(openid=openid, code=code))
    if stops.is_stop(letter.channel, code):
        return stops.begin(session, letter.channel, outcome, is_probe=letter.is_probe)
    return None


def settle(
    session: Session, row: OutboxMessage, outcome: Outcome, *, at: datetime | None = None
) -> None:
    """Move a locked row to wherever `rules.next_step` says, and call a person at the end."""
    now = at or clock.now()
    letter = letter_of(row)
    step = rules.next_step(
        rules.rungs_of(letter.recipient, letter.content),
        channel=letter.channel,
        tries=letter.tries,
        outcome=outcome,
        may_be_lost=rules.may_be_lost(letter.content),
        now=now,
    )
    if step.channel != row.channel:
        row.tries = 0
    row.status, row.channel, row.next_try_at = step.status, step.channel, step.next_try_at
    row.leased_until = row.rung_at = None
    if step.status == Status.SENT:
        row.sent_at = now
    if step.status == Status.STUCK and isinstance(letter.content, Notice):
        publish(
            session,
            MessageStuck(
                message_id=row.id,
                template=letter.content.template,
                recipient_name=row.recipient_name,
                text=rules.sentence_of(letter.content),
            ),
        )
