"""Months: what stands in the way of closing one, and who opens it again (F11)."""

from datetime import date

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from backend.finance import ledger, service
from backend.finance.books import accruals, checks, periods, vouchers
from backend.finance.books.models import CostRate, FixedAsset, PeriodBalance
from backend.finance.books.words import (
    CostKind,
    NotClosable,
    NotReopenable,
    VoucherKind,
    VoucherLine,
)
from backend.finance.schemas import LedgerAccount
from backend.kit import clock
from backend.kit.errors import NotAllowed
from backend.security.models import AuditEntry
from backend.security.schemas import Role
from tests.backend.finance import scenes
from tests.backend.finance.books.offices import NOVEMBER, OCTOBER, book, colleague, settle

A = LedgerAccount


def test_a_month_is_closed_once_and_opened_by_two(session: Session) -> None:
    keeper, other = (colleague(session, Role.ACCOUNTANT) for _ in range(2))
    book(session, date(2026, 9, 20), (A.CASH, 100), (A.BANK, -100))
    book(session, date(2026, 10, 20), (A.CASH, 7), (A.BANK, -7))
    with pytest.raises(NotClosable, match="earlier_open"):
        periods.close(session, month=OCTOBER, by=keeper)
    with pytest.raises(NotAllowed):
        periods.close(session, month=date(2026, 9, 1), by=colleague(session, Role.PRINCIPAL))
    for month in (date(2026, 9, 1), OCTOBER, OCTOBER):
        periods.close(session, month=month, by=keeper)
    assert len(session.scalars(select(PeriodBalance)).all()) == 4
    assert checks.drifted(session) == []
    with pytest.raises(NotReopenable, match="not_last"):
        periods.ask_reopen(session, month=date(2026, 9, 1), by=keeper, reason="更正")
    with pytest.raises(NotReopenable, match="unasked"):
        periods.reopen(session, month=OCTOBER, by=other)
    periods.ask_reopen(session, month=OCTOBER, by=keeper, reason="补一张发票")
    with pytest.raises(NotReopenable, match="own"):
        periods.reopen(session, month=OCTOBER, by=keeper)
    periods.reopen(session, month=OCTOBER, by=other)
    book(session, date(2026, 10, 21), (A.CASH, 1), (A.BANK, -1))
    periods.close(session, month=OCTOBER, by=other)
    said = select(AuditEntry.action).where(AuditEntry.subject == "period:2026-10")
    assert list(session.scalars(said.order_by(AuditEntry.id))) == [
        *("books.closed", "books.reopen_asked", "books.reopened", "books.closed"),
    ]
    session.execute(text("UPDATE finance_period_balance SET debit_fen = debit_fen + 1"))
    assert checks.drifted(session) == [date(2026, 9, 1), OCTOBER]


def test_what_stands_in_the_way(session: Session) -> None:
    keeper = colleague(session, Role.ACCOUNTANT)
    book(session, date(2026, 11, 2), (A.CASH, 100), (A.BANK, -100))
    lines = [VoucherLine(account=A.CASH, amount_fen=1, flow="0"),
             VoucherLine(account=A.BANK, amount_fen=-1, flow="0")]  # fmt: skip
    vouchers.ask(
        session, kind=VoucherKind.MANUAL, by=keeper, booked_on=date(2026, 11, 3), summary="提现",
        lines=lines, source_key="v:1",
    )  # fmt: skip
    with clock.frozen(clock.at_local(date(2026, 11, 24))):
        found = {each.code for each in periods.checklist(session, NOVEMBER) if each.is_blocking}
    assert found == {"not_over", "vouchers"}


def test_liability_is_what_is_left_to_teach(session: Session) -> None:
    """Lessons given back out of order leave no fen behind; books are earned with the first."""
    school = scenes.open_school(session)
    order = scenes.bill(session, school)
    service.settle(session, paid=scenes.fact(scenes.begin(session, order)))
    assert checks.liabilities(session) == []
    service.open_lesson_accounts(session, order_id=order.id, student_id=school.student_id)
    for number in range(1, 19):
        settle(session, school, number)
        assert checks.liabilities(session) == []
    assert sum(checks.unearned_values(session).values()) == 0
    settle(session, school, 3, lessons=0, revision=2)
    assert checks.liabilities(session) == []
    assert sum(checks.unearned_values(session).values()) == 120000 - 17 * (120000 // 18)
    settle(session, school, 19)
    rows = {row.account: row for row in ledger.trial_balance(session)}
    revenue = rows[A.REVENUE]
    assert revenue.credit_fen - revenue.debit_fen == 128000
    assert checks.liabilities(session) == []
    assert checks.lopsided(session) == []
    line = "INSERT INTO finance_hour_entry (account_id, kind, lessons, at, source_key) "
    session.execute(text(f"{line} VALUES (1, 'gift', 2, '2026-11-24 00:00:00', 'sneaked in')"))
    (difference,) = checks.liabilities(session)
    assert (difference.booked_fen, difference.unearned_fen) == (0, 120000 - 16 * 6666)


def test_wear_and_rates() -> None:
    asset = FixedAsset(
        name="钢琴", account=A.COST, cost_fen=1000, salvage_fen=100, months=7,
        in_use_from=date(2026, 1, 15),
    )  # fmt: skip
    worn = [accruals.worn_fen(asset, date(2026, month, 1)) for month in range(1, 13)]
    assert worn == [0, *[128] * 6, 132, 0, 0, 0, 0]
    assert sum(worn) == 900


def test_pay_accrues_by_the_rate_of_the_day(session: Session) -> None:
    for subject, on, fen in (
        (None, date(2026, 1, 1), 6000),
        (7, date(2026, 6, 1), 9000),
        (7, date(2026, 12, 1), 12000),
    ):
        rate = CostRate(kind=CostKind.TEACHER, subject_id=subject, effective_from=on)
        rate.fen_per_hour = fen
        session.add(rate)
    session.flush()
    rates = accruals.Rates(session)

    def cost(teacher_id: int, on: date) -> int:
        return rates.fen(CostKind.TEACHER, teacher_id, minutes=90, on=on)

    assert [cost(7, date(2026, month, 15)) for month in (2, 7, 12)] == [9000, 13500, 18000]
    assert cost(8, date(2026, 12, 1)) == 9000
    assert cost(8, date(2025, 12, 1)) == 0
