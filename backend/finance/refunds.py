"""Refunds (退费): reckoned, asked for, approved by two, given back, booked.

Every function runs inside the caller's unit and holds the order's row first, so that payments,
lessons given back and a second wish come one after the other. What the customer saw is what is
approved: where a lesson was taken meanwhile, the amount is reckoned anew and asked anew.
"""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.finance import hours, ledger, orders, queries, refund_rules
from backend.finance.models import LessonAccount, Order, Refund, RefundApproval
from backend.finance.posting import Event
from backend.finance.refund_reads import OPEN, campus_of, must_reach, view_of
from backend.finance.refund_reckoning import quote
from backend.finance.refund_words import (
    OwnApproval,
    RefundApproved,
    RefundCause,
    RefundDecided,
    RefundDone,
    RefundOpen,
    RefundQuote,
    RefundStatus,
    RefundView,
)
from backend.finance.schemas import LedgerAccount, OrderStatus, PaymentMismatch
from backend.gateways.payments import RefundFact
from backend.kit import clock, events
from backend.kit.errors import NotFound
from backend.kit.links import page_in_wechat
from backend.kit.money import yuan
from backend.outbox import service as outbox
from backend.outbox.schemas import Notice, Recipient
from backend.security import permissions
from backend.security import queries as staff
from backend.security import service as security
from backend.security.schemas import Permission, Role, StaffMember

ASK_PLATFORM_AGAIN = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1))


def ask(
    session: Session, *, number: str, openid: str, cause: RefundCause, reason: str, source_key: str
) -> RefundView:
    """The payer wants an order's money back; those who approve are told. The same message again
    gives the same refund. Raises what `reckon` raises, and RefundOpen."""
    order = orders.locked(session, queries.order_for(session, number=number, openid=openid).id)
    known = session.scalar(select(Refund).where(Refund.source_key == source_key))
    if known is not None:
        return view_of(session, known)
    before = list(session.scalars(select(Refund).where(Refund.order_id == order.id)))
    for refund in before:
        if refund.status in OPEN:
            raise RefundOpen(number=refund.number)
    now = clock.now()
    reckoned = quote(session, order, cause=cause, asked_at=now)
    refund = Refund(
        number=f"R{order.number}" + (f"_{len(before) + 1}" if before else ""),
        order_id=order.id,
        openid=openid,
        cause=cause,
        reason=reason[:200],
        status=RefundStatus.ASKED,
        asked_at=now,
        due_at=now + refund_rules.ANSWER_WITHIN,
        source_key=source_key,
        approvals=[],
    )
    _keep(refund, reckoned)
    session.add(refund)
    session.flush()
    _audit(session, refund, openid, "refund.asked", amount_fen=refund.amount_fen, cause=cause)
    for member in _deciders(session, order, refund.amount_fen):
        outbox.post(
            session,
            to=staff.recipient_of(session, member.id),
            notice=Notice(
                template="refund_asked",
                values={"number": refund.number, "amount": yuan(refund.amount_fen),
                        "reason": refund.reason or "未填写", "deadline": _day(refund.due_at)},
                url=_link(refund),
            ),
            dedupe_key=f"refund:{refund.id}:asked:{member.id}",
        )  # fmt: skip
    return view_of(session, refund)


def withdraw(session: Session, *, openid: str) -> RefundView:
    """The customer does not want it any more, as long as nothing was approved. Raises NotFound
    without an open refund, RefundDecided once money is on its way."""
    mine = select(Refund).where(Refund.openid == openid, Refund.status.in_(OPEN))
    # What can still be taken back comes first.
    refund = session.scalar(mine.order_by(Refund.status != RefundStatus.ASKED, Refund.id).limit(1))
    if refund is None:
        raise NotFound()
    refund = _locked(session, refund.id)
    _must_be(refund, RefundStatus.ASKED)
    refund.status, refund.decided_at = RefundStatus.WITHDRAWN, clock.now()
    _audit(session, refund, openid, "refund.withdrawn")
    return view_of(session, refund)


def approve(session: Session, *, refund_id: int, by: StaffMember) -> RefundView:
    """One of the two says yes (four eyes). With the second, the lessons and the seat are given up,
    the debt is booked, and the money leaves within a minute.

    Where the sum has changed since it was asked for, nothing is approved: the new sum is written
    down (`was_recomputed`) and both have to look again. Raises NotFound, NotAllowed (another
    campus), RefundDecided, OwnApproval.
    """
    refund = _locked(session, refund_id)
    order = session.get_one(Order, refund.order_id)
    must_reach(session, order, by)
    _must_be(refund, RefundStatus.ASKED)
    if staff.speaker(session, refund.openid).account_id == by.id:
        raise OwnApproval(why="own")
    hours.hold(session, order_line_ids=[line.id for line in order.lines])
    reckoned = quote(session, order, cause=refund.cause, asked_at=refund.asked_at)
    if (reckoned.total_fen, _lines_of(reckoned)) != (refund.amount_fen, refund.by_line):
        _recast(session, refund, reckoned, by, cause=refund.cause)
        return view_of(session, refund, was_recomputed=True)
    if any(approval.account_id == by.id for approval in refund.approvals):
        raise OwnApproval(why="twice")
    refund.approvals.append(
        RefundApproval(
            account_id=by.id,
            is_head=permissions.may(by.role, Permission.APPROVE_LARGE_REFUND),
            at=clock.now(),
        )
    )
    _audit(session, refund, f"account:{by.id}", "refund.approved", amount_fen=refund.amount_fen)
    heads = [approval.is_head for approval in refund.approvals]
    if refund_rules.is_agreed(heads, amount_fen=refund.amount_fen):
        _grant(session, order, refund)
    session.flush()
    return view_of(session, refund)


