"""What the outbox does for rooms: say something once, after the transaction that decided it."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from backend.kit import clock, queue
from backend.kit.db import ring_after_commit
from backend.kit.events import publish
from backend.outbox import delivery, rules
from backend.outbox.models import OutboxAttempt, OutboxMessage
from backend.outbox.schemas import (
    ChatMessage,
    MessageStuck,
    Notice,
    Outcome,
    Recipient,
    Status,
)

DELIVER = "backend.outbox.jobs.deliver"


def post(
    session: Session,
    *,
    to: Recipient,
    notice: Notice,
    dedupe_key: str,
    due_at: datetime | None = None,
) -> None:
    """Tell somebody something, once per key, after this unit has committed and from `due_at` on.

    A second post under the same key does nothing, even when two units race. Raises
    rules.NoticeIncomplete when the notice's template or one of its values is missing.
    """
    rules.template_of(notice)
    _insert(session, to, notice, dedupe_key, due_at)


def say(
    session: Session,
    *,
    to: Recipient,
    message: ChatMessage,
    dedupe_key: str,
    due_at: datetime | None = None,
) -> None:
    """Say the bot's own words in the chat, once per key; without an openid they are not said."""
    _insert(session, to, message, dedupe_key, due_at)


def _insert(
    session: Session,
    to: Recipient,
    content: Notice | ChatMessage,
    dedupe_key: str,
    due_at: datetime | None,
) -> None:
    now = clock.now()
    due_at = due_at or now
    rungs = rules.rungs_of(to, content)
    is_chat = isinstance(content, ChatMessage)
    hopeless = Status.FAILED if is_chat else Status.STUCK
    template = None if isinstance(content, ChatMessage) else content.template
    row = {
        "dedupe_key": dedupe_key,
        "template": template,
        "openid": to.openid,
        "phone": to.phone,
        "email": to.email,
        "recipient_name": to.name,
        "payload": content.model_dump_json(),
        "status": Status.PENDING if rungs else hopeless,
        "channel": rungs[0] if rungs else None,
        "tries": 0,
        "created_at": now,
        "due_at": due_at,
        "next_try_at": due_at,
    }
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(OutboxMessage).values(row)
    message_id = session.scalar(
        statement.on_conflict_do_nothing(index_elements=["dedupe_key"]).returning(OutboxMessage.id)
    )
    if message_id is None:
        return
    if not rungs and template:
        publish(
            session,
            MessageStuck(message_id=message_id, template=template, recipient_name=to.name),
        )
    elif rungs and due_at <= now:
        _ring(session, message_id, to.openid)


def _ring(session: Session, message_id: int, openid: str | None) -> None:
    """One ring serves everything that waits for the same person."""

    def ring() -> None:
        queue.defer(DELIVER, message_id)

    ring_after_commit(session, f"outbox:{openid or message_id}", ring)


def note_receipt(session: Session, *, platform_id: str, status: str) -> None:
    """The platform reports what became of a template message (TEMPLATESENDJOBFINISH).

    Anything but `success` sends the message down the ladder. Unknown ids are not ours; a repeat
    changes nothing.
    """
    attempt = session.scalars(
        select(OutboxAttempt).where(OutboxAttempt.platform_id == platform_id)
    ).first()
    if attempt is None or attempt.receipt is not None:
        return
    attempt.receipt = status[:60]
    row = session.get(OutboxMessage, attempt.message_id, with_for_update=True)
    if row is None or status.strip() == "success" or row.status != Status.SENT:
        return
    row.sent_at = None
    delivery.settle(session, row, Outcome(error=status, code="receipt"))
    _ring(session, row.id, row.openid)


def mark_told(session: Session, *, message_id: int) -> None:
    """A person has told the recipient: the task is done. A repeat changes nothing."""
    row = session.get(OutboxMessage, message_id, with_for_update=True)
    if row is not None and row.status == Status.STUCK:
        row.status, row.sent_at = Status.SENT, clock.now()
