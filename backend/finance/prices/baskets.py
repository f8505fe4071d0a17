"""What somebody wants, with the facts that its price depends on."""

from dataclasses import replace
from datetime import date

from sqlalchemy.orm import Session

from backend.finance import queries as money
from backend.finance.models import Price
from backend.finance.prices import limits, rules
from backend.finance.prices.models import Package
from backend.finance.prices.schemas import Basket, Item, LearnerType, PriceMissing, Wanted
from backend.kit.errors import NotFound
from backend.kit.money import split
from backend.security import queries as security
from backend.students import queries as students
from backend.teaching import queries as teaching


def basket_of(
    session: Session, *, payer_openid: str, wanted: Wanted, on: date, more_siblings: int = 0
) -> Basket:
    """The basket before promotions. Raises NotFound, PriceMissing."""
    siblings, had = family(session, payer_openid, wanted)
    if wanted.package_id is not None:
        basket = _package(session, wanted, on)
    elif wanted.bundle_id is not None:
        basket = _bundle(session, wanted, on)
    else:
        basket = _term(session, wanted, on)
    items = tuple(
        replace(item, is_renewal=item.course_id in had and not item.is_material)
        for item in basket.items
    )
    return replace(basket, items=items, siblings=siblings + more_siblings)


def _term(session: Session, wanted: Wanted, on: date) -> Basket:
    offers = teaching.offers(session, class_group_ids=[wanted.class_group_id or 0])
    if not offers:
        raise NotFound()
    offer = offers[0]
    learner = _learner(wanted, rules.learner_of(offer.grade_from, offer.grade_to))
    price = money.price_for(
        session, course_id=offer.course_id, campus_id=offer.campus_id, on=on, learner=learner
    )
    if price is None:
        raise PriceMissing(what=offer.name, class_name=offer.name)
    tuition = Item(
        description=f"{offer.course_name} · {offer.name}（{price.lesson_count}课时）",
        list_fen=price.amount_fen,
        package_fen=price.amount_fen,
        lessons=price.lesson_count,
        course_id=offer.course_id,
        campus_id=offer.campus_id,
        class_group_id=offer.id,
        days_to_start=(offer.starts_on - on).days,
    )
    items = [tuition]
    if price.material_fee_fen:
        items.append(_material(tuition, price.material_fee_fen))
    return Basket(items=tuple(items), learner=learner, months=price.months)


def _bundle(session: Session, wanted: Wanted, on: date) -> Basket:
    price = session.get(Price, wanted.bundle_id)
    if price is None or not price.is_bundle or not _holds(price, on):
        raise PriceMissing(what="课时包")
    name, low, high = teaching.course_grades(session, [price.course_id])[price.course_id]
    item = Item(
        description=f"{name}{price.lesson_count}课时包",
        list_fen=price.amount_fen,
        package_fen=price.amount_fen,
        lessons=price.lesson_count,
        course_id=price.course_id,
        campus_id=price.campus_id or wanted.campus_id,
        class_group_id=wanted.class_group_id,
    )
    items = [item]
    if price.material_fee_fen:
        items.append(_material(item, price.material_fee_fen))
    learner = _learner(wanted, rules.learner_of(low, high))
    return Basket(items=tuple(items), learner=learner, months=price.months)


def _package(session: Session, wanted: Wanted, on: date) -> Basket:
    """A package's price is split over its courses by what each would cost alone."""
    package = session.get(Package, wanted.package_id)
    if package is None or not _holds(package, on):
        raise PriceMissing(what="套餐")
    campus_id = wanted.campus_id or package.campus_id or 0
    courses = teaching.course_grades(session, [each.course_id for each in package.items])
    alone = [
        standalone(session, each.course_id, each.lesson_count, campus_id=campus_id, on=on)
        for each in package.items
    ]
    if package.total_fen > sum(alone):
        raise PriceMissing(what=package.name)
    items = tuple(
        Item(
            description=f"{courses[each.course_id][0]}（{each.lesson_count}课时）",
            list_fen=list_fen,
            package_fen=share,
            lessons=each.lesson_count,
            course_id=each.course_id,
            campus_id=campus_id or None,
        )
        for each, list_fen, share in zip(
            package.items, alone, split(package.total_fen, alone), strict=True
        )
    )
    learner = _learner(wanted, limits.learner_of(session, list(courses)))
    return Basket(items=items, learner=learner, package=package.name)


def standalone(session: Session, course_id: int, lessons: int, *, campus_id: int, on: date) -> int:
    """What so many lessons of a course cost alone, by its fee standard. Raises PriceMissing."""
    price = money.price_for(session, course_id=course_id, campus_id=campus_id, on=on)
    if price is None:
        name = teaching.course_names(session, [course_id]).get(course_id, "")
        raise PriceMissing(what=name)
    return (2 * price.amount_fen * lessons + price.lesson_count) // (2 * price.lesson_count)


def _material(tuition: Item, fee_fen: int) -> Item:
    return replace(
        tuition,
        description="教材费",
        list_fen=fee_fen,
        package_fen=fee_fen,
        lessons=0,
        is_material=True,
        days_to_start=None,
    )


def _holds(row: Price | Package, on: date) -> bool:
    return row.effective_from <= on and (row.effective_to is None or on < row.effective_to)


def _learner(wanted: Wanted, of_course: LearnerType) -> LearnerType:
    """By the learner's own grade where it is known; by the course otherwise."""
    if wanted.grade is None:
        return of_course
    return LearnerType.K12 if wanted.grade >= 1 else LearnerType.PRESCHOOL


def family(session: Session, openid: str, wanted: Wanted) -> tuple[int, frozenset[int]]:
    """How many other children of the family have lessons left with us, and the courses that this
    one has had."""
    guardian_id = security.speaker(session, openid).guardian_id
    if guardian_id is None:
        return 0, frozenset()
    children = students.children_of(session, guardian_id)
    own = next(
        (c.id for c in children if wanted.student_id == c.id or wanted.child_name == c.name), None
    )
    accounts = money.lessons_left(session, student_ids=[child.id for child in children])
    siblings = {a.student_id for a in accounts if a.left > 0 and a.student_id != own}
    had = frozenset(a.course_id for a in accounts if a.student_id == own and a.bought)
    return len(siblings), had
