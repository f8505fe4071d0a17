"""What a basket costs, step by step: F1–F4, G2; clauses §4 rule 9."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.finance.prices import caps, rules
from backend.finance.prices.schemas import (
    STACKING,
    Basket,
    CapKind,
    Item,
    LearnerType,
    Occasion,
    Offer,
)
from backend.finance.schemas import NewLine

K12, ADULT = LearnerType.K12, LearnerType.ADULT


def item(list_fen: int = 336_000, **other: object) -> Item:
    facts = {"description": "英语", "package_fen": list_fen, "lessons": 30, "course_id": 1,
             "campus_id": 1, "days_to_start": 20, **other}  # fmt: skip
    return Item(list_fen=list_fen, **facts)  # type: ignore[arg-type]


def basket(*items: Item, **other: object) -> Basket:
    return Basket(items=items or (item(),), learner=K12, **other)  # type: ignore[arg-type]


PERCENT = Offer(1, "九折", Occasion.CAMPAIGN, percent=90)
CUT = Offer(2, "立减200", Occasion.CAMPAIGN, amount_fen=20_000)
THRESHOLD = Offer(3, "满3000减400", Occasion.CAMPAIGN, amount_fen=40_000, from_fen=300_000)
GIFTS = Offer(4, "赠2课时", Occasion.CAMPAIGN, gift_lessons=2)
EARLY = Offer(5, "早鸟95折", Occasion.EARLY_BIRD, percent=95, days_before=14)
RENEW = Offer(6, "续费减100", Occasion.RENEWAL, amount_fen=10_000)
SIBLING = Offer(7, "二宝9折", Occasion.SIBLING, percent=90)
REFERRED = Offer(8, "老带新减150", Occasion.REFERRAL, amount_fen=15_000)
COUPON = Offer(9, "SPRING", Occasion.COUPON, amount_fen=5_000)
BOOKS = item(15_000, description="教材费", is_material=True, lessons=0, days_to_start=None)


@pytest.mark.parametrize(
    ("some", "of", "total_fen", "gifts"),
    [
        ([], basket(), 336_000, 0),
        ([PERCENT], basket(), 302_400, 0),
        ([CUT], basket(), 316_000, 0),
        ([THRESHOLD], basket(), 296_000, 0),
        ([THRESHOLD], basket(item(299_999)), 299_999, 0),
        ([GIFTS], basket(), 336_000, 2),
        ([PERCENT, CUT, THRESHOLD, GIFTS], basket(), 296_000, 0),  # The best of an occasion.
        ([EARLY], basket(item(days_to_start=14)), 319_200, 0),
        ([EARLY], basket(item(days_to_start=13)), 336_000, 0),
        ([RENEW], basket(), 336_000, 0),
        ([RENEW], basket(item(is_renewal=True)), 326_000, 0),
        ([SIBLING], basket(), 336_000, 0),
        ([SIBLING], basket(siblings=1), 302_400, 0),
        ([COUPON, REFERRED], basket(), 336_000, 0),
        ([COUPON, REFERRED], basket(unlocked=frozenset({9})), 331_000, 0),
        ([PERCENT], basket(item(), BOOKS), 317_400, 0),  # Books are charged at cost.
        ([Offer(1, "", Occasion.CAMPAIGN, percent=90, learner=ADULT)], basket(), 336_000, 0),
        ([Offer(1, "", Occasion.CAMPAIGN, percent=90, course_id=2)], basket(), 336_000, 0),
        ([Offer(1, "", Occasion.CAMPAIGN, percent=90, campus_id=2)], basket(), 336_000, 0),
        ([Offer(1, "", Occasion.CAMPAIGN, percent=1)], basket(), 168_000, 0),  # The floor.
        # 3360 → 满减 2960 → 早鸟 2812 → 续费 2712 → 二宝 2440.80 → 老带新 2290.80 → 码 2240.80.
        (
            [COUPON, REFERRED, SIBLING, RENEW, EARLY, THRESHOLD, PERCENT],
            basket(item(is_renewal=True), siblings=1, unlocked=frozenset({8, 9})),
            224_080,
            0,
        ),
    ],
)
def test_promotions(some: list[Offer], of: Basket, total_fen: int, gifts: int) -> None:
    quote = rules.price(of, some)
    assert (quote.total_fen, quote.gifts) == (total_fen, gifts)


def test_the_order_of_stacking_is_the_documented_one() -> None:
    of = basket(item(is_renewal=True), siblings=1, unlocked=frozenset({8, 9}))
    quote = rules.price(of, [COUPON, REFERRED, SIBLING, RENEW, EARLY, PERCENT])
    assert [step.occasion for step in quote.steps] == ["list", *(each.value for each in STACKING)]


def test_a_package_is_split_by_what_its_courses_cost_alone() -> None:
    english, maths = item(100_000, package_fen=66_667), item(50_000, package_fen=33_333)
    quote = rules.price(basket(english, maths, package="双科"), [])
    assert [line.net_fen for line in quote.lines] == [66_667, 33_333]
    assert [line.list_fen for line in quote.lines] == [100_000, 50_000]
    assert [step.amount_fen for step in quote.steps] == [100_000, 50_000, -50_000]


def test_gifts_stop_at_the_legal_cap() -> None:
    assert rules.price(basket(item(lessons=59)), [GIFTS], most_lessons=60).gifts == 1
    assert rules.price(basket(item(lessons=60)), [GIFTS], most_lessons=60).gifts == 0


AMOUNTS = st.integers(0, 600_000)
ITEMS = st.builds(
    item,
    st.integers(1, 600_000),
    lessons=st.integers(0, 60),
    course_id=st.integers(1, 2),
    campus_id=st.integers(1, 2),
    is_material=st.booleans(),
    is_renewal=st.booleans(),
    days_to_start=st.none() | st.integers(-10, 30),
)
OFFERS = st.builds(
    Offer,
    st.integers(1, 6),
    st.just("优惠"),
    st.sampled_from(STACKING),
    percent=st.integers(1, 100),
    amount_fen=AMOUNTS,
    from_fen=AMOUNTS,
    gift_lessons=st.integers(0, 5),
    days_before=st.integers(0, 20),
    course_id=st.none() | st.integers(1, 2),
)


@given(
    items=st.lists(ITEMS, min_size=1, max_size=4),
    offers=st.lists(OFFERS, max_size=8),
    siblings=st.integers(0, 2),
    floor=st.integers(0, 100),
)
def test_every_fen_is_explained(
    items: list[Item], offers: list[Offer], siblings: int, floor: int
) -> None:
    """The steps sum to the total, by line to each line; no line is below zero, above its list
    price, or below the floor; the order in which offers are given changes nothing."""
    of = basket(*items, siblings=siblings, unlocked=frozenset({1, 2, 3}))
    quote = rules.price(of, offers, floor_percent=floor, most_lessons=60)
    assert sum(step.amount_fen for step in quote.steps) == quote.total_fen
    for place, (line, each) in enumerate(zip(quote.lines, items, strict=True)):
        assert sum(step.by_line[place] for step in quote.steps) == line.net_fen
        assert 0 <= line.net_fen <= line.list_fen == each.list_fen
        assert line.net_fen * 100 >= line.list_fen * floor
        if each.is_material:
            assert line.net_fen == line.list_fen
        assert line.gift_count == 0 or line.lesson_count + line.gift_count <= 60
    assert all(sum(step.by_line) == step.amount_fen for step in quote.steps)
    if len({offer.id for offer in offers}) == len(offers):
        assert rules.price(of, offers[::-1], floor_percent=floor, most_lessons=60) == quote


@pytest.mark.parametrize(
    ("low", "high", "learner"),
    [(0, 0, LearnerType.PRESCHOOL), (0, 3, K12), (3, 5, K12), (None, None, ADULT)],
)
def test_whom_a_course_teaches(low: int | None, high: int | None, learner: LearnerType) -> None:
    assert rules.learner_of(low, high) is learner


def line(lessons: int, fen: int, gifts: int = 0) -> NewLine:
    return NewLine(description="课", course_id=1, lesson_count=lessons, gift_count=gifts,
                   list_fen=fen, net_fen=fen)  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "learner", "on", "months", "broken"),
    [
        ([line(60, 500_000)], K12, date(2026, 11, 24), None, []),
        ([line(61, 500_000)], K12, date(2026, 11, 24), None, [CapKind.LESSONS]),
        ([line(60, 1, gifts=1)], K12, date(2026, 11, 24), None, [CapKind.LESSONS]),
        ([line(30, 500_001)], K12, date(2026, 11, 24), None, [CapKind.AMOUNT]),
        ([line(30, 250_000)] * 2, K12, date(2026, 11, 24), None, []),
        ([line(31, 250_001)] * 2, K12, date(2026, 11, 24), None, [CapKind.LESSONS, CapKind.AMOUNT]),
        ([line(90, 400_000)], K12, date(2026, 11, 24), 3, []),
        ([line(10, 400_000)], K12, date(2026, 11, 24), 4, [CapKind.MONTHS]),
        ([line(99, 999_999)], ADULT, date(2026, 11, 24), None, []),
        ([line(99, 999_999)], K12, date(2022, 12, 28), None, []),  # Not in force yet.
    ],
)
def test_legal_caps(
    lines: list[NewLine],
    learner: LearnerType,
    on: date,
    months: int | None,
    broken: list[CapKind],
) -> None:
    found = caps.breaches(lines, learner, on=on, switches={}, months=months)
    assert [each.kind for each in found] == broken
    assert all("十三部门" in each.source for each in found)


def test_a_cap_is_switched_by_learner_type() -> None:
    key, on, big = caps.CAPS[0].key, date(2026, 11, 24), [line(99, 1)]
    assert caps.breaches(big, LearnerType.PRESCHOOL, on=on, switches={}) == []
    switched = {(key, LearnerType.PRESCHOOL): True, (key, K12): False}
    assert caps.breaches(big, LearnerType.PRESCHOOL, on=on, switches=switched)
    assert caps.breaches(big, K12, on=on, switches=switched) == []
