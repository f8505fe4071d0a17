"""Statements balance, tie to the bank, and say the same closed or open (F12–F14)."""

import io
from datetime import date

import pytest
from openpyxl import load_workbook
from sqlalchemy import event as sql_events
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.finance.books import (
    checks,
    comparing,
    ledgers,
    monthly,
    periods,
    statements,
    workbook,
)
from backend.finance.books.analysis import Earned, effects_of
from backend.finance.books.layouts import BALANCE_SHEET, CASH_FLOW, INCOME_STATEMENT
from backend.finance.books.ledgers import Wanted
from backend.finance.chart import NAMES
from backend.finance.posting import RULES, Event
from backend.finance.schemas import LedgerAccount
from backend.kit.money import decimal_yuan
from backend.logistics.models import Campus
from backend.security.schemas import Role
from tests.backend.finance.books.offices import NOVEMBER, OCTOBER, book, colleague

A = LedgerAccount


def two_months(session: Session, campus_id: int | None = None) -> None:
    """Capital and a piano in October, lessons, pay and rent in both months."""
    for month, times in ((10, 1), (11, 2)):
        day = date(2026, month, 20)

        def enter(kind: Event, debit: A, credit: A, fen: int, on: date = day) -> None:
            legs = ((debit, fen), (credit, -fen))
            book(session, on, *legs, event=kind, campus_id=campus_id)

        if month == 10:
            enter(Event.OPENING, A.BANK, A.CAPITAL, 5_000_000)
            enter(Event.PURCHASE, A.FIXED_ASSETS, A.PAYABLE, 1_200_000)
            enter(Event.PURCHASE_PAID, A.PAYABLE, A.BANK, 200_000)
        enter(Event.RECEIPT, A.BANK, A.CONTRACT_LIABILITY, 1_000_000 * times)
        enter(Event.CONSUMPTION, A.CONTRACT_LIABILITY, A.REVENUE, 400_000 * times)
        enter(Event.PAYROLL, A.COST, A.PAYROLL_PAYABLE, 150_000 * times)
        enter(Event.PAYROLL_PAID, A.PAYROLL_PAYABLE, A.BANK, 150_000)
        enter(Event.DEPRECIATION, A.COST, A.ACCUMULATED_DEPRECIATION, 10_000)
        enter(Event.EXPENSE, A.ADMINISTRATION, A.OTHER_PAYABLE, 50_000)
        enter(Event.EXPENSE_PAID, A.OTHER_PAYABLE, A.BANK, 50_000)
        enter(Event.MONEY_MOVED, A.CASH, A.BANK, 7_000)


def test_every_account_has_a_line_and_every_event_a_rule() -> None:
    assert set(RULES) == set(Event)
    assert set(NAMES) == set(A)
    for account in A:
        rows = INCOME_STATEMENT if account >= "5" else BALANCE_SHEET
        homes = [row for row in rows if row.accounts and account.startswith(row.accounts)]
        assert len([row for row in homes if not row.is_of_which]) == 1, account
    for layout, last in ((BALANCE_SHEET, 53), (INCOME_STATEMENT, 32), (CASH_FLOW, 22)):
        assert [row.number for row in layout if row.number] == list(range(1, last + 1))


def test_the_three_statements(session: Session) -> None:
    two_months(session)
    found = statements.statements(session, month=NOVEMBER)
    sheet, income, cash = found.balance_sheet, found.income, found.cash_flow
    assert found.balances
    assert found.ties_to_bank
    assert sheet.fen(1) == 5_000_000 - 200_000 + 3_000_000 - 300_000 - 100_000
    assert sheet.fen(34) == 3_000_000 - 1_200_000
    assert (sheet.fen(18), sheet.fen(19), sheet.fen(20)) == (1_200_000, 20_000, 1_180_000)
    assert (income.fen(1), income.fen(1, second=True)) == (1_200_000, 800_000)
    assert income.fen(32) == sheet.fen(51) == 1_200_000 - 450_000 - 20_000 - 100_000
    assert (cash.fen(1), cash.fen(3), cash.fen(4), cash.fen(6)) == (
        *(3_000_000, 200_000, 300_000, 100_000),
    )
    assert (cash.fen(21), cash.fen(22)) == (5_000_000, sheet.fen(1))
    assert cash.fen(21, second=True) + cash.fen(20, second=True) == cash.fen(22, second=True)


