"""银行转账: what payers say they have sent, and what the bank says has come.

A claim alone pays nothing. A statement's lines are kept once each; for a line that fits one order
by amount and by number, reference or name, that order is proposed, and an accountant confirms.
"""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.finance import orders
from backend.finance.models import Order
from backend.finance.schemas import (
    LedgerAccount,
    OrderNotPayable,
    OrderStatus,
    OrderView,
    PaymentMethod,
    PaymentStatus,
)
from backend.finance.till import desk, rules
from backend.finance.till.models import BankLine, TransferClaim
from backend.finance.till.words import (
    Candidate,
    LineDone,
    LineStatus,
    StatementLine,
    Taken,
    TakenWrong,
    Tender,
)
from backend.kit import clock
from backend.kit.db import upsert
from backend.kit.errors import NotFound
from backend.kit.money import yuan
from backend.outbox.schemas import Notice
from backend.security import service as security
from backend.security.schemas import Role, StaffMember

ARRIVES_WITHIN = timedelta(days=3)
LATE = timedelta(days=30)  # How long an order that was closed may still be what a transfer is for.


def claim(
    session: Session, *, number: str, payer: str, reference: str, by: str, source_key: str,
    openid: str | None = None,
) -> bool:  # fmt: skip
    """Somebody says that a pending order was transferred; it is kept open until the money can have
    arrived. The same message again says nothing new: False. With an `openid` it has to be the
    payer's own. Raises NotFound, OrderNotPayable, TakenWrong (nobody named)."""
    query = select(Order.id).where(Order.number == number)
    if openid is not None:
        query = query.where(Order.payer_openid == openid)
    order_id = session.scalar(query)
    if order_id is None:
        raise NotFound(number=number)
    order = orders.locked(session, order_id)
    if session.scalar(select(TransferClaim.id).where(TransferClaim.source_key == source_key)):
        return False
    if order.status != OrderStatus.PENDING:
        raise OrderNotPayable(status=order.status)
    if not payer.strip():
        raise TakenWrong(why="payer")
    is_first = not session.scalar(
        select(TransferClaim.id).where(TransferClaim.order_id == order.id).limit(1)
    )
    session.add(
        TransferClaim(
            order_id=order.id,
            payer=payer.strip()[:80],
            reference=reference.strip()[:60],
            claimed_by=by,
            claimed_at=clock.now(),
            source_key=source_key[:120],
        )
    )
    if is_first:  # Claiming again does not keep a seat for ever.
        orders.hold(session, order, clock.now() + ARRIVES_WITHIN)
    security.audit(session, actor=by, action="transfer.claimed", subject=f"order:{order.number}")
    view = OrderView.model_validate(order)
    security.tell(
        session,
        Role.ACCOUNTANT,
        notice=Notice(
            template="transfer_claimed",
            values={"number": order.number, "amount": yuan(view.due_fen), "payer": payer[:40]},
        ),
        dedupe_key=f"transfer:{source_key}",
    )
    session.flush()
    return True


def bring_in(session: Session, lines: Sequence[StatementLine], *, by: StaffMember) -> int:
    """Keep the lines of a statement, each once however often it is imported; returns how many are
    new. Lines that fit nobody are a task."""
    names = rules.fingerprints(lines)
    fresh = 0
    for line, name in zip(lines, names, strict=True):
        row = upsert(session, BankLine).values(
            fingerprint=name,
            status=LineStatus.OPEN,
            imported_by=by.id,
            imported_at=clock.now(),
            note="",
            **line.model_dump(),
        )
        done = session.execute(row.on_conflict_do_nothing().returning(BankLine.id))
        fresh += len(done.all())
    session.flush()
    unmatched = propose(session)
    security.audit(
        session, actor=f"account:{by.id}", action="bank.imported", subject="bank", lines=fresh
    )
    if fresh and unmatched:
        security.tell(
            session,
            Role.ACCOUNTANT,
            notice=Notice(template="bank_unmatched", values={"count": str(unmatched)}),
            dedupe_key=f"bank:{by.id}:{clock.now():%Y%m%d%H%M%S}",
        )
    return fresh


