"""A stored line as the chat window shows it: pieces of text with their links, cards, and buttons
for what the text says one may answer. The page builds elements from these, never HTML from words.
"""

import re
from datetime import timedelta
from typing import Any

from backend.gateways.webchat.lines import LineView, Window
from backend.kit import clock

MOST_OPTIONS = 6
_LINK = re.compile(r'<a\s+href="(https?://[^"\s<>]+)">([^<]*)</a>|(https?://[^\s<>"，。；、）」]+)')
_OFFERED = re.compile(r"(?:回复|发送|或|或者|、)\s*「([^」\s]{1,8})」")
_NUMBERED = re.compile(r"^(\d)\. ", re.MULTILINE)

SAID_KEY = "said:"
SOON, MINUTES, LONG = timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15)


def as_json(window: Window, *, after: int) -> dict[str, Any]:
    """What a window asks for and gets: the new lines, the last number, and when to ask again."""
    last = window.lines[-1] if window.lines else None
    return {
        "lines": [shown(line) for line in window.lines],
        "last": last.number if last else after,
        "has_more": window.has_more,
        "typing": window.is_typing,
    }


def shown(line: LineView) -> dict[str, Any]:
    """One line. Own lines carry the id under which the page sent them."""
    base = {"number": line.number, "own": line.is_own, "at": line.at.isoformat()}
    if line.is_own:
        said = line.body["text"]["content"]
        return {**base, "id": line.key.removeprefix(SAID_KEY), "parts": [{"text": said}]}
    article = next(iter(line.body.get("news", {}).get("articles", ())), None)
    if article is not None:
        card = {name: article.get(name, "") for name in ("title", "description", "url")}
        card["url"] = card["url"] if card["url"].startswith(("http://", "https://")) else ""
        return {**base, "card": card, "options": []}
    text = line.body.get("text", {}).get("content", "")
    return {**base, "parts": parts_of(text), "options": options_of(text)}


def parts_of(text: str) -> list[dict[str, str]]:
    """The text in pieces; a link of ours or a bare address is a piece with its `url`."""
    parts: list[dict[str, str]] = []
    end = 0
    for found in _LINK.finditer(text):
        if found.start() > end:
            parts.append({"text": text[end : found.start()]})
        url = found.group(1) or found.group(3)
        parts.append({"text": found.group(2) or url, "url": url})
        end = found.end()
    if end < len(text):
        parts.append({"text": text[end:]})
    return parts


def options_of(text: str) -> list[str]:
    """What the text offers to answer: the numbers of its list, and the words it quotes for that."""
    numbers = _NUMBERED.findall(text)
    words = [word for word in _OFFERED.findall(text) if "{" not in word]
    return list(dict.fromkeys([*numbers, *words]))[:MOST_OPTIONS]


def pause_seconds(window: Window) -> float:
    """How long a window waits before it asks again: the livelier the talk, the sooner. Somebody
    who has just written waits for an answer; a talk of this morning is looked at now and then."""
    if window.is_typing or window.has_more:
        return 0.8
    if window.last_at is None:
        return 20.0
    age = clock.now() - window.last_at
    if window.last_is_own and age < LONG:
        return 1.5 if age < SOON else 2.5
    return 2.5 if age < SOON else 5.0 if age < MINUTES else 20.0
