"""A channel that refuses everything: stop, tell who can repair it, go on when it works again."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from backend import wiring
from backend.finance.schemas import SurplusReceived
from backend.kit import clock, events, queue
from backend.kit.db import reading, unit_of_work
from backend.kit.errors import GatewayError
from backend.outbox import queries, stops
from backend.outbox.models import ChannelStop, OutboxMessage
from backend.outbox.schemas import (
    Channel,
    ChannelStopped,
    Interaction,
    MessageStuck,
    Outcome,
    Recipient,
    RecipientUnreachable,
)
from backend.security import service as security
from backend.security.models import WechatIdentity
from backend.security.schemas import Role
from tests.backend.outbox.desk import (
    NOON,
    answered,
    attempts,
    delivered,
    did,
    post,
    say,
    standing,
)
from tests.backend.outbox.outside import Outside

WRONG_IP = "custom/send: 40164 invalid ip 203.0.113.7, not in whitelist"


@pytest.fixture(autouse=True)
def house(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A few members of staff, and the listeners that the house really has."""
    monkeypatch.setattr(queue, "defer", lambda *_: True)
    monkeypatch.setattr(events, "_listeners", defaultdict(list))
    events.listen(MessageStuck, security.ask_to_phone)
    events.listen(RecipientUnreachable, security.note_refusal)
    events.listen(ChannelStopped, security.raise_alarm)
    events.listen(SurplusReceived, wiring._tell_accountants)
    with clock.frozen(NOON):
        with unit_of_work() as session:
            for name, role, phone in STAFF:
                security.hire(session, name=name, role=role, phone=phone)
        yield


STAFF = (
    ("何信安", Role.SECURITY, "13900000008"),
    ("刘振华", Role.PRINCIPAL, "13900000001"),
    ("吴芳", Role.OFFICE, "13900000006"),
    ("赵会敏", Role.ACCOUNTANT, "13900000005"),
)


def refuse(outside: Outside, channel: str, code: str, text: str, *, times: int = 1) -> None:
    error = GatewayError(text, retry=False, code=code)
    outside.refusals.setdefault(channel, []).extend([error] * times)


def tasks(template: str) -> list[int]:
    with reading() as session:
        return list(
            session.scalars(
                select(OutboxMessage.id).filter_by(template=template).order_by(OutboxMessage.id)
            )
        )


def stopped() -> dict[Channel, str]:
    with reading() as session:
        return {Channel(row.channel): row.code for row in session.scalars(select(ChannelStop))}


def test_a14_a_wrong_ip_stops_wechat_and_nothing_is_lost(outside: Outside) -> None:
    did(Interaction.MESSAGE)
    refuse(outside, "chat", "40164", WRONG_IP)
    assert delivered(post("a", answered())) == [("sent", "sms")]
    assert attempts(1) == [
        ("chat", "40164"),
        ("subscribe", "no_consent"),
        ("template", "stopped"),
        ("sms", ""),
    ]
    assert set(stopped()) == {Channel.CHAT, Channel.SUBSCRIPTION, Channel.TEMPLATE}
    with reading() as session:
        first = queries.stopped_channels(session)[0]
    assert (first.channel, first.at) == (Channel.CHAT, NOON)
    assert "203.0.113.7" in first.fix
    waiting = say("您好")
    assert delivered(waiting) == [("pending", "chat")]
    with clock.frozen(NOON + timedelta(seconds=61)):
        assert delivered(waiting) == [("sent", "chat")]
        assert stopped() == {}
    assert outside.texts() == ["您好"]


def test_a14_a_notice_does_not_queue_behind_words_that_wait_for_wechat(outside: Outside) -> None:
    did(Interaction.MESSAGE)
    refuse(outside, "chat", "40164", WRONG_IP)
    assert delivered(say("一"), say("二")) == [("pending", "chat")] * 2
    assert delivered(post("a", answered())) == [("sent", "sms")]
    with clock.frozen(NOON + timedelta(minutes=3)):
        assert delivered(3) == [("sent", "sms")]
        assert delivered(1, 2) == [("sent", "chat")] * 2
    assert outside.texts() == ["一", "二"]


