"""Letters to visitors of the website: into their window, once, in order, and never to WeChat."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from backend.gateways import ports
from backend.gateways.visitors import new_visitor
from backend.gateways.webchat import lines
from backend.gateways.webchat.sender import ByAddress
from backend.kit import clock, queue
from backend.kit.db import reading, unit_of_work
from backend.kit.errors import GatewayError
from backend.outbox import delivery, jobs, stops
from backend.outbox.models import ReplyLedger
from backend.outbox.schemas import Channel, Interaction, Outcome, Recipient
from tests.backend.outbox.desk import (
    NIGHT,
    NOON,
    answered,
    attempts,
    delivered,
    did,
    expired,
    post,
    say,
    standing,
)
from tests.backend.outbox.outside import Outside, RecordingChat

AWAY = lines.AWAY_AFTER + timedelta(seconds=1)


@pytest.fixture(autouse=True)
def noon(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(queue, "defer", lambda *_: True)
    with clock.frozen(NOON):
        yield


@pytest.fixture
def visitor(outside: Outside) -> str:
    """Somebody whose window is open."""
    ports.use(chat=ByAddress(RecordingChat(outside)))
    openid = new_visitor()
    with unit_of_work() as session:
        lines.arrive(session, openid, source=None, came_from=None)
    return openid


def shown(openid: str) -> list[str]:
    with reading() as session:
        found = lines.read(session, openid, after=0).lines
    return [line.body["text"]["content"] for line in found]


def parent(openid: str, phone: str | None = "13812345678") -> Recipient:
    return Recipient(openid=openid, phone=phone, name="陈建国")


def test_no_budget_counts_for_a_window(visitor: str, outside: Outside) -> None:
    ids = [say(f"第{number}句", openid=visitor) for number in range(9)]
    assert delivered(*ids) == [("sent", "chat")] * 9
    notices = [post(f"n{number}", answered(), to=parent(visitor)) for number in range(7)]
    assert delivered(*notices) == [("sent", "chat")] * 7
    assert shown(visitor)[:9] == [f"第{number}句" for number in range(9)]
    assert len(shown(visitor)) == 16
    assert outside.sent == []


def test_a_letter_whose_sender_died_is_shown_once(visitor: str, outside: Outside) -> None:
    message_id = say("只此一次", openid=visitor)
    with unit_of_work() as session:
        letter = delivery.take(session, message_id)
    assert letter is not None
    assert jobs._send(letter).error is None  # And dies before it can say so.
    with clock.frozen(NOON + timedelta(minutes=1)):
        assert delivered(message_id) == [("pending", "chat")]  # The death counts as one try.
    with clock.frozen(NOON + timedelta(minutes=2)):
        assert delivered(message_id, message_id) == [("sent", "chat")] * 2
    assert shown(visitor) == ["只此一次"]


def test_who_has_left_hears_by_sms_and_else_finds_it_later(visitor: str, outside: Outside) -> None:
    with clock.frozen(NOON + AWAY):
        told = post("told", answered(), to=parent(visitor))
        only_window = post("later", answered("稍后可见"), to=parent(visitor, phone=None))
        words = say("我的话", openid=visitor)
        assert delivered(told, only_window, words) == [
            ("sent", "sms"),
            ("sent", "chat"),
            ("sent", "chat"),
        ]
        assert attempts(told) == [("chat", "away"), ("sms", "")]
    assert [channel for channel, *_ in outside.sent] == ["sms"]
    assert shown(visitor)[-1] == "我的话"
    with unit_of_work() as session:
        lines.note_seen(session, visitor)
    assert delivered(post("back", answered(), to=parent(visitor))) == [("sent", "chat")]


def test_at_night_nobody_is_woken_by_sms(visitor: str, outside: Outside) -> None:
    with clock.frozen(NIGHT):
        message_id = post("night", expired(), to=parent(visitor))
        assert delivered(message_id) == [("pending", "chat")]
    with clock.frozen(clock.at_local(clock.local(NIGHT).date() + timedelta(days=1), 8, 1)):
        assert delivered(message_id) == [("sent", "sms")]


def test_wechats_troubles_do_not_close_the_window(visitor: str, outside: Outside) -> None:
    refused = Outcome(error="40164 invalid ip", code="40164")
    with unit_of_work() as session:
        stops.begin(session, Channel.CHAT, refused, is_probe=False)
    assert delivered(say("照常", openid=visitor)) == [("sent", "chat")]
    assert shown(visitor) == ["照常"]


def test_interactions_of_a_visitor_open_no_window_of_wechats(visitor: str) -> None:
    did(Interaction.MESSAGE, openid=visitor)
    did(Interaction.PAYMENT, openid=visitor)
    with reading() as session:
        assert session.get(ReplyLedger, visitor) is None


def test_what_only_followers_get_is_refused_before_wechat_hears_of_it(
    visitor: str, outside: Outside
) -> None:
    card = ports.TemplateMessage(template_id="t", fields={}, client_msg_id="m")
    for send in (ports.chat().send_template, ports.chat().send_subscription):
        with pytest.raises(GatewayError) as refused:
            send(visitor, card)
        assert not refused.value.retry
    ports.chat().show_typing(visitor)
    with reading() as session:
        assert lines.read(session, visitor, after=0).is_typing
    assert outside.sent == []
    ports.chat().send("o_parent", {"msgtype": "text"}, key="k")
    assert [address for _, address, _ in outside.sent] == ["o_parent"]


def test_a_window_that_never_was_takes_nothing(visitor: str) -> None:
    message_id = say("无人", openid=new_visitor())
    assert delivered(message_id) == [("failed", "chat")]
    assert attempts(message_id) == [("chat", "no_visitor")]


def test_what_windows_showed_is_forgotten_with_the_letters(visitor: str) -> None:
    delivered(say("旧话", openid=visitor))
    with clock.frozen(NOON + lines.KEPT_FOR - timedelta(days=1)):
        delivered(say("新话", openid=visitor))
    with clock.frozen(NOON + lines.KEPT_FOR + timedelta(minutes=1)):
        jobs.blank_old()
        delivered(say("更新的话", openid=visitor))
    assert shown(visitor) == ["新话", "更新的话"]
    with reading() as session:
        assert [line.number for line in lines.read(session, visitor, after=0).lines] == [2, 3]
    assert standing(1)[0] == "sent"
