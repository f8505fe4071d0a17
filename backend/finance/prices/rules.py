"""What a basket costs, step by step. Without I/O.

The one stacking order (clauses §4 rule 9): list price → package → campaign → early bird → renewal →
sibling → referral → coupon → floor; gift lessons change no amount. Of each occasion the one
promotion that is best for the customer counts. Percents round in the customer's favour. Material
fees are charged at cost and never discounted.
"""

from collections.abc import Iterable, Sequence

from backend.finance.prices.schemas import (
    STACKING,
    Basket,
    Item,
    LearnerType,
    Occasion,
    Offer,
    Quote,
    Step,
)
from backend.finance.schemas import NewLine
from backend.kit.money import split

FLOOR_PERCENT = 50
"""However many promotions come together, half of a line's list price stays."""


def learner_of(grade_from: int | None, grade_to: int | None) -> LearnerType:
    """Whom a course with these grades teaches (0 and below: kindergarten; none: grown-ups). A
    course for both sides of the school door counts as K12, the stricter one."""
    if grade_to is None:
        return LearnerType.ADULT if grade_from is None else LearnerType.K12
    return LearnerType.K12 if grade_to >= 1 else LearnerType.PRESCHOOL


def price(
    basket: Basket,
    offers: Iterable[Offer],
    *,
    most_lessons: int | None = None,
    floor_percent: int = FLOOR_PERCENT,
) -> Quote:
    """The quote of a basket. Gifts beyond `most_lessons` (the legal cap) are not given."""
    items = basket.items
    nets = [item.list_fen for item in items]
    gifts = [0] * len(items)
    steps = [
        Step(label=f"{item.description} 标价", amount_fen=item.list_fen,
             by_line=_only(place, item.list_fen, len(items)))
        for place, item in enumerate(items)
    ]  # fmt: skip
    _take(
        steps, nets, [item.list_fen - item.package_fen for item in items],
        label=f"套餐「{basket.package}」", occasion="package",
    )  # fmt: skip
    known = sorted(offers, key=lambda offer: offer.id)
    for occasion in STACKING:
        best = _best([o for o in known if o.occasion == occasion], basket, nets)
        if best is None:
            continue
        offer, off = best
        given = _gift_place(items, offer, basket) if offer.gift_lessons else None
        extra = 0
        if given is not None:
            room = offer.gift_lessons
            if most_lessons is not None:
                room = max(0, most_lessons - items[given].lessons - gifts[given])
            extra = min(offer.gift_lessons, room)
            gifts[given] += extra
        _take(
            steps, nets, off, occasion=occasion, promotion_id=offer.id, is_always=extra > 0,
            label=offer.name + (f"（赠{extra}课时）" if extra else ""),
        )  # fmt: skip
    least = [min(-(-item.list_fen * floor_percent // 100), item.package_fen) for item in items]
    below = [-max(0, low - net) for low, net in zip(least, nets, strict=True)]
    _take(steps, nets, below, label=f"优惠后不低于标价的{floor_percent}%", occasion="floor")
    return Quote(
        lines=tuple(
            NewLine(
                description=item.description,
                class_group_id=item.class_group_id,
                course_id=item.course_id,
                lesson_count=item.lessons,
                gift_count=gift,
                list_fen=item.list_fen,
                net_fen=net,
                is_material=item.is_material,
            )
            for item, net, gift in zip(items, nets, gifts, strict=True)
        ),
        steps=tuple(steps),
        learner=basket.learner,
        months=basket.months,
    )


def is_met(offer: Offer, item: Item, basket: Basket) -> bool:
    """Whether a promotion speaks of a line at all."""
    if item.is_material or offer.learner not in (None, basket.learner):
        return False
    if offer.course_id not in (None, item.course_id):
        return False
    if offer.campus_id not in (None, item.campus_id):
        return False
    match offer.occasion:
        case Occasion.EARLY_BIRD:
            return item.days_to_start is not None and item.days_to_start >= offer.days_before
        case Occasion.RENEWAL:
            return item.is_renewal
        case Occasion.SIBLING:
            return basket.siblings > 0
        case Occasion.REFERRAL | Occasion.COUPON:
            return offer.id in basket.unlocked
    return True


def reduction(offer: Offer, nets: Sequence[int], eligible: Sequence[bool]) -> list[int] | None:
    """What a promotion takes off each line; None below its threshold."""
    weights = [net if fits else 0 for net, fits in zip(nets, eligible, strict=True)]
    base = sum(weights)
    if not base or base < offer.from_fen:
        return None
    off = min(base, base - base * offer.percent // 100 + offer.amount_fen)
    return split(off, weights)


def _best(
    offers: Sequence[Offer], basket: Basket, nets: Sequence[int]
) -> tuple[Offer, list[int]] | None:
    found: list[tuple[Offer, list[int]]] = []
    for offer in offers:
        eligible = [is_met(offer, item, basket) for item in basket.items]
        off = reduction(offer, nets, eligible)
        if off is not None and (any(off) or offer.gift_lessons > 0):
            found.append((offer, off))
    return max(found, key=_benefit, default=None)


def _benefit(found: tuple[Offer, list[int]]) -> tuple[int, int, int]:
    """What makes one promotion better than another: fen, then gifts, then that it came first."""
    offer, off = found
    return sum(off), offer.gift_lessons, -offer.id


def _gift_place(items: Sequence[Item], offer: Offer, basket: Basket) -> int | None:
    """Gifts go to the line with most lessons among those the promotion speaks of."""
    places = [n for n, item in enumerate(items) if item.lessons and is_met(offer, item, basket)]
    return max(places, key=lambda n: (items[n].lessons, -n), default=None)


def _take(
    steps: list[Step],
    nets: list[int],
    off: Sequence[int],
    *,
    label: str,
    occasion: str,
    promotion_id: int | None = None,
    is_always: bool = False,
) -> None:
    """Write a step down and take it off the lines."""
    if not any(off) and not is_always:
        return
    for place, part in enumerate(off):
        nets[place] -= part
    steps.append(
        Step(
            label=label,
            amount_fen=-sum(off),
            by_line=tuple(-part for part in off),
            occasion=occasion,
            promotion_id=promotion_id,
        )
    )


def _only(place: int, amount_fen: int, count: int) -> tuple[int, ...]:
    return tuple(amount_fen if n == place else 0 for n in range(count))
