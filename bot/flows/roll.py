"""Reads a roll from one sentence: 「全到」「除了小明」「小红迟到10分钟，小刚请假」. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from backend.teaching.schemas import Mark
from bot.times import numerals

_PIECES = re.compile(r"[，,。；;！!\n]+")
_LATE = re.compile(r"迟到|晚到|来晚|晚了|晚来")
_LEAVE = re.compile(r"请假|请了假|病假|事假")
_ABSENT = re.compile(r"没[来到有]|未到|缺[席勤课]?|旷课|不在|没见")
_PRESENT = re.compile(r"到了?$|来了|在的?$|出勤|准时|其实到")
_EXCEPT = re.compile(r"除了?|除去|就差|只差")
_ALL = re.compile(r"全(部|都|员|勤)?[到齐来]|都[到来在]|到齐|全勤|全员|其[他余]|剩下|一个不少|都$")
_MINUTES = re.compile(rf"({numerals.NUMBER}|半)\s*(个?小时|分钟?|刻钟?)")


@dataclass(frozen=True)
class Unread:
    """What could not be read: a name that two learners share, or nobody (empty)."""

    name: str = ""


Roll = dict[int, tuple[Mark, int | None]]


def read(text: str, names: Mapping[int, str]) -> Roll | Unread | None:
    """Marks of those named, and of the rest where the sentence speaks of all; None for a sentence
    that is no roll. Whoever is not named in a list of exceptions has come."""
    marks: Roll = {}
    waiting: list[int] = []
    is_roll = False
    for piece in filter(None, (each.strip() for each in _PIECES.split(text))):
        found = _named(piece, names)
        if isinstance(found, Unread):
            return found
        mark = _mark_of(piece, bool(found))
        if mark is None:
            if found:
                waiting += found
            elif _ALL.search(piece):
                is_roll = True
            continue
        who = [*waiting, *found]
        if not who and mark[0] is not Mark.PRESENT:
            return Unread()
        marks.update(dict.fromkeys(who, mark))
        is_roll, waiting = True, []
    if waiting:
        return None
    if not is_roll:
        return None
    return {id_: marks.get(id_, (Mark.PRESENT, None)) for id_ in names}


def corrections(text: str, names: Mapping[int, str]) -> Roll | Unread | None:
    """Only the marks of those named: what a correction changes."""
    whole = read(text, names)
    if not isinstance(whole, dict):
        return whole
    found = _named(text, names)
    return whole if isinstance(found, Unread) or not found else {id_: whole[id_] for id_ in found}


def _named(piece: str, names: Mapping[int, str]) -> list[int] | Unread:
    found: list[int] = []
    rest = piece
    for id_, name in names.items():
        if name in rest:
            found.append(id_)
            rest = rest.replace(name, "　" * len(name))
    short: dict[str, list[int]] = {}
    for id_, name in names.items():
        given = name[-2:] if len(name) > 3 else name[1:]
        if id_ not in found and len(given) > 1 and given in rest:
            short.setdefault(given, []).append(id_)
    for name, ids in short.items():
        if len(ids) > 1:
            return Unread(name)
        found += ids
    return found


def _mark_of(piece: str, has_names: bool) -> tuple[Mark, int | None] | None:
    if _LATE.search(piece):
        return Mark.LATE, _minutes(piece)
    if _LEAVE.search(piece):
        return Mark.LEAVE, None
    if _EXCEPT.search(piece) or _ABSENT.search(piece):
        return Mark.ABSENT, None
    if has_names and _PRESENT.search(piece):
        return Mark.PRESENT, None
    return None


def _minutes(piece: str) -> int | None:
    match = _MINUTES.search(piece)
    if match is None:
        return None
    number, unit = match.groups()
    each = 60 if "时" in unit else 15 if "刻" in unit else 1
    return int(numerals.quantity(number) * each)
