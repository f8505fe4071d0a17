"""What people book by hand: asked by one, approved by another, then entered like anything else.

An expense is a voucher whose sides are known: the cost, and what we owe to whoever paid it. The
database refuses a decision by the maker as well (`four_eyes`).
"""

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.finance import ledger
from backend.finance.books.models import Voucher
from backend.finance.books.words import (
    ON_CREDIT,
    OwnVoucher,
    VoucherDecided,
    VoucherKind,
    VoucherLine,
    VoucherStatus,
    VoucherView,
    VoucherWrong,
)
from backend.finance.chart import MONEY, NAMES
from backend.finance.models import Period, Refund, SurplusReceipt
from backend.finance.posting import Event, Flow, breaks_rule
from backend.finance.schemas import LedgerAccount, PeriodClosed, Posting
from backend.kit import clock
from backend.kit.errors import NotAllowed, NotFound
from backend.kit.links import page_in_wechat
from backend.kit.money import yuan
from backend.outbox import service as outbox
from backend.outbox.schemas import Notice
from backend.security import permissions
from backend.security import queries as staff
from backend.security import service as security
from backend.security.schemas import Permission, Role, Scope, StaffMember

_EVENTS = {
    VoucherKind.MANUAL: Event.MANUAL,
    VoucherKind.OPENING: Event.OPENING,
    VoucherKind.EXPENSE: Event.EXPENSE,
    VoucherKind.PURCHASE: Event.PURCHASE,
    VoucherKind.PAYROLL: Event.PAYROLL_PAID,
    VoucherKind.BACK: Event.REFUND_PAID,
}
_PAID = {VoucherKind.EXPENSE: Event.EXPENSE_PAID, VoucherKind.PURCHASE: Event.PURCHASE_PAID}

PHOTO_WITHIN = timedelta(minutes=30)


def ask(
    session: Session,
    *,
    kind: VoucherKind,
    by: StaffMember,
    booked_on: date,
    summary: str,
    lines: Sequence[VoucherLine],
    source_key: str,
    campus_id: int | None = None,
    attachment_id: int | None = None,
) -> Voucher:
    """Write down what is to be booked; those who approve are told. The same `source_key` again
    gives the same voucher. Raises NotAllowed, VoucherWrong, PeriodClosed."""
    needed = Permission.REQUEST_EXPENSE if kind is VoucherKind.EXPENSE else Permission.KEEP_BOOKS
    permissions.must(by.role, needed)
    known = session.scalar(select(Voucher).where(Voucher.source_key == source_key))
    if known is not None:
        return known
    _must_be_sound(kind, summary, lines)
    _must_be_open(session, booked_on)
    voucher = Voucher(
        kind=kind,
        status=VoucherStatus.ASKED,
        booked_on=booked_on,
        summary=summary.strip()[:120],
        lines=[[each.account, each.campus_id, each.amount_fen, each.flow] for each in lines],
        total_fen=sum(max(each.amount_fen, 0) for each in lines),
        campus_id=campus_id,
        attachment_id=attachment_id,
        made_by=by.id,
        made_at=clock.now(),
        source_key=source_key,
    )
    session.add(voucher)
    session.flush()
    _audit(session, voucher, by, "voucher.asked")
    for member in _deciders(session, voucher):
        values = {"number": str(voucher.id), "amount": yuan(voucher.total_fen), "who": by.name,
                  "what": voucher.summary}  # fmt: skip
        outbox.post(
            session,
            to=staff.recipient_of(session, member.id),
            notice=Notice(template="voucher_asked", values=values, url=_link(voucher)),
            dedupe_key=f"voucher:{voucher.id}:asked:{member.id}",
        )
    return voucher


def claim(
    session: Session,
    *,
    by: StaffMember,
    amount_fen: int,
    summary: str,
    account: LedgerAccount,
    source_key: str,
    attachment_id: int | None = None,
) -> Voucher:
    """报销: somebody has paid for us. Raises what `ask` raises."""
    legs = ((account, amount_fen), (LedgerAccount.OTHER_PAYABLE, -amount_fen))
    return ask(
        session,
        kind=VoucherKind.EXPENSE,
        by=by,
        booked_on=clock.today(),
        summary=summary,
        lines=[
            VoucherLine(account=each, amount_fen=fen, campus_id=by.campus_id) for each, fen in legs
        ],
        source_key=source_key,
        campus_id=by.campus_id,
        attachment_id=attachment_id,
    )


def free_photo(session: Session, attachment_id: int | None) -> int | None:
    """A picture unless it is the receipt of something else already."""
    taken = select(Voucher.id).where(Voucher.attachment_id == attachment_id).limit(1)
    return None if attachment_id is None or session.scalar(taken) else attachment_id


