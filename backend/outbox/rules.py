"""How a notice is worded for each channel, which channel comes next, and when to try again.

Sources: limits of template fields and codes of refusal are in the platform's documentation
(订阅通知 parameter types; global return codes).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from string import Formatter
from typing import Any
from urllib.parse import quote, urlencode

from backend.gateways.visitors import is_visitor
from backend.kit.links import spelled_out
from backend.outbox.schemas import (
    Channel,
    ChatMessage,
    Notice,
    NoticeKind,
    Outcome,
    Recipient,
    Status,
)
from backend.outbox.template import Template
from backend.outbox.templates import TEMPLATES

FIELD_LIMITS = {
    "thing": 20,
    "phrase": 5,
    "const": 20,
    "letter": 32,
    "symbol": 5,
    "car_number": 8,
    "name": 10,
    "character_string": 32,
    "number": 32,
    "amount": 12,
    "phone_number": 17,
    "time": 32,
    "date": 32,
}
FIELD_FORMS = {
    "phrase": re.compile(r"[\u4e00-\u9fff]+"),
    "number": re.compile(r"\d+(\.\d+)?"),
    "amount": re.compile(r"[¥￥]?\d+(\.\d{1,2})?元?"),
    "phone_number": re.compile(r"[\d+-]+"),
    "character_string": re.compile(r"[!-~]+"),
}
"""What a value must look like besides its length; a cut cannot mend these."""
TEXT_BYTES = 2048

# Characters of one value inside a sentence: a complaint may run to pages. A chat and a mail have
# room for a teacher's whole answer; a card shows a few lines, an SMS costs by length.
SHORT_VALUE, LONG_VALUE = 80, 500

BACK_OFF = (
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
)
TRIES_BEFORE_NEXT_RUNG = 3  # Where another channel is left, patience is short.

DELIVERED = ("success",)
"""How every channel's receipt says that a message arrived (see `service.note_receipt`)."""
REASONS = {
    "failed:user block": "被对方拒收",
    "gone": "没有关注公众号",
    "43004": "没有关注公众号",
    "no_budget": "不在可回复的时间里",
    "no_consent": "对方还没有同意接收",
    "not_configured": "没有开通",
    "stopped": "通道停发",
    "over": "没来得及发，事情已过",
    "declined": "对方在这里退订了",
    "MOBILE_NOT_ON_SERVICE": "号码停机或空号",
    "isv.MOBILE_NUMBER_ILLEGAL": "号码不对",
    "isv.DAY_LIMIT_CONTROL": "号码当天条数已满",
    "smtp_550": "地址不存在",
}
"""Why a message was not delivered, in words, by a receipt or a code."""

IN_WECHAT = (Channel.CHAT, Channel.SUBSCRIPTION, Channel.TEMPLATE)
UNREACHABLE = frozenset({"43004", "50005", "48002", "43019", "40003"})


class NoticeIncomplete(Exception):
    """A room posted a notice that `templates` does not know, or without one of its values.

    This is a programmer's mistake, found when the notice is posted and not when it is sent.
    """


