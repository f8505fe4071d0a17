"""By what a person is found: the name, its pinyin and its initials, each from the beginning.

Pure. Surnames are read in every way they can be (单: shan, dan), given names in the usual one, so
that a name has a handful of keys.
"""

import re
from enum import StrEnum

from pypinyin import Style, lazy_pinyin, pinyin

LONGEST = 80
MOST_READINGS = 6
_BETWEEN = re.compile(r"[\s·•.'’\-]+")


class KeyKind(StrEnum):
    """What a key is of a name."""

    NAME = "name"
    PINYIN = "pinyin"
    INITIALS = "initials"
    PART = "part"  # Name or pinyin without what stands first: 小明, xiaoming.


def plain(text: str) -> str:
    """A name, or what is looked for, without spaces, dots and capitals; ü is typed as v."""
    return _BETWEEN.sub("", text).casefold().replace("ü", "v")


def keys_of(name: str) -> list[tuple[KeyKind, str]]:
    """Everything under which a name is found, without repetition."""
    whole = plain(name)
    if not whole:
        return []
    first = pinyin(whole[0], style=Style.NORMAL, heteronym=True)[0][:MOST_READINGS]
    rest = [plain(each) for each in lazy_pinyin(whole[1:])] if len(whole) > 1 else []
    usual = plain("".join(lazy_pinyin(whole)))
    found = [(KeyKind.NAME, whole), (KeyKind.PINYIN, usual)]
    for reading in map(plain, first):
        found.append((KeyKind.PINYIN, reading + "".join(rest)))
        found.append((KeyKind.INITIALS, "".join(each[0] for each in (reading, *rest) if each)))
    for start in range(1, 1 if whole.isascii() else min(len(whole) - 1, 3)):
        found += [(KeyKind.PART, whole[start:]), (KeyKind.PART, "".join(rest[start - 1 :]))]
    return list(dict.fromkeys((kind, key[:LONGEST]) for kind, key in found if key))
