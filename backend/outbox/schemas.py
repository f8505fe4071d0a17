"""What a room hands to the outbox, and what the outbox tells."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Recipient(BaseModel):
    """Whom to tell. Channels that are None are skipped on the ladder."""

    model_config = ConfigDict(frozen=True)

    openid: str | None = None
    phone: str | None = None
    email: str | None = None
    name: str = ""


class Notice(BaseModel):
    """A sentence declared in `outbox/templates.py` with the values to fill in.

    `values` are plain display strings; `url` is where a tap leads. `urgent` lets a single notice
    through at night although its template would wait, such as a change of today's lesson. With
    `channels` only those are tried; from `good_until` on it is not sent any more, since nobody
    has to be reminded of what is over. `is_agreed` says that whoever composed advertising has asked
    for the recipient's consent to it; without it none is posted.
    """

    model_config = ConfigDict(frozen=True)

    template: str
    values: dict[str, str] = Field(default_factory=dict)
    url: str | None = None
    urgent: bool = False
    channels: tuple["Channel", ...] = ()
    good_until: datetime | None = None
    is_agreed: bool = False


class NoticeKind(StrEnum):
    """What a notice is about. People may opt out of each kind except the work of our own staff."""

    TASK = "task"
    SERVICE = "service"
    REMINDER = "reminder"
    MARKETING = "marketing"


class Interaction(StrEnum):
    """What a person did, as far as it decides what may be said to them in the chat."""

    MESSAGE = "message"  # They wrote, spoke, or sent a picture.
    MOMENT = "moment"  # A menu click, a follow, a scan.
    PAYMENT = "payment"
    LEFT = "left"  # They no longer follow.


class ChatMessage(BaseModel):
    """The bot's own words, as the body of a customer-service message without `touser`:
    `{"msgtype": "text", "text": {"content": …}}`. It is sent in WeChat or not at all."""

    model_config = ConfigDict(frozen=True)

    body: dict[str, Any]


class Channel(StrEnum):
    """The rungs of the ladder, best first."""

    CHAT = "chat"  # A customer-service message in WeChat.
    SUBSCRIPTION = "subscribe"  # A WeChat notice the person has agreed to.
    TEMPLATE = "template"  # A WeChat template message.
    SMS = "sms"
    MAIL = "mail"


class Status(StrEnum):
    """Where a message stands."""

    PENDING = "pending"
    SENT = "sent"
    FAILED = "failed"  # The bot's own words could not be said; nobody needs to act.
    STUCK = "stuck"  # No channel worked: a task for a person.
    DECLINED = "declined"  # The recipient wants no notices of this kind.


class Letter(BaseModel):
    """A leased message: everything a sender needs, so that it works with no transaction open.

    `(channel, tries)` is the fence: a result is recorded only while the row still stands there.
    `merged` are letters to the same person that go out inside this one's text. `is_probe` says
    that the channel is stopped and this letter finds out whether it works again.
    """

    model_config = ConfigDict(frozen=True)

    message_id: int
    dedupe_key: str
    channel: Channel
    tries: int
    recipient: Recipient
    content: Notice | ChatMessage
    merged: tuple["Letter", ...] = ()
    is_probe: bool = False


class Outcome(BaseModel):
    """What came of one attempt. `error` None means sent; `retry` whether this channel may still
    work later; `code` the outside world's own; `platform_id` its id for the message."""

    model_config = ConfigDict(frozen=True)

    error: str | None = None
    retry: bool = False
    code: str = ""
    platform_id: str = ""


class RecipientUnreachable(BaseModel):
    """Event: WeChat refuses this person (43004 not following, 48002 refuses, 43019 blocked…)."""

    model_config = ConfigDict(frozen=True)

    openid: str
    code: str


class MessageStuck(BaseModel):
    """Event: no channel worked, a person has to tell the recipient what `text` says.

    A listener that posts `delivery_task` must leave out a stuck `delivery_task`."""

    model_config = ConfigDict(frozen=True)

    message_id: int
    template: str
    recipient_name: str
    text: str = ""


class ChannelStopped(BaseModel):
    """Event: a channel refuses everything until a person has done what `fix` says. Published when
    it stops and again whenever it is tried in vain."""

    model_config = ConfigDict(frozen=True)

    channel: Channel
    code: str
    fix: str
    at: datetime


class StuckMessage(BaseModel):
    """A message waiting for a person: what was to be said, to whom, and why it was not."""

    model_config = ConfigDict(frozen=True)

    id: int
    recipient_name: str
    phone: str | None
    text: str
    error: str


class DeliveryView(BaseModel):
    """A notice and what became of it, in words; `is_task`: a person still has to tell it."""

    model_config = ConfigDict(frozen=True)

    id: int
    recipient_name: str
    title: str
    text: str
    at: datetime
    result: str
    is_task: bool


class KindWish(BaseModel):
    """A kind of notice, and whether somebody wants it."""

    model_config = ConfigDict(frozen=True)

    kind: NoticeKind
    name: str
    purpose: str
    is_wanted: bool


class SubscriptionView(BaseModel):
    """A subscription template, and how many notices of it somebody has agreed to and not got."""

    model_config = ConfigDict(frozen=True)

    template_id: str
    title: str
    purpose: str
    left: int
