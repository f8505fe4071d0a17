"""「有什么套餐」: packages with their price, and signing up for one, with a class or without (F2).

A package that takes a seat asks for a class of one of its courses; any other is lessons alone, for
which a campus is asked where there are several.
"""

import re

from backend.finance.prices import queries as offers
from backend.finance.prices import service as prices
from backend.finance.prices.schemas import PackageView, PriceMissing, Quote, Wanted
from backend.kit import clock
from backend.logistics import queries as places
from backend.teaching import queries as teaching
from bot.flows import buying, courses, whose
from bot.flows.form import Read, Unfit, Value
from bot.flows.talk import Talk
from bot.interpreter import words
from bot.phrases import packages as phrases
from bot.phrases.absences import numbered
from bot.replies import Reply, say

LISTED, CAMPUS = "packages", "campus_id"
MOST = 4
_ASKS = re.compile(
    r"^(?:你好|请问|想问下?|看看?|我想看|[,，。 ])*(?:都|你们|现在|还)*"
    r"(?:有|看|介绍)?(?:没有)?(?:一?下)?"
    r"(?:什么|哪些|啥|几种|几个)?(?:优惠)?套餐(?:课|班)?"
    r"(?:有哪些|有什么|有吗|多少钱|怎么卖|价格|介绍|列表)?[吗呢啊的?？]*$"
)
_BUYS = re.compile(r"报|买|购|订|选|要|来")
_PICKS = re.compile(
    r"^(?:我?[想要]*)?(?:报名?|选|买|就|要|来)*第?([1-9一二三四])[个种]?(?:套餐)?[吧了]?$"
)
_PLACES = {"一": 1, "二": 2, "三": 3, "四": 4}


def asked(talk: Talk) -> Reply | None:
    """The list of what is on sale; None where nobody asks for it."""
    subject = words.subject(talk.plain)
    if not _ASKS.match(talk.plain.replace(subject, "", 1) if subject else talk.plain):
        return None
    found = _sold(talk)
    if not found:
        return say(phrases.NONE)
    courses.note_lead(talk)
    talk.state.topic[LISTED], talk.state.shown = [each.id for each, _ in found], []
    names = teaching.course_names(
        talk.session, {item.course_id for each, _ in found for item in each.items}
    )
    return say(phrases.listed(found, names))


def chosen(talk: Talk) -> PackageView | None:
    """The package that is named with a wish to have it, or picked from the list just shown."""
    listed = [] if talk.state.shown else talk.state.topic.get(LISTED, [])
    pick = _PICKS.match(talk.plain) if listed else None
    if pick is not None:
        number = _PLACES.get(pick.group(1)) or int(pick.group(1))
        return offers.package(talk.session, listed[number - 1]) if number <= len(listed) else None
    if not _BUYS.search(talk.plain) or "多少钱" in talk.plain or len(talk.plain) > 24:
        return None
    found = offers.packages(talk.session, campus_id=None, on=clock.today())
    named = [each for each in found if each.name in talk.plain]
    return named[0] if len(named) == 1 else None


def of_form(talk: Talk) -> PackageView | None:
    """The package that the open sign-up is for, if it is for one."""
    _, package_id = buying.ids_of(talk.state.slots.get(buying.BUYING))
    return offers.package(talk.session, package_id) if package_id else None


def needs_no_class(talk: Talk) -> bool:
    """Whether only lessons are bought."""
    package = of_form(talk)
    return package is not None and not package.takes_seat


def needs_no_campus(talk: Talk) -> bool:
    """A class says where; so does a package of one campus, or there is only one."""
    package = of_form(talk)
    if package is None or package.takes_seat or package.campus_id is not None:
        return True
    return len(places.campuses(talk.session)) < 2


def ask_campus(talk: Talk) -> Reply:
    names = [each.name for each in places.campuses(talk.session)]
    return say(phrases.ASK_CAMPUS.format(listed=numbered(names)), tuple(names))


def read_campus(talk: Talk, text: str) -> Read:
    found = places.campuses(talk.session)
    number = words.ordinal(text)
    if number is not None and number <= len(found):
        return Value(found[number - 1].id)
    plain = words.simplified(text)
    named = [
        each for each in found if each.name in plain or each.name.removesuffix("校区") in plain
    ]
    return Value(named[0].id) if len(named) == 1 else Unfit(phrases.NO_CAMPUS)


def wanted(talk: Talk, package: PackageView) -> Wanted:
    """What the form asks the price of."""
    slots = talk.state.slots
    return Wanted(
        package_id=package.id,
        campus_id=campus_of(talk, package),
        child_name=slots.get("child_name", ""),
        grade=words.grade_number(slots["grade"]) if slots.get("grade") else None,
    )


def campus_of(talk: Talk, package: PackageView) -> int | None:
    """Where a package without a class is bought: its campus, the one named, the only one."""
    return package.campus_id or talk.state.slots.get(CAMPUS) or _only_campus(talk)


def _only_campus(talk: Talk) -> int | None:
    found = places.campuses(talk.session)
    return found[0].id if found else None


def _sold(talk: Talk) -> list[tuple[PackageView, Quote]]:
    """What is on sale with its price for whoever asks; what has no price now is left out."""
    on, found = clock.today(), []
    child = next(iter(whose.children(talk)), None)
    for each in offers.packages(talk.session, campus_id=None, on=on)[:MOST]:
        campus_id = each.campus_id or _only_campus(talk)
        asked_for = Wanted(
            package_id=each.id,
            campus_id=campus_id,
            student_id=child.id if child else None,
        )
        try:
            quote = prices.quote(talk.session, payer_openid=talk.openid, wanted=asked_for)
        except PriceMissing:
            continue
        found.append((each, quote))
    return found
