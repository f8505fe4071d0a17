"""The books are balanced, once, and immutable in what they say."""

from datetime import date

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from backend.finance import ledger, rules
from backend.finance.models import JournalEntry, JournalLine
from backend.finance.posting import Event
from backend.finance.schemas import LedgerAccount, Posting, Unbalanced


def test_the_same_event_is_booked_once(session: Session) -> None:
    for _ in range(2):
        ledger.post(
            session,
            event=Event.SURPLUS,
            source_key="surplus:1",
            booked_on=date(2026, 11, 23),
            postings=rules.surplus_of(500),
        )
    assert session.scalar(select(func.count()).select_from(JournalEntry)) == 1


@pytest.mark.parametrize(
    "postings", [[], [Posting(account=LedgerAccount.BANK, amount_fen=1)], rules.surplus_of(5)[:1]]
)
def test_what_does_not_balance_is_not_booked(session: Session, postings: list[Posting]) -> None:
    with pytest.raises(Unbalanced):
        ledger.post(
            session,
            event=Event.SURPLUS,
            source_key="x",
            booked_on=date(2026, 11, 23),
            postings=postings,
        )
    assert session.scalar(select(func.count()).select_from(JournalEntry)) == 0


@pytest.mark.parametrize(("debit", "credit"), [(0, 0), (1, 1), (-1, 0)])
def test_the_database_refuses_a_line_with_two_sides_or_none(
    session: Session, debit: int, credit: int
) -> None:
    session.add(
        JournalLine(entry_id=1, account=LedgerAccount.BANK, debit_fen=debit, credit_fen=credit)
    )
    with pytest.raises(IntegrityError):
        session.flush()


def test_the_trial_balance_counts_days_before_its_end(session: Session) -> None:
    for day, amount_fen in ((22, 100), (23, 20), (24, 3)):
        ledger.post(
            session,
            event=Event.SURPLUS,
            source_key=f"surplus:{day}",
            booked_on=date(2026, 11, day),
            postings=rules.surplus_of(amount_fen),
        )
    rows = ledger.trial_balance(session, until=date(2026, 11, 24))
    assert [(row.account, row.debit_fen, row.credit_fen) for row in rows] == [
        (LedgerAccount.BANK, 120, 0),
        (LedgerAccount.OTHER_PAYABLE, 0, 120),
    ]
    assert sum(r.debit_fen - r.credit_fen for r in ledger.trial_balance(session)) == 0
