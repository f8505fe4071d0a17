"""Delivery on real databases: the ladder, the order, leases, crashes, receipts, the sweep."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from backend.gateways.ports import TemplateMessage
from backend.kit import clock, queue
from backend.kit.config import settings
from backend.kit.db import reading, unit_of_work
from backend.outbox import delivery, jobs, queries, results, rules, service
from backend.outbox.models import OutboxAttempt, OutboxMessage
from backend.outbox.schemas import (
    ChatMessage,
    Interaction,
    MessageStuck,
    Notice,
    Outcome,
    Recipient,
    RecipientUnreachable,
    Status,
)
from tests.backend.outbox.outside import Outside

LEAD = Notice(
    template="new_lead",
    values={"customer": "林女士", "interest": "周末英语班", "time": "今天", "number": "7"},
    url="https://example.cn/claim",
)
TO = Recipient(openid="o_advisor", phone="13812345678", email="zhou@example.cn", name="周婷")


def post(key: str, *, to: Recipient = TO) -> int:
    with unit_of_work() as session:
        service.post(session, to=to, notice=LEAD, dedupe_key=key)
        return session.scalars(select(OutboxMessage.id).filter_by(dedupe_key=key)).one()


def say(text: str, *, openid: str = "o_advisor") -> int:
    with unit_of_work() as session:
        message = ChatMessage(body={"msgtype": "text", "text": {"content": text}})
        service.say(session, to=Recipient(openid=openid), message=message, dedupe_key=text)
        return session.scalars(select(OutboxMessage.id).filter_by(dedupe_key=text)).one()


def status_of(message_id: int) -> str | None:
    with reading() as session:
        return session.scalar(select(OutboxMessage.status).filter_by(id=message_id))


def attempts(message_id: int) -> list[tuple[str, str]]:
    with reading() as session:
        rows = session.scalars(
            select(OutboxAttempt).filter_by(message_id=message_id).order_by(OutboxAttempt.id)
        )
        return [(attempt.channel, attempt.code) for attempt in rows]


@pytest.fixture
def rings(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    rung: list[int] = []

    def defer(_job: str, message_id: int) -> bool:
        rung.append(message_id)
        return True

    monkeypatch.setattr(queue, "defer", defer)
    return rung


@pytest.fixture
def open_chats(database: str) -> None:
    """Everybody here has just paid, so that the budget is no matter in these tests."""
    with unit_of_work() as session:
        for openid in ("o_advisor", "o_a", "o_b", "o_0", "o_1", "o_2"):
            at, kind = clock.now(), Interaction.PAYMENT
            service.note_interaction(session, openid=openid, kind=kind, at=at)


pytestmark = pytest.mark.usefixtures("database", "rings", "open_chats")


def test_a_message_is_sent_once_however_often_it_is_rung_for(outside: Outside) -> None:
    message_id = post("lead:1")
    for _ in range(3):
        jobs.deliver(message_id)
    assert [channel for channel, _, _ in outside.sent] == ["chat"]
    assert status_of(message_id) == Status.SENT


def test_the_ladder_is_climbed_within_one_job(outside: Outside, heard: list[object]) -> None:
    outside.refuse("chat", "45015")
    outside.refuse("template", "43004")
    message_id = post("lead:1")
    jobs.deliver(message_id)
    assert attempts(message_id) == [
        ("chat", "45015"),
        ("subscribe", "no_consent"),
        ("template", "43004"),
        ("sms", ""),
    ]
    ((channel, phone, text),) = outside.sent
    assert (channel, phone) == ("sms", "13812345678")
    assert text.endswith("https://example.cn/claim")
    assert heard == [RecipientUnreachable(openid="o_advisor", code="43004")]


def test_the_end_of_the_ladder_is_a_task_for_a_person(
    outside: Outside, heard: list[object]
) -> None:
    for channel in ("chat", "template", "sms", "mail"):
        outside.refuse(channel, "broken")
    message_id = post("lead:1")
    jobs.deliver(message_id)
    with reading() as session:
        (task,) = queries.stuck_messages(session)
    assert (task.id, task.phone, task.error) == (message_id, "13812345678", "broken refused")
    (event,) = heard
    assert isinstance(event, MessageStuck)
    assert (event.message_id, event.template) == (message_id, "new_lead")
    assert (event.recipient_name, event.text) == ("周婷", rules.sentence_of(LEAD))


def test_a_template_repeat_is_recognisable_to_the_platform(outside: Outside) -> None:
    outside.refuse("chat", "45015", times=2)
    first, second = post("lead:1"), post("lead:2")
    jobs.deliver(first)
    ids = [content.client_msg_id for _, _, content in outside.sent]
    assert all(isinstance(content, TemplateMessage) for _, _, content in outside.sent)
    assert len(set(ids)) == 2
    assert all(len(client_msg_id) == 32 for client_msg_id in ids)
    assert status_of(second) == Status.SENT


def test_a_busy_platform_is_tried_again_after_the_back_off(outside: Outside) -> None:
    outside.refuse("chat", "-1", retry=True)
    with clock.frozen(clock.now()):
        message_id = post("lead:1")
        jobs.deliver(message_id)
        jobs.deliver(message_id)
        assert outside.sent == []
    with clock.frozen(clock.now() + timedelta(seconds=6)):
        jobs.deliver(message_id)
    assert [channel for channel, _, _ in outside.sent] == ["chat"]


def test_an_earlier_message_to_the_same_chat_goes_first(outside: Outside) -> None:
    say("一")
    say("二")
    jobs.deliver(say("三"))
    assert outside.texts() == ["一", "二", "三"]


def test_a_waiting_message_holds_back_later_ones_and_a_failed_one_does_not(
    outside: Outside,
) -> None:
    outside.refuse("chat", "-1", retry=True)
    with clock.frozen(clock.now()):
        first, second = say("一"), say("二")
        jobs.deliver(second)
        assert outside.texts() == []
    outside.refuse("chat", "45002")
    with clock.frozen(clock.now() + timedelta(seconds=6)):
        jobs.deliver(second)
    assert outside.texts() == ["二"]
    assert status_of(first) == Status.FAILED


def test_one_persons_trouble_is_not_anothers(outside: Outside) -> None:
    outside.refuse("chat", "-1", retry=True)
    jobs.deliver(say("一", openid="o_a"))
    jobs.deliver(say("二", openid="o_b"))
    assert outside.texts() == ["二"]


def test_many_workers_at_once_send_each_message_once_and_in_order(outside: Outside) -> None:
    message_ids = [say(f"{number:02}", openid=f"o_{number % 3}") for number in range(30)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(jobs.deliver, message_ids * 2))
    for message_id in message_ids:
        jobs.deliver(message_id)
    assert sorted(outside.texts()) == [f"{number:02}" for number in range(30)]
    for person in range(3):
        heard = [c["text"]["content"] for _, to, c in outside.sent if to == f"o_{person}"]
        assert heard == sorted(heard)


def test_a_worker_that_dies_while_sending_is_replaced(outside: Outside) -> None:
    message_id = say("一")
    with unit_of_work() as session:
        lost = delivery.take(session, message_id)
    assert lost is not None
    jobs.deliver(message_id)
    assert outside.texts() == []
    with clock.frozen(clock.now() + delivery.LEASE + timedelta(seconds=6)):
        jobs.deliver(message_id)  # Counts the death as a failure and waits a little.
    with clock.frozen(clock.now() + delivery.LEASE + timedelta(seconds=12)):
        jobs.deliver(message_id)
    assert outside.texts() == ["一"]
    with unit_of_work() as session:
        results.record(session, lost, Outcome(error="late news", retry=True))
    assert status_of(message_id) == Status.SENT


def test_a_message_that_kills_its_worker_each_time_does_not_go_on_for_ever(
    outside: Outside,
) -> None:
    message_id = post("lead:1")
    at = clock.now()
    for _ in range(60):  # Every seven hours.
        with clock.frozen(at), unit_of_work() as session:
            delivery.take(session, message_id)
        at += timedelta(hours=7)
    assert status_of(message_id) == Status.STUCK
    assert len(attempts(message_id)) == 3 + 1 + 3 + 3 + 7  # The 1: no consent.


def test_a_bug_of_ours_is_logged_and_stepped_over(
    outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> str:
        raise ZeroDivisionError

    monkeypatch.setattr(jobs, "_hand_over", broken)
    message_id = say("一")
    jobs.deliver(message_id)
    assert attempts(message_id) == [("chat", "bug")]
    assert status_of(message_id) == Status.PENDING


def test_a_failed_receipt_sends_the_message_down_the_ladder(
    outside: Outside, rings: list[int]
) -> None:
    outside.refuse("chat", "45015")
    message_id = post("lead:1")
    jobs.deliver(message_id)
    rings.clear()
    for _ in range(2):
        with unit_of_work() as session:
            service.note_receipt(session, platform_id="msg1", status="failed:user block")
            service.note_receipt(session, platform_id="unknown", status="failed:user block")
    assert rings == [message_id]
    jobs.deliver(message_id)
    assert [channel for channel, _, _ in outside.sent] == ["template", "sms"]


def test_the_sweep_rings_once_for_each_person_and_not_again_at_once(
    outside: Outside, rings: list[int]
) -> None:
    first = say("一", openid="o_a")
    say("二", openid="o_a")
    other = say("三", openid="o_b")
    rings.clear()
    with clock.frozen(clock.now()):
        jobs.sweep()
        jobs.sweep()
    assert rings == [first, other]
    with clock.frozen(clock.now() + timedelta(seconds=31)):
        jobs.sweep()
    assert rings == [first, other] * 2
    for message_id in rings:
        jobs.deliver(message_id)
    rings.clear()
    with clock.frozen(clock.now() + timedelta(days=1)):
        jobs.sweep()
    assert rings == []


def test_the_sweep_stops_ringing_a_bell_that_nobody_hears(
    outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    say("一", openid="o_a")
    say("二", openid="o_b")
    heard: list[object] = []
    monkeypatch.setattr(queue, "defer", lambda *args: heard.append(args))
    jobs.sweep()
    assert len(heard) == 1


def test_a_template_without_an_id_is_skipped_in_production(
    outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "environment", "production")
    outside.refuse("chat", "45015")
    message_id = post("lead:1")
    jobs.deliver(message_id)
    assert attempts(message_id) == [
        ("chat", "45015"),
        ("subscribe", "no_consent"),
        ("template", "no_template"),
        ("sms", ""),
    ]