def test_a14_who_can_repair_it_is_told_by_sms_once_an_hour(outside: Outside) -> None:
    did(Interaction.PAYMENT)
    refuse(outside, "chat", "40164", WRONG_IP, times=99)
    waiting = say("您好")
    at = NOON
    for _ in range(30):
        with clock.frozen(at):
            delivered(waiting)
        at += timedelta(minutes=4)
    alarms = tasks("channel_stopped")
    hours = 2
    assert len(alarms) == 2 * hours
    with clock.frozen(at):
        delivered(*alarms)
    texts = [text for channel, _, text in outside.sent if channel == "sms"]
    assert {phone for _, phone, _ in outside.sent} == {"13900000008", "13900000001"}
    assert all("203.0.113.7" in text and "IP白名单" in text for text in texts)
    assert standing(waiting) == ("pending", "chat")
    assert len(attempts(waiting)) < 10


def test_one_exhausted_quota_leaves_the_other_calls_alone(outside: Outside) -> None:
    did(Interaction.MESSAGE)
    refuse(outside, "chat", "45009", "custom/send: 45009 reach max api daily quota limit")
    assert delivered(post("a", answered())) == [("sent", "template")]
    assert delivered(post("b", answered())) == [("sent", "template")]
    assert stopped() == {Channel.CHAT: "45009"}
    assert [code for _, code in attempts(2)][:2] != ["45009"]


def test_what_was_under_way_when_it_stopped_counts_once() -> None:
    outcome = Outcome(error=WRONG_IP, code="40164")
    with unit_of_work() as session:
        first = stops.begin(session, Channel.CHAT, outcome, is_probe=False)
        second = stops.begin(session, Channel.CHAT, outcome, is_probe=False)
        assert first == second == clock.now() + timedelta(minutes=1)
        assert not stops.claim_probe(session, Channel.CHAT)
    waits = []
    for _ in range(8):
        with clock.frozen(NOON + timedelta(hours=1)), unit_of_work() as session:
            again = stops.begin(session, Channel.CHAT, outcome, is_probe=True)
            waits.append((again - clock.now()).total_seconds() / 60)
    assert waits == [2, 4, 8, 16, 30, 30, 30, 30]


def test_only_one_letter_tries_a_stopped_channel() -> None:
    with unit_of_work() as session:
        stops.begin(session, Channel.SMS, Outcome(code="http_401", error="key"), is_probe=False)
    with clock.frozen(NOON + timedelta(minutes=2)), unit_of_work() as session:
        assert stops.claim_probe(session, Channel.SMS)
        assert not stops.claim_probe(session, Channel.SMS)
        stops.end(session, Channel.SMS)
        stops.end(session, Channel.SMS)
        assert stops.in_force(session) == {}


def test_s6_a_stuck_message_becomes_a_task_and_a_stuck_task_does_not(outside: Outside) -> None:
    post("a", answered("周六补课"), to=Recipient(name="陈建国"))
    (task,) = tasks("delivery_task")
    assert delivered(task) == [("sent", "sms")]
    ((_, phone, text),) = outside.sent
    assert phone == "13900000006"
    assert "陈建国" in text
    assert "周六补课" in text
    for channel in ("sms", "mail"):
        refuse(outside, channel, "broken", "broken", times=9)
    post("b", answered(), to=Recipient(name="陈建国"))
    second = tasks("delivery_task")[1]
    assert delivered(second) == [("stuck", "sms")]
    assert len(tasks("delivery_task")) == 2


def test_a_refusal_is_written_on_the_identity(outside: Outside) -> None:
    outside.refuse("template", "43004")
    delivered(post("a", answered()))
    with reading() as session:
        identity = session.get_one(WechatIdentity, "o_parent")
        assert identity.refused_code == "43004"
        assert identity.refused_at == identity.unfollowed_at == NOON


def test_money_that_came_twice_is_told_to_the_accountants(outside: Outside) -> None:
    surplus = SurplusReceived(
        order_id=1,
        number="D1",
        payer_openid="o_parent",
        transaction_id="4200",
        amount_fen=298000,
    )
    for _ in range(2):
        with unit_of_work() as session:
            events.publish(session, surplus)
    (notice,) = tasks("surplus_received")
    delivered(notice)
    ((channel, phone, text),) = outside.sent
    assert (channel, phone) == ("sms", "13900000005")
    assert "2,980" in text or "2980" in text


def test_one_bad_message_stops_nothing(outside: Outside) -> None:
    did(Interaction.MESSAGE)
    outside.refuse("chat", "45002")
    assert delivered(say("长"), say("短")) == [("failed", "chat"), ("sent", "chat")]
    assert stopped() == {}