def elided(text: str, limit: int) -> str:
    """At most `limit` characters on one line, the cut shown by an ellipsis."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def template_of(notice: Notice) -> Template:
    """The declaration behind a notice. Raises NoticeIncomplete when either does not fit."""
    template = TEMPLATES.get(notice.template)
    if template is None:
        raise NoticeIncomplete(f"no template {notice.template!r} in outbox/templates.py")
    missing = {
        name
        for pattern in (template.text, *template.fields.values())
        for _, name, _, _ in Formatter().parse(pattern)
        if name and not notice.values.get(name)
    }
    if missing:
        raise NoticeIncomplete(f"{notice.template} needs values for {sorted(missing)}")
    return template


def check(notice: Notice) -> None:
    """Before a notice is posted. Raises NoticeIncomplete where it does not fit its template, and
    for advertising to somebody who has not been asked (`students.file.consents`)."""
    if template_of(notice).kind is NoticeKind.MARKETING and not notice.is_agreed:
        raise NoticeIncomplete(f"{notice.template} is advertising: ask for consent first")


def sentence_of(notice: Notice, *, value_limit: int = SHORT_VALUE) -> str:
    """The notice as one sentence, without its link; each value at most `value_limit` characters,
    with the links of whoever wrote it spelled out."""
    template = template_of(notice)
    limit = LONG_VALUE if template.whole else value_limit
    values = {name: elided(spelled_out(v), limit) for name, v in notice.values.items()}
    return template.text.format_map(values)


def chat_body_of(notice: Notice) -> dict[str, Any]:
    """A customer-service message: a card where a tap leads somewhere, else text."""
    link = template_of(notice).chat_link
    if not notice.url or link:
        content = sentence_of(notice, value_limit=LONG_VALUE)
        for number, pattern in enumerate(template_of(notice).taps, 1):
            words = pattern.format_map(dict(notice.values))
            content = content.replace(f"「{words}」", f"「{said_by_tap(words, number)}」", 1)
        if notice.url:
            content += f'\n<a href="{notice.url}">{link}</a>'
        return {"msgtype": "text", "text": {"content": content}}
    card = {
        "title": template_of(notice).title,
        "description": sentence_of(notice),
        "url": notice.url,
        "picurl": "",
    }
    return {"msgtype": "news", "news": {"articles": [card]}}


def said_by_tap(words: str, number: int) -> str:
    """A link of the chat's own menu: a tap says its words."""
    query = urlencode({"msgmenucontent": words, "msgmenuid": number}, quote_via=quote)
    return f'<a href="weixin://bizmsgmenu?{query}">{words}</a>'


def letter_text_of(notice: Notice, *, value_limit: int = SHORT_VALUE) -> str:
    """The sentence with its link, for SMS and, with a higher limit, for mail."""
    sentence = sentence_of(notice, value_limit=value_limit)
    return f"{sentence} {notice.url}" if notice.url else sentence


def fields_of(notice: Notice) -> dict[str, str]:
    """The fields of the WeChat template, each cut to what its type allows."""
    patterns = template_of(notice).fields
    return {
        name: elided(pattern.format_map(dict(notice.values)), _limit_of(name))
        for name, pattern in patterns.items()
    }


def unfit_fields(fields: Mapping[str, str]) -> list[str]:
    """The names of fields whose value the platform would refuse (47003)."""
    return [
        name
        for name, text in fields.items()
        if not text
        or len(text) > _limit_of(name)
        or ((form := FIELD_FORMS.get(_type_of(name))) and not form.fullmatch(text))
    ]


def template_id(setting: str, name: str) -> str | None:
    """The account's id for one of our templates in a setting `name=ID,name=ID`."""
    ids = dict(pair.strip().split("=", 1) for pair in setting.split(",") if "=" in pair)
    return ids.get(name)


def merged_text_of(contents: Sequence[Notice | ChatMessage]) -> str | None:
    """Several messages as one text, each with its link; None when they do not go into one."""
    parts = [text for text in map(_text_of, contents) if text is not None]
    text = "\n\n".join(parts)
    whole = len(parts) == len(contents) and len(text.encode()) <= TEXT_BYTES
    return text if whole else None


def _text_of(content: Notice | ChatMessage) -> str | None:
    if isinstance(content, Notice):
        return letter_text_of(content)
    said = content.body.get("text", {}).get("content")
    return said if isinstance(said, str) else None


def is_held_at_night(content: Notice | ChatMessage) -> bool:
    """Whether this may wait for the morning: the bot's answers and urgent notices may not."""
    if isinstance(content, ChatMessage):
        return False
    return not (content.urgent or template_of(content).urgent)


