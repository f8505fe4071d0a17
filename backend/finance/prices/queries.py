"""What of prices is in force: fees, bundles, packages, promotions, switches, frozen quotes."""

from collections.abc import Collection
from datetime import date

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from backend.finance.models import Price
from backend.finance.prices import caps
from backend.finance.prices.models import FeeRuleSwitch, OrderQuote, Package, Promotion
from backend.finance.prices.schemas import (
    FeeView,
    LearnerType,
    Occasion,
    Offer,
    PackageView,
    PromotionView,
    Step,
)

Dated = type[Price] | type[Package] | type[Promotion]


def _holds(table: Dated, on: date) -> ColumnElement[bool]:
    return and_(
        table.effective_from <= on,
        or_(table.effective_to.is_(None), table.effective_to > on),
    )


def _here(table: Dated, campus_id: int | None) -> ColumnElement[bool]:
    return or_(table.campus_id.is_(None), table.campus_id == campus_id)


def offers(session: Session, *, on: date, also: Collection[int] = ()) -> list[Offer]:
    """Promotions in force on a day; of those made for one family only `also`."""
    query = select(Promotion).where(
        _holds(Promotion, on), Promotion.is_personal.is_(False) | Promotion.id.in_(also)
    )
    rows = session.scalars(query.order_by(Promotion.id))
    return [offer_of(row) for row in rows]


def offer_of(row: Promotion) -> Offer:
    return Offer(
        id=row.id,
        name=row.name,
        occasion=Occasion(row.occasion),
        percent=row.percent,
        amount_fen=row.amount_fen,
        from_fen=row.from_fen,
        gift_lessons=row.gift_lessons,
        days_before=row.days_before,
        course_id=row.course_id,
        campus_id=row.campus_id,
        learner=LearnerType(row.learner_type) if row.learner_type else None,
    )


def promotions(session: Session, *, on: date) -> list[PromotionView]:
    """Promotions in force on a day or later, for the console."""
    query = select(Promotion).where(
        Promotion.effective_to.is_(None) | (Promotion.effective_to > on),
        Promotion.is_personal.is_(False),
    )
    rows = session.scalars(query.order_by(Promotion.occasion, Promotion.id))
    return [PromotionView.model_validate(row) for row in rows]


def bundles(
    session: Session, course_ids: Collection[int], *, campus_id: int | None, on: date
) -> list[FeeView]:
    """Bundles of lessons on sale, the smallest first."""
    query = select(Price).where(
        Price.is_bundle, Price.course_id.in_(course_ids), _holds(Price, on), _here(Price, campus_id)
    )
    rows = session.scalars(query.order_by(Price.course_id, Price.lesson_count, Price.id))
    return [FeeView.model_validate(row) for row in rows]


def fees(session: Session, *, on: date) -> list[FeeView]:
    """Fee standards in force on a day or later, for the console."""
    query = select(Price).where(Price.effective_to.is_(None) | (Price.effective_to > on))
    rows = session.scalars(query.order_by(Price.course_id, Price.is_bundle, Price.id))
    return [FeeView.model_validate(row) for row in rows]


def packages(session: Session, *, campus_id: int | None, on: date) -> list[PackageView]:
    """Packages on sale at a campus (None: at any)."""
    query = select(Package).where(_holds(Package, on))
    if campus_id is not None:
        query = query.where(_here(Package, campus_id))
    rows = session.scalars(query.order_by(Package.id))
    return [PackageView.model_validate(row) for row in rows]


def package(session: Session, package_id: int) -> PackageView | None:
    """A package, on sale or not; None for a number that there is not."""
    row = session.get(Package, package_id)
    return PackageView.model_validate(row) if row else None


def switches(session: Session) -> caps.Switches:
    """Where the legal caps have been switched."""
    rows = session.scalars(select(FeeRuleSwitch))
    return {(row.rule, LearnerType(row.learner_type)): row.is_on for row in rows}


def steps_of(session: Session, order_id: int) -> tuple[Step, ...]:
    """How an order's price came about, as it was frozen; empty for orders without a quote."""
    row = session.get(OrderQuote, order_id)
    return tuple(Step.model_validate(step) for step in row.steps) if row else ()
