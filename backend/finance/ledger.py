"""The books: balanced entries in the transaction of what they record, and their totals.

Nobody else writes entries. What `post` lets through follows `posting.RULES`; what gets past it is
refused by the database (`journal_guard`).
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from sqlalchemy import func, insert, select, text
from sqlalchemy.orm import Session

from backend.finance import posting
from backend.finance.models import JournalEntry, JournalLine, OrderLine, Period
from backend.finance.posting import Event
from backend.finance.schemas import (
    LedgerAccount,
    PeriodClosed,
    Posting,
    RuleBroken,
    TrialRow,
    Unbalanced,
)
from backend.kit import clock
from backend.kit.db import upsert
from backend.security import service as security
from backend.teaching import queries as teaching


def post(
    session: Session,
    *,
    event: Event,
    source_key: str,
    booked_on: date,
    postings: Sequence[Posting],
    order_id: int | None = None,
    summary: str = "",
    is_strict: bool = False,
    actor: str = "system",
) -> None:
    """Enter one business event; entering the same `source_key` again changes nothing.

    What happened in a month that is closed by now is booked on the first open day after it, unless
    `is_strict`: then it raises PeriodClosed. Legs without a campus take it from those with an order
    line, so that each campus balances by itself. The caller holds the lock of what the event is
    about, so two racing posts of one event cannot both get here; if they did, the unique key fails
    the second unit. Raises Unbalanced, RuleBroken.
    """
    difference_fen = sum(each.amount_fen for each in postings)
    if difference_fen or not postings:
        raise Unbalanced(source_key=source_key, difference_fen=difference_fen)
    broken = posting.breaks_rule(event, ((each.account, each.amount_fen) for each in postings))
    if broken is not None:
        raise RuleBroken(event=event, leg=broken)
    if session.scalar(select(JournalEntry.id).where(JournalEntry.source_key == source_key)):
        return
    day = open_day(session, booked_on, is_strict=is_strict)
    legs = spread(_placed(session, postings))
    if any(sum(each.amount_fen for each in part) for part in _by_campus(legs).values()):
        raise Unbalanced(source_key=source_key, difference_fen=0)
    session.flush()
    entry_id = _next_id(session)
    session.execute(
        insert(JournalLine),
        [
            {
                "entry_id": entry_id,
                "debit_fen": max(each.amount_fen, 0),
                "credit_fen": max(-each.amount_fen, 0),
                "flow": posting.flow_of(event, each.account, each.amount_fen, named=each.flow),
                **each.model_dump(exclude={"amount_fen", "flow"}),
            }
            for each in legs
        ],
    )
    session.execute(
        insert(JournalEntry).values(
            id=entry_id,
            source_key=source_key,
            event=event,
            summary=summary[:120],
            booked_on=day,
            happened_on=booked_on,
            line_count=len(legs),
            created_at=clock.now(),
            order_id=order_id,
        )
    )
    security.audit(
        session,
        actor=actor,
        action=f"books.{event}",
        subject=f"entry:{source_key}",
        fen=sum(max(each.amount_fen, 0) for each in legs),
    )


def month_of(on: date) -> date:
    """The first day of a day's month."""
    return on.replace(day=1)


def month_after(month: date) -> date:
    """The first day of the next month."""
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def open_day(session: Session, on: date, *, is_strict: bool = False) -> date:
    """The day itself while its month is open, else the first day of the first open month after;
    the month is held open until the unit ends. Raises PeriodClosed if `is_strict`."""
    month = month_of(on)
    while True:
        found = session.execute(
            select(Period.closed_at).where(Period.month == month).with_for_update(read=True)
        ).one_or_none()
        if found is None:
            fresh = upsert(session, Period).values(month=month, reopen_reason="")
            session.execute(fresh.on_conflict_do_nothing())
        elif found.closed_at is None:
            return max(on, month)
        elif is_strict:
            raise PeriodClosed(month=month)
        else:
            month = month_after(month)


def spread(legs: Sequence[Posting]) -> list[Posting]:
    """Give legs without a campus those that the others leave unbalanced; the last of them takes
    what is left, in as many parts as it needs. Legs that name none at all stay with the head
    office."""
    if not any(sum(each.amount_fen for each in part) for part in _by_campus(legs).values()):
        return list(legs)
    placed = [each for each in legs if each.campus_id is not None]
    loose = [each for each in legs if each.campus_id is None]
    if not placed or not loose:
        return list(legs)
    first = placed[0].campus_id
    fixed = [*placed, *(each.model_copy(update={"campus_id": first}) for each in loose[:-1])]
    parts = [
        loose[-1].model_copy(
            update={"campus_id": campus_id, "amount_fen": -sum(each.amount_fen for each in part)}
        )
        for campus_id, part in _by_campus(fixed).items()
    ]
    return [*(each for each in parts if each.amount_fen), *fixed]


def _by_campus(legs: Sequence[Posting]) -> dict[int | None, list[Posting]]:
    found: dict[int | None, list[Posting]] = defaultdict(list)
    for each in legs:
        found[each.campus_id].append(each)
    return found


def _placed(session: Session, postings: Sequence[Posting]) -> list[Posting]:
    """Legs with the course, class and campus of the order line that they are for."""
    line_ids = {each.order_line_id for each in postings if each.order_line_id is not None}
    if not line_ids:
        return list(postings)
    rows = session.execute(
        select(OrderLine.id, OrderLine.course_id, OrderLine.class_group_id).where(
            OrderLine.id.in_(line_ids)
        )
    )
    lines = {row.id: row for row in rows}
    group_ids = {row.class_group_id for row in lines.values() if row.class_group_id is not None}
    campuses = teaching.campuses_of(session, group_ids) if group_ids else {}
    fallback = next(iter(sorted(campuses.values())), None)
    legs = []
    for each in postings:
        if each.order_line_id is None:
            legs.append(each)
            continue
        line = lines[each.order_line_id]
        group_id = each.class_group_id or line.class_group_id
        campus_id = campuses.get(line.class_group_id, fallback)
        update = {
            "campus_id": each.campus_id or campus_id,
            "course_id": each.course_id or line.course_id,
            "class_group_id": group_id,
        }
        legs.append(each.model_copy(update=update))
    return legs


def _next_id(session: Session) -> int:
    """The number of the entry to come: its lines are written first. On SQLite the unit has the one
    write lock, on PostgreSQL a sequence gives each number once."""
    if session.get_bind().dialect.name == "postgresql":
        query = text("SELECT nextval(pg_get_serial_sequence('finance_journal_entry', 'id'))")
        return int(session.execute(query).scalar_one())
    return int(session.scalar(select(func.coalesce(func.max(JournalEntry.id), 0))) or 0) + 1


def credits_of(
    session: Session, account: LedgerAccount, *, order_line_ids: Sequence[int]
) -> list[tuple[int, int]]:
    """What an account owes for each of these order lines: (line id, fen), credits minus debits."""
    rows = session.execute(
        select(JournalLine.order_line_id, func.sum(JournalLine.credit_fen - JournalLine.debit_fen))
        .where(JournalLine.order_line_id.in_(order_line_ids), JournalLine.account == account)
        .group_by(JournalLine.order_line_id)
        .order_by(JournalLine.order_line_id)
    )
    return [(int(line_id or 0), int(fen)) for line_id, fen in rows if fen]


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
