"""Brings a typed message to one plain form and remembers where each character came from.

Traditional, full-width, upper-case, Cantonese and repeated characters are ways to write the same
thing; the models should see each thing once. Every output character keeps the half-open span of
the original text it stands for, so that an entity can always be shown where the person typed it.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

# Cantonese and regional characters with one plain counterpart; OpenCC leaves them or misreads
# them (係 becomes 系).
DIALECT = dict(
    zip(
        "係嘅咗唔冇佢哋啲嚟喺嘢睇俾畀咩妳您乜嗰呢",
        "是的了不没他们些来在事看给给啥你你啥那呢",
        strict=True,
    )
)
# What WeChat writes for its own faces when a message arrives as text.
FACES = {
    "[强]": "👍",
    "[赞]": "👍",
    "[ok]": "👌",
    "[好的]": "👌",
    "[抱拳]": "🙏",
    "[合十]": "🙏",
    "[握手]": "🙏",
    "[玫瑰]": "🌹",
    "[发怒]": "😡",
    "[怒]": "😡",
    "[再见]": "👋",
    "[呲牙]": "😊",
    "[微笑]": "😊",
    "[愉快]": "😊",
    "[捂脸]": "😂",
    "[笑哭]": "😂",
    "[弱]": "👎",
}
_FACE = re.compile(r"\[[\u4e00-\u9fffA-Za-z]{1,4}\]")
# Joiners, variation selectors, skin tones, zero-width and byte-order marks say nothing.
_SILENT = re.compile("[\u200b-\u200f\u2060\ufe0e\ufe0f\ufeff\U0001f3fb-\U0001f3ff\x00-\x08]")
_REPEATABLE = 2


@dataclass(frozen=True)
class Plain:
    """A normalised text; `starts[i]` and `ends[i]` span the original of character i."""

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Turn a non-empty half-open span of the plain text into one of the original text."""
        return self.starts[start], self.ends[end - 1]

    def plain(self, start: int, end: int) -> tuple[int, int]:
        """Turn a span of the original text into the smallest span of the plain text."""
        inside = [i for i, at in enumerate(self.starts) if start <= at < end]
        return (inside[0], inside[-1] + 1) if inside else (0, 0)


@lru_cache(maxsize=1)
def _simplified() -> dict[int, str]:
    """Return OpenCC's Traditional-to-Simplified characters as a translation table.

    Characters rather than phrases: a table costs microseconds and keeps the length.
    """
    lines = (files("opencc") / "dictionary" / "TSCharacters.txt").read_text("utf-8").splitlines()
    table = {
        ord(parts[0]): parts[1].split(" ")[0]
        for parts in (line.split("\t") for line in lines)
        if len(parts) == 2 and len(parts[0]) == 1
    }
    table.update({ord(there): here for there, here in DIALECT.items()})
    return table


def normalise(text: str) -> Plain:
    """Return the plain form of a message; any string is accepted, the empty one too."""
    out: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    table = _simplified()
    position = 0
    while position < len(text):
        face = _FACE.match(text, position) if text[position] == "[" else None
        if face:
            end = face.end()
            forms = FACES.get(face.group().lower(), "😊")
        else:
            end = position + 1
            forms = _plain_forms(text[position], table)
        for form in forms:
            if _worth_adding(form, out):
                out.append(form)
                starts.append(position)
                ends.append(end)
        position = end
    while out and out[-1] == " ":
        out.pop(), starts.pop(), ends.pop()
    return Plain("".join(out), tuple(starts), tuple(ends))


def _plain_forms(char: str, table: dict[int, str]) -> str:
    """Return what one character is written as: usually one character, seldom none or several."""
    if "\u4e00" <= char <= "\u9fff":
        return table.get(ord(char), char)
    if _SILENT.match(char):
        return ""
    if char.isspace():
        return " "
    plain = unicodedata.normalize("NFKC", char).lower()
    return plain.translate(table) or char


def _worth_adding(form: str, out: list[str]) -> bool:
    """Decide whether a character adds anything: not a leading blank, not a third repetition.

    Digits always count (a phone number may well repeat one), and Han characters are kept twice.
    """
    if form == " ":
        return bool(out) and out[-1] != " "
    if form.isdigit() or len(out) < _REPEATABLE:
        return True
    if form.isalnum():
        return not all(before == form for before in out[-_REPEATABLE:]) or form in "零一二三"
    return out[-1] != form