def add_photo(session: Session, *, account_id: int, attachment_id: int) -> VoucherView | None:
    """Give the newest claim of somebody that still waits for its picture this one; None without
    such a claim in the last half hour."""
    query = select(Voucher).where(
        Voucher.made_by == account_id,
        Voucher.kind == VoucherKind.EXPENSE,
        Voucher.status == VoucherStatus.ASKED,
        Voucher.attachment_id.is_(None),
        Voucher.made_at > clock.now() - PHOTO_WITHIN,
    )
    voucher = session.scalar(query.order_by(Voucher.id.desc()).limit(1).with_for_update())
    if voucher is None or free_photo(session, attachment_id) is None:
        return None
    voucher.attachment_id = attachment_id
    session.flush()
    return VoucherView.model_validate(voucher)


def ask_reversal(session: Session, *, voucher_id: int, by: StaffMember) -> Voucher:
    """A posted voucher was wrong: its opposite waits for somebody else's yes, once. Raises what
    `ask` raises, and VoucherDecided for one that is not in the books."""
    voucher = _locked(session, voucher_id)
    if voucher.status != VoucherStatus.POSTED or voucher.paid_at is not None:
        raise VoucherDecided(status=voucher.status)
    return ask(
        session,
        kind=VoucherKind.MANUAL,
        by=by,
        booked_on=clock.today(),
        summary=f"冲销凭证{voucher.id} {voucher.summary}",
        lines=[
            VoucherLine(
                account=account,
                campus_id=campus_id,
                amount_fen=-fen,
                flow=flow or (Flow.WITHIN.value if account in MONEY else None),
            )
            for account, campus_id, fen, flow in voucher.lines
        ],
        source_key=f"reverse:{voucher.id}",
        campus_id=voucher.campus_id,
    )


def approve(session: Session, *, voucher_id: int, by: StaffMember) -> Voucher:
    """Somebody else says yes, and it is in the books. Raises NotFound, NotAllowed, OwnVoucher,
    VoucherDecided, PeriodClosed."""
    voucher = _to_decide(session, voucher_id, by)
    voucher.status, voucher.decided_by = VoucherStatus.POSTED, by.id
    voucher.decided_at = clock.now()
    ledger.post(
        session,
        event=_EVENTS[VoucherKind(voucher.kind)],
        source_key=f"voucher:{voucher.id}",
        booked_on=voucher.booked_on,
        postings=[
            Posting(account=LedgerAccount(account), campus_id=campus_id, amount_fen=fen, flow=flow)
            for account, campus_id, fen, flow in voucher.lines
        ],
        summary=voucher.summary,
        is_strict=voucher.kind != VoucherKind.EXPENSE,
        actor=f"account:{by.id}",
    )
    if voucher.kind == VoucherKind.BACK:
        why, owed_id = voucher.source_key.split(":")[:2]
        if why == "surplus":
            session.get_one(SurplusReceipt, int(owed_id)).resolved_at = voucher.decided_at
        else:
            session.get_one(Refund, int(owed_id)).interest_paid_at = voucher.decided_at
    _audit(session, voucher, by, "voucher.approved")
    _tell_maker(session, voucher, "voucher_posted")
    return voucher


def refuse(session: Session, *, voucher_id: int, by: StaffMember, note: str) -> Voucher:
    """No, with the reason its maker reads. Raises what `approve` raises."""
    voucher = _to_decide(session, voucher_id, by)
    voucher.status, voucher.decided_by = VoucherStatus.REFUSED, by.id
    voucher.decided_at, voucher.note = clock.now(), note.strip()[:200]
    _audit(session, voucher, by, "voucher.refused")
    _tell_maker(session, voucher, "voucher_refused", note=voucher.note)
    return voucher


def withdraw(session: Session, *, voucher_id: int, by: StaffMember) -> Voucher:
    """Its maker takes it back. Raises NotFound, NotAllowed, VoucherDecided."""
    voucher = _locked(session, voucher_id)
    if voucher.made_by != by.id:
        raise NotAllowed()
    _must_wait(voucher)
    voucher.status = VoucherStatus.WITHDRAWN
    _audit(session, voucher, by, "voucher.withdrawn")
    return voucher


def pay(session: Session, *, voucher_id: int, by: StaffMember) -> Voucher:
    """The money of an approved expense or purchase has been transferred to whoever had paid or
    supplied; once. Raises NotAllowed, OwnVoucher, VoucherDecided."""
    permissions.must(by.role, Permission.PAY_OUT)
    voucher = _locked(session, voucher_id)
    if voucher.made_by == by.id:
        raise OwnVoucher()
    if voucher.kind not in ON_CREDIT or voucher.status != VoucherStatus.POSTED:
        raise VoucherDecided(status=voucher.status)
    if voucher.paid_at is not None:
        return voucher
    voucher.paid_at, voucher.paid_by = clock.now(), by.id
    owed = [(account, campus, -fen) for account, campus, fen, _ in voucher.lines if fen < 0]
    legs = [
        *((LedgerAccount(account), campus, fen) for account, campus, fen in owed),
        *((LedgerAccount.BANK, campus, -fen) for _, campus, fen in owed),
    ]
    ledger.post(
        session,
        event=_PAID[VoucherKind(voucher.kind)],
        source_key=f"voucher:{voucher.id}:paid",
        booked_on=clock.today(),
        postings=[
            Posting(account=account, amount_fen=fen, campus_id=campus)
            for account, campus, fen in legs
        ],
        summary=voucher.summary,
        actor=f"account:{by.id}",
    )
    _audit(session, voucher, by, "voucher.paid")
    return voucher


