"""What staff take at the desk for an order: cash, and cheques until they clear.

Every function runs inside the caller's unit and holds the order's row first, as the platforms'
notifications do: who comes second sees what the first has left, and takes nothing twice.
"""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.finance import ledger, orders, refund_reads, rules
from backend.finance.models import Order, Payment
from backend.finance.posting import Event
from backend.finance.schemas import (
    LedgerAccount,
    Money,
    OrderNotPayable,
    OrderStatus,
    OrderView,
    PaymentMethod,
    PaymentStatus,
    Posting,
)
from backend.finance.till import shifts
from backend.finance.till.models import Taking
from backend.finance.till.words import ChequeDone, Taken, TakenWrong, Tender
from backend.kit import clock
from backend.kit.errors import NotAllowed, NotFound
from backend.security import service as security
from backend.security.permissions import scope_of
from backend.security.schemas import Permission, Scope, StaffMember

CLEARS_WITHIN = timedelta(days=12)  # 支票 is presented within 10 days (票据法 §91), then credited.


def take(session: Session, tender: Tender, *, by: StaffMember, form_key: str) -> Taken:
    """Take cash or a cheque for an order in one's open shift; the same form again is the same
    taking. Raises NotFound, NotAllowed (another campus), NoShift, OrderNotPayable, TakenWrong."""
    order = locked_for(session, tender.number, by)
    known = session.scalar(select(Taking).where(Taking.form_key == form_key))
    if known is not None:
        return view_of(known)
    shift = shifts.open_of(session, by)
    view = OrderView.model_validate(order)
    if order.status != OrderStatus.PENDING or not view.due_fen:
        raise OrderNotPayable(status=order.status)
    _must_fit(tender, view.due_fen)
    is_cheque = tender.method is PaymentMethod.CHEQUE
    taking = enter(
        session, order, tender, by=by, form_key=form_key, shift_id=shift.id,
        status=PaymentStatus.CLEARING if is_cheque else PaymentStatus.SUCCEEDED,
    )  # fmt: skip
    if is_cheque:
        _hold_cheque(session, order, taking, by)
    else:
        orders.take(session, order, money_of(order, taking, by, account=LedgerAccount.CASH))
    return view_of(taking)


def clear(session: Session, *, taking_id: int, by: StaffMember) -> Taken:
    """The bank has credited a cheque: only now it pays. Raises NotFound, NotAllowed, ChequeDone."""
    order, taking = _cheque(session, taking_id, by)
    ledger.post(
        session,
        event=Event.CLEARED,
        source_key=f"cleared:{taking.id}",
        booked_on=clock.today(),
        postings=_moved(taking, LedgerAccount.BANK, LedgerAccount.NOTES_RECEIVABLE),
        order_id=order.id,
        actor=f"account:{by.id}",
    )
    taking.settled_at, taking.settled_by = clock.now(), by.id
    taking.payment.status, taking.payment.paid_at = PaymentStatus.SUCCEEDED, taking.settled_at
    orders.take(session, order, money_of(order, taking, by, account=LedgerAccount.OTHER_PAYABLE))
    return view_of(taking)


def bounce(session: Session, *, taking_id: int, by: StaffMember, note: str) -> Taken:
    """The bank has sent a cheque back: what it stood for is taken back, the order asks for the
    whole again for a day. Raises NotFound, NotAllowed, ChequeDone."""
    order, taking = _cheque(session, taking_id, by)
    ledger.post(
        session,
        event=Event.REVERSAL,
        source_key=f"bounced:{taking.id}",
        booked_on=clock.today(),
        postings=_moved(taking, LedgerAccount.OTHER_PAYABLE, LedgerAccount.NOTES_RECEIVABLE),
        order_id=order.id,
        summary="支票退票",
        actor=f"account:{by.id}",
    )
    taking.settled_at, taking.settled_by, taking.note = clock.now(), by.id, note[:200]
    taking.payment.status = PaymentStatus.CLOSED
    if order.status == OrderStatus.PENDING and not order.advance_fen:
        order.expires_at = clock.now() + timedelta(days=1)
    audit(session, by, "till.cheque_bounced", order, taking)
    session.flush()
    return view_of(taking)


def locked_for(session: Session, number: str, by: StaffMember) -> Order:
    """An order by its number, held for a member of staff whom its campus is open to."""
    order_id = session.scalar(select(Order.id).where(Order.number == number.strip()))
    if order_id is None:
        raise NotFound(number=number)
    order = orders.locked(session, order_id)
    must_reach(session, order, by)
    return order


def must_reach(session: Session, order: Order, by: StaffMember) -> None:
    """Raise NotAllowed where the order is another campus's."""
    scope = scope_of(by.role, Permission.TAKE_MONEY)
    here = refund_reads.campus_of(session, order)
    if scope is None or (scope is Scope.CAMPUS and by.campus_id not in (None, here)):
        raise NotAllowed()


