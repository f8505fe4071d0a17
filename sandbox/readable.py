"""What a bubble says, as plain text and its first address: for terminals and for checks."""

from __future__ import annotations

import html
import re
from typing import Any

_LINK = re.compile(
    r"""href\s*=\s*["']?([^"'\s>]+)|(https?://[^\s<>"'\u3000-\u303f\uff00-\uffef]+)"""
)
_TAG = re.compile(r"</?a\b[^>]*>", re.IGNORECASE)


def links_in(text: str) -> list[str]:
    """Return the web addresses in a text, those of `<a href>` included, in order."""
    found = [html.unescape(first or second) for first, second in _LINK.findall(text)]
    return [url for url in dict.fromkeys(found) if url.startswith(("http://", "https://"))]


def plain(kind: str, body: dict[str, Any]) -> str:
    """Return readable text for any kind of bubble."""
    if kind == "news":
        lines = [line for one in body["articles"] for line in (one["title"], one["description"])]
    elif kind == "msgmenu":
        lines = [body["head"], *(item["content"] for item in body["items"]), body["tail"]]
    elif kind == "template":
        lines = [body["title"]]
        for field in body["fields"]:
            label, value = field["label"], field["value"]
            lines.append(f"{label}：{value}" if label else value)
    elif kind == "location":
        lines = [body["label"] or f"{body['x']},{body['y']}"]
    elif kind in ("text", "event", "failure"):
        lines = [_TAG.sub("", body["text"])]
    elif kind == "voice":
        lines = [body.get("recognition") or "[语音]"]
    else:
        label = {"image": "[图片]", "video": "[视频]", "music": "[音乐]"}.get(kind, "")
        lines = [body.get("title") or label, body.get("description", "")]
    return "\n".join(line for line in lines if line)


def links(kind: str, body: dict[str, Any]) -> list[str]:
    """Return every address a bubble leads to, in reading order."""
    if kind == "news":
        return [article["url"] for article in body["articles"] if article["url"]]
    if kind in ("template", "music", "link", "image", "video", "voice"):
        return [body["url"]] if body.get("url") else []
    if kind == "msgmenu":
        return links_in("\n".join((body["head"], body["tail"])))
    return links_in(body.get("text", ""))


def as_line(via: str, kind: str, body: dict[str, Any]) -> dict[str, str]:
    """Return the one-line shape that `say` and `inbox` print."""
    found = links(kind, body)
    return {
        "via": via,
        "type": kind,
        "text": plain(kind, body),
        "url": found[0] if found else "",
    }
