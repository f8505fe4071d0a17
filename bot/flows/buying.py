"""A whole term of the class, a bundle of lessons, or a package: chosen by a word at any time of a
sign-up (A10, F2)."""

import re
from dataclasses import dataclass

from backend.finance.prices import queries as prices
from backend.finance.prices.schemas import Wanted
from backend.kit import clock
from backend.kit.money import yuan
from backend.teaching.schemas import ClassOffer
from bot.flows.talk import Talk
from bot.interpreter import words

BUYING = "buying"
TERM = "term"
_TERM = re.compile(r"整期|按期|单班|单报|不要(?:套餐|课时包)|只报这个班")
_LESSONS = re.compile(r"(\d{1,3})(?:节|次|个)?课时?(?:时?包)?|(\d{1,3})节")
_ASKED = re.compile(r"课时包|套餐|整期|按期|单班|单报|只报这个班|\d{1,3}(?:节|课时)")


@dataclass(frozen=True)
class Choice:
    """One way to buy lessons for a class: `key` is `term`, `bundle:3` or `package:2`."""

    key: str
    name: str
    lessons: int


def choices(talk: Talk, offer: ClassOffer) -> list[Choice]:
    """What can be bought for a class beside its whole term."""
    on = clock.today()
    bundles = prices.bundles(talk.session, [offer.course_id], campus_id=offer.campus_id, on=on)
    found = [
        Choice(
            f"bundle:{row.id}",
            f"{row.lesson_count}课时包（{yuan(row.amount_fen)}）",
            row.lesson_count,
        )
        for row in bundles
    ]
    found += [
        Choice(f"package:{row.id}", f"{row.name}（{yuan(row.total_fen)}）", 0)
        for row in prices.packages(talk.session, campus_id=offer.campus_id, on=on)
        if offer.course_id in {item.course_id for item in row.items}
    ]
    return found


def read(talk: Talk, offer: ClassOffer) -> str | None:
    """The key of what the words ask for; None where they speak of something else."""
    plain = words.simplified(talk.plain)
    if not _ASKED.search(plain) or len(plain) > 20:
        return None
    if _TERM.search(plain):
        return TERM
    found = choices(talk, offer)
    named = [each for each in found if each.name.partition("（")[0] in plain]
    if not named and (number := _LESSONS.search(plain)):
        lessons = int(number.group(1) or number.group(2))
        named = [each for each in found if each.lessons == lessons]
    if not named and "课时包" in plain:
        named = [each for each in found if each.lessons]
    if not named and "套餐" in plain:
        named = [each for each in found if not each.lessons]
    return named[0].key if len(named) == 1 else None


def wanted(talk: Talk, offer: ClassOffer) -> Wanted:
    """What the form asks the price of."""
    slots = talk.state.slots
    bundle_id, package_id = ids_of(slots.get(BUYING))
    return Wanted(
        class_group_id=offer.id,
        bundle_id=bundle_id,
        package_id=package_id,
        campus_id=offer.campus_id if bundle_id or package_id else None,
        child_name=slots["child_name"],
        grade=words.grade_number(slots["grade"]),
    )


def ids_of(key: str | None) -> tuple[int | None, int | None]:
    """The bundle and the package that a key stands for."""
    kind, _, number = (key or TERM).partition(":")
    id_ = int(number) if number else None
    return (id_ if kind == "bundle" else None, id_ if kind == "package" else None)
