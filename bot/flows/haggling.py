"""「太贵了」: what costs less, before anybody is asked to give in (A13, F1).

At most three ways, all of them in force: a cheaper class of the same subject, fewer lessons at
once, a discount that applies. What may be given beyond that is an advisor's to say: a second
«还是贵», or 「找顾问谈」, goes to one.
"""

import re

from backend.finance.prices import queries as prices
from backend.finance.prices.schemas import Occasion
from backend.kit import clock
from backend.teaching import queries as teaching
from backend.teaching.schemas import ClassOffer
from bot.flows import courses, finder, people
from bot.flows.talk import Talk
from bot.phrases import haggling as phrases
from bot.replies import Reply, say

SAID = "haggled"
MOST = 3
_TALK = re.compile(
    r"^(?:我?[想要]|请|帮我)*(?:找|和|跟|请)(?:招生)?顾问(?:谈|聊|商量)(?:谈|聊|价格?|一下)*[吧啊]?$"
)
_HELD = (Occasion.CAMPAIGN, Occasion.EARLY_BIRD, Occasion.SIBLING)


def asked(talk: Talk) -> Reply | None:
    """«太贵了», 「找顾问谈」; None for anything else."""
    if _TALK.match(talk.plain):
        return people.to_advisor(talk)
    if not people.haggles(talk):
        return None
    base = _base(talk)
    about = base.subject if base else ""
    if talk.state.topic.get(SAID) == about:
        return people.to_advisor(talk)
    talk.state.topic[SAID] = about
    courses.note_lead(talk)
    ways = [*_classes(talk, base), *_bundles(talk, base), *_discounts(talk, base)][:MOST]
    return say(phrases.ways(ways, names_class=base is not None), (phrases.ADVISOR,))


def _base(talk: Talk) -> ClassOffer | None:
    """The class that is found dear: the one of an open sign-up, else the first that was shown."""
    chosen = talk.state.slots.get("class_group_id") or next(iter(talk.state.shown), None)
    found = teaching.offers(talk.session, class_group_ids=[chosen]) if chosen else []
    return found[0] if found else None


def _classes(talk: Talk, base: ClassOffer | None) -> list[str]:
    """The cheapest class of the same subject that costs less."""
    if base is None:
        return []
    grade = talk.state.topic.get("grade")
    there = [each for each in finder.find_classes(talk, is_loose=True) if each.seats_left]
    same = [each for each in there if each.subject == base.subject]
    priced = [
        (each.price.total_fen, each.offer)
        for each in finder.weighed(talk, [base, *same], grade=grade)
        if each.price
    ]
    mine = next((fen for fen, offer in priced if offer.id == base.id), None)
    less = sorted(
        ((fen, offer) for fen, offer in priced if mine is not None and fen < mine),
        key=lambda pair: (pair[0], pair[1].id),
    )
    return [phrases.cheaper_class(offer.name, fen, mine or fen) for fen, offer in less[:1]]


def _bundles(talk: Talk, base: ClassOffer | None) -> list[str]:
    """The smallest bundle of the course: less to pay at once."""
    if base is None:
        return []
    found = prices.bundles(
        talk.session, [base.course_id], campus_id=base.campus_id, on=clock.today()
    )
    return [phrases.bundle(each.lesson_count, each.amount_fen) for each in found[:1]]


def _discounts(talk: Talk, base: ClassOffer | None) -> list[str]:
    """A promotion without a code that holds today for the course; then paying in parts."""
    found = []
    for each in prices.promotions(talk.session, on=clock.today()):
        is_here = base is None or (
            each.course_id in (None, base.course_id) and each.campus_id in (None, base.campus_id)
        )
        holds = each.effective_from <= clock.today() and each.code is None
        if is_here and holds and each.occasion in _HELD:
            found.append(phrases.discount(each))
    return [*found, phrases.PARTS]
