"""Keep a bill, compare it, book its fees, and settle what did not agree.

Comparing again changes nothing but what has been put right since: those differences are healed.
Four eyes where a difference is booked: it becomes a voucher that somebody else approves.
"""

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from backend.finance import ledger
from backend.finance.bills import queries, rules
from backend.finance.bills.channels import CHANNELS, reachable
from backend.finance.bills.models import Bill, BillDifference, Line
from backend.finance.bills.words import (
    BillStatus,
    Difference,
    DifferenceSettled,
    Found,
    Outcome,
    ReasonMissing,
)
from backend.finance.books import vouchers
from backend.finance.books.words import VoucherKind, VoucherLine
from backend.finance.models import OrderLine
from backend.finance.posting import Event, Flow
from backend.finance.schemas import LedgerAccount, Posting
from backend.gateways import payments as platform
from backend.kit import clock
from backend.kit.db import upsert
from backend.kit.errors import NotFound
from backend.kit.links import page_in_wechat
from backend.outbox.schemas import Notice
from backend.security import permissions
from backend.security import service as security
from backend.security.schemas import Permission, Role, StaffMember


def expect(session: Session) -> None:
    """A row for each channel and day that has ended and whose bill is out: also those of days when
    nobody looked."""
    now, today = clock.now(), clock.today()
    ready = clock.at_local(today, rules.READY_HOUR) <= now
    last = today - timedelta(days=1 if ready else 2)
    for channel in reachable():
        known = queries.last_day(session, channel)
        first = last if known is None else known + timedelta(days=1)
        on = max(first, last - timedelta(days=queries.DAYS_BACK))
        while on <= last:
            fresh = upsert(session, Bill).values(
                channel=channel, on=on, status=BillStatus.WAITING, due_at=now, tries=0, trouble="",
                payments=0, payments_fen=0, refunds=0, refunds_fen=0, fee_fen=0,
            )  # fmt: skip
            session.execute(fresh.on_conflict_do_nothing())
            on += timedelta(days=1)


def compare(session: Session, *, bill_id: int, bill: platform.Bill) -> list[Found]:
    """Keep the platform's bill, book its fees, write down what does not agree, and tell the
    accountants. Running it again finds the same."""
    row = _locked(session, bill_id)
    _keep(session, row, bill.lines)
    found = rules.differences(
        bill,
        queries.ours_under(session, ((line.kind, line.number) for line in bill.lines)),
        expected=queries.expected(session, row.channel, row.on),
    )
    _book_fees(session, row, bill.lines)
    _write_down(session, row, found)
    row.status, row.due_at, row.trouble = BillStatus.COMPARED, None, ""
    row.compared_at = clock.now()
    session.flush()
    still_open = [each for each in queries.differences(session, [row.id]) if each.is_open]
    security.audit(
        session,
        actor="system",
        action="bill.compared",
        subject=f"bill:{row.channel}:{row.on}",
        payments_fen=row.payments_fen,
        refunds_fen=row.refunds_fen,
        fee_fen=row.fee_fen,
        differences=len(still_open),
    )
    if still_open:
        tell(session, on=row.on, channel=row.channel, count=len(still_open), bill_id=row.id)
    return found


def tell(session: Session, *, on: date, channel: str, count: int, bill_id: int) -> None:
    """A task for the accountants, once a day while it stands; after three days for the principal
    too."""
    is_old = clock.today() - on > timedelta(days=3)
    roles = [Role.ACCOUNTANT, *([Role.PRINCIPAL] if is_old else [])]
    values = {
        "day": f"{on:%m月%d日}",
        "channel": CHANNELS[channel].title,
        "count": str(count),
    }
    security.tell(
        session,
        *roles,
        notice=Notice(
            template="bill_differences", values=values, url=page_in_wechat(f"/bills/{bill_id}")
        ),
        dedupe_key=f"bill:{bill_id}:{clock.today()}",
    )


def ask_later(session: Session, *, bill_id: int, trouble: str) -> None:
    """The bill could not be had; after some hours the accountants hear of it, once a day."""
    row = _locked(session, bill_id)
    if row.due_at is None:
        return
    row.due_at = rules.next_try(row.tries, now=clock.now())
    row.tries, row.trouble = row.tries + 1, trouble[:120]
    if row.tries >= rules.ALARM_AFTER_TRIES:
        values = {"day": f"{row.on:%m月%d日}", "channel": CHANNELS[row.channel].title}
        security.tell(
            session,
            Role.ACCOUNTANT,
            notice=Notice(template="bill_missing", values=values, url=page_in_wechat("/bills")),
            dedupe_key=f"bill-missing:{row.id}:{clock.today()}",
        )


def ask_again(session: Session, *, bill_id: int, by: StaffMember) -> None:
    """Somebody wants it fetched and compared once more. Raises NotAllowed, NotFound."""
    permissions.must(by.role, Permission.KEEP_BOOKS)
    row = _locked(session, bill_id)
    row.due_at, row.tries = clock.now(), 0
    _audit(session, by, "bill.asked_again", f"bill:{row.channel}:{row.on}")


def explain(session: Session, *, difference_id: int, by: StaffMember, reason: str) -> None:
    """A difference that needs no entry, with the reason why. Raises NotAllowed, NotFound,
    DifferenceSettled, ReasonMissing."""
    row = _open(session, difference_id, by, reason)
    _settle(row, Outcome.EXPLAINED, by, reason)
    _audit(session, by, "bill.explained", f"difference:{row.id}", reason=row.reason)


