"""Vouchers by hand: somebody else's eyes, once, in an open month (F11, O4)."""

import threading
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from backend.finance import ledger, service
from backend.finance.books import checks, giving_back, periods, vouchers
from backend.finance.books.words import (
    ON_CREDIT,
    OwnVoucher,
    VoucherDecided,
    VoucherKind,
    VoucherLine,
    VoucherStatus,
    VoucherWrong,
)
from backend.finance.models import JournalEntry
from backend.finance.schemas import LedgerAccount, PeriodClosed, Posting
from backend.kit import clock
from backend.kit.db import reading, unit_of_work
from backend.kit.errors import NotAllowed, NotFound
from backend.security.models import AuditEntry
from backend.security.schemas import Role, StaffMember
from tests.backend.finance import scenes
from tests.backend.finance.books.offices import OCTOBER, book, colleague

A = LedgerAccount
RENT = (
    VoucherLine(account=A.ADMINISTRATION, amount_fen=800000),
    VoucherLine(account=A.BANK, amount_fen=-800000, flow="6"),
)


def ask(session: Session, by: StaffMember, *lines: VoucherLine, on: date | None = None) -> int:
    voucher = vouchers.ask(
        session, kind=VoucherKind.MANUAL, by=by, booked_on=on or clock.today(), summary="房租",
        lines=lines or RENT, source_key=f"rent:{on}",
    )  # fmt: skip
    return voucher.id


def test_nobody_approves_their_own(session: Session) -> None:
    keeper, other = (colleague(session, Role.ACCOUNTANT) for _ in range(2))
    voucher_id = ask(session, keeper)
    assert ask(session, keeper) == voucher_id
    with pytest.raises(OwnVoucher):
        vouchers.approve(session, voucher_id=voucher_id, by=keeper)
    with pytest.raises(NotAllowed):
        vouchers.approve(session, voucher_id=voucher_id, by=colleague(session, Role.TEACHER))
    vouchers.approve(session, voucher_id=voucher_id, by=other)
    with pytest.raises(VoucherDecided):
        vouchers.approve(session, voucher_id=voucher_id, by=colleague(session, Role.PRINCIPAL))
    with pytest.raises(VoucherDecided):
        vouchers.withdraw(session, voucher_id=voucher_id, by=keeper)
    entries = session.scalars(select(JournalEntry.source_key)).all()
    assert entries == [f"voucher:{voucher_id}"]
    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(text("UPDATE finance_voucher SET decided_by = made_by"))


@pytest.mark.parametrize("kind", list(VoucherKind))
def test_no_kind_is_approved_by_its_maker(session: Session, kind: VoucherKind) -> None:
    """Also by the accounts that its event allows, and by no others."""
    keeper, other = (colleague(session, Role.ACCOUNTANT) for _ in range(2))
    legs = {
        VoucherKind.MANUAL: (A.ADMINISTRATION, A.PAYABLE),
        VoucherKind.OPENING: (A.BANK, A.CAPITAL),
        VoucherKind.EXPENSE: (A.ADMINISTRATION, A.OTHER_PAYABLE),
        VoucherKind.PURCHASE: (A.GOODS, A.PAYABLE),
        VoucherKind.PAYROLL: (A.PAYROLL_PAYABLE, A.BANK),
        VoucherKind.BACK: (A.OTHER_PAYABLE, A.BANK),
    }[kind]
    lines = [
        VoucherLine(account=each, amount_fen=fen) for each, fen in zip(legs, (5, -5), strict=True)
    ]
    voucher = vouchers.ask(
        session, kind=kind, by=keeper, booked_on=clock.today(), summary="试", lines=lines,
        source_key=f"kind:{kind}",
    )  # fmt: skip
    with pytest.raises(OwnVoucher):
        vouchers.approve(session, voucher_id=voucher.id, by=keeper)
    if kind is VoucherKind.BACK:
        return  # It settles a surplus: see below.
    vouchers.approve(session, voucher_id=voucher.id, by=other)
    if kind in ON_CREDIT:
        with pytest.raises(OwnVoucher):
            vouchers.pay(session, voucher_id=voucher.id, by=keeper)
        vouchers.pay(session, voucher_id=voucher.id, by=other)
        vouchers.pay(session, voucher_id=voucher.id, by=other)
        assert sum(each.amount_fen for each in balance_of(session, legs[1])) == 0
    else:
        with pytest.raises(VoucherDecided):
            vouchers.pay(session, voucher_id=voucher.id, by=other)
    if kind not in (VoucherKind.MANUAL, VoucherKind.OPENING):
        wrong = [VoucherLine(account=A.REVENUE, amount_fen=5), lines[1]]
        with pytest.raises(VoucherWrong):
            vouchers.ask(
                session, kind=kind, by=keeper, booked_on=clock.today(), summary="试", lines=wrong,
                source_key=f"wrong:{kind}",
            )  # fmt: skip


def test_money_paid_twice_goes_back_by_two(session: Session) -> None:
    keeper, other = (colleague(session, Role.ACCOUNTANT) for _ in range(2))
    school = scenes.open_school(session)
    order = scenes.bill(session, school)
    for native in (False, True):
        attempt = scenes.begin(session, order, native=native)
        if native:
            service.settle(session, paid=scenes.fact(attempt))
        else:
            first = attempt
    service.settle(session, paid=scenes.fact(first))
    (surplus,) = giving_back.owed(session)
    voucher_id = back(session, surplus, keeper)
    assert back(session, surplus, keeper) == voucher_id
    vouchers.refuse(session, voucher_id=voucher_id, by=other, note="还没退")
    again = back(session, surplus, keeper)
    assert again != voucher_id
    (waiting,) = giving_back.owed(session)
    assert waiting.voucher_id == again
    vouchers.approve(session, voucher_id=again, by=other)
    assert giving_back.owed(session) == []
    with pytest.raises(NotFound):
        back(session, surplus, keeper)
    assert sum(each.amount_fen for each in balance_of(session, A.OTHER_PAYABLE)) == 0


