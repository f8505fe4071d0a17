"""C1: the reply budget and consents decide on the channel before anything is sent."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import cast

import pytest

from backend.kit import clock, queue
from backend.kit.db import unit_of_work
from backend.outbox import delivery, jobs, rules, service
from backend.outbox.schemas import Interaction, Recipient, RecipientUnreachable
from backend.outbox.template import Template
from backend.outbox.templates import TEMPLATES
from tests.backend.outbox.desk import (
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
from tests.backend.outbox.outside import Outside


@pytest.fixture(autouse=True)
def noon(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(queue, "defer", lambda *_: True)
    with clock.frozen(NOON):
        yield


def test_c1_without_a_window_the_chat_is_not_even_tried(outside: Outside) -> None:
    message_id = post("a", answered())
    assert delivered(message_id) == [("sent", "template")]
    assert attempts(message_id) == [
        ("chat", "no_budget"),
        ("subscribe", "no_consent"),
        ("template", ""),
    ]
    assert [channel for channel, _, _ in outside.sent] == ["template"]


def test_c1_notices_leave_room_for_answers(outside: Outside) -> None:
    did(Interaction.MESSAGE)
    channels = [delivered(post(str(number), answered()))[0][1] for number in range(4)]
    assert channels == ["chat", "chat", "chat", "template"]
    assert delivered(say("一"), say("二")) == [("sent", "chat")] * 2
    assert delivered(say("三")) == [("failed", "chat")]
    assert outside.texts()[-2:] == ["一", "二"]


def test_who_has_only_the_chat_gets_all_of_it(
    outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    did(Interaction.MESSAGE)
    plain = Template(title="提醒", text="{answer}，有事请在这里告诉我。")
    monkeypatch.setitem(cast(dict[str, Template], TEMPLATES), "plain", plain)
    lonely = Recipient(openid="o_parent", name="陈建国")
    notice = answered().model_copy(update={"template": "plain"})
    channels = [delivered(post(str(number), notice, to=lonely))[0] for number in range(6)]
    assert channels == [("sent", "chat")] * 5 + [("stuck", "chat")]


def test_c1_what_exceeds_the_budget_becomes_one_text(outside: Outside) -> None:
    did(Interaction.MESSAGE)
    notices = [answered(f"第{number}件已办好") for number in range(4)]
    ids = [post(str(number), notice) for number, notice in enumerate(notices)]
    assert delivered(*ids) == [("sent", "chat")] * 4
    (text,) = outside.texts()
    assert text == "\n\n".join(rules.sentence_of(notice) for notice in notices)
    assert delivered(say("一"), say("二"), say("三"), say("四")) == [("sent", "chat")] * 4


def test_c1_too_many_answers_share_a_text_too(outside: Outside) -> None:
    did(Interaction.MOMENT)
    ids = [say(word) for word in ("一", "二", "三", "四")]
    assert delivered(*ids) == [("sent", "chat")] * 4
    assert outside.texts() == ["一\n\n二\n\n三\n\n四"]


def test_a_shared_text_that_fails_lets_each_go_its_own_way(outside: Outside) -> None:
    did(Interaction.MESSAGE)
    outside.refuse("chat", "45002")
    ids = [post(str(number), answered()) for number in range(4)]
    assert delivered(*ids) == [("sent", "template")] * 4
    assert len({card.client_msg_id for _, _, card in outside.sent}) == 4


def test_what_the_platform_refused_is_not_spent_and_a_crash_is(outside: Outside) -> None:
    did(Interaction.MOMENT)
    outside.refuse("chat", "45002")
    assert delivered(say("坏")) == [("failed", "chat")]
    assert delivered(say("一")) == [("sent", "chat")]
    dying = say("死")
    with unit_of_work() as session:
        delivery.take(session, dying)
    assert delivered(say("二", openid="o_other")) == [("failed", "chat")]
    with clock.frozen(NOON + timedelta(seconds=46)):
        jobs.deliver(say("三"))  # Counts the death and waits, as what comes after it does.
    with clock.frozen(NOON + timedelta(seconds=52)):
        jobs.deliver(say("四"))
    assert outside.texts() == ["一", "死\n\n三\n\n四"]


def test_the_platforms_word_counts_more_than_our_ledger(outside: Outside) -> None:
    did(Interaction.MESSAGE)
    outside.refuse("chat", "45047")
    assert delivered(say("一"), say("二")) == [("failed", "chat")] * 2
    with clock.frozen(NOON + timedelta(seconds=1)):
        did(Interaction.MESSAGE)
        assert delivered(say("三")) == [("sent", "chat")]


def test_late_and_repeated_events_open_nothing_new(outside: Outside) -> None:
    did(Interaction.MESSAGE, at=NOON - timedelta(minutes=1))
    for number in range(5):
        delivered(say(str(number)))
    did(Interaction.MESSAGE, at=NOON - timedelta(minutes=1))
    did(Interaction.MESSAGE, at=NOON - timedelta(hours=1))
    assert delivered(say("多")) == [("failed", "chat")]


def test_c1_a_payment_lifts_the_limit(outside: Outside) -> None:
    did(Interaction.PAYMENT)
    assert delivered(*[say(str(number)) for number in range(9)]) == [("sent", "chat")] * 9
    assert len(outside.texts()) == 9


def test_c1_workers_at_once_never_overspend(outside: Outside) -> None:
    did(Interaction.MESSAGE)
    ids = [say(f"{number:02}") for number in range(12)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(jobs.deliver, ids))
    jobs.deliver(ids[0])
    assert len(outside.texts()) <= 5
    assert "\n\n".join(outside.texts()).split("\n\n") == [f"{number:02}" for number in range(12)]


def test_s6_a_consent_is_used_once(outside: Outside) -> None:
    consent()
    first, second = post("a", answered()), post("b", answered())
    assert delivered(first, second) == [("sent", "subscribe"), ("sent", "template")]
    (_, _, card) = outside.sent[0]
    assert card.template_id == "progress_notice"


def test_s6_a_refused_notice_keeps_its_consent_unless_there_was_none(outside: Outside) -> None:
    consent()
    outside.refuse("subscribe", "40037")
    assert delivered(post("a", answered())) == [("sent", "template")]
    outside.refuse("subscribe", "43101")
    assert delivered(post("b", answered())) == [("sent", "template")]
    assert delivered(post("c", answered())) == [("sent", "template")]
    assert [code for _, code in attempts(3)] == ["no_budget", "no_consent", ""]


@pytest.mark.parametrize(
    ("events", "channel"),
    [
        ([("popup", "accept"), ("popup", "accept"), ("change", "reject")], "template"),
        ([("popup", "accept"), ("popup", "reject")], "template"),
        ([("change", "accept")], "template"),
        ([("popup", "reject"), ("popup", "accept")], "subscribe"),
    ],
)
def test_s6_events_tell_what_a_person_agrees_to(
    outside: Outside, events: list[tuple[str, str]], channel: str
) -> None:
    for name, verdict in events:
        item = {"TemplateId": "progress_notice", "SubscribeStatusString": verdict}
        report(f"subscribe_msg_{name}_event", item)
    assert delivered(post("a", answered())) == [("sent", channel)]


def test_s6_a_notice_that_did_not_arrive_goes_down_the_ladder(outside: Outside) -> None:
    consent()
    message_id = post("a", answered())
    delivered(message_id)
    arrived = {"TemplateId": "progress_notice", "MsgID": "msg1", "ErrorCode": "0"}
    report("subscribe_msg_sent_event", arrived | {"MsgID": "another"})
    report("subscribe_msg_sent_event", arrived | {"ErrorCode": "43101", "ErrorStatus": "refused"})
    report("subscribe_msg_sent_event", arrived)
    assert delivered(message_id) == [("sent", "template")]


def test_who_has_left_is_told_by_sms_at_once(outside: Outside) -> None:
    did(Interaction.MESSAGE, at=NOON - timedelta(minutes=5))
    did(Interaction.LEFT, at=NOON - timedelta(minutes=1))
    message_id = post("a", answered())
    assert delivered(message_id) == [("sent", "sms")]
    assert [channel for channel, _, _ in outside.sent] == ["sms"]
    did(Interaction.MOMENT)
    assert delivered(post("b", answered())) == [("sent", "chat")]


def test_a_refusal_of_the_person_is_remembered(outside: Outside, heard: list[object]) -> None:
    outside.refuse("template", "43004")
    assert delivered(post("a", answered())) == [("sent", "sms")]
    assert heard == [RecipientUnreachable(openid="o_parent", code="43004")]
    assert delivered(post("b", answered())) == [("sent", "sms")]
    assert attempts(2) == [
        ("chat", "gone"),
        ("subscribe", "no_consent"),
        ("template", "gone"),
        ("sms", ""),
    ]


def test_a_field_that_does_not_fit_is_not_sent(
    outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(rules.FIELD_LIMITS, "phrase", 2)
    monkeypatch.setattr(rules, "elided", lambda text, _limit: text)
    assert delivered(post("a", expired())) == [("sent", "sms")]
    assert attempts(1)[-2:] == [("template", "unfit"), ("sms", "")]


def report(event: str, item: dict[str, str]) -> None:
    with unit_of_work() as session:
        service.note_subscriptions(session, openid="o_parent", event=event, listed=[item])


def consent() -> None:
    item = {"TemplateId": "progress_notice", "SubscribeStatusString": "accept"}
    report("subscribe_msg_popup_event", item)


def test_nothing_is_left_hanging(outside: Outside) -> None:
    did(Interaction.MESSAGE)
    ids = [post(str(number), answered("很长" * 120)) for number in range(6)]
    delivered(*ids)
    assert {standing(message_id)[0] for message_id in ids} == {"sent"}