def result_in_words(status: Status, channel: str, *, receipt: str | None, code: str) -> str:
    """What became of a message, for people: with a receipt it arrived, without one it has left."""
    match status:
        case Status.PENDING:
            return "正在发送"
        case Status.DECLINED:
            return "对方关闭了这类消息"
        case Status.SENT if receipt in DELIVERED:
            return f"{channel}已送达"
        case Status.SENT:
            return f"{channel}已发出" if channel else "已电话告知"
    why = REASONS.get(receipt or code) or f"没有送达（{receipt or code or '没有联系方式'}）"
    return f"{channel}{why}" if channel else "没有联系方式"


def may_be_lost(content: Notice | ChatMessage) -> bool:
    """Whether nobody has to act when no channel works: the bot's own words, reminders and
    advertising. They are listed as not delivered, but nobody is asked to phone."""
    if isinstance(content, ChatMessage):
        return True
    return template_of(content).kind in (NoticeKind.REMINDER, NoticeKind.MARKETING)


def declinable_kind(notice: Notice) -> NoticeKind | None:
    """The kind by which people may decline a notice (S6); None for what reaches them in any case:
    the work of staff, and what is urgent (payments, answers they wait for, today's lesson)."""
    template = template_of(notice)
    if template.kind is NoticeKind.TASK or template.urgent or notice.urgent:
        return None
    return template.kind


def _type_of(field_name: str) -> str:
    return field_name.rstrip("0123456789")


def _limit_of(field_name: str) -> int:
    return FIELD_LIMITS[_type_of(field_name)]


def rungs_of(recipient: Recipient, content: Notice | ChatMessage) -> tuple[Channel, ...]:
    """The channels that may carry this to this person, best first; perhaps none. For a visitor of
    our website the chat is their window there, and WeChat's own notices do not exist."""
    if isinstance(content, ChatMessage):
        return (Channel.CHAT,) if recipient.openid else ()
    follower = recipient.openid and not is_visitor(recipient.openid)
    usable: Mapping[Channel, object] = {
        Channel.CHAT: recipient.openid,
        Channel.SUBSCRIPTION: follower and template_of(content).wechat,
        Channel.TEMPLATE: follower and template_of(content).wechat,
        Channel.SMS: recipient.phone,
        Channel.MAIL: recipient.email,
    }
    allowed = content.channels or tuple(Channel)
    return tuple(channel for channel, at in usable.items() if at and channel in allowed)


def letter_address_of(recipient: Recipient, channel: Channel) -> str | None:
    """The phone or mailbox that a letter goes to; None inside WeChat."""
    return {Channel.SMS: recipient.phone, Channel.MAIL: recipient.email}.get(channel)


@dataclass(frozen=True)
class Step:
    """What becomes of a message after an attempt."""

    status: Status
    channel: Channel
    next_try_at: datetime


def next_step(
    rungs: tuple[Channel, ...],
    *,
    channel: Channel,
    tries: int,
    outcome: Outcome,
    may_be_lost: bool,
    now: datetime,
) -> Step:
    """Sent; or the same channel later; or the next channel at once; or the end of the ladder.

    `tries` counts the attempts on this channel, including the one just made.
    """
    if outcome.error is None:
        return Step(Status.SENT, channel, now)
    below = rungs[rungs.index(channel) + 1 :]
    patience = TRIES_BEFORE_NEXT_RUNG if below else len(BACK_OFF) + 1
    if outcome.retry and tries < patience:
        return Step(Status.PENDING, channel, now + BACK_OFF[tries - 1])
    if below:
        return Step(Status.PENDING, below[0], now)
    return Step(Status.FAILED if may_be_lost else Status.STUCK, channel, now)


def is_unreachable(channel: Channel, code: str) -> bool:
    """Whether the platform says that this person cannot be reached in WeChat at all."""
    return channel in IN_WECHAT and code in UNREACHABLE


def is_budget_refusal(code: str) -> bool:
    """Whether the platform counts otherwise than we do: the window is closed or used up."""
    return code in ("45015", "45047")


def surely_not_sent(code: str) -> bool:
    """Whether a refusal is the platform's own, so that nothing went out; silence proves nothing."""
    return code.isdigit()
