"""Accounting months: looked over, closed, locked, and opened again by two people.

Closing holds the month's row, for which every posting holds a share until it commits: a closing
waits for who is booking, and who comes later finds the month closed (`journal_guard`). What moved
in the month is written down once (`PeriodBalance`) and equals a recount for ever.
"""

from datetime import date

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from backend.finance import ledger
from backend.finance.books import accruals, balances, checks
from backend.finance.books.models import PeriodBalance, Voucher
from backend.finance.books.words import (
    Finding,
    NotClosable,
    NotReopenable,
    PeriodView,
    VoucherStatus,
)
from backend.finance.ledger import month_after
from backend.finance.models import Period, Refund, SurplusReceipt
from backend.finance.refund_words import RefundStatus
from backend.kit import clock
from backend.kit.errors import NotAllowed, NotFound
from backend.security import permissions
from backend.security import service as security
from backend.security.schemas import Permission, Scope, StaffMember
from backend.teaching.life import watching as lessons


def close(session: Session, *, month: date, by: StaffMember) -> None:
    """Close a month: accrue what is missing, look it over, write down what it moved, lock it.
    Closing it again changes nothing. Raises NotAllowed, NotFound, NotClosable."""
    permissions.must(by.role, Permission.KEEP_BOOKS)
    if _locked(session, month).closed_at is not None:
        return
    accruals.accrue(session, month=month)
    blocking = [each.code for each in checklist(session, month) if each.is_blocking]
    if blocking:
        raise NotClosable(codes=blocking)
    moved = balances.counted(session, from_month=month, until=month_after(month))
    if moved:
        session.execute(insert(PeriodBalance), [each.model_dump() for each in moved])
    period = _locked(session, month)
    period.closed_at, period.closed_by = clock.now(), by.id
    period.reopen_asked_by, period.reopened_by, period.reopen_reason = None, None, ""
    _audit(session, by, "books.closed", month, rows=len(moved))
    session.flush()


def ask_reopen(session: Session, *, month: date, by: StaffMember, reason: str) -> None:
    """One person wants the last closed month opened again. Raises NotAllowed, NotReopenable."""
    permissions.must(by.role, Permission.KEEP_BOOKS)
    period = _last_closed(session, month)
    if period.reopen_asked_by is not None:
        raise NotReopenable(why="asked")
    if not reason.strip():
        raise NotReopenable(why="reason")
    period.reopen_asked_by, period.reopen_reason = by.id, reason.strip()[:200]
    _audit(session, by, "books.reopen_asked", month)
    session.flush()


def reopen(session: Session, *, month: date, by: StaffMember) -> None:
    """Another person agrees: the month is open, its snapshot gone. Raises NotAllowed (also for who
    decides about one campus only), NotReopenable."""
    if permissions.scope_of(by.role, Permission.APPROVE_VOUCHER) is not Scope.ALL:
        raise NotAllowed()
    period = _last_closed(session, month)
    if period.reopen_asked_by is None:
        raise NotReopenable(why="unasked")
    if period.reopen_asked_by == by.id:
        raise NotReopenable(why="own")
    session.execute(delete(PeriodBalance).where(PeriodBalance.month == month))
    period.reopened_by, period.closed_at, period.closed_by = by.id, None, None
    _audit(session, by, "books.reopened", month, asked_by=period.reopen_asked_by)
    session.flush()


def checklist(session: Session, month: date) -> list[Finding]:
    """What stands in the way of closing a month (blocking) or should be known."""
    after = month_after(month)
    found: list[Finding] = []

    def note(code: str, words: str, *, blocks: bool = True, url: str | None = None) -> None:
        found.append(Finding(code=code, words=words, is_blocking=blocks, url=url))

    if clock.today() < after:
        note("not_over", "这个月还没有结束，请在下月初结账。")
    earlier = session.scalar(
        select(func.min(Period.month)).where(Period.month < month, Period.closed_at.is_(None))
    )
    if earlier is not None:
        note(
            "earlier_open",
            f"{earlier:%Y年%m月}还没有结账，请按月份先后结账。",
            url="/books/periods",
        )
    waiting = session.scalar(
        select(func.count())
        .select_from(Voucher)
        .where(
            Voucher.status == VoucherStatus.ASKED,
            Voucher.booked_on >= month,
            Voucher.booked_on < after,
        )
    )
    if waiting:
        note("vouchers", f"{waiting}张凭证还在等审批，请先审批。", url="/books/vouchers")
    uncalled = lessons.uncalled_between(session, clock.at_local(month), clock.at_local(after))
    if uncalled:
        note("uncalled", f"{len(uncalled)}节课没有点名，课消和课酬都不完整，请老师补点名。")
    if checks.lopsided(session):
        note("lopsided", "试算不平衡，请马上联系技术支持。")
    wrong = checks.liabilities(session)
    if wrong:
        ids = "、".join(str(each.order_line_id) for each in wrong[:5])
        note(
            "liability", f"{len(wrong)}个订单行的合同负债与课时账户不一致（编号{ids}），请先核对。"
        )
    if checks.advances(session):
        note("advances", "部分付款的订单，预收账款与已收金额不一致，请先核对。")
    if checks.drifted(session):
        note("drifted", "已结账月份的余额与凭证重算不一致，请马上联系技术支持。")
    surplus = session.scalar(
        select(func.count()).select_from(SurplusReceipt).where(SurplusReceipt.resolved_at.is_(None))
    )
    if surplus:
        note("surplus", f"{surplus}笔多收款还没有退回，请尽快处理。", blocks=False, url="/bills")
    unpaid = session.scalar(
        select(func.count())
        .select_from(Refund)
        .where(Refund.status.in_((RefundStatus.APPROVED, RefundStatus.STUCK)))
    )
    if unpaid:
        note("refunds", f"{unpaid}笔退费已同意但还没有付出。", blocks=False, url="/refunds")
    return found


def months(session: Session) -> list[tuple[PeriodView, int]]:
    """All months that have entries, the newest first, with how many."""
    month = balances.month_expression(session)
    rows = session.execute(select(month, func.count()).group_by(month))
    counts = {
        each if isinstance(each, date) else date.fromisoformat(each): int(count)
        for each, count in rows
    }
    periods = session.scalars(select(Period).order_by(Period.month.desc()))
    return [(PeriodView.model_validate(each), counts.get(each.month, 0)) for each in periods]


def _locked(session: Session, month: date) -> Period:
    """The month as it is now, held until the unit ends. Raises NotFound."""
    query = select(Period).where(Period.month == month).with_for_update()
    period = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if period is None:
        raise NotFound(month=str(month))
    return period


def _last_closed(session: Session, month: date) -> Period:
    """Months are opened from the end, so that a closed one never stands on an open one."""
    period = _locked(session, month)
    if period.closed_at is None:
        raise NotReopenable(why="open")
    if month_after(month) != balances.open_from(session):
        raise NotReopenable(why="not_last")
    return period


def _audit(session: Session, by: StaffMember, action: str, month: date, **detail: object) -> None:
    security.audit(
        session,
        actor=f"account:{by.id}",
        action=action,
        subject=f"period:{ledger.month_of(month):%Y-%m}",
        **detail,
    )
