"""Who may see which refund, and what it says (S3)."""

from datetime import datetime, timedelta
from itertools import islice

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.finance.models import Order, Refund
from backend.finance.refund_words import RefundStatus, RefundView
from backend.finance.schemas import PaymentMethod
from backend.kit import clock
from backend.kit.errors import NotAllowed, NotFound
from backend.security import permissions
from backend.security.schemas import Permission, Scope, StaffMember
from backend.teaching import queries as teaching

OPEN = (RefundStatus.ASKED, RefundStatus.APPROVED, RefundStatus.STUCK)


def due_to_pay(session: Session, *, now: datetime, limit: int = 100) -> list[int]:
    """Ids of approved refunds about which the platform is to be asked."""
    query = select(Refund.id).where(Refund.poll_at <= now).order_by(Refund.poll_at).limit(limit)
    return list(session.scalars(query))


def view(session: Session, refund_id: int) -> RefundView:
    """One refund. Raises NotFound."""
    refund = session.get(Refund, refund_id)
    if refund is None:
        raise NotFound()
    return view_of(session, refund)


def visible_to(session: Session, member: StaffMember, refund_id: int) -> RefundView:
    """One refund for a member of staff. Raises NotFound, NotAllowed (another campus)."""
    found = view(session, refund_id)
    must_reach(session, session.get_one(Order, found.order_id), member)
    return found


def latest_of(session: Session, openid: str) -> RefundView | None:
    """The refund under way of a payer, or the last decided one of the last days; None without."""
    query = select(Refund).where(Refund.openid == openid).order_by(Refund.id.desc()).limit(1)
    refund = session.scalar(query)
    if refund is None or (
        refund.status not in OPEN and refund.asked_at < clock.now() - timedelta(days=30)
    ):
        return None
    return view_of(session, refund)


def is_open(session: Session, openid: str) -> bool:
    """Whether a payer waits for money to come back."""
    query = select(Refund.id).where(Refund.openid == openid, Refund.status.in_(OPEN)).limit(1)
    return session.scalar(query) is not None


def waiting_for(session: Session, member: StaffMember, *, limit: int = 50) -> list[RefundView]:
    """Open refunds that a member of staff may decide, the most urgent first."""
    rows = session.scalars(select(Refund).where(Refund.status.in_(OPEN)).order_by(Refund.due_at))
    mine = (row for row in rows if _reaches(session, session.get_one(Order, row.order_id), member))
    return [view_of(session, row) for row in islice(mine, limit)]


def payment_behind(
    session: Session, refund_id: int
) -> tuple[PaymentMethod, str, str, int, int, str] | None:
    """What to tell which platform: (means, out_trade_no, out_refund_no, fen, total fen, reason);
    None when the refund is not (any more) to be paid, or came in by no platform, or in parts of
    which none is as large."""
    refund = session.get_one(Refund, refund_id)
    if refund.status != RefundStatus.APPROVED:
        return None
    order = session.get_one(Order, refund.order_id)
    able = (
        p
        for p in order.payments
        if p.transaction_id is not None and p.amount_fen >= refund.amount_fen
    )
    paid = next(able, None)
    if paid is None:
        return None
    return (
        *(PaymentMethod(paid.method), paid.out_trade_no, refund.number),
        *(refund.amount_fen, paid.amount_fen, refund.reason),
    )


def campus_of(session: Session, order: Order) -> int | None:
    groups = [line.class_group_id for line in order.lines if line.class_group_id is not None]
    return teaching.campus_of(session, groups[0]) if groups else None


def _reaches(session: Session, order: Order, member: StaffMember) -> bool:
    scope = permissions.scope_of(member.role, Permission.APPROVE_REFUND)
    if scope is Scope.CAMPUS:
        return member.campus_id is None or member.campus_id == campus_of(session, order)
    return scope is Scope.ALL


def must_reach(session: Session, order: Order, member: StaffMember) -> None:
    if not _reaches(session, order, member):
        raise NotAllowed()


def view_of(session: Session, refund: Refund, *, was_recomputed: bool = False) -> RefundView:
    order = session.get_one(Order, refund.order_id)
    return RefundView.model_validate(
        {
            **{
                column.key: getattr(refund, column.key)
                for column in Refund.__table__.columns
                if column.key in RefundView.model_fields
            },
            "order_number": order.number,
            "approvals": tuple(refund.approvals),
            "was_recomputed": was_recomputed,
        }
    )
