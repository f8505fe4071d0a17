"""兄弟姐妹一起报: a second child's discount while the first one's order still waits (F3).

Whoever signs up later has the discount, because the earlier order waits without one. Where that
order ends unpaid, the later one, if it still waits, goes too: its price held only together with the
other, and a new price wants a new agreement. What has been paid stays as it was promised.
"""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.admissions import paid_notices
from backend.admissions.models import SignUp
from backend.admissions.schemas import SignUpStatus
from backend.finance import orders
from backend.finance import queries as money
from backend.finance import service as finance
from backend.finance.prices import baskets
from backend.finance.prices import queries as prices
from backend.finance.prices.schemas import Occasion, Wanted
from backend.finance.schemas import OrderClosed, OrderStatus
from backend.kit import clock
from backend.kit.db import do_before_commit

REMEMBERED = timedelta(days=7)


def waiting(session: Session, *, openid: str, child_name: str, locks: bool = False) -> int:
    """How many other children of this WeChat wait for their payment at a price that leans on
    nobody. Whoever bills by it locks their orders, so that none of them ends unseen meanwhile."""
    others = [row for row in _pending(session, openid) if row.child_name != child_name]
    if locks:
        for row in others:
            number = row.order_number or ""
            orders.locked(session, money.order_for(session, number=number, openid=openid).id)
        others = [row for row in _pending(session, openid) if row.child_name != child_name]
    return len({row.child_name for row in others if not _leans(session, row)})


def closed(session: Session, event: OrderClosed) -> None:
    """Listener: an order ended unpaid; at the end of the unit, which may have put another in its
    place, orders that leaned on it are looked at."""
    openid = event.payer_openid
    if any(_leans(session, row) for row in _pending(session, openid)):
        do_before_commit(session, f"siblings:{openid}", lambda last: _settle(last, openid))


def _settle(session: Session, openid: str) -> None:
    """Cancel the waiting orders whose discount has nobody to lean on any more, and say why. Again
    changes nothing."""
    for row in _pending(session, openid):
        if not _leans(session, row) or _has_sibling(session, row):
            continue
        finance.cancel(session, number=row.order_number or "", openid=openid)
        paid_notices.leaned(session, row)


def _pending(session: Session, openid: str) -> list[SignUp]:
    query = select(SignUp).where(
        SignUp.openid == openid,
        SignUp.status == SignUpStatus.PENDING,
        SignUp.expires_at > clock.now(),
        SignUp.order_number.is_not(None),
    )
    rows = session.scalars(query.order_by(SignUp.id).execution_options(populate_existing=True))
    return list(rows)


def _leans(session: Session, row: SignUp) -> bool:
    """Whether an order's price holds a sibling's discount."""
    order = money.order_for(session, number=row.order_number or "", openid=row.openid)
    if order.status is not OrderStatus.PENDING:
        return False
    steps = prices.steps_of(session, order.id)
    return any(step.occasion == Occasion.SIBLING for step in steps)


def _has_sibling(session: Session, row: SignUp) -> bool:
    """Whether another child waits too, has paid, or was with us before."""
    if waiting(session, openid=row.openid, child_name=row.child_name):
        return True
    query = select(SignUp.id).where(
        SignUp.openid == row.openid,
        SignUp.child_name != row.child_name,
        SignUp.status == SignUpStatus.DONE,
    )
    if session.scalar(query.limit(1)) is not None:
        return True
    siblings, _ = baskets.family(session, row.openid, Wanted(child_name=row.child_name))
    return siblings > 0


def last_closed(session: Session, openid: str) -> SignUp | None:
    """The latest sign-up of a WeChat that ended unpaid within the last days, while no newer one of
    the child waits or is paid."""
    query = select(SignUp).where(
        SignUp.openid == openid, SignUp.created_at > clock.now() - REMEMBERED
    )
    rows = list(session.scalars(query.order_by(SignUp.id.desc()).limit(10)))
    taken = {row.child_name for row in rows if row.status != SignUpStatus.CLOSED}
    return next((row for row in rows if row.child_name not in taken), None)