def book(
    session: Session,
    *,
    difference_id: int,
    by: StaffMember,
    reason: str,
    account: str,
    campus_id: int | None,
) -> int:
    """Ask for a voucher that brings the bank to what the platform says, against an account; it is
    open again when that is refused. Returns the voucher. Raises what `explain` and `vouchers.ask`
    raise."""
    row = _open(session, difference_id, by, reason)
    found = Found.model_validate(
        {**{key: getattr(row, key) for key in Found.model_fields}, "kind": row.kind or None}
    )
    fen = rules.effect_on_bank(found)
    if not fen:
        raise ReasonMissing(why="nothing to book")
    legs = ((LedgerAccount.BANK.value, fen, Flow.SALES.value), (account, -fen, None))
    voucher = vouchers.ask(
        session,
        kind=VoucherKind.MANUAL,
        by=by,
        booked_on=clock.today(),
        summary=f"对账差异{row.id} {reason.strip()}",
        lines=[
            VoucherLine(account=each, amount_fen=amount, campus_id=campus_id, flow=flow)
            for each, amount, flow in legs
        ],
        source_key=f"bill-difference:{row.id}:{row.voucher_id or 0}",
        campus_id=campus_id,
    )
    row.voucher_id = voucher.id
    _settle(row, Outcome.BOOKED, by, reason)
    _audit(session, by, "bill.booked", f"difference:{row.id}", fen=abs(fen), voucher=voucher.id)
    return voucher.id


def _keep(session: Session, row: Bill, lines: Sequence[platform.BillLine]) -> None:
    known = set(session.execute(select(Line.kind, Line.platform_id).where(Line.bill_id == row.id)))
    fresh = [line for line in lines if (line.kind.value, line.platform_id) not in known]
    if fresh:
        rows = [{**line.model_dump(exclude={"paid_as"}), "bill_id": row.id} for line in fresh]
        session.execute(insert(Line), rows)
    for kind in platform.LineKind:
        of_kind = [line.amount_fen for line in lines if line.kind is kind]
        setattr(row, f"{kind.value}s", len(of_kind))
        setattr(row, f"{kind.value}s_fen", sum(of_kind))
    row.fee_fen = sum(line.fee_fen for line in lines)


def _book_fees(session: Session, row: Bill, lines: Sequence[platform.BillLine]) -> None:
    """Dr 财务费用 / Cr 银行存款, once per bill, at the campuses whose orders cost them; what comes
    back of a refund's fee the other way."""
    ours = queries.ours_under(session, ((line.kind, line.number) for line in lines))
    by_order: dict[int | None, int] = {}
    for line in lines:
        held = ours.get((line.kind, line.number))
        order_id = held.order_id if held is not None else None
        by_order[order_id] = by_order.get(order_id, 0) + line.fee_fen
    ids = [order_id for order_id in by_order if order_id is not None]
    rows = session.execute(
        select(OrderLine.order_id, OrderLine.id)
        .where(OrderLine.order_id.in_(ids))
        .order_by(OrderLine.id.desc())
    )
    first_line: dict[int | None, int] = {}
    for order_id, line_id in rows:
        first_line[order_id] = line_id
    legs = [
        Posting(account=account, amount_fen=sign * fen, order_line_id=first_line.get(order_id))
        for order_id, fen in by_order.items()
        if fen
        for account, sign in ((LedgerAccount.FINANCIAL, 1), (LedgerAccount.BANK, -1))
    ]
    if legs:
        ledger.post(
            session,
            event=Event.FEE,
            source_key=f"bill:{row.id}:fee",
            booked_on=row.on,
            postings=legs,
            summary=f"{CHANNELS[row.channel].title}手续费",
        )


def _write_down(session: Session, row: Bill, found: Sequence[Found]) -> None:
    """New differences open; those that are no longer there and that nobody settled are healed."""
    now = clock.now()
    mine = select(BillDifference).where(BillDifference.bill_id == row.id)
    known = {
        (Difference(each.difference), each.kind, each.number): each
        for each in session.scalars(mine)
    }
    standing = set()
    for each in found:
        key = (each.difference, each.kind.value if each.kind else "", each.number)
        standing.add(key)
        kept = known.get(key)
        if kept is None:
            kept = BillDifference(
                bill_id=row.id, difference=key[0], kind=key[1], number=key[2], found_at=now
            )
            session.add(kept)
        elif kept.outcome == Outcome.HEALED:
            kept.outcome, kept.settled_at = None, None
        kept.ours_fen, kept.theirs_fen, kept.order_id = (
            each.ours_fen, each.theirs_fen, each.order_id
        )  # fmt: skip
    for key, kept in known.items():
        if key not in standing and kept.settled_at is None:
            kept.outcome, kept.settled_at = Outcome.HEALED, now
    session.flush()


def _open(session: Session, difference_id: int, by: StaffMember, reason: str) -> BillDifference:
    permissions.must(by.role, Permission.KEEP_BOOKS)
    row = session.get(BillDifference, difference_id)
    if row is None:
        raise NotFound()
    _locked(session, row.bill_id)
    session.refresh(row)
    view = next(each for each in queries.differences(session, [row.bill_id]) if each.id == row.id)
    if not view.is_open:
        raise DifferenceSettled()
    if not reason.strip():
        raise ReasonMissing(why="reason")
    return row


def _settle(row: BillDifference, outcome: Outcome, by: StaffMember, reason: str) -> None:
    row.outcome, row.reason = outcome, reason.strip()[:200]
    row.settled_by, row.settled_at = by.id, clock.now()


def _locked(session: Session, bill_id: int) -> Bill:
    """The bill as it is now, held until the unit ends. Raises NotFound."""
    query = select(Bill).where(Bill.id == bill_id).with_for_update()
    row = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if row is None:
        raise NotFound()
    return row


def _audit(session: Session, by: StaffMember, action: str, subject: str, **detail: object) -> None:
    security.audit(session, actor=f"account:{by.id}", action=action, subject=subject, **detail)
