"""What accrues without anybody's bill: teachers' pay by the hours taught (§4, rule 12), and the
wear of fixed assets. Booking it again changes nothing, so it may run daily and at each closing."""

from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.finance import ledger
from backend.finance.books.models import CostRate, FixedAsset
from backend.finance.books.words import CostKind
from backend.finance.ledger import month_after
from backend.finance.models import JournalEntry
from backend.finance.posting import Event
from backend.finance.schemas import LedgerAccount, Posting
from backend.kit import clock
from backend.teaching.life import watching as lessons
from backend.teaching.schemas import LessonTaught


class Rates:
    """What an hour costs, as of a day: the rate of a teacher or room before the one for all."""

    def __init__(self, session: Session) -> None:
        rows = session.scalars(select(CostRate).order_by(CostRate.effective_from, CostRate.id))
        self._rows = list(rows)

    def fen(self, kind: CostKind, subject_id: int | None, *, minutes: int, on: date) -> int:
        """The cost of so many minutes, rounded down; 0 where nobody has set a rate."""
        held = [row for row in self._rows if row.kind == kind and row.effective_from <= on]
        own = [row for row in held if row.subject_id == subject_id and subject_id is not None]
        for row in (*reversed(own), *reversed([each for each in held if each.subject_id is None])):
            return row.fen_per_hour * minutes // 60
        return 0


def accrue(session: Session, *, month: date) -> int:
    """Book the pay of all lessons taught in a month so far and its depreciation; returns how many
    entries were made."""
    taught = taught_in(session, month)
    paid = session.scalars(
        select(JournalEntry.source_key).where(
            JournalEntry.event == Event.PAYROLL,
            JournalEntry.happened_on >= month,
            JournalEntry.happened_on < month_after(month),
        )
    )
    known, made, rates = set(paid), 0, Rates(session)
    for lesson in taught:
        on = clock.local(lesson.starts_at).date()
        amount_fen = rates.fen(CostKind.TEACHER, lesson.teacher_id, minutes=lesson.minutes, on=on)
        key = f"payroll:lesson:{lesson.lesson_id}"
        if amount_fen and key not in known:
            ledger.post(
                session,
                event=Event.PAYROLL,
                source_key=key,
                booked_on=on,
                postings=pay_of(lesson, amount_fen),
                summary="计提课酬",
            )
            made += 1
    return made + _depreciate(session, month)


def taught_in(session: Session, month: date) -> list[LessonTaught]:
    """The lessons of a month whose roll was called."""
    from_at, to_at = clock.at_local(month), clock.at_local(month_after(month))
    return lessons.taught_between(session, from_at, to_at)


def pay_of(lesson: LessonTaught, amount_fen: int) -> list[Posting]:
    """Dr 主营业务成本 / Cr 应付职工薪酬."""
    legs = ((LedgerAccount.COST, amount_fen), (LedgerAccount.PAYROLL_PAYABLE, -amount_fen))
    return [
        Posting(
            account=account,
            amount_fen=fen,
            campus_id=lesson.campus_id,
            course_id=lesson.course_id,
            class_group_id=lesson.class_group_id,
            teacher_id=lesson.teacher_id,
        )
        for account, fen in legs
    ]


def worn_fen(asset: FixedAsset, month: date) -> int:
    """What an asset loses in a month, straight-line from the month after it came into use; the last
    month takes the rounding."""
    first = month_after(asset.in_use_from.replace(day=1))
    number = (month.year - first.year) * 12 + month.month - first.month
    total = asset.cost_fen - asset.salvage_fen
    if not 0 <= number < asset.months:
        return 0
    each = total // asset.months
    return total - each * (asset.months - 1) if number == asset.months - 1 else each


def _depreciate(session: Session, month: date) -> int:
    made = 0
    if month > ledger.month_of(clock.today()):
        return 0
    for asset in session.scalars(select(FixedAsset).order_by(FixedAsset.id)):
        fen, key = worn_fen(asset, month), f"depreciation:{asset.id}:{month:%Y%m}"
        known = select(JournalEntry.id).where(JournalEntry.source_key == key)
        if not fen or session.scalar(known):
            continue
        legs = ((LedgerAccount(asset.account), fen), (LedgerAccount.ACCUMULATED_DEPRECIATION, -fen))
        ledger.post(
            session,
            event=Event.DEPRECIATION,
            source_key=key,
            booked_on=month_after(month) - timedelta(days=1),
            postings=[
                Posting(account=account, amount_fen=amount, campus_id=asset.campus_id)
                for account, amount in legs
            ],
            summary=f"计提折旧 {asset.name}",
        )
        made += 1
    return made