def test_closing_changes_no_figure(session: Session) -> None:
    two_months(session)
    before = [statements.statements(session, month=month) for month in (OCTOBER, NOVEMBER)]
    assert checks.drifted(session) == []
    keeper = colleague(session, Role.ACCOUNTANT)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checks, "liabilities", lambda _session: [])  # No orders stand behind these.
        periods.close(session, month=OCTOBER, by=keeper)
    after = [statements.statements(session, month=month) for month in (OCTOBER, NOVEMBER)]
    assert before == after
    assert checks.drifted(session) == []


def test_the_workbook_is_the_form(session: Session) -> None:
    two_months(session)
    found = statements.statements(session, month=NOVEMBER)
    book_ = load_workbook(io.BytesIO(workbook.written(found, institution="海淀校区")))
    assert book_.sheetnames == ["资产负债表", "利润表", "现金流量表"]
    sheet = book_["资产负债表"]
    assert sheet.cell(2, 8).value == "会小企01表"
    last = [sheet.cell(sheet.max_row, column).value for column in range(1, 9)]
    assert (last[0], last[1], last[4], last[5]) == (
        *("资产总计", 30, "负债和所有者权益（或股东权益）总计", 53),
    )
    assert last[2] == last[6]
    assert float(str(last[2])) == float(decimal_yuan(found.balance_sheet.fen(30)))


def test_price_volume_and_mix_sum_to_the_change() -> None:
    before = [Earned(key=1, fen=10_000, lessons=10), Earned(key=2, fen=6_001, lessons=3)]
    now = [
        *(Earned(key=1, fen=12_100, lessons=11), Earned(key=2, fen=4_000, lessons=2)),
        *(Earned(key=3, fen=777, lessons=1), Earned(key=None, fen=5, lessons=0)),
    ]
    found = effects_of(before, now)
    change = found.now_fen - found.before_fen
    assert found.price_fen + found.volume_fen + found.mix_fen == change
    assert found.price_fen == round(11 * (1100 - 1000) + 4_000 - 2 * 6_001 / 3)
    assert found.volume_fen == round((14 - 13) * 16_001 / 13)
    assert effects_of([], now).mix_fen == sum(each.fen for each in now)


def test_every_number_that_is_said_is_cited_and_opens(session: Session) -> None:
    two_months(session)
    found = monthly.monthly_report(session, month=NOVEMBER)
    assert len(found.sentences) >= 4
    for sentence in found.sentences:
        rest = sentence.text
        for figure in sentence.figures:
            assert figure.words in rest
            assert figure.url.startswith("/books/")
            rest = rest.replace(figure.words, "", 1)
        assert not any(letter.isdigit() for letter in rest), sentence.text
    assert "8000元" in found.sentences[0].text
    assert found.rolled.closing_fen == 1_800_000
    rows = ledgers.lines(session, Wanted(month=NOVEMBER, account="5001"))
    assert rows.credit_fen - rows.debit_fen == 800_000


def test_queries_do_not_grow(session: Session) -> None:
    """The same statements over more entries and months ask the database as often."""
    asked: list[str] = []

    def count(_c: object, _k: object, statement: str, *_: object) -> None:
        asked.append(statement)

    counts = []
    connection = session.connection()
    sql_events.listen(connection, "before_cursor_execute", count)
    for _ in range(2):
        two_months(session)
        session.flush()
        asked.clear()
        statements.statements(session, month=NOVEMBER)
        of_statements = len(asked)
        monthly.monthly_report(session, month=NOVEMBER)
        counts.append((of_statements, len(asked)))
    sql_events.remove(connection, "before_cursor_execute", count)
    assert counts[0] == counts[1]
    assert counts[0][0] <= 3
    assert counts[0][1] <= 30


def test_columns_beside_each_other_add_up(session: Session) -> None:
    """Campuses and head office to the consolidated ones; a month to its own statements."""
    two_months(session)
    names = {each.id: each.name for each in session.scalars(select(Campus))}
    for form in comparing.by_campus(session, month=NOVEMBER, names=names):
        assert form.columns[-2:] == ("总部", "合并")
        assert all(sum(row.fens[:-1]) == row.fens[-1] for row in form.rows)
    alone = statements.statements(session, month=OCTOBER)
    sheet, income, cash = comparing.over_time(session, month=NOVEMBER)
    assert sheet.columns == ("2026年11月", "2026年10月", "2025年11月")
    before = [row.fens[1] for row in sheet.rows]
    assert before == [row.first_fen for row in alone.balance_sheet.rows]
    assert [row.fens[1] for row in income.rows] == [row.second_fen for row in alone.income.rows]
    assert [row.fens[1] for row in cash.rows] == [row.second_fen for row in alone.cash_flow.rows]
    assert any(row.fens[0] for row in income.rows)
