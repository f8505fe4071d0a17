"""What a sign-up asks beside its own questions: how old a child is, whether it fits the course, and
the next child of the same family (A10, A11)."""

import re
from collections.abc import Sequence
from typing import Any

from backend.admissions import siblings
from backend.admissions.eligibility import service as eligibility
from backend.admissions.eligibility.schemas import Asked, NotEligible
from backend.admissions.schemas import SignUpForm
from backend.logistics import queries as places
from backend.students import queries as students
from backend.students.schemas import PRIVACY_NOTICE_VERSION
from backend.teaching import queries as teaching
from backend.teaching.schemas import ClassOffer
from bot.flows import buying, packages
from bot.flows import sign_up_answers as answers
from bot.flows.form import Form, Read, Unfit, Value
from bot.flows.talk import Talk
from bot.interpreter import words
from bot.phrases import sign_up as phrases

YEARS, ALSO = "years", answers.ALSO
CODE = "code"  # What was given as a coupon, in the topic of the talk.
_KEPT = ("guardian_name", "phone")
_ANOTHER = re.compile(
    r"(?:还有|再|另)(?:外)?(?:一个|个)?(?:孩子|娃|小孩|宝宝|宝贝)|(?:老二|老大|二宝|大宝|二娃|大娃)"
    r"|(?:弟弟|妹妹|哥哥|姐姐|另一个)[^，。？?]{0,6}(?:也|还|要|想)[^，。？?]{0,4}报|再(?:给|帮).{1,8}报"
)
_SAME_CLASS = re.compile(r"同一?个?班|[这那]个班|一样的班|也报这|一起上")
_PRICE = re.compile(r"多少钱|价格|价钱|费用|收费|优惠|便宜")
_PAIR = re.compile(r"给(.{2,6}?)(?:和|、|跟|与)(.{2,4}?)(?:两个|俩|一起|都|一块)*报")


def offer_of(talk: Talk) -> ClassOffer | None:
    """The class that the form has so far."""
    chosen = talk.state.slots.get("class_group_id")
    found = teaching.offers(talk.session, class_group_ids=[chosen]) if chosen else []
    return found[0] if found else None


def knows_age(talk: Talk) -> bool:
    """Whether nobody has to be asked how old the child is."""
    name = talk.state.slots.get("child_name", "")
    return not any(
        eligibility.asks_age(talk.session, each, openid=talk.openid, child_name=name)
        for each in _asked(talk)
    )


def _asked(talk: Talk) -> Sequence[Asked]:
    """What the child has to fit: the class, or the courses of a package without one."""
    offer = offer_of(talk)
    if offer is not None:
        return [offer]
    package = packages.of_form(talk)
    is_loose = package is not None and not package.takes_seat
    return eligibility.of_package(talk.session, package) if package and is_loose else []


def for_package(talk: Talk, found: Sequence[ClassOffer]) -> list[ClassOffer]:
    """The classes with a seat to sell; of a package that was chosen, those of its courses."""
    package = packages.of_form(talk)
    courses = {item.course_id for item in package.items} if package else None
    return [o for o in found if o.seats_left and (courses is None or o.course_id in courses)]


def lines_of(talk: Talk, form: Form) -> dict[str, str]:
    """The answers so far as the summary shows them."""
    slots = talk.state.slots
    lines = {s.names[0]: s.show(slots[s.key]) for s in form.steps if s.key in slots}
    if packages.CAMPUS in slots:
        found = places.campuses(talk.session)
        lines["校区"] = next(c.name for c in found if c.id == slots[packages.CAMPUS])
    return lines


def read_years(_talk: Talk, text: str) -> Read:
    years = words.years(text)
    return Value(years) if years is not None else Unfit(phrases.NOT_AN_AGE)


def unfit(talk: Talk, phone: str) -> str | None:
    """Why the child may not sit in the chosen class, or have the package, in words; None when it
    may."""
    slots = talk.state.slots
    for each in _asked(talk):
        try:
            eligibility.must_fit(
                talk.session,
                each,
                openid=talk.openid,
                phone=phone,
                child_name=slots["child_name"],
                grade=words.grade_number(slots["grade"]),
                age=slots.get(YEARS),
            )
        except NotEligible as error:
            return phrases.not_eligible(error.facts)
    return None


def pair(talk: Talk) -> tuple[str, str] | None:
    """«给李小明和李小红报名»: the two children."""
    found = _PAIR.search(talk.plain)
    if found is None or _PRICE.search(talk.plain):
        return None
    names = [words.name(each) for each in found.groups()]
    first, second = names
    return (first[0], second[0]) if first and second else None


def another(talk: Talk, finished: dict[str, Any]) -> dict[str, Any] | None:
    """«还有一个孩子也报», after a sign-up: what the next one takes over from it; None for other
    words."""
    if not _ANOTHER.search(talk.plain):
        return None
    before: dict[str, Any] = finished["slots"]
    slots = {key: before[key] for key in _KEPT if key in before}
    if _SAME_CLASS.search(talk.plain):
        slots["class_group_id"] = before.get("class_group_id")
    return slots


def once_more(talk: Talk) -> dict[str, Any] | None:
    """«重新报价»: the answers of the sign-up that ended unpaid last; None without one."""
    row = siblings.last_closed(talk.session, talk.openid)
    if row is None:
        return None
    package = f"package:{row.package_id}" if row.package_id else None
    return {
        "child_name": row.child_name,
        "grade": row.grade,
        "class_group_id": row.class_group_id,
        "guardian_name": row.guardian_name,
        "phone": row.phone,
        buying.BUYING: package,
    }


def next_child(name: str, slots: dict[str, Any]) -> dict[str, Any]:
    """The next of two children that were named together."""
    return {key: slots[key] for key in _KEPT if key in slots} | {"child_name": name}


def form_of(talk: Talk) -> SignUpForm:
    """What was collected; a family of ours is on file with its contact."""
    slots = talk.state.slots
    guardian_id = talk.speaker.guardian_id
    bundle_id, package_id = buying.ids_of(slots.get(buying.BUYING))
    package = packages.of_form(talk)
    if guardian_id is not None:
        guardian_name, phone = students.guardian_for_contract(talk.session, guardian_id)
    else:
        guardian_name, phone = slots["guardian_name"], slots["phone"]
    return SignUpForm(
        openid=talk.openid,
        child_name=slots["child_name"],
        grade=slots["grade"],
        class_group_id=slots.get("class_group_id"),
        campus_id=packages.campus_of(talk, package) if package else None,
        guardian_name=guardian_name,
        phone=phone,
        privacy_version=PRIVACY_NOTICE_VERSION,
        source_key=talk.source_key,
        replaces=slots.get("replaces"),
        code=talk.state.topic.get(CODE),
        seen_fen=slots.get("seen_fen"),
        grade_number=words.grade_number(slots["grade"]),
        age=slots.get(YEARS),
        bundle_id=bundle_id,
        package_id=package_id,
    )
