"""Names that only the institution knows (courses, classes, teachers, campuses, rooms), found in a
message however they are typed: exactly, with other digits, by their sound, or one character off.

The model guesses from the company that words keep; the live catalogue knows. Where both see
something, the longer span stands, and the catalogue's spelling is the value.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from pypinyin import Style, pinyin

from bot.interpreter.meaning import Entity
from bot.interpreter.words import simplified

SHORTEST_BY_SOUND = 3
SHORTEST_WITH_A_SLIP = 5
"""Short names sound and look like too many other words; where the model sees a name of the kind,
one character less is enough."""
_NUMERALS = str.maketrans("123456789", "一二三四五六七八九")
_BLURRED = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("ng", "n"))
_FIRST_BLURRED = (("l", "n"), ("f", "h"))
_TELLING = frozenset("一二三四五六七八九十日天末早中晚上下大小初高甲乙丙丁abcdefg")
_TITLED = re.compile(r"([一-鿿])(?:姓)?(?:老师|教练)")


@dataclass(frozen=True)
class Vocabulary:
    """Names by kind: `names[entity]` are spelled as the institution spells them."""

    names: Mapping[str, tuple[str, ...]]

    @cached_property
    def index(self) -> "_Index":
        """The names by the sounds they begin with, made once for all messages."""
        pairs = ((entity, name) for entity, names in self.names.items() for name in names)
        return _index(tuple(pairs))


@dataclass(frozen=True)
class _Name:
    """A name to look for: `sought` is its folded spelling, `sounds` how that is heard."""

    entity: str
    name: str
    sought: str
    sounds: tuple[str, ...]


_Index = Mapping[tuple[int, str], list[_Name]]
"""Names by (0 or 1, the sound at that place): with at most one slip one of the two is right."""


def linked(text: str, entities: Iterable[Entity], known: Vocabulary) -> tuple[Entity, ...]:
    """The model's entities with the institution's own names among them, in the order of the text.

    Spans do not overlap; each name of the institution carries its own spelling as the value.
    """
    guessed = list(entities)
    found = _found(text, known, guessed)
    taken: list[Entity] = []
    for each in sorted([*found, *guessed], key=_rank):
        rival = next((other for other in taken if _overlap(each, other)), None)
        if rival is None:
            taken.append(each)
    spelled = {(each.name, each.start, each.end): each.value for each in found}
    kept = [_with_value(each, found, spelled) for each in taken]
    kept = [_with_teacher(each, known) for each in kept]
    return tuple(sorted(kept, key=lambda each: each.start))


def _rank(each: Entity) -> tuple[int, int]:
    """The longest first; at equal length the catalogue's, which stand first in the list."""
    return (each.start - each.end, each.start)


def _overlap(one: Entity, other: Entity) -> bool:
    return one.start < other.end and other.start < one.end


def _with_value(
    each: Entity, found: list[Entity], spelled: Mapping[tuple[str, int, int], str]
) -> Entity:
    """A longer guess around a known name (王芳老师) keeps its span, and the value is the name."""
    if (each.name, each.start, each.end) in spelled:
        return each
    inside = [one for one in found if one.name == each.name and _overlap(one, each)]
    return replace(each, value=inside[0].value) if inside else each


def _with_teacher(each: Entity, known: Vocabulary) -> Entity:
    """王老师 is whoever is the only one of that surname."""
    titled = _TITLED.fullmatch(simplified(each.value)) if each.name == "teacher" else None
    if titled is None:
        return each
    same = [name for name in known.names.get("teacher", ()) if name.startswith(titled.group(1))]
    return replace(each, value=same[0]) if len(same) == 1 else each


def _found(text: str, known: Vocabulary, guessed: list[Entity]) -> list[Entity]:
    """The known names in a text, the longest first where they overlap."""
    typed = _folded(text)
    heard = tuple(_sound(character) for character in typed)
    hits = {
        Entity(each.entity, each.name, start, start + len(each.sought))
        for at, sound in enumerate(heard)
        for place in (0, 1)
        for each in known.index.get((place, sound), ())
        if (start := at - place) >= 0 and _stands(each, start, typed, heard, guessed)
    }
    found: list[Entity] = []
    for hit in sorted(hits, key=lambda hit: (hit.start - hit.end, hit.start, hit.name, hit.value)):
        if not any(_overlap(hit, other) for other in found):
            found.append(hit)
    return found


def _stands(
    each: _Name, start: int, typed: str, heard: tuple[str, ...], guessed: list[Entity]
) -> bool:
    """Whether a name stands at a place: as typed, else as heard, else with one slip."""
    end = start + len(each.sought)
    if end > len(typed):
        return False
    if typed[start:end] == each.sought:
        return True
    slips = sum(a != b for a, b in zip(heard[start:end], each.sounds, strict=True))
    if slips > 1:
        return False
    length = len(each.sought) + any(
        guess.name == each.entity and guess.start <= start and end <= guess.end for guess in guessed
    )
    if slips == 0:
        return length >= SHORTEST_BY_SOUND
    return length >= SHORTEST_WITH_A_SLIP and _is_slip(typed[start:end], each.sought)


def _is_slip(window: str, sought: str) -> bool:
    """Whether what differs is none of the characters that tell names apart: 三级 and 五级 are two
    courses, 周六 and 周日 two classes."""
    wrong = "".join(a + b for a, b in zip(window, sought, strict=True) if a != b)
    return wrong.isalpha() and not set(wrong) & _TELLING


def _folded(text: str) -> str:
    """One spelling for comparison; the same length as the text."""
    return simplified(text).lower().translate(_NUMERALS)


@lru_cache(maxsize=8)
def _index(pairs: tuple[tuple[str, str], ...]) -> _Index:
    index: dict[tuple[int, str], list[_Name]] = {}
    for entity, name in pairs:
        sought = _folded(name)
        sounds = tuple(_sound(character) for character in sought)
        for place, sound in enumerate(sounds[:2]):
            index.setdefault((place, sound), []).append(_Name(entity, name, sought, sounds))
    return index


@lru_cache(maxsize=8192)
def _sound(character: str) -> str:
    """The blurred, toneless sound of a Han character; what is none stays itself."""
    sound = pinyin(character, style=Style.NORMAL, errors="default")[0][0]
    for heard, meant in _BLURRED:
        sound = sound.replace(heard, meant)
    for heard, meant in _FIRST_BLURRED:
        sound = meant + sound[1:] if sound.startswith(heard) and len(sound) > 1 else sound
    return sound
