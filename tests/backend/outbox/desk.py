"""Short ways to post, to deliver and to look at what became of it."""

from datetime import datetime, timedelta

from sqlalchemy import select

from backend.kit import clock
from backend.kit.db import reading, unit_of_work
from backend.outbox import jobs, service
from backend.outbox.models import OutboxAttempt, OutboxMessage
from backend.outbox.schemas import ChatMessage, Interaction, Notice, Recipient

NOON = datetime(2026, 11, 25, 12, tzinfo=clock.SHANGHAI)
NIGHT = datetime(2026, 11, 25, 23, tzinfo=clock.SHANGHAI)
PARENT = Recipient(openid="o_parent", phone="13812345678", name="陈建国")


def expired(class_name: str = "周末英语班") -> Notice:
    """A notice to a guardian that is not urgent."""
    return Notice(template="sign_up_expired", values={"class_name": class_name})


def answered(text: str = "已安排") -> Notice:
    """A notice to a guardian that is never held."""
    return Notice(template="ticket_answered", values={"number": "T1", "answer": text})


def post(key: str, notice: Notice, *, to: Recipient = PARENT, in_: timedelta = timedelta(0)) -> int:
    with unit_of_work() as session:
        due_at = clock.now() + in_
        service.post(session, to=to, notice=notice, dedupe_key=key, due_at=due_at)
        return session.scalars(select(OutboxMessage.id).filter_by(dedupe_key=key)).one()


def say(text: str, *, openid: str = "o_parent") -> int:
    with unit_of_work() as session:
        message = ChatMessage(body={"msgtype": "text", "text": {"content": text}})
        service.say(session, to=Recipient(openid=openid), message=message, dedupe_key=text)
        return session.scalars(select(OutboxMessage.id).filter_by(dedupe_key=text)).one()


def did(kind: Interaction, *, openid: str = "o_parent", at: datetime | None = None) -> None:
    with unit_of_work() as session:
        service.note_interaction(session, openid=openid, kind=kind, at=at or clock.now())


def delivered(*message_ids: int) -> list[tuple[str, str | None]]:
    """Deliver each, and say where each then stands: status and channel."""
    for message_id in message_ids:
        jobs.deliver(message_id)
    return [standing(message_id) for message_id in message_ids]


def standing(message_id: int) -> tuple[str, str | None]:
    with reading() as session:
        row = session.get_one(OutboxMessage, message_id)
        return row.status, row.channel


def attempts(message_id: int) -> list[tuple[str, str]]:
    with reading() as session:
        rows = session.scalars(
            select(OutboxAttempt).filter_by(message_id=message_id).order_by(OutboxAttempt.id)
        )
        return [(attempt.channel, attempt.code) for attempt in rows]
