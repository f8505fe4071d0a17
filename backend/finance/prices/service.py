"""Quotes for people who ask, and orders that keep theirs.

`quote` changes nothing and may be asked as often as one likes. `keep` freezes a quote with its
order and holds the codes it used, under the lock of the promotion's row: two orders that come at
once take the last use of a code one after the other, and the second is refused.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from sqlalchemy.orm import Session

from backend.finance.prices import caps, codes, queries, rules
from backend.finance.prices.baskets import basket_of
from backend.finance.prices.models import OrderQuote
from backend.finance.prices.schemas import Quote, Wanted
from backend.finance.schemas import OrderClosed, OrderPaid
from backend.kit import clock


def quote(
    session: Session,
    *,
    payer_openid: str,
    wanted: Wanted,
    code: str | None = None,
    on: date | None = None,
    more_siblings: int = 0,
) -> Quote:
    """What one thing for one child costs this payer on a day (today), explained to the fen.

    `more_siblings` counts children of the same talk who would be with us before this one. Raises
    NotFound (the class is gone), PriceMissing, CodeUnknown, CodeSpent.
    """
    day = on or clock.today()
    unlocked: set[int] = set()
    if code:
        promotion = codes.open_code(session, code=code, on=day)
        codes.must_be_left(session, promotion, openid=payer_openid)
        unlocked.add(promotion.id)
    basket = basket_of(
        session, payer_openid=payer_openid, wanted=wanted, on=day, more_siblings=more_siblings
    )
    basket = replace(basket, unlocked=frozenset(unlocked))
    most = caps.most_lessons(basket.learner, on=day, switches=queries.switches(session))
    found = rules.price(basket, queries.offers(session, on=day, also=unlocked), most_lessons=most)
    if code:
        codes.must_count(found, unlocked, code=code)
    return found


def quote_all(
    session: Session,
    *,
    payer_openid: str,
    wanted: Sequence[Wanted],
    code: str | None = None,
    on: date | None = None,
) -> list[Quote]:
    """One quote for each of several children who sign up one after the other: each later child is
    a sibling of those before; a code holds for the first."""
    return [
        quote(
            session, payer_openid=payer_openid, wanted=each, on=on, more_siblings=place,
            code=code if place == 0 else None,
        )
        for place, each in enumerate(wanted)
    ]  # fmt: skip


def keep(session: Session, *, order_id: int, payer_openid: str, quote: Quote) -> None:
    """Freeze the quote that an order was billed by and hold its codes; again changes nothing.
    Raises CodeSpent when somebody else was faster."""
    if session.get(OrderQuote, order_id) is not None:
        return
    codes.hold(session, quote=quote, order_id=order_id, openid=payer_openid)
    session.add(
        OrderQuote(
            order_id=order_id,
            steps=[step.model_dump(mode="json") for step in quote.steps],
            learner_type=quote.learner,
            quoted_at=clock.now(),
        )
    )
    session.flush()


def take(session: Session, paid: OrderPaid) -> None:
    """Listener: what a paid order held is used."""
    codes.mark(session, order_id=paid.order_id, status=codes.USED)


def free(session: Session, closed: OrderClosed) -> None:
    """Listener: an order that can no longer be paid gives its codes back."""
    codes.mark(session, order_id=closed.order_id, status=codes.FREED)
