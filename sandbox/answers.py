"""What a webhook's passive answer means: silence, something to show, or a failure.

Official rules: an empty body or `success` is silence; anything that is not the agreed XML makes the
phone show that the service is out of order.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from typing import Any

from sandbox.envelope import BadEnvelope, is_signed, unseal
from sandbox.letters import BadLetter, read_letter, text_at
from sandbox.settings import Settings

TEXT_LIMIT = 2048
_ONE_ARTICLE_ONLY = {"text", "image", "voice", "video", "shortvideo", "location"}


class BadAnswer(Exception):
    """The answer breaks the protocol; the message says how."""


@dataclass(frozen=True)
class Shown:
    """A bubble to be: its kind, its content, and the clear XML for the inspector."""

    kind: str
    body: dict[str, Any]
    xml: str
    notes: list[str] = field(default_factory=list)


def understand(settings: Settings, body: bytes, *, openid: str, asked: str) -> Shown | None:
    """Decode a passive answer to a message of kind `asked`; None is silence.

    Raises BadAnswer for whatever makes a real phone show the failure line.
    """
    try:
        text = body.decode("utf-8").strip()
    except UnicodeDecodeError as broken:
        raise BadAnswer("the answer is not UTF-8") from broken
    if text in ("", "success"):
        return None
    try:
        root = read_letter(text)
        clear = _opened(settings, root, text)
        if clear is not text:
            root = read_letter(clear)
    except (BadLetter, BadEnvelope) as broken:
        raise BadAnswer(str(broken)) from broken
    addressee, sender = text_at(root, "ToUserName"), text_at(root, "FromUserName")
    if addressee != openid or sender != settings.account:
        raise BadAnswer(f"addressed from {sender!r} to {addressee!r}: swap the two names")
    if not text_at(root, "CreateTime").isdigit():
        raise BadAnswer("CreateTime is missing")
    return _shown(root, clear, asked)


def _opened(settings: Settings, root: ElementTree.Element, text: str) -> str:
    """Return the clear XML; in safe mode a clear answer is refused."""
    sealed = text_at(root, "Encrypt")
    if not sealed:
        if settings.mode == "safe":
            raise BadEnvelope("safe mode demands an encrypted answer")
        return text
    if settings.mode == "plain":
        raise BadEnvelope("plain mode demands a clear answer")
    parts = (settings.token, text_at(root, "TimeStamp"), text_at(root, "Nonce"), sealed)
    if not is_signed(text_at(root, "MsgSignature"), *parts):
        raise BadEnvelope("MsgSignature is wrong")
    return unseal(sealed, aes_key=settings.aes_key, appid=settings.appid)


def _shown(root: ElementTree.Element, clear: str, asked: str) -> Shown | None:
    kind = text_at(root, "MsgType").lower()
    if kind == "text":
        content = (root.findtext("Content") or "").strip()
        if not content:
            raise BadAnswer("Content is empty")
        if len(content.encode()) > TEXT_LIMIT:
            raise BadAnswer(f"Content is longer than {TEXT_LIMIT} bytes of UTF-8")
        return Shown("text", {"text": content}, clear)
    if kind in ("image", "voice"):
        media_id = text_at(root, f"{kind.title()}/MediaId")
        return Shown(kind, {"media_id": media_id, "url": f"/media/{media_id}"}, clear)
    if kind == "video":
        media_id = text_at(root, "Video/MediaId")
        titles = {"title": text_at(root, "Video/Title")}
        titles["description"] = text_at(root, "Video/Description")
        return Shown(kind, {"media_id": media_id, "url": f"/media/{media_id}", **titles}, clear)
    if kind == "music":
        body = {
            "title": text_at(root, "Music/Title"),
            "description": text_at(root, "Music/Description"),
            "url": text_at(root, "Music/MusicUrl"),
        }
        return Shown(kind, body, clear)
    if kind == "news":
        return _news(root, clear, asked)
    if kind == "transfer_customer_service":
        return None
    raise BadAnswer(f"MsgType {kind!r} is unknown")


def _news(root: ElementTree.Element, clear: str, asked: str) -> Shown:
    articles = [
        {
            "title": text_at(item, "Title"),
            "description": text_at(item, "Description"),
            "picurl": text_at(item, "PicUrl"),
            "url": text_at(item, "Url"),
        }
        for item in root.findall("Articles/item")
    ]
    if not articles:
        raise BadAnswer("Articles is empty")
    allowed = 1 if asked in _ONE_ARTICLE_ONLY else 8
    notes = [f"only {allowed} of {len(articles)} articles shown"] if len(articles) > allowed else []
    return Shown("news", {"articles": articles[:allowed]}, clear, notes)