def back(session: Session, each: giving_back.Owed, by: StaffMember) -> int:
    return giving_back.ask(session, kind=each.kind, owed_id=each.id, by=by)


def balance_of(session: Session, account: A) -> list[Posting]:
    return [
        Posting(account=account, amount_fen=row.debit_fen - row.credit_fen)
        for row in ledger.trial_balance(session)
        if row.account == account
    ]


def test_what_was_wrong_is_reversed_not_edited(session: Session) -> None:
    keeper, other = (colleague(session, Role.ACCOUNTANT) for _ in range(2))
    voucher_id = ask(session, keeper)
    with pytest.raises(VoucherDecided):
        vouchers.ask_reversal(session, voucher_id=voucher_id, by=keeper)
    vouchers.approve(session, voucher_id=voucher_id, by=other)
    first, again = (
        vouchers.ask_reversal(session, voucher_id=voucher_id, by=other).id for _ in range(2)
    )
    assert first == again
    with pytest.raises(OwnVoucher):
        vouchers.approve(session, voucher_id=first, by=other)
    vouchers.approve(session, voucher_id=first, by=keeper)
    assert all(row.debit_fen == row.credit_fen for row in ledger.trial_balance(session))


def test_at_once_is_once(database: str) -> None:
    """Two people approve one voucher, and two close one month, at the same moment."""
    with unit_of_work() as session:
        people = [colleague(session, Role.ACCOUNTANT) for _ in range(3)]
        voucher_id = ask(session, people[0], on=date(2026, 10, 20))
        book(session, date(2026, 10, 1), (A.CASH, 1), (A.BANK, -1))
    for act in (
        lambda session, by: vouchers.approve(session, voucher_id=voucher_id, by=by),
        lambda session, by: periods.close(session, month=OCTOBER, by=by),
    ):
        start, outcomes = threading.Barrier(2), list[str]()

        def run(by: StaffMember, act: Any = act, start: Any = start, out: Any = outcomes) -> None:
            start.wait()
            try:
                with unit_of_work() as session:
                    act(session, by)
                    out.append("done")
            except VoucherDecided:
                out.append("decided")

        threads = [threading.Thread(target=run, args=(each,)) for each in people[1:]]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(outcomes) == 2
    with reading() as session:
        keys = session.scalars(select(JournalEntry.source_key)).all()
        assert keys.count(f"voucher:{voucher_id}") == 1
        said = select(AuditEntry.action).where(AuditEntry.action == "books.closed")
        assert len(session.scalars(said).all()) == 1
        assert checks.drifted(session) == []


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (RENT[:1], "lines"),
        ((RENT[0], VoucherLine(account=A.BANK, amount_fen=-1, flow="6")), "unbalanced"),
        ((RENT[0], VoucherLine(account="9999", amount_fen=-800000)), "account"),
        ((RENT[0], VoucherLine(account=A.BANK, amount_fen=-800000)), "flow"),
        ((RENT[0], VoucherLine(account=A.CONTRACT_LIABILITY, amount_fen=-800000)), "liability"),
        ((RENT[0], VoucherLine(account=A.PAYABLE, amount_fen=-800000, campus_id=1)), "unbalanced"),
    ],
)
def test_what_cannot_be_booked(session: Session, lines: tuple[VoucherLine, ...], why: str) -> None:
    with pytest.raises(VoucherWrong, match=why):
        ask(session, colleague(session, Role.ACCOUNTANT), *lines)


def test_a_month_that_closed_meanwhile_stays_closed(session: Session) -> None:
    keeper, other = (colleague(session, Role.ACCOUNTANT) for _ in range(2))
    book(session, date(2026, 10, 1), (A.CASH, 1), (A.BANK, -1))
    voucher_id = ask(session, keeper, on=date(2026, 10, 31))
    session.execute(text("UPDATE finance_voucher SET booked_on = '2026-11-02'"))
    periods.close(session, month=OCTOBER, by=keeper)
    session.execute(text("UPDATE finance_voucher SET booked_on = '2026-10-31'"))
    session.expire_all()
    with pytest.raises(PeriodClosed), session.begin_nested():
        vouchers.approve(session, voucher_id=voucher_id, by=other)
    with pytest.raises(PeriodClosed):
        ask(session, keeper, on=date(2026, 10, 30))


def test_an_expense_is_owed_and_then_paid_once(session: Session) -> None:
    teacher, keeper = colleague(session, Role.TEACHER), colleague(session, Role.ACCOUNTANT)
    claim = vouchers.claim(
        session, by=teacher, amount_fen=3500, summary="打车", account=A.ADMINISTRATION,
        source_key="message:1",
    )  # fmt: skip
    with pytest.raises(NotAllowed):
        vouchers.approve(session, voucher_id=claim.id, by=teacher)
    with pytest.raises(VoucherDecided):
        vouchers.pay(session, voucher_id=claim.id, by=keeper)
    vouchers.approve(session, voucher_id=claim.id, by=keeper)
    for _ in range(2):
        vouchers.pay(session, voucher_id=claim.id, by=keeper)
    rows = {row.account: row.debit_fen - row.credit_fen for row in ledger.trial_balance(session)}
    assert rows == {A.BANK: -3500, A.OTHER_PAYABLE: 0, A.ADMINISTRATION: 3500}
    assert claim.status == VoucherStatus.POSTED