def enter(
    session: Session,
    order: Order,
    tender: Tender,
    *,
    by: StaffMember,
    form_key: str,
    status: PaymentStatus,
    shift_id: int | None = None,
    bank_line_id: int | None = None,
) -> Taking:
    """The payment and who took it, in the books' order of things not yet booked."""
    payment = Payment(
        method=tender.method,
        out_trade_no=rules.out_trade_no_of(order.number, len(order.payments) + 1),
        amount_fen=tender.amount_fen,
        status=status,
        created_at=clock.now(),
        paid_at=clock.now() if status is PaymentStatus.SUCCEEDED else None,
        poll_count=0,
    )
    order.payments.append(payment)
    session.flush()
    taking = Taking(
        payment=payment,
        shift_id=shift_id,
        bank_line_id=bank_line_id,
        campus_id=refund_reads.campus_of(session, order),
        form_key=form_key[:80],
        tendered_fen=tender.tendered_fen,
        reference=tender.reference[:60],
        payer=tender.payer[:80],
        taken_by=by.id,
        taken_at=clock.now(),
    )
    session.add(taking)
    session.flush()
    audit(session, by, "till.taken", order, taking)
    return taking


def money_of(order: Order, taking: Taking, by: StaffMember, *, account: LedgerAccount) -> Money:
    """A taking as money that is in."""
    return Money(
        key=f"taking:{taking.id}",
        out_trade_no=taking.payment.out_trade_no,
        method=PaymentMethod(taking.payment.method),
        amount_fen=taking.payment.amount_fen,
        at=taking.payment.paid_at or clock.now(),
        account=account,
        actor=f"account:{by.id}",
    )


def audit(session: Session, by: StaffMember, action: str, order: Order, taking: Taking) -> None:
    security.audit(
        session,
        actor=f"account:{by.id}",
        action=action,
        subject=f"order:{order.number}",
        fen=taking.payment.amount_fen,
        method=taking.payment.method,
        taking=taking.id,
    )


def view_of(taking: Taking) -> Taken:
    payment = taking.payment
    order = OrderView.model_validate(payment.order)
    return Taken(
        id=taking.id,
        number=order.number,
        method=PaymentMethod(payment.method),
        amount_fen=payment.amount_fen,
        change_fen=max(0, (taking.tendered_fen or 0) - payment.amount_fen),
        due_fen=order.due_fen if order.status is OrderStatus.PENDING else 0,
        is_clearing=payment.status == PaymentStatus.CLEARING,
    )


def _hold_cheque(session: Session, order: Order, taking: Taking, by: StaffMember) -> None:
    """A cheque in hand is owed back until the bank has credited it; the order waits for it."""
    ledger.post(
        session,
        event=Event.CHEQUE,
        source_key=f"cheque:{taking.id}",
        booked_on=clock.today(),
        postings=_moved(taking, LedgerAccount.NOTES_RECEIVABLE, LedgerAccount.OTHER_PAYABLE),
        order_id=order.id,
        actor=f"account:{by.id}",
    )
    orders.ask_platforms(order)
    orders.hold(session, order, clock.now() + CLEARS_WITHIN)


def _moved(taking: Taking, debit: LedgerAccount, credit: LedgerAccount) -> list[Posting]:
    """The amount of a cheque from one account to another, at its campus: 应收票据 / 其他应付款 as
    it comes in, 银行存款 / 应收票据 as it clears, the first turned round as it bounces."""
    fen = taking.payment.amount_fen
    return [
        Posting(account=account, amount_fen=sign * fen, campus_id=taking.campus_id)
        for account, sign in ((debit, 1), (credit, -1))
    ]


def _must_fit(tender: Tender, due_fen: int) -> None:
    """Cash is taken up to what is due, and change is given; a cheque is drawn for what it is."""
    if tender.amount_fen <= 0 or tender.method not in (PaymentMethod.CASH, PaymentMethod.CHEQUE):
        raise TakenWrong(why="amount")
    if tender.method is PaymentMethod.CASH:
        if tender.amount_fen > due_fen:
            raise TakenWrong(why="too_much", due_fen=due_fen)
        if tender.tendered_fen is not None and tender.tendered_fen < tender.amount_fen:
            raise TakenWrong(why="tendered")
    elif not tender.reference.strip():
        raise TakenWrong(why="cheque")


def _cheque(session: Session, taking_id: int, by: StaffMember) -> tuple[Order, Taking]:
    """A cheque under way, held by the lock on its order."""
    order_id = session.scalar(
        select(Payment.order_id)
        .join(Taking, Taking.payment_id == Payment.id)
        .where(Taking.id == taking_id, Payment.method == PaymentMethod.CHEQUE)
    )
    if order_id is None:
        raise NotFound()
    order = orders.locked(session, order_id)
    must_reach(session, order, by)
    taking = session.get_one(Taking, taking_id, populate_existing=True)
    if taking.payment.status != PaymentStatus.CLEARING:
        raise ChequeDone(status=taking.payment.status)
    return order, taking
