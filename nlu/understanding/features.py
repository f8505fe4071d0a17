"""Turns a normalised text into named features with counts, for the intent model.

Three views of the text: its characters as typed; its characters with entities blanked out (so
that 钢琴多少钱 teaches something about 围棋多少钱); its sounds without tones and without the
distinctions that dialects blur, because voice input and hasty typing keep the sound.
"""

import re
from collections import Counter
from functools import lru_cache

from pypinyin import Style, pinyin_dict
from pypinyin.style import convert

from understanding.patterns import Span

# Private-use characters that stand for an entity in the blanked view.
MARKS = {
    name: chr(0xE000 + index)
    for index, name in enumerate(
        "course subject grade campus teacher person phone time amount quantity class_mode level "
        "order_no ticket_no item room document channel".split()
    )
}
# Runs of small letters, and each other character that is heard.
_RUNS = re.compile(r"[a-z]+|[^\W_]")
BLURRED = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("ng", "n"), ("l", "n"), ("f", "h"))


@lru_cache(maxsize=20_000)
def sound(char: str) -> str:
    """Return the blurred, toneless first reading of a Han character; others stay themselves."""
    readings = pinyin_dict.pinyin_dict.get(ord(char))
    if not readings:
        return char
    return _blurred(str(convert(readings.split(",")[0], Style.NORMAL, strict=False)))


def _blurred(plain: str) -> str:
    """Return a syllable without the distinctions that dialects blur."""
    for heard, meant in BLURRED[:4]:
        plain = plain.replace(heard, meant)
    for heard, meant in BLURRED[4:]:
        plain = meant + plain[1:] if plain.startswith(heard) else plain
    return plain


@lru_cache(maxsize=1)
def _syllables() -> frozenset[str]:
    """Return every toneless syllable of Mandarin in plain letters."""
    readings = {each for line in pinyin_dict.pinyin_dict.values() for each in line.split(",")}
    return frozenset(str(convert(each, Style.NORMAL, strict=False)) for each in readings)


@lru_cache(maxsize=20_000)
def _spelled(letters: str) -> tuple[str, ...]:
    """Return the blurred syllables of letters that are pinyin (tousu is 投诉), else the letters."""
    return tuple(_blurred(each) for each in _cut(letters)) or tuple(letters)


def _cut(letters: str) -> tuple[str, ...]:
    """Cut letters into syllables, the longest first; empty when they are not pinyin."""
    for end in range(min(len(letters), 6), 0, -1):
        if letters[:end] in _syllables():
            rest = _cut(letters[end:])
            if rest or end == len(letters):
                return (letters[:end], *rest)
    return ()


def _sounds(text: str) -> list[str]:
    """Return the syllables of a text, of letters that spell pinyin too."""
    heard: list[str] = []
    for run in _RUNS.findall(text):
        heard += _spelled(run) if run.isascii() and len(run) > 1 else map(sound, run)
    return heard


def blanked(text: str, spans: list[Span]) -> str:
    """Return the text with each span written as one mark; the spans must not overlap."""
    pieces, at = [], 0
    for span in spans:
        pieces += [text[at : span.start], MARKS[span.entity]]
        at = span.end
    return "".join([*pieces, text[at:]])


def features(text: str, spans: list[Span]) -> dict[str, Counter[str]]:
    """Return the feature counts by view; a blank text has only its boundaries."""
    bounded = f"^{text}$"
    marked = f"^{blanked(text, spans)}$"
    sounds = ["^", *_sounds(text), "$"]
    return {
        "typed": _grams(bounded, (1, 2, 3)),
        "blanked": _grams(marked, (1, 2, 3, 4)),
        "heard": _grams(sounds, (2, 3)),
    }


def _grams(sequence: str | list[str], sizes: tuple[int, ...]) -> Counter[str]:
    """Count the runs of each size in a string or a list of syllables."""
    joint = "" if isinstance(sequence, str) else " "
    return Counter(
        joint.join(sequence[start : start + size])
        for size in sizes
        for start in range(len(sequence) - size + 1)
    )
