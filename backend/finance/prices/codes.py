"""优惠码: codes that open a promotion, held by an order that waits, used by one that is paid.

A use is counted while it is held or used. Whoever counts in order to hold has locked the
promotion's row first, so the last use of a code goes to one order only.
"""

import secrets
from collections.abc import Collection
from datetime import date, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from backend.finance.prices.models import CodeUse, Promotion
from backend.finance.prices.schemas import CodeSpent, CodeUnknown, Occasion, Quote
from backend.kit import clock
from backend.security import queries as security

HELD, USED, FREED = "held", "used", "freed"
_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_CODED = (Occasion.COUPON, Occasion.REFERRAL)


def spelled(code: str) -> str:
    """A code as it is kept: people type it in any case and with blanks."""
    return "".join(code.split()).upper()


def open_code(session: Session, *, code: str, on: date) -> Promotion:
    """The promotion that a code opens on a day. Raises CodeUnknown."""
    query = select(Promotion).where(
        Promotion.code == spelled(code),
        Promotion.occasion.in_(_CODED),
        Promotion.effective_from <= on,
        Promotion.effective_to.is_(None) | (Promotion.effective_to > on),
    )
    found = session.scalars(query).one_or_none()
    if found is None:
        raise CodeUnknown(code=spelled(code))
    return found


def must_be_left(session: Session, promotion: Promotion, *, openid: str) -> None:
    """Raise CodeSpent when this person may not use a code once more, or nobody may."""
    counted = select(func.count(CodeUse.id)).where(
        CodeUse.promotion_id == promotion.id, CodeUse.status != FREED
    )
    used = session.scalar(counted) or 0
    if promotion.limit_total is not None and used >= promotion.limit_total:
        raise CodeSpent(code=promotion.code)
    if promotion.limit_per_person is not None:
        person, openids = _family(session, openid)
        mine = counted.where(or_(CodeUse.person == person, CodeUse.openid.in_(openids)))
        if promotion.period_days is not None:
            since = clock.now() - timedelta(days=promotion.period_days)
            mine = mine.where(CodeUse.at > since)
        if (session.scalar(mine) or 0) >= promotion.limit_per_person:
            raise CodeSpent(code=promotion.code)


def must_count(quote: Quote, unlocked: Collection[int], *, code: str) -> None:
    """Raise CodeUnknown when a code changed nothing: it is not for this course, or not yet."""
    if not set(unlocked) & set(quote.promotion_ids):
        raise CodeUnknown(code=spelled(code))


def uses(session: Session, promotion_ids: Collection[int]) -> dict[int, int]:
    """Promotion id → how often its code is held or used."""
    query = (
        select(CodeUse.promotion_id, func.count(CodeUse.id))
        .where(CodeUse.promotion_id.in_(promotion_ids), CodeUse.status != FREED)
        .group_by(CodeUse.promotion_id)
    )
    return {int(id_): int(count) for id_, count in session.execute(query)}


def hold(session: Session, *, quote: Quote, order_id: int, openid: str) -> None:
    """Hold the codes that a quote used for its order. Raises CodeSpent."""
    query = (
        select(Promotion)
        .where(Promotion.id.in_(quote.promotion_ids), Promotion.code.is_not(None))
        .order_by(Promotion.id)
        .with_for_update()
    )
    for promotion in session.scalars(query):
        must_be_left(session, promotion, openid=openid)
        session.add(
            CodeUse(
                promotion_id=promotion.id,
                order_id=order_id,
                openid=openid,
                person=_family(session, openid)[0],
                status=HELD,
                at=clock.now(),
            )
        )
        session.flush()


def mark(session: Session, *, order_id: int, status: str) -> None:
    """What became of the order decides what becomes of its codes; again changes nothing. Money that
    came in late takes the code back even if somebody else has it: the price was paid."""
    query = select(CodeUse).where(CodeUse.order_id == order_id).order_by(CodeUse.id)
    for use in session.scalars(query.with_for_update()):
        if use.status != USED:
            use.status = status
    session.flush()


def _family(session: Session, openid: str) -> tuple[str, list[str]]:
    """Who a person is for the limits of a code, and all the WeChats they have."""
    guardian_id = security.speaker(session, openid).guardian_id
    if guardian_id is None:
        return openid, [openid]
    known = security.identities_of(session, guardian_ids=[guardian_id])
    return f"guardian:{guardian_id}", [openid, *(each.openid for each in known)]


def make_coupon(session: Session, *, like: int, name: str, until: date) -> tuple[int, str]:
    """A coupon for one family, once, worth what an approved promotion is worth; its number and
    code."""
    rule = session.get_one(Promotion, like)
    row = Promotion(
        name=name[:40],
        occasion=Occasion.COUPON,
        percent=rule.percent,
        amount_fen=rule.amount_fen,
        from_fen=rule.from_fen,
        gift_lessons=rule.gift_lessons,
        campus_id=rule.campus_id,
        learner_type=rule.learner_type,
        code="TJ" + "".join(secrets.choice(_LETTERS) for _ in range(8)),
        is_personal=True,
        limit_total=1,
        effective_from=clock.today(),
        effective_to=until,
    )
    session.add(row)
    session.flush()
    return row.id, row.code or ""


def end_coupon(session: Session, promotion_id: int) -> bool:
    """A coupon that nobody holds or has used holds no more; False where it is too late."""
    row = session.get_one(Promotion, promotion_id, with_for_update=True)
    if uses(session, [promotion_id]).get(promotion_id):
        return False
    row.effective_to = row.effective_from
    session.flush()
    return True
