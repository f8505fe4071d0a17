"""Wording and ladder, without any I/O."""

from datetime import UTC, datetime, timedelta
from string import Formatter

import pytest

from backend.outbox import rules
from backend.outbox.schemas import Channel, ChatMessage, Notice, Outcome, Recipient, Status
from backend.outbox.templates import TEMPLATES

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
EVERYWHERE = Recipient(openid="o1", phone="13800000000", email="a@b.cn", name="周婷")
WORDS = ChatMessage(body={"msgtype": "text", "text": {"content": "您好"}})


def complete(name: str, value: str = "周末英语班") -> Notice:
    template = TEMPLATES[name]
    patterns = [template.text, *(template.fields.values() if template.whole else ())]
    keys = {key for each in patterns for _, key, _, _ in Formatter().parse(each) if key}
    return Notice(template=name, values=dict.fromkeys(keys, value), url="https://example.cn/x")


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_template_says_what_to_do_next(name: str) -> None:
    sentence = rules.sentence_of(complete(name))
    passes_on_words = TEMPLATES[name].text.endswith("}")  # Somebody's own, as they are.
    assert passes_on_words or sentence.endswith("。")
    assert "{" not in sentence
    assert len(sentence) <= 120


@pytest.mark.parametrize("name", TEMPLATES)
@pytest.mark.parametrize("value", ["短", "很长的内容" * 200, "第一行\n第二行", "😀" * 50, "{x}"])
def test_fields_always_fit_their_type(name: str, value: str) -> None:
    for field, text in rules.fields_of(complete(name, value)).items():
        limit = rules.FIELD_LIMITS[field.rstrip("0123456789")]
        assert 0 < len(text) <= limit
        assert "\n" not in text
    assert rules.unfit_fields(rules.fields_of(complete(name, value))) == []


@pytest.mark.parametrize("name", TEMPLATES)
def test_fields_need_no_value_the_sentence_lacks(name: str) -> None:
    in_sentence = {key for _, key, _, _ in Formatter().parse(TEMPLATES[name].text) if key}
    if TEMPLATES[name].whole:
        return  # Composed of whole sentences: `reminders.rules.notice_of` fills both.
    for pattern in TEMPLATES[name].fields.values():
        assert {key for _, key, _, _ in Formatter().parse(pattern) if key} <= in_sentence


def test_values_are_elided_and_never_read_as_placeholders() -> None:
    notice = complete("talk_moved", "{customer}" * 50)
    assert rules.sentence_of(notice).count("…") == 4
    assert len(rules.sentence_of(notice)) < 400


def test_a_notice_must_be_declared_and_complete() -> None:
    with pytest.raises(rules.NoticeIncomplete, match="nothing_like_it"):
        rules.template_of(Notice(template="nothing_like_it"))
    with pytest.raises(rules.NoticeIncomplete, match="interest"):
        rules.template_of(Notice(template="new_lead", values={"customer": "林", "time": "今天"}))


def test_a_link_makes_a_card_in_chat_and_ends_the_text_elsewhere() -> None:
    notice = complete("console_invitation")
    card = rules.chat_body_of(notice)["news"]["articles"][0]
    assert card["url"] == notice.url
    assert rules.letter_text_of(notice).endswith(" https://example.cn/x")
    plain = notice.model_copy(update={"url": None})
    assert rules.chat_body_of(plain)["msgtype"] == "text"


def test_a_long_answer_is_whole_in_the_chat_and_short_elsewhere() -> None:
    answer = "老师已经和班主任沟通" * 40
    notice = complete("ticket_answered", answer).model_copy(update={"url": None})
    chat = rules.chat_body_of(notice)["text"]["content"]
    assert answer in chat
    assert "…" in rules.letter_text_of(notice)
    values = {"number": "T112300001", "answer": "长" * 9000}
    longest = rules.chat_body_of(Notice(template="ticket_answered", values=values))
    assert len(longest["text"]["content"].encode()) <= 2048


@pytest.mark.parametrize(
    ("recipient", "template", "rungs"),
    [
        (EVERYWHERE, "new_lead", ("chat", "subscribe", "template", "sms", "mail")),
        (Recipient(openid="o1"), "new_lead", ("chat", "subscribe", "template")),
        (Recipient(phone="13800000000"), "new_lead", ("sms",)),
        (Recipient(), "new_lead", ()),
    ],
)
def test_rungs_follow_what_is_known(
    recipient: Recipient, template: str, rungs: tuple[str, ...]
) -> None:
    assert rules.rungs_of(recipient, complete(template)) == rungs