def propose(session: Session) -> int:
    """Look for the order of each open line; returns how many fit none. No order is proposed for two
    lines: where it would be, for neither."""
    lines = list(
        session.scalars(
            select(BankLine).where(BankLine.status == LineStatus.OPEN).order_by(BankLine.id)
        )
    )
    candidates = _candidates(session)
    found = {line.id: rules.whose(_said(line), candidates) for line in lines}
    wanted = list(found.values())
    for line in lines:
        order_id = found[line.id]
        line.proposed_id = order_id if order_id and wanted.count(order_id) == 1 else None
    session.flush()
    return sum(line.proposed_id is None for line in lines)


def match(session: Session, *, line_id: int, number: str, by: StaffMember) -> Taken:
    """A line of the bank's is money for an order: the whole of it, a part, or more than is due
    (then the rest is owed back). Raises NotFound, NotAllowed, LineDone, OrderNotPayable."""
    order = desk.locked_for(session, number, by)
    line = _open(session, line_id)
    if order.status not in (OrderStatus.PENDING, OrderStatus.CLOSED):
        raise OrderNotPayable(status=order.status)
    tender = Tender(
        number=number, method=PaymentMethod.TRANSFER, amount_fen=line.amount_fen,
        reference=line.serial, payer=line.payer,
    )  # fmt: skip
    taking = desk.enter(
        session, order, tender, by=by, form_key=f"bank:{line.id}", bank_line_id=line.id,
        status=PaymentStatus.SUCCEEDED,
    )  # fmt: skip
    taking.payment.paid_at = min(clock.now(), clock.at_local(line.booked_on))
    _decide(line, LineStatus.MATCHED, by)
    orders.take(session, order, desk.money_of(order, taking, by, account=LedgerAccount.BANK))
    propose(session)
    return desk.view_of(taking)


def set_aside(session: Session, *, line_id: int, by: StaffMember, note: str) -> None:
    """A line that is no tuition (interest, a loan, our own money). Raises NotFound, LineDone."""
    line = _open(session, line_id)
    _decide(line, LineStatus.SET_ASIDE, by)
    line.note, line.proposed_id = note.strip()[:200], None
    security.audit(
        session, actor=f"account:{by.id}", action="bank.set_aside", subject=f"bank:{line.id}"
    )
    session.flush()


def _decide(line: BankLine, status: LineStatus, by: StaffMember) -> None:
    line.status, line.decided_by, line.decided_at = status, by.id, clock.now()


def _open(session: Session, line_id: int) -> BankLine:
    line = session.scalar(
        select(BankLine)
        .where(BankLine.id == line_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if line is None:
        raise NotFound()
    if line.status != LineStatus.OPEN:
        raise LineDone(status=line.status)
    return line


def _said(line: BankLine) -> StatementLine:
    return StatementLine(
        booked_on=line.booked_on, amount_fen=line.amount_fen, payer=line.payer, memo=line.memo,
        serial=line.serial,
    )  # fmt: skip


def _candidates(session: Session) -> list[Candidate]:
    """Orders that wait for money, or waited until lately, with what was said about transfers."""
    rows = list(
        session.scalars(
            select(Order).where(
                (Order.status == OrderStatus.PENDING)
                | ((Order.status == OrderStatus.CLOSED) & (Order.closed_at > clock.now() - LATE))
            )
        )
    )
    claims = list(
        session.scalars(
            select(TransferClaim).where(TransferClaim.order_id.in_([row.id for row in rows]))
        )
    )
    return [
        Candidate(
            order_id=row.id,
            number=row.number,
            due_fen=OrderView.model_validate(row).due_fen,
            payers=frozenset(c.payer for c in claims if c.order_id == row.id),
            references=frozenset(
                c.reference for c in claims if c.order_id == row.id and c.reference
            ),
        )
        for row in rows
    ]
