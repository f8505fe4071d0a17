"""How a notice is worded for each channel, which channel comes next, and when to try again.

Sources: limits of template fields and codes of refusal are in the platform's documentation
(订阅通知 parameter types; global return codes).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from string import Formatter
from typing import Any

from backend.outbox.schemas import Channel, ChatMessage, Notice, Outcome, Recipient, Status
from backend.outbox.templates import TEMPLATES, Template

FIELD_LIMITS = {
    "thing": 20,
    "phrase": 5,
    "name": 10,
    "character_string": 32,
    "number": 32,
    "amount": 12,
    "phone_number": 17,
    "time": 32,
    "date": 32,
}
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


def sentence_of(notice: Notice, *, value_limit: int = SHORT_VALUE) -> str:
    """The notice as one sentence, without its link; each value at most `value_limit` characters."""
    values = {name: elided(value, value_limit) for name, value in notice.values.items()}
    return template_of(notice).text.format_map(values)


def chat_body_of(notice: Notice) -> dict[str, Any]:
    """A customer-service message: a card where a tap leads somewhere, else text."""
    if not notice.url:
        content = sentence_of(notice, value_limit=LONG_VALUE)
        return {"msgtype": "text", "text": {"content": content}}
    card = {
        "title": template_of(notice).title,
        "description": sentence_of(notice),
        "url": notice.url,
        "picurl": "",
    }
    return {"msgtype": "news", "news": {"articles": [card]}}


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


def _limit_of(field_name: str) -> int:
    return FIELD_LIMITS[field_name.rstrip("0123456789")]


def rungs_of(recipient: Recipient, content: Notice | ChatMessage) -> tuple[Channel, ...]:
    """The channels that may carry this to this person, best first; perhaps none."""
    if isinstance(content, ChatMessage):
        return (Channel.CHAT,) if recipient.openid else ()
    usable: Mapping[Channel, object] = {
        Channel.CHAT: recipient.openid,
        Channel.TEMPLATE: recipient.openid and template_of(content).wechat,
        Channel.SMS: recipient.phone,
        Channel.MAIL: recipient.email,
    }
    return tuple(channel for channel, address in usable.items() if address)


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
    is_chat: bool,
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
    return Step(Status.FAILED if is_chat else Status.STUCK, channel, now)


def is_unreachable(channel: Channel, code: str) -> bool:
    """Whether the platform says that this person cannot be reached in WeChat at all."""
    return channel in (Channel.CHAT, Channel.TEMPLATE) and code in UNREACHABLE
