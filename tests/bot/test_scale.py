"""What a message costs does not grow with what was said before: no whole table is read for it."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, insert, text
from sqlalchemy.orm import Session

from backend.kit import clock
from backend.kit.db import engine, reading, unit_of_work
from backend.outbox import delivery, queries, results
from backend.outbox import service as outbox
from backend.outbox.models import OutboxAttempt, OutboxMessage, ReplyLedger
from backend.outbox.schemas import ChatMessage, Interaction, Outcome, Recipient
from backend.security.models import WechatIdentity
from bot import conversation, inbound, turn
from bot.conversation import Conversation, Message

PEOPLE = 1500
EACH = 5
FULL = (
    *("bot_message", "bot_conversation", "outbox_message", "outbox_attempt"),
    *("outbox_reply_ledger", "security_wechat_identity"),
)
LONG_AGO = timedelta(days=3)


def fill(session: Session) -> None:
    """Some thousand people who have said and heard all they wanted."""
    at = clock.now() - LONG_AGO
    people = [f"o_{n}" for n in range(PEOPLE)]
    numbers = range(1, PEOPLE * EACH + 1)
    said = {"kind": "text", "incoming": {}, "received_at": at, "answered_at": at, "via": "passive"}
    told: dict[str, Any] = {
        "recipient_name": "",
        "payload": "{}",
        "status": "sent",
        "channel": "chat",
    }
    told |= dict.fromkeys(("created_at", "due_at", "next_try_at", "sent_at"), at)
    tried = {"channel": "chat", "tries": 1, "started_at": at, "finished_at": at}
    rows: dict[Any, list[dict[str, Any]]] = {
        WechatIdentity: [{"openid": who, "created_at": at} for who in people],
        Conversation: [{"openid": who, "state": {}, "updated_at": at} for who in people],
        ReplyLedger: [{"openid": who, "sends": [], "message_at": at} for who in people],
        Message: [
            {**said, "dedupe_key": f"key {n}", "openid": people[n % PEOPLE]} for n in numbers
        ],
        OutboxMessage: [
            {**told, "dedupe_key": f"key {n}", "openid": people[n % PEOPLE]} for n in numbers
        ],
    }
    for table, values in rows.items():
        session.execute(insert(table), values)
    ids = session.scalars(text("SELECT id FROM outbox_message")).all()
    session.execute(insert(OutboxAttempt), [{**tried, "message_id": each} for each in ids])


@contextmanager
def overheard() -> Iterator[list[tuple[str, Any]]]:
    """Every statement meanwhile, with its values."""
    found: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        if statement.startswith(("SELECT", "UPDATE", "INSERT", "DELETE")):
            found.append((statement, values))

    event.listen(engine(), "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(engine(), "before_cursor_execute", note)


def whole_tables_read(statements: list[tuple[str, Any]]) -> set[str]:
    """The statements that would read one of the full tables from end to end, with their plans."""
    is_sqlite = engine().dialect.name == "sqlite"
    explain = "EXPLAIN QUERY PLAN " if is_sqlite else "EXPLAIN "
    scan = r"SCAN (?:{})(?! USING)\b" if is_sqlite else r"Seq Scan on (?:{})\b"
    reads_all = re.compile(scan.format("|".join(FULL)))
    found = set()
    with engine().connect() as connection:
        for statement, values in statements:
            rows = connection.exec_driver_sql(explain + statement, values).all()
            plan = "\n".join(str(row[-1]) for row in rows)
            if reads_all.search(plan):
                found.add(f"{statement}\n{plan}")
    return found


def answer_one() -> None:
    elements = {
        "ToUserName": "gh_school",
        "FromUserName": "o_7",
        "CreateTime": str(int(clock.now().timestamp())),
        "MsgType": "text",
        "Content": "谢谢",
        "MsgId": "1",
    }
    incoming = inbound.parse(elements)
    for _again in range(2):
        with unit_of_work() as session:
            delivered = conversation.deliver(session, incoming)
        turn.take(delivered.message_id, delivered.leased)


def send_one() -> None:
    with unit_of_work() as session:
        outbox.note_interaction(session, openid="o_7", kind=Interaction.MESSAGE, at=clock.now())
        body = {"msgtype": "text", "text": {"content": "您好"}}
        outbox.say(
            session,
            to=Recipient(openid="o_7"),
            message=ChatMessage(body=body),
            dedupe_key="one more",
        )
    with unit_of_work() as session:
        (message_id,) = delivery.ring_due(session)
    with unit_of_work() as session:
        letter = delivery.take(session, message_id)
    assert letter is not None
    with unit_of_work() as session:
        results.record(session, letter, Outcome())


def sweep() -> None:
    with reading() as session:
        assert conversation.unanswered(session, before=clock.now()) == []
        queries.unsent_counts(session)


@pytest.mark.usefixtures("database")
def test_no_step_of_a_message_reads_a_whole_table() -> None:
    with unit_of_work() as session:
        fill(session)
    with unit_of_work() as session:
        session.execute(text("ANALYZE"))
    steps: tuple[Callable[[], None], ...] = (answer_one, send_one, sweep)
    for step in steps:
        with overheard() as statements:
            step()
        assert statements
        assert whole_tables_read(statements) == set()
