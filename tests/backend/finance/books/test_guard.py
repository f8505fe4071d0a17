"""Attacks on the books by SQL, on both databases: the database itself refuses (F11)."""

import threading
from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from backend.finance import ledger
from backend.finance.books import checks, periods
from backend.finance.models import JournalEntry, Period
from backend.finance.posting import Event
from backend.finance.schemas import LedgerAccount, PeriodClosed, RuleBroken, Unbalanced
from backend.kit.db import engine, reading, unit_of_work
from backend.security.schemas import Role
from tests.backend.finance.books.offices import NOVEMBER, OCTOBER, book, colleague

A = LedgerAccount
ENTRY = (
    "INSERT INTO finance_journal_entry (id, source_key, event, summary, booked_on, happened_on, "
    "line_count, created_at) VALUES ({id}, '{key}', 'manual', '', '{on}', '{on}', {count}, "
    "'2026-11-24 00:00:00')"
)
LINE = (
    "INSERT INTO finance_journal_line (entry_id, account, debit_fen, credit_fen) "
    "VALUES ({entry}, '1002', {debit}, {credit})"
)
GOOD = (
    LINE.format(entry=900, debit=5, credit=0),
    LINE.format(entry=900, debit=0, credit=5),
    ENTRY.format(id=900, key="by hand", on="2026-11-20", count=2),
)


def attack(*statements: str) -> None:
    with unit_of_work() as session:
        for statement in statements:
            session.execute(text(statement))


def test_the_books_cannot_be_falsified_by_sql(database: str) -> None:
    with unit_of_work() as session:
        book(session, date(2026, 11, 20), (A.CASH, 100), (A.BANK, -100), key="real")
    attack(*GOOD)  # What is right goes in, so that the refusals below mean something.
    again = ENTRY.format(id=901, key="second", on="2026-11-20", count=2)
    attacks: list[tuple[str, ...]] = [
        ("UPDATE finance_journal_line SET debit_fen = 99 WHERE debit_fen > 0",),
        ("UPDATE finance_journal_entry SET booked_on = '2026-10-01'",),
        ("DELETE FROM finance_journal_line",),
        ("DELETE FROM finance_journal_entry",),
        # Lines added to an entry that stands, even balanced ones.
        (LINE.format(entry=900, debit=5, credit=0), LINE.format(entry=900, debit=0, credit=5)),
        # One side only, too few lines, none at all, lines of nothing.
        (LINE.format(entry=901, debit=5, credit=0), again),
        (
            LINE.format(entry=901, debit=5, credit=0),
            LINE.format(entry=901, debit=0, credit=4),
            again,
        ),
        (again,),
        (LINE.format(entry=902, debit=5, credit=0),),
        # A month that has no row.
        (
            LINE.format(entry=903, debit=5, credit=0),
            LINE.format(entry=903, debit=0, credit=5),
            ENTRY.format(id=903, key="third", on="2031-01-01", count=2),
        ),
        ("DELETE FROM finance_period",),
    ]
    if engine().dialect.name == "sqlite":
        attacks += [
            (ENTRY.replace("INSERT", "INSERT OR REPLACE").format(
                id=900, key="real", on="2026-11-20", count=2),),
            ("INSERT OR REPLACE INTO finance_period (month, reopen_reason) "
             "VALUES ('2026-11-01', '')",),
        ]  # fmt: skip
    else:
        attacks.append(("TRUNCATE finance_journal_entry CASCADE",))
    for statements in attacks:
        with pytest.raises(DBAPIError):
            attack(*statements)
    with reading() as session:
        rows = ledger.trial_balance(session)
        assert [(row.account, row.debit_fen, row.credit_fen) for row in rows] == [
            (A.CASH, 100, 0),
            (A.BANK, 5, 105),
        ]


def test_an_entry_balances_within_each_campus(database: str) -> None:
    with unit_of_work() as session:
        leg = "INSERT INTO logistics_campus (id, name, address, transport, phone, opening_hours) "
        session.execute(text(f"{leg} VALUES (1, 'a', '', '', '', ''), (2, 'b', '', '', '', '')"))
        book(session, date(2026, 11, 20), (A.CASH, 100), (A.BANK, -100), key="real")
    line = (
        "INSERT INTO finance_journal_line (entry_id, account, debit_fen, credit_fen, campus_id) "
        "VALUES (900, '1002', {}, {}, {})"
    )
    with pytest.raises(IntegrityError):
        attack(line.format(5, 0, 1), line.format(0, 5, 2), GOOD[2])


def test_what_no_rule_names_is_not_booked(database: str) -> None:
    with unit_of_work() as session:
        for event, legs in (
            (Event.RECEIPT, ((A.BANK, 5), (A.REVENUE, -5))),
            (Event.OPENING, ((A.BANK, 5), (A.REVENUE, -5))),
            (Event.PAYROLL, ((A.COST, 5), (A.BANK, -5))),
        ):
            with pytest.raises(RuleBroken):
                book(session, NOVEMBER, *legs, event=event)
        with pytest.raises(Unbalanced):
            book(session, NOVEMBER, (A.BANK, 5), (A.CASH, -4))


def test_a_closed_month_is_closed_to_services_and_to_sql(database: str) -> None:
    with unit_of_work() as session:
        book(session, date(2026, 10, 20), (A.CASH, 100), (A.BANK, -100))
        keeper = colleague(session, Role.ACCOUNTANT)
        periods.close(session, month=OCTOBER, by=keeper)
    with unit_of_work() as session:
        with pytest.raises(PeriodClosed):
            ledger.open_day(session, date(2026, 10, 31), is_strict=True)
        book(session, date(2026, 10, 31), (A.CASH, 7), (A.BANK, -7), key="late")
    with reading() as session:
        late = session.scalars(select(JournalEntry).where(JournalEntry.source_key == "late")).one()
        assert (late.booked_on, late.happened_on) == (NOVEMBER, date(2026, 10, 31))
    on = "2026-10-31"
    for statements in (
        (*GOOD[:2], ENTRY.format(id=900, key="by hand", on=on, count=2)),
        ("UPDATE finance_period SET closed_at = NULL",),
        (f"UPDATE finance_period SET closed_at = NULL, reopen_asked_by = {keeper.id}, "
         f"reopened_by = {keeper.id}",),
    ):  # fmt: skip
        with pytest.raises(DBAPIError):
            attack(*statements)


def test_closing_and_booking_at_once(database: str) -> None:
    """Whoever wins, the snapshot is what the entries say."""
    with unit_of_work() as session:
        book(session, date(2026, 10, 20), (A.CASH, 100), (A.BANK, -100))
        keeper = colleague(session, Role.ACCOUNTANT)
    start, failures = threading.Barrier(5), []

    def run(act: Callable[[], None]) -> None:
        start.wait()
        try:
            act()
        except BaseException as error:
            failures.append(error)

    def close() -> None:
        with unit_of_work() as session:
            periods.close(session, month=OCTOBER, by=keeper)

    def enter() -> None:
        with unit_of_work() as session:
            book(session, date(2026, 10, 21), (A.CASH, 1), (A.BANK, -1))

    threads = [
        threading.Thread(target=run, args=(act,)) for act in (enter, close, enter, close, enter)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # A booking that looked before the closing and came after it is refused and told again.
    assert all(isinstance(each, IntegrityError) for each in failures)
    with reading() as session:
        assert session.get_one(Period, OCTOBER).closed_at is not None
        assert checks.drifted(session) == []
        assert checks.lopsided(session) == []