def test_the_bots_own_words_are_said_in_the_chat_or_not_at_all() -> None:
    assert rules.rungs_of(EVERYWHERE, WORDS) == (Channel.CHAT,)
    assert rules.rungs_of(Recipient(phone="13800000000"), WORDS) == ()


LADDER = (Channel.CHAT, Channel.TEMPLATE, Channel.SMS)
LATER = Outcome(error="busy", retry=True, code="-1")
NEVER = Outcome(error="window closed", retry=False, code="45015")


@pytest.mark.parametrize(
    ("channel", "tries", "outcome", "status", "next_channel", "wait"),
    [
        (Channel.CHAT, 1, Outcome(), Status.SENT, Channel.CHAT, 0),
        (Channel.CHAT, 1, LATER, Status.PENDING, Channel.CHAT, 5),
        (Channel.CHAT, 2, LATER, Status.PENDING, Channel.CHAT, 30),
        (Channel.CHAT, 3, LATER, Status.PENDING, Channel.TEMPLATE, 0),
        (Channel.CHAT, 1, NEVER, Status.PENDING, Channel.TEMPLATE, 0),
        (Channel.TEMPLATE, 1, NEVER, Status.PENDING, Channel.SMS, 0),
        (Channel.SMS, 6, LATER, Status.PENDING, Channel.SMS, 6 * 3600),
        (Channel.SMS, 7, LATER, Status.STUCK, Channel.SMS, 0),
        (Channel.SMS, 1, NEVER, Status.STUCK, Channel.SMS, 0),
    ],
)
def test_next_step(
    channel: Channel,
    tries: int,
    outcome: Outcome,
    status: Status,
    next_channel: Channel,
    wait: int,
) -> None:
    step = rules.next_step(
        LADDER, channel=channel, tries=tries, outcome=outcome, may_be_lost=False, now=NOW
    )
    expected = rules.Step(status, next_channel, NOW + timedelta(seconds=wait))
    assert step == expected


def test_unsaid_words_need_nobody() -> None:
    step = rules.next_step(
        (Channel.CHAT,), channel=Channel.CHAT, tries=1, outcome=NEVER, may_be_lost=True, now=NOW
    )
    assert step.status == Status.FAILED


@pytest.mark.parametrize(
    ("field", "value", "fits"),
    [
        ("phrase1", "已报名", True),
        ("phrase1", "paid", False),
        ("amount1", "¥2980.00", True),
        ("amount1", "两千元", False),
        ("number1", "12.5", True),
        ("number1", "十二", False),
        ("character_string1", "T112300001", True),
        ("character_string1", "投诉1", False),
        ("phone_number1", "138 0000", False),
        ("thing1", "", False),
        ("thing1", "长" * 21, False),
    ],
)
def test_what_the_platform_would_refuse_is_found_first(field: str, value: str, fits: bool) -> None:
    assert rules.unfit_fields({field: value}) == ([] if fits else [field])


def test_several_notices_become_one_text_with_each_sentence_and_link() -> None:
    first, second = complete("new_lead"), complete("ticket_answered")
    text = rules.merged_text_of([first, second])
    assert text == f"{rules.letter_text_of(first)}\n\n{rules.letter_text_of(second)}"
    assert rules.merged_text_of([WORDS, WORDS]) == "您好\n\n您好"
    assert rules.merged_text_of([WORDS, ChatMessage(body={"msgtype": "news"})]) is None
    assert rules.merged_text_of([complete("ticket_answered", "很长" * 90)] * 9) is None


def test_answers_and_payments_are_not_held_at_night() -> None:
    assert not rules.is_held_at_night(WORDS)
    assert not rules.is_held_at_night(complete("ticket_answered"))
    assert not rules.is_held_at_night(complete("order_paid_guardian"))
    assert rules.is_held_at_night(complete("sign_up_expired"))
    today = complete("sign_up_expired").model_copy(update={"urgent": True})
    assert not rules.is_held_at_night(today)
