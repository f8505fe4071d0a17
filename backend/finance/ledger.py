"""The books: balanced entries in the transaction of what they record, and their totals."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.finance.models import JournalEntry, JournalLine
from backend.finance.schemas import LedgerAccount, Posting, TrialRow, Unbalanced
from backend.kit import clock


def post(
    session: Session,
    *,
    source_key: str,
    booked_on: date,
    postings: Sequence[Posting],
    order_id: int | None = None,
) -> None:
    """Enter one business event; entering the same `source_key` again changes nothing.

    The caller holds the lock of what the event is about, so two racing posts of one event cannot
    both get here; if they did, the unique key fails the second unit. Raises Unbalanced.
    """
    difference_fen = sum(posting.amount_fen for posting in postings)
    if difference_fen or not postings:
        raise Unbalanced(source_key=source_key, difference_fen=difference_fen)
    if session.scalar(select(JournalEntry.id).where(JournalEntry.source_key == source_key)):
        return
    session.add(
        JournalEntry(
            source_key=source_key,
            booked_on=booked_on,
            created_at=clock.now(),
            order_id=order_id,
            lines=[
                JournalLine(
                    account=posting.account,
                    debit_fen=max(posting.amount_fen, 0),
                    credit_fen=max(-posting.amount_fen, 0),
                    order_line_id=posting.order_line_id,
                )
                for posting in postings
            ],
        )
    )
    session.flush()


def trial_balance(session: Session, *, until: date | None = None) -> list[TrialRow]:
    """Each account's totals over all entries booked before `until`; debits equal credits."""
    query = (
        select(
            JournalLine.account,
            func.sum(JournalLine.debit_fen),
            func.sum(JournalLine.credit_fen),
        )
        .group_by(JournalLine.account)
        .order_by(JournalLine.account)
    )
    if until is not None:
        query = query.join(JournalEntry).where(JournalEntry.booked_on < until)
    return [
        TrialRow(account=LedgerAccount(account), debit_fen=int(debit), credit_fen=int(credit))
        for account, debit, credit in session.execute(query)
    ]
