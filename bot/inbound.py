"""WeChat XML → one typed Incoming.

Official accounts push XML only; the platform's own samples come as JSON too (the mini-programs'
format), so that an object with the same names is read alike.
"""

import hashlib
import json
import re
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import xmltodict
from pydantic import BaseModel, ConfigDict, Field


class Kind(StrEnum):
    """What a person did, as far as it matters for an answer."""

    TEXT = "text"
    IMAGE = "image"
    VOICE = "voice"
    VIDEO = "video"
    LOCATION = "location"
    LINK = "link"  # An article or a mini-program's card.
    FILE = "file"
    FOLLOW = "follow"
    UNFOLLOW = "unfollow"
    SCAN = "scan"
    MENU = "menu"
    RECEIPT = "receipt"  # How a template message fared.
    SUBSCRIPTIONS = "subscribed"  # What notices were agreed to, or how one fared.
    OTHER = "other"  # Acknowledged, never answered.


class NotAMessage(Exception):
    """The XML holds no message of WeChat's."""


class Incoming(BaseModel):
    """One delivery, whatever its type. `key` is a menu key, a QR scene or a media id; `facts` the
    raw elements, `listed` those of a repeated `List`. Ids are strings: some are not numbers."""

    model_config = ConfigDict(frozen=True)

    account: str
    openid: str
    sent_at: datetime
    kind: Kind
    text: str = ""
    key: str = ""
    dedupe_key: str
    facts: dict[str, str] = Field(default_factory=dict)
    listed: list[dict[str, str]] = Field(default_factory=list)


FILES = frozenset({Kind.IMAGE, Kind.VOICE, Kind.VIDEO, Kind.FILE})

_KINDS = {
    "text": Kind.TEXT,
    "image": Kind.IMAGE,
    "voice": Kind.VOICE,
    "video": Kind.VIDEO,
    "shortvideo": Kind.VIDEO,
    "location": Kind.LOCATION,
    "link": Kind.LINK,
    "miniprogrampage": Kind.LINK,
    "file": Kind.FILE,
}
_EVENTS = {
    "subscribe": Kind.FOLLOW,
    "unsubscribe": Kind.UNFOLLOW,
    "scan": Kind.SCAN,
    "click": Kind.MENU,
    "templatesendjobfinish": Kind.RECEIPT,
    "subscribe_msg_popup_event": Kind.SUBSCRIPTIONS,
    "subscribe_msg_change_event": Kind.SUBSCRIPTIONS,
    "subscribe_msg_sent_event": Kind.SUBSCRIPTIONS,
}
_DOCTYPE = re.compile(rb"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)
_STICKER = "【收到不支持的消息类型，暂无法显示】"
MAX_NAME = 64


def elements(xml: bytes) -> dict[str, Any]:
    """The children of the root element. Raises NotAMessage for anything that is no flat XML;
    DOCTYPE is refused unread (external entities)."""
    if xml.lstrip()[:1] == b"{":
        return _json_elements(xml)
    if _DOCTYPE.search(xml):
        raise NotAMessage("doctype")
    try:
        # Surrounding white space is the person's own (a text of spaces stays one).
        tree = xmltodict.parse(xml, strip_whitespace=False)
    except Exception as error:  # The parser raises a zoo: ExpatError, ValueError, Unicode …
        raise NotAMessage("xml") from error
    root = next(iter(tree.values()), None) if len(tree) == 1 else None
    if not isinstance(root, dict):
        raise NotAMessage("root")
    return root


def _json_elements(text: bytes) -> dict[str, Any]:
    """The members of a JSON object; numbers become the text that XML would have held."""
    try:
        root = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotAMessage("json") from error
    if not isinstance(root, dict):
        raise NotAMessage("root")
    return {name: str(value) if type(value) is int else value for name, value in root.items()}


def parse(root: dict[str, Any]) -> Incoming:
    """The message in a root element. Raises NotAMessage when sender or time are missing; a
    type that is missing, empty or unknown makes it OTHER."""
    facts = {
        name: value.strip() if name != "Content" else value
        for name, value in root.items()
        if isinstance(value, str) and name != "#text"
    }
    account, openid = facts.get("ToUserName", ""), facts.get("FromUserName", "")
    type_name = facts.get("MsgType", "").lower()
    created = facts.get("CreateTime", "")
    if not (account and openid and created.isdecimal() and created.isascii()):
        raise NotAMessage("fields")
    if len(account) > MAX_NAME or len(openid) > MAX_NAME or len(created) > 12:
        raise NotAMessage("too long")
    event = facts.get("Event", "").lower() if type_name == "event" else ""
    kind = _EVENTS.get(event, Kind.OTHER) if event else _KINDS.get(type_name, Kind.OTHER)
    text = facts.get("Content", "") if kind is Kind.TEXT else facts.get("Recognition", "")
    if text == _STICKER:
        kind, text = Kind.OTHER, ""
    return Incoming(
        account=account,
        openid=openid,
        sent_at=datetime.fromtimestamp(int(created), UTC),
        kind=kind,
        text=text.strip(),
        key=_key(kind, facts),
        dedupe_key=_dedupe_key(account, openid, created, event, facts, root),
        facts=facts,
        listed=_listed(root) if kind is Kind.SUBSCRIPTIONS else [],
    )


def _listed(root: dict[str, Any]) -> list[dict[str, str]]:
    """The items of the `List` elements one level down; one item alone is no list in XML."""
    for child in root.values():
        found = child.get("List") if isinstance(child, dict) else None
        if found is not None:
            items = found if isinstance(found, list) else [found]
            return [
                {key: value.strip() for key, value in item.items() if isinstance(value, str)}
                for item in items
                if isinstance(item, dict)
            ]
    return []


def _key(kind: Kind, facts: dict[str, str]) -> str:
    if kind in FILES:
        return facts.get("MediaId", "")
    return facts.get("EventKey", "").removeprefix("qrscene_")


def _dedupe_key(
    account: str,
    openid: str,
    created: str,
    event: str,
    facts: dict[str, str],
    root: dict[str, Any],
) -> str:
    """What makes two deliveries the same: the wider tuples of `wechat.md` §1, since MsgId collides
    across people and events collide within a second."""
    if event:
        body = hashlib.sha256(repr(sorted(root.items(), key=str)).encode()).hexdigest()[:16]
        tail = [event, facts.get("EventKey", ""), facts.get("MsgID", "") or body]
    else:
        tail = [facts.get("MsgId", facts.get("MsgID", ""))]
    long_key = "\x1f".join([account, openid, created, *tail])
    return hashlib.sha256(long_key.encode()).hexdigest()
