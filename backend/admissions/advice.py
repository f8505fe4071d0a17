"""Which classes suit a wish, and why: pure, so that a suggestion can say its reasons (A10, A13).

What a child cannot sit in (another subject, another grade) never gets here. The rest is weighed: a
class that misses something may still be the nearest there is, and then says what it misses.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from backend.finance.schemas import PriceQuote
from backend.teaching.schemas import ClassOffer, WeeklySlot

SUGGESTED = 3
_NOON, _EVENING = 12 * 60, 17 * 60  # Minutes of the day.


class Facet(StrEnum):
    DAY = "day"  # 星期
    PART = "part"  # 时段
    CAMPUS = "campus"  # 校区
    BUDGET = "budget"  # 预算
    GOAL = "goal"  # 目标
    SEATS = "seats"  # 名额


_WEIGHTS = {
    Facet.SEATS: 4,
    Facet.DAY: 3,
    Facet.CAMPUS: 3,
    Facet.PART: 2,
    Facet.BUDGET: 2,
    Facet.GOAL: 1,
}


class Wish(BaseModel):
    """What somebody looks for; what was not said is empty. `part` is 上午, 下午 or 晚上, `goal` a
    word that a course's description would use."""

    model_config = ConfigDict(frozen=True)

    grade: str | None = None
    weekdays: tuple[int, ...] = ()
    part: str | None = None
    campus: str | None = None
    goal: str | None = None
    budget_fen: int | None = None


class Suggestion(BaseModel):
    """A class with the wishes that it meets and misses; `over_fen` is what it costs more than
    somebody wants to spend."""

    model_config = ConfigDict(frozen=True)

    offer: ClassOffer
    price: PriceQuote | None
    meets: tuple[Facet, ...]
    misses: tuple[Facet, ...]
    over_fen: int = 0


Prices = Mapping[tuple[int, int], PriceQuote]


def suggestions(offers: Iterable[ClassOffer], prices: Prices, wish: Wish) -> list[Suggestion]:
    """Classes with their reasons, what misses least first; among equals in the order given."""
    found = list(offers)
    tells_goal = wish.goal is not None and any(wish.goal in _described(each) for each in found)
    made = [_weighed(each, prices, wish, tells_goal=tells_goal) for each in found]
    return sorted(made, key=lambda each: sum(_WEIGHTS[facet] for facet in each.misses))


def is_at(slot: WeeklySlot, part: str) -> bool:
    """Whether a lesson begins in a part of the day."""
    begins = slot.start.hour * 60 + slot.start.minute
    if part == "上午":
        return begins < _NOON
    return begins >= _EVENING if part == "晚上" else _NOON <= begins < _EVENING


def _weighed(offer: ClassOffer, prices: Prices, wish: Wish, *, tells_goal: bool) -> Suggestion:
    price = prices.get((offer.course_id, offer.campus_id))
    cost = price.total_fen if price else None
    on_days = [each for each in offer.weekly if each.weekday in wish.weekdays]
    checks: dict[Facet, bool | None] = {
        Facet.DAY: bool(on_days) if wish.weekdays else None,
        Facet.PART: any(is_at(each, wish.part) for each in on_days or offer.weekly)
        if wish.part
        else None,
        Facet.CAMPUS: offer.campus_name == wish.campus if wish.campus else None,
        Facet.BUDGET: cost <= wish.budget_fen if cost and wish.budget_fen else None,
        Facet.GOAL: f"{wish.goal}" in _described(offer) if tells_goal else None,
        Facet.SEATS: None if offer.seats_left else False,
    }
    over = max(0, cost - wish.budget_fen) if cost and wish.budget_fen else 0
    return Suggestion(
        offer=offer,
        price=price,
        meets=tuple(facet for facet, fits in checks.items() if fits),
        misses=tuple(facet for facet, fits in checks.items() if fits is False),
        over_fen=over,
    )


def _described(offer: ClassOffer) -> str:
    return f"{offer.name}{offer.course_name}{offer.summary}"