def refuse(session: Session, *, refund_id: int, by: StaffMember, note: str) -> RefundView:
    """No, with the reason the customer reads. Raises what `approve` raises."""
    refund = _locked(session, refund_id)
    must_reach(session, session.get_one(Order, refund.order_id), by)
    _must_be(refund, RefundStatus.ASKED)
    refund.status, refund.decided_at = RefundStatus.REFUSED, clock.now()
    refund.note = note[:200]
    _audit(session, refund, f"account:{by.id}", "refund.refused")
    _tell_customer(session, refund, "refund_refused", note=refund.note)
    return view_of(session, refund)


def recast(session: Session, *, refund_id: int, by: StaffMember, cause: RefundCause) -> RefundView:
    """Somebody else caused it than was said: the sum is reckoned anew, the customer hears of it,
    and approvals begin again. Raises what `approve` raises, and NothingToRefund."""
    refund = _locked(session, refund_id)
    order = session.get_one(Order, refund.order_id)
    must_reach(session, order, by)
    _must_be(refund, RefundStatus.ASKED)
    reckoned = quote(session, order, cause=cause, asked_at=refund.asked_at)
    _recast(session, refund, reckoned, by, cause=cause)
    return view_of(session, refund, was_recomputed=True)


def settle(session: Session, *, fact: RefundFact) -> None:
    """What the platform says of a refund; saying it again changes nothing. Facts about refunds
    that are not ours are left to the daily reconciliation. Raises PaymentMismatch."""
    refund_id = session.scalar(select(Refund.id).where(Refund.number == fact.out_refund_no))
    if refund_id is None:
        return
    refund = _locked(session, refund_id)
    if refund.status not in (RefundStatus.APPROVED, RefundStatus.STUCK):
        return
    if fact.amount_fen != refund.amount_fen:
        raise PaymentMismatch(field="amount")
    if fact.status == "success":
        _done(session, refund, actor="system")
    elif fact.status in ("closed", "abnormal"):
        stick(session, refund_id=refund.id, why=fact.status)
    else:
        _look_again(refund)


def stick(session: Session, *, refund_id: int, why: str) -> None:
    """The platform will not send the money back: accountants transfer it. Once."""
    refund = _locked(session, refund_id)
    refund.poll_at = None
    if refund.status != RefundStatus.APPROVED:
        return
    refund.status = RefundStatus.STUCK
    _audit(session, refund, "system", "refund.stuck", why=why)
    security.tell(
        session,
        Role.ACCOUNTANT,
        notice=Notice(
            template="refund_stuck",
            values={"number": refund.number, "amount": yuan(refund.amount_fen)},
            url=_link(refund),
        ),
        dedupe_key=f"refund:{refund.id}:stuck",
    )


def ask_later(session: Session, *, refund_id: int) -> None:
    """The platform could not be had."""
    refund = _locked(session, refund_id)
    if refund.status == RefundStatus.APPROVED:
        _look_again(refund)


def transferred(session: Session, *, refund_id: int, by: StaffMember, note: str) -> RefundView:
    """An accountant has sent the money of a stuck refund by bank. Raises RefundDecided, and
    NotAllowed for anybody but accountants."""
    refund = _locked(session, refund_id)
    permissions.must(by.role, Permission.PAY_OUT)
    _must_be(refund, RefundStatus.STUCK)
    refund.note = note[:200]
    _done(session, refund, actor=f"account:{by.id}")
    return view_of(session, refund)


