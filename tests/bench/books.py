"""Statements over a million entries: `make bench-books [ENTRIES=1000000] [DATABASE=sqlite]`.

Three years of receipts, lessons, pay and refunds at two campuses are written as the services write
them (through the same triggers), then the statements and the monthly report are asked for, with all
months open and with all but the last one closed: queries, seconds, and whether the closed figures
are a recount's.
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
from backend.finance.models import JournalEntry, JournalLine, Period
from backend.finance.posting import Event, Flow
from backend.finance.schemas import LedgerAccount as A
from backend.kit import clock
from backend.kit.db import engine, reading, unit_of_work
from backend.logistics.models import Campus
from migrations.tables import every_table
from tests.bench.rounds import on
from tests.fixtures.databases import own_postgresql

FIRST, LAST = date(2023, 11, 1), date(2026, 10, 1)
AT_ONCE = 5_000
KINDS = (
    (Event.RECEIPT, A.BANK, A.CONTRACT_LIABILITY),
    (Event.CONSUMPTION, A.CONTRACT_LIABILITY, A.REVENUE),
    (Event.PAYROLL, A.COST, A.PAYROLL_PAYABLE),
    (Event.PAYROLL_PAID, A.PAYROLL_PAYABLE, A.BANK),
    (Event.CONSUMPTION, A.CONTRACT_LIABILITY, A.REVENUE),
)


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
        found["drifted"] = [str(each) for each in checks.drifted(session)]
        found["recount_seconds"] = round(time.perf_counter() - began, 2)
    return found


def _fill(entries: int) -> None:
    months = list(_months())
    with unit_of_work() as session:
        for name in ("东校区", "西校区"):
            places = dict.fromkeys(("address", "transport", "phone", "opening_hours"), "")
            session.add(Campus(name=name, **places))
        session.execute(insert(Period), [{"month": each, "reopen_reason": ""} for each in months])
    days = (month_after(LAST) - FIRST).days
    for start in range(1, entries + 1, AT_ONCE):
        heads, lines = [], []
        for number in range(start, min(start + AT_ONCE, entries + 1)):
            kind, debit, credit = KINDS[number % len(KINDS)]
            on = FIRST + timedelta(days=number * days // (entries + 1))
            fen, campus_id = 1_000 + number % 9_973, 1 + number % 2
            heads.append(
                {"id": number, "source_key": f"bench:{number}", "event": kind, "summary": "",
                 "booked_on": on, "happened_on": on, "line_count": 2, "created_at": clock.now()}
            )  # fmt: skip
            for account, amounts in ((debit, (fen, 0)), (credit, (0, fen))):
                flow = Flow.SALES if kind is Event.RECEIPT else Flow.STAFF
                lines.append(
                    {"entry_id": number, "account": account, "debit_fen": amounts[0],
                     "credit_fen": amounts[1], "campus_id": campus_id,
                     "flow": flow if account == A.BANK else None}
                )  # fmt: skip
        with unit_of_work() as session:
            session.execute(insert(JournalLine), lines)
            session.execute(insert(JournalEntry), heads)
    with engine().connect() as connection:
        connection.exec_driver_sql("ANALYZE")


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


if __name__ == "__main__":
    main()
