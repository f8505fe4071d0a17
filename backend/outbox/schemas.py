"""What a room hands to the outbox."""

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

    `values` are plain display strings; `url` is where a tap leads.
    """

    model_config = ConfigDict(frozen=True)

    template: str
    values: dict[str, str] = Field(default_factory=dict)
    url: str | None = None


class ChatMessage(BaseModel):
    """The bot's own words, as the body of a customer-service message without `touser`:
    `{"msgtype": "text", "text": {"content": …}}`. It is sent in WeChat or not at all."""

    model_config = ConfigDict(frozen=True)

    body: dict[str, Any]