def _grant(session: Session, order: Order, refund: Refund) -> None:
    """Both have agreed: lessons out, debt booked, seat given up, money due."""
    now = clock.now()
    line_ids = [line.id for line in order.lines]
    accounts = session.scalars(
        select(LessonAccount).where(LessonAccount.order_line_id.in_(line_ids))
    ).all()
    for account in accounts:
        hours.empty(session, account_id=account.id, source_key=f"refund:{refund.id}:{account.id}")
    ledger.post(
        session,
        event=Event.REFUND,
        source_key=f"refund:{refund.id}",
        booked_on=clock.local(now).date(),
        postings=refund_rules.approved_of(
            ledger.credits_of(session, LedgerAccount.CONTRACT_LIABILITY, order_line_ids=line_ids),
            [(line, fen) for line, fen in refund.by_line],
        ),
        order_id=order.id,
    )
    if refund.interest_fen:
        ledger.post(
            session,
            event=Event.REFUND,
            source_key=f"refund:{refund.id}:interest",
            booked_on=clock.local(now).date(),
            postings=refund_rules.interest_owed_of(refund.interest_fen, line_ids[0]),
            order_id=order.id,
        )
    refund.status, refund.decided_at, refund.poll_at = RefundStatus.APPROVED, now, now
    order.status = OrderStatus.REFUNDED
    session.flush()
    _tell_customer(session, refund, "refund_approved")
    events.publish(
        session,
        RefundApproved(
            refund_id=refund.id,
            order_id=order.id,
            number=order.number,
            purpose_key=order.purpose_key,
            payer_openid=order.payer_openid,
            amount_fen=refund.amount_fen,
        ),
    )


def _look_again(refund: Refund) -> None:
    step = min(refund.poll_count, len(ASK_PLATFORM_AGAIN) - 1)
    refund.poll_at = clock.now() + ASK_PLATFORM_AGAIN[step]
    refund.poll_count += 1


def _done(session: Session, refund: Refund, *, actor: str) -> None:
    refund.status, refund.done_at, refund.poll_at = RefundStatus.DONE, clock.now(), None
    ledger.post(
        session,
        event=Event.REFUND_PAID,
        source_key=f"refund:{refund.id}:paid",
        booked_on=clock.local(refund.done_at).date(),
        postings=refund_rules.paid_back_of(refund.amount_fen),
        order_id=refund.order_id,
    )
    _audit(session, refund, actor, "refund.done", amount_fen=refund.amount_fen)
    _tell_customer(session, refund, "refund_done")
    session.flush()
    events.publish(
        session,
        RefundDone(refund_id=refund.id, order_id=refund.order_id, amount_fen=refund.amount_fen),
    )


def _recast(
    session: Session, refund: Refund, reckoned: RefundQuote, by: StaffMember, *, cause: RefundCause
) -> None:
    before_fen, refund.approvals[:] = refund.amount_fen, []
    refund.cause, refund.cause_by = cause, by.id
    _keep(refund, reckoned)
    session.flush()
    _audit(
        session, refund, f"account:{by.id}", "refund.recast",
        before_fen=before_fen, amount_fen=refund.amount_fen, cause=cause,
    )  # fmt: skip
    if before_fen != refund.amount_fen:
        _tell_customer(session, refund, "refund_recast", key=f"recast:{refund.amount_fen}")


def _keep(refund: Refund, reckoned: RefundQuote) -> None:
    refund.amount_fen, refund.interest_fen = reckoned.total_fen, reckoned.interest_fen
    refund.steps = [step.model_dump() for step in reckoned.steps]
    refund.by_line = _lines_of(reckoned)


def _lines_of(reckoned: RefundQuote) -> list[list[int]]:
    return [[line_id, fen] for line_id, fen in reckoned.by_line]


def _locked(session: Session, refund_id: int) -> Refund:
    """The refund as it is now, held by the lock on its order. Raises NotFound."""
    order_id = session.scalar(select(Refund.order_id).where(Refund.id == refund_id))
    if order_id is None:
        raise NotFound()
    orders.locked(session, order_id)
    return session.scalars(
        select(Refund).where(Refund.id == refund_id).execution_options(populate_existing=True)
    ).one()


def _must_be(refund: Refund, status: RefundStatus) -> None:
    if refund.status != status:
        raise RefundDecided(status=refund.status)


def _deciders(session: Session, order: Order, amount_fen: int) -> list[StaffMember]:
    """Accountants, the campus's managers, and the principal for a large sum or without managers."""
    campus_id = campus_of(session, order)
    found = staff.staff_with_role(session, Role.ACCOUNTANT)
    leads = staff.staff_with_role(session, Role.CAMPUS_MANAGER, campus_id=campus_id)
    found += leads
    if not leads or refund_rules.needs_head(amount_fen):
        found += staff.staff_with_role(session, Role.PRINCIPAL)
    return found


def _tell_customer(
    session: Session, refund: Refund, template: str, *, key: str = "", **values: str
) -> None:
    outbox.post(
        session,
        to=Recipient(openid=refund.openid),
        notice=Notice(
            template=template,
            values={"number": refund.number, "amount": yuan(refund.amount_fen), **values},
        ),
        dedupe_key=f"refund:{refund.id}:{key or template}",
    )


def _audit(session: Session, refund: Refund, actor: str, action: str, **detail: object) -> None:
    """No money path without an audit entry."""
    security.audit(session, actor=actor, action=action, subject=f"refund:{refund.number}", **detail)


def _link(refund: Refund) -> str:
    """Where staff decide."""
    return page_in_wechat(f"/refunds/{refund.id}")


def _day(at: datetime) -> str:
    return f"{clock.local(at):%m月%d日}"
