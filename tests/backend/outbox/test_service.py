"""Posting: once per key, after the commit, and honest about people nobody can reach."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.kit import clock, queue
from backend.kit.db import reading, unit_of_work
from backend.outbox import queries, rules, service
from backend.outbox.models import OutboxMessage
from backend.outbox.schemas import ChatMessage, MessageStuck, Notice, Recipient, Status

LEAD = Notice(
    template="new_lead",
    values={"customer": "林女士", "interest": "周末英语班", "time": "今天", "number": "7"},
)
TO = Recipient(openid="o_advisor", phone="13812345678", name="周婷")


def words(text: str) -> ChatMessage:
    return ChatMessage(body={"msgtype": "text", "text": {"content": text}})


@pytest.fixture
def rings(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    rung: list[tuple[object, ...]] = []

    def defer(job: str, *arguments: object) -> bool:
        rung.append((job, *arguments))
        return True

    monkeypatch.setattr(queue, "defer", defer)
    return rung


def count(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(OutboxMessage)) or 0


def test_a_second_post_under_the_same_key_does_nothing(session: Session) -> None:
    service.post(session, to=TO, notice=LEAD, dedupe_key="lead:1")
    service.post(session, to=TO, notice=LEAD, dedupe_key="lead:1")
    service.say(session, to=TO, message=words("您好"), dedupe_key="lead:1")
    service.post(session, to=TO, notice=LEAD, dedupe_key="lead:2")
    assert count(session) == 2


def test_racing_posts_leave_one_message_and_hurt_nobody(
    database: str, rings: list[tuple[object, ...]]
) -> None:
    def post(_number: int) -> None:
        with unit_of_work() as session:
            service.post(session, to=TO, notice=LEAD, dedupe_key="lead:1")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(post, range(24)))
    with reading() as session:
        assert count(session) == 1
    assert len(rings) == 1


def test_the_bell_rings_after_the_commit_once_for_each_person(
    database: str, rings: list[tuple[object, ...]]
) -> None:
    with unit_of_work() as session:
        for number in range(3):
            service.say(session, to=TO, message=words(str(number)), dedupe_key=f"a:{number}")
        service.post(session, to=Recipient(phone="13900000000"), notice=LEAD, dedupe_key="b")
        assert rings == []
    assert [job for job, _ in rings] == [service.DELIVER] * 2


def test_a_unit_that_fails_posts_and_rings_nothing(
    database: str, rings: list[tuple[object, ...]]
) -> None:
    def post_and_fail() -> None:
        with unit_of_work() as session:
            service.post(session, to=TO, notice=LEAD, dedupe_key="lead:1")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        post_and_fail()
    with reading() as session:
        assert count(session) == 0
    assert rings == []


def test_what_is_due_later_waits_without_a_ring(
    database: str, rings: list[tuple[object, ...]]
) -> None:
    with unit_of_work() as session:
        tomorrow = clock.now() + timedelta(days=1)
        service.post(session, to=TO, notice=LEAD, dedupe_key="later", due_at=tomorrow)
    assert rings == []


def test_a_person_without_any_channel_is_a_task_at_once(
    session: Session, heard: list[object]
) -> None:
    service.post(session, to=Recipient(name="陈建国"), notice=LEAD, dedupe_key="lead:1")
    (task,) = queries.stuck_messages(session)
    assert task.recipient_name == "陈建国"
    assert "周末英语班" in task.text
    (event,) = heard
    assert isinstance(event, MessageStuck)
    assert (event.message_id, event.template) == (task.id, "new_lead")
    assert event.text == rules.sentence_of(LEAD)
    service.mark_told(session, message_id=task.id)
    assert queries.stuck_messages(session) == []


def test_words_without_a_chat_are_dropped_quietly(session: Session, heard: list[object]) -> None:
    service.say(session, to=Recipient(name="陈建国"), message=words("您好"), dedupe_key="x")
    assert queries.unsent_counts(session)[Status.FAILED] == 1
    assert heard == []


def test_an_incomplete_notice_is_refused_when_posted(session: Session) -> None:
    with pytest.raises(rules.NoticeIncomplete):
        service.post(session, to=TO, notice=Notice(template="new_lead"), dedupe_key="lead:1")


def test_addresses_and_contents_are_ciphertext_at_rest(session: Session) -> None:
    service.post(session, to=TO, notice=LEAD, dedupe_key="lead:1")
    row = session.connection().exec_driver_sql("SELECT phone, payload FROM outbox_message").one()
    assert "13812345678" not in row.phone
    assert "林女士" not in row.payload
