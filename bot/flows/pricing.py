"""What a class costs whoever asks, with the discounts that hold for them (F1)."""

from collections.abc import Sequence

from backend.finance.prices import queries as offers
from backend.finance.prices import service as prices
from backend.finance.prices.schemas import PriceMissing, Quote, Wanted
from backend.kit import clock
from backend.kit.errors import NotFound
from backend.teaching.schemas import ClassOffer
from bot.flows import whose
from bot.flows.talk import Talk
from bot.interpreter import words

MOST = 4
"""Classes that are reckoned at once."""


def reduced(talk: Talk, found: Sequence[ClassOffer]) -> dict[int, Quote]:
    """Quotes by class, for the child that is spoken of, of classes that something is taken off of
    (or given with); looked for only while there are promotions at all."""
    if not offers.offers(talk.session, on=clock.today()):
        return {}
    made = [(each.id, _quote(talk, each)) for each in found[:MOST]]
    return {
        id_: quote
        for id_, quote in made
        if quote is not None and (quote.total_fen < quote.list_fen or quote.gifts)
    }


def _quote(talk: Talk, offer: ClassOffer) -> Quote | None:
    own = whose.children(talk)
    told = talk.state.slots.get("child_name") or talk.state.topic.get("child_name") or ""
    named = [each for each in own if told and each.name.endswith(told)]
    meant = named or (own if len(own) == 1 else [])
    child = meant[0] if meant else None
    grade = (child.grade if child else None) or talk.state.topic.get("grade")
    wanted = Wanted(
        class_group_id=offer.id,
        student_id=child.id if child else None,
        child_name=child.name if child else told,
        grade=words.grade_number(grade) if grade else None,
    )
    try:
        return prices.quote(talk.session, payer_openid=talk.openid, wanted=wanted)
    except (NotFound, PriceMissing):
        return None
