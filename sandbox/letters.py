"""Writing the XML that WeChat posts to a webhook, and reading the XML that comes back."""

from __future__ import annotations

import re
import secrets
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping

_NUMBERS = {
    "CreateTime", "MsgId", "Location_X", "Location_Y", "Scale", "Latitude", "Longitude",
    "Precision", "MsgID", "Count", "bizmsgmenuid",
}  # fmt: skip
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


class BadLetter(Exception):
    """The text is not the XML it should be."""


def cdata(text: str) -> str:
    """Wrap text so that any character survives, `]]>` too; drops what XML 1.0 cannot carry."""
    safe = _FORBIDDEN.sub("", text).replace("]]>", "]]]]><![CDATA[>")
    return f"<![CDATA[{safe}]]>"


def compose(fields: Mapping[str, object]) -> str:
    """Write fields as WeChat does: numbers bare, text in CDATA, mappings and lists nested.

    A list under a key repeats that element.
    """
    return f"<xml>{_elements(fields)}</xml>"


def _elements(fields: Mapping[str, object]) -> str:
    written: list[str] = []
    for name, value in fields.items():
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, Mapping):
                inner = _elements(one)
            else:
                inner = str(one) if name in _NUMBERS else cdata(str(one))
            written.append(f"<{name}>{inner}</{name}>")
    return "".join(written)


def letter(account: str, openid: str, created: int, kind: str, **fields: object) -> str:
    """Write one message or event from `openid` to the account; `created` is in seconds."""
    head = {"ToUserName": account, "FromUserName": openid, "CreateTime": created, "MsgType": kind}
    tail = {} if kind == "event" else {"MsgId": new_message_id()}
    return compose({**head, **fields, **tail})


def new_message_id() -> str:
    """Return a number as large as WeChat's, which does not fit a 53-bit float."""
    return str(23_000_000_000_000_000 + secrets.randbelow(10**15))


def read_letter(text: str) -> ElementTree.Element:
    """Parse a reply; raises BadLetter when it is not XML or brings a document type."""
    if "<!DOCTYPE" in text.upper():
        raise BadLetter("a document type is not allowed")
    try:
        return ElementTree.fromstring(text)  # noqa: S314  # Document types are refused above.
    except ElementTree.ParseError as broken:
        raise BadLetter(f"not XML: {broken}") from broken


def text_at(root: ElementTree.Element, path: str) -> str:
    """Return the stripped text of an element, or an empty string."""
    return (root.findtext(path) or "").strip()
