"""Which class suits, and what is said for it and against (A10, A13)."""

from datetime import date, time

import pytest

from backend.admissions import advice
from backend.admissions.advice import Facet, Wish
from backend.finance.schemas import PriceQuote
from backend.teaching.schemas import ClassOffer, WeeklySlot

NAMES = ("周六上午", "周日下午", "周四晚上", "满班")


def _offer(id_: int, weekday: int, hour: int, campus: str, *, seats: int = 5) -> ClassOffer:
    return ClassOffer(
        id=id_,
        name=NAMES[id_],
        course_id=id_,
        course_name="英语",
        subject="英语",
        summary="对接剑桥KET，考级" if id_ == 1 else "自然拼读",
        grade_from=1,
        grade_to=5,
        campus_id=1,
        campus_name=campus,
        teacher_name="王敏",
        starts_on=date(2026, 12, 5),
        lesson_count=30,
        weekly=[WeeklySlot(weekday=weekday, start=time(hour), minutes=90)],
        capacity=12,
        seats_left=seats,
    )


OFFERS = [
    _offer(0, 5, 9, "朝阳校区"),
    _offer(1, 6, 14, "海淀校区"),
    _offer(2, 3, 18, "朝阳校区"),
    _offer(3, 5, 9, "朝阳校区", seats=0),
]
PRICES = {
    (each.course_id, 1): PriceQuote(
        price_id=1,
        course_id=each.course_id,
        campus_id=1,
        amount_fen=300_000 + each.id * 20_000,
        lesson_count=30,
        material_fee_fen=0,
    )
    for each in OFFERS
}


@pytest.mark.parametrize(
    ("wish", "first", "meets", "misses"),
    [
        (Wish(), 0, (), ()),
        (Wish(weekdays=(5, 6)), 0, (Facet.DAY,), ()),
        (Wish(weekdays=(5, 6), part="下午"), 1, (Facet.DAY, Facet.PART), ()),
        (Wish(part="晚上", campus="朝阳校区"), 2, (Facet.PART, Facet.CAMPUS), ()),
        (Wish(campus="海淀校区", weekdays=(5,)), 0, (Facet.DAY,), (Facet.CAMPUS,)),
        (Wish(budget_fen=300_000), 0, (Facet.BUDGET,), ()),
        (Wish(goal="考级", budget_fen=330_000), 1, (Facet.BUDGET, Facet.GOAL), ()),
        (Wish(goal="没人提到"), 0, (), ()),
    ],
)
def test_the_best_comes_first_with_its_reasons(
    wish: Wish, first: int, meets: tuple[Facet, ...], misses: tuple[Facet, ...]
) -> None:
    best, *rest = advice.suggestions(OFFERS, PRICES, wish)
    assert (best.offer.name, best.meets, best.misses) == (NAMES[first], meets, misses)
    assert rest[-1].offer.name == "满班"


def test_what_it_costs_too_much_is_told() -> None:
    found = advice.suggestions(OFFERS[:2], PRICES, Wish(budget_fen=310_000))
    assert [(each.over_fen, each.misses) for each in found] == [(0, ()), (10_000, (Facet.BUDGET,))]