def _must_be_sound(kind: VoucherKind, summary: str, lines: Sequence[VoucherLine]) -> None:
    """Raises VoucherWrong, saying what is wrong with it."""
    by_campus: dict[int | None, int] = {}
    for each in lines:
        by_campus[each.campus_id] = by_campus.get(each.campus_id, 0) + each.amount_fen
    if not summary.strip():
        raise VoucherWrong(why="summary")
    if len(lines) < 2 or any(not each.amount_fen for each in lines):
        raise VoucherWrong(why="lines")
    if any(each.account not in NAMES for each in lines):
        raise VoucherWrong(why="account")
    if any(by_campus.values()):
        raise VoucherWrong(why="unbalanced")
    if any(each.account == LedgerAccount.CONTRACT_LIABILITY for each in lines):
        raise VoucherWrong(
            why="liability"
        )  # It is the lesson accounts' and changes with them only.
    if kind is VoucherKind.MANUAL and any(
        each.account in MONEY and each.flow is None for each in lines
    ):
        raise VoucherWrong(why="flow")
    if breaks_rule(_EVENTS[kind], ((each.account, each.amount_fen) for each in lines)):
        raise VoucherWrong(why="opening" if kind is VoucherKind.OPENING else "account")


def _must_be_open(session: Session, on: date) -> None:
    closed = select(Period.closed_at).where(
        Period.month == ledger.month_of(on), Period.closed_at.is_not(None)
    )
    if session.scalar(closed) is not None:
        raise PeriodClosed(month=ledger.month_of(on))


def _to_decide(session: Session, voucher_id: int, by: StaffMember) -> Voucher:
    voucher = _locked(session, voucher_id)
    if not reaches(voucher, by):
        raise NotAllowed()
    if voucher.made_by == by.id:
        raise OwnVoucher()
    _must_wait(voucher)
    return voucher


def reaches(voucher: Voucher | VoucherView, by: StaffMember) -> bool:
    """Whether somebody may decide about a voucher: all, or expenses of their own campus."""
    scope = permissions.scope_of(by.role, Permission.APPROVE_VOUCHER)
    if scope is Scope.CAMPUS:
        is_theirs = by.campus_id is None or by.campus_id == voucher.campus_id
        return is_theirs and voucher.kind == VoucherKind.EXPENSE
    return scope is Scope.ALL


def _must_wait(voucher: Voucher) -> None:
    if voucher.status != VoucherStatus.ASKED:
        raise VoucherDecided(status=voucher.status)


def _locked(session: Session, voucher_id: int) -> Voucher:
    """The voucher as it is now, held until the unit ends. Raises NotFound."""
    query = select(Voucher).where(Voucher.id == voucher_id).with_for_update()
    voucher = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if voucher is None:
        raise NotFound()
    return voucher


def _deciders(session: Session, voucher: Voucher) -> list[StaffMember]:
    """Accountants, and for an expense the campus's managers; without others, the principal."""
    found = staff.staff_with_role(session, Role.ACCOUNTANT)
    if voucher.kind == VoucherKind.EXPENSE and voucher.campus_id is not None:
        found += staff.staff_with_role(session, Role.CAMPUS_MANAGER, campus_id=voucher.campus_id)
    others = [each for each in found if each.id != voucher.made_by]
    return others or staff.staff_with_role(session, Role.PRINCIPAL)


def _tell_maker(session: Session, voucher: Voucher, template: str, **values: str) -> None:
    outbox.post(
        session,
        to=staff.recipient_of(session, voucher.made_by),
        notice=Notice(
            template=template,
            values={"number": str(voucher.id), "amount": yuan(voucher.total_fen),
                    "what": voucher.summary, **values},
        ),
        dedupe_key=f"voucher:{voucher.id}:{template}",
    )  # fmt: skip


def _audit(session: Session, voucher: Voucher, by: StaffMember, action: str) -> None:
    security.audit(
        session,
        actor=f"account:{by.id}",
        action=action,
        subject=f"voucher:{voucher.id}",
        fen=voucher.total_fen,
    )


def _link(voucher: Voucher) -> str:
    return page_in_wechat(f"/books/vouchers/{voucher.id}")
