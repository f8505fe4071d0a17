"""Statements over a million entries: `make bench-books [ENTRIES=1000000] [DATABASE=sqlite]`.

Three years of receipts, lessons, pay and refunds at two campuses are written as the services write
them (through the same triggers), then the statements and the monthly report are asked for, with all
months open and with all but the last one closed: queries, seconds, and whether the closed figures
are a recount's. The database multiplies the rows itself; its triggers look at each of them.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import partial
from typing import Any

from sqlalchemy import event, insert, text
from sqlalchemy.orm import Session

from backend.finance.books import balances, checks, monthly, statements
from backend.finance.books.models import PeriodBalance
from backend.finance.ledger import month_after
from backend.finance.models import Period
from backend.finance.posting import Event, Flow
from backend.finance.schemas import LedgerAccount as A
from backend.kit import clock
from backend.kit.db import engine, reading, unit_of_work
from backend.logistics.models import Campus
from backend.security.models import Account
from backend.security.schemas import Role
from backend.teaching.models import ClassGroup, Course
from migrations.tables import every_table
from tests.bench.rounds import on
from tests.fixtures.databases import own_postgresql

FIRST, LAST = date(2023, 11, 1), date(2026, 10, 1)
KINDS = (
    (Event.RECEIPT, A.BANK, A.CONTRACT_LIABILITY),
    (Event.CONSUMPTION, A.CONTRACT_LIABILITY, A.REVENUE),
    (Event.PAYROLL, A.COST, A.PAYROLL_PAYABLE),
    (Event.PAYROLL_PAID, A.PAYROLL_PAYABLE, A.BANK),
    (Event.CONSUMPTION, A.CONTRACT_LIABILITY, A.REVENUE),
)
_NUMBERS = (
    "WITH RECURSIVE numbers(n) AS (SELECT CAST(:first AS integer) UNION ALL "
    "SELECT n + 1 FROM numbers WHERE n < :last), kinds(k, event, debit, credit) AS (VALUES "
    + ", ".join(
        f"({number}, '{kind}', '{debit}', '{credit}')"
        for number, (kind, debit, credit) in enumerate(KINDS)
    )
    + ")"
)
_FLOW = (
    f"CASE WHEN account <> '{A.BANK}' THEN NULL "
    f"WHEN event = '{Event.RECEIPT}' THEN '{Flow.SALES}' ELSE '{Flow.STAFF}' END"
)
LINES = (
    "INSERT INTO finance_journal_line (entry_id, account, debit_fen, credit_fen, campus_id, "
    f"course_id, class_group_id, teacher_id, flow) {_NUMBERS} SELECT n, account, "
    "CASE WHEN side = 0 THEN 1000 + n % 9973 ELSE 0 END, "
    "CASE WHEN side = 1 THEN 1000 + n % 9973 ELSE 0 END, "
    f"1 + n % 2, 1 + n % 10, 1 + n % 100, 1 + n % 20, {_FLOW} FROM ("
    "SELECT n, event, 0 AS side, debit AS account FROM numbers JOIN kinds ON k = n % 5 UNION ALL "
    "SELECT n, event, 1, credit FROM numbers JOIN kinds ON k = n % 5) sides"
)
HEADS = (
    "INSERT INTO finance_journal_entry (id, source_key, event, summary, booked_on, happened_on, "
    f"line_count, created_at) {_NUMBERS} SELECT n, 'bench:' || n, event, '', "
    "CAST(:on AS {date}), CAST(:on AS {date}), 2, CAST(:on || ' 09:00:00' AS {at}) "
    "FROM numbers JOIN kinds ON k = n % 5"
)
TYPES = {"date": "date", "at": "timestamptz"}


def measured(entries: int) -> dict[str, Any]:
    """Fill the empty database that is in use, and ask it."""
    every_table().create_all(engine())
    began = time.perf_counter()
    _fill(entries)
    found: dict[str, Any] = {"entries": entries, "filled_in": round(time.perf_counter() - began)}
    found["all_open"] = _asked()
    _close()
    found["closed"] = _asked()
    with reading() as session:
        began = time.perf_counter()
        found["snapshots_equal_recount"] = not checks.drifted(session)
        found["recount_seconds"] = round(time.perf_counter() - began, 2)
    return found


def _fill(entries: int) -> None:
    months = list(_months())
    with unit_of_work() as session:
        _found(session)
        session.execute(insert(Period), [{"month": each, "reopen_reason": ""} for each in months])
    days, written = (month_after(LAST) - FIRST).days, 0
    is_sqlite = engine().dialect.name == "sqlite"
    heads = HEADS.format(**({"date": "text", "at": "text"} if is_sqlite else TYPES))
    for month in months:
        with unit_of_work() as session:
            for on in _days(month):
                first, written = written + 1, entries * ((on - FIRST).days + 1) // days
                bound = {"first": first, "last": written, "on": on.isoformat()}
                for statement in (LINES, heads) if written >= first else ():
                    session.execute(text(statement), bound)
    with unit_of_work() as session:
        session.execute(text("ANALYZE"))


def _found(session: Session) -> None:
    """Two campuses with ten courses, a hundred classes and twenty teachers."""
    places = dict.fromkeys(("address", "transport", "phone", "opening_hours"), "")
    session.add_all(Campus(name=name, **places) for name in ("东校区", "西校区"))
    session.add_all(Course(name=f"课程{number}", subject="英语") for number in range(10))
    session.add_all(
        Account(name=f"老师{number}", role=Role.TEACHER, created_at=clock.now())
        for number in range(20)
    )
    session.flush()
    session.add_all(
        ClassGroup(
            name=f"班级{number}", course_id=1 + number % 10, campus_id=1 + number % 2,
            teacher_id=1 + number % 20, capacity=12, lesson_count=16, starts_on=FIRST, weekly=[],
        )
        for number in range(100)
    )  # fmt: skip


def _close() -> None:
    """What a closing writes down, without the checklist of orders there are none of."""
    for month in list(_months())[:-1]:
        with unit_of_work() as session:
            moved = balances.counted(session, from_month=month, until=month_after(month))
            session.execute(insert(PeriodBalance), [each.model_dump() for each in moved])
            session.execute(
                text("UPDATE finance_period SET closed_at = :at WHERE month = :month"),
                {"at": f"{clock.now():%Y-%m-%d %H:%M:%S}", "month": month.isoformat()},
            )


def _asked() -> dict[str, Any]:
    looks: dict[str, Callable[[Session], object]] = {
        "statements": lambda session: statements.statements(session, month=LAST),
        "statements_of_campus": lambda session: statements.statements(
            session, month=LAST, campus_id=1
        ),
        "monthly_report": lambda session: monthly.monthly_report(session, month=LAST),
    }
    found = {}
    for name, look in looks.items():
        asked: list[str] = []

        def count(_c: Any, _k: Any, statement: str, *_: Any, asked: list[str] = asked) -> None:
            asked.append(statement)

        with reading() as session:
            session.connection()
            event.listen(engine(), "before_cursor_execute", count)
            began = time.perf_counter()
            look(session)
            took = time.perf_counter() - began
            event.remove(engine(), "before_cursor_execute", count)
        found[name] = {"queries": len(asked), "seconds": round(took, 2)}
    return found


def _days(month: date) -> Iterator[date]:
    on = month
    while on < month_after(month):
        yield on
        on += timedelta(days=1)


def _months() -> Iterator[date]:
    month = FIRST
    while month <= LAST:
        yield month
        month = month_after(month)


def main() -> None:
    """Measure on one or both databases; print JSON."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--entries", type=int, default=1_000_000)
    words.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    said = words.parse_args()
    ask = partial(measured, said.entries)
    found = {}
    with tempfile.TemporaryDirectory() as home:
        if said.database != "postgresql":
            found["sqlite"] = on(f"sqlite:///{home}/books.db", ask)
        if said.database != "sqlite":
            with own_postgresql() as url:
                found["postgresql"] = on(url.format("postgres"), ask)
    print(json.dumps(found, indent=2, ensure_ascii=False))
    if not all(each["snapshots_equal_recount"] for each in found.values()):
        raise SystemExit("closed months are not what a recount gives")


if __name__ == "__main__":
    main()
