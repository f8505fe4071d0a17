"""课消: what attended lessons take out of lesson accounts, and the revenue they earn (§4, rule 1).

Teaching decides what an attendance consumes and says so; this room brings the accounts to what it
says, however often it is said. Entries are never edited: a decision that changed reverses the
entry, and a lesson nobody has paid for stays without one until there is an account for it.
"""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.finance import hours, ledger, rules
from backend.finance.models import HourEntry, JournalEntry, JournalLine, LessonAccount, OrderLine
from backend.finance.queries import lessons_left
from backend.finance.schemas import HourKind, LedgerAccount, LessonBalance, Posting
from backend.kit import clock
from backend.outbox import service as outbox
from backend.outbox.schemas import Notice
from backend.security import service as security
from backend.security.schemas import Role
from backend.students import queries as students
from backend.teaching.schemas import REASONS, AttendanceSettled


def settle(session: Session, settled: AttendanceSettled) -> None:
    """Listener: consume or give back what an attendance now says, and tell the guardians why."""
    accounts = _locked_accounts(session, settled)
    standing = _standing_entry(session, settled.attendance_id)
    is_short = False
    if settled.lessons and standing is None:
        is_short = not _consume(session, settled, accounts)
    elif not settled.lessons and standing is not None:
        if hours.is_refunded(session, standing.account_id):
            _tell_paid_back(session, settled, standing)
            standing = None
        else:
            _give_back(session, standing)
    if is_short:
        _tell_short(session, settled)
    if settled.is_told:
        moved = bool(settled.lessons) != (standing is not None) and not is_short
        _tell_family(session, settled, moved=moved, is_short=is_short)


def _locked_accounts(session: Session, settled: AttendanceSettled) -> list[LessonAccount]:
    """The learner's accounts of the course, those of the class first, the oldest first."""
    query = (
        select(LessonAccount)
        .where(
            LessonAccount.student_id == settled.student_id,
            LessonAccount.course_id == settled.course_id,
        )
        .order_by(LessonAccount.id)
        .with_for_update()
    )
    rows = list(session.scalars(query))
    return sorted(rows, key=lambda row: (row.class_group_id != settled.class_group_id, row.id))


def _key(attendance_id: int) -> str:
    return f"consume:attendance:{attendance_id}:"


def _standing_entry(session: Session, attendance_id: int) -> HourEntry | None:
    """The entry by which an attendance consumes now; None when it does not."""
    taken_back = select(HourEntry.reverses_id).where(HourEntry.reverses_id.is_not(None))
    query = select(HourEntry).where(
        HourEntry.source_key.startswith(_key(attendance_id), autoescape=True),
        HourEntry.kind == HourKind.CONSUME,
        HourEntry.id.not_in(taken_back),
    )
    return session.scalars(query).one_or_none()


def _consume(session: Session, settled: AttendanceSettled, accounts: list[LessonAccount]) -> bool:
    """Take one lesson from the first account that has one; False when none has."""
    left = {
        balance.account_id: balance.left
        for balance in lessons_left(session, student_ids=[settled.student_id])
    }
    account = next((row for row in accounts if left.get(row.id, 0) > 0), None)
    if account is None:
        return False
    source_key = f"{_key(settled.attendance_id)}{settled.revision}"
    rest = hours.enter(
        session,
        account_id=account.id,
        kind=HourKind.CONSUME,
        lessons=-1,
        source_key=source_key,
    )
    line = session.get_one(OrderLine, account.order_line_id)
    amount_fen = rules.earned_by_a_lesson(
        net_fen=line.net_fen,
        lessons=line.lesson_count + line.gift_count,
        owed_fen=_owed_fen(session, line.id),
        is_last=rest == 0,
    )
    if amount_fen:
        ledger.post(
            session,
            source_key=source_key,
            booked_on=clock.today(),
            postings=rules.earning_of(amount_fen, line.id),
            order_id=line.order_id,
        )
    return True


def _give_back(session: Session, entry: HourEntry) -> None:
    """Reverse an entry and the revenue that was booked with it."""
    source_key = f"reverse:{entry.source_key}"
    hours.enter(
        session,
        account_id=entry.account_id,
        kind=HourKind.REVERSE,
        lessons=-entry.lessons,
        source_key=source_key,
        reverses_id=entry.id,
    )
    booked = session.scalar(select(JournalEntry).where(JournalEntry.source_key == entry.source_key))
    if booked is not None:
        ledger.post(
            session,
            source_key=source_key,
            booked_on=clock.today(),
            postings=[
                Posting(
                    account=LedgerAccount(line.account),
                    amount_fen=line.credit_fen - line.debit_fen,
                    order_line_id=line.order_line_id,
                )
                for line in booked.lines
            ],
            order_id=booked.order_id,
        )


def _owed_fen(session: Session, order_line_id: int) -> int:
    """合同负债 of an order line: what has been paid for it and not been delivered."""
    balance = select(func.coalesce(func.sum(JournalLine.credit_fen - JournalLine.debit_fen), 0))
    query = balance.where(
        JournalLine.order_line_id == order_line_id,
        JournalLine.account == LedgerAccount.CONTRACT_LIABILITY,
    )
    return int(session.scalar(query) or 0)


def _tell_family(
    session: Session, settled: AttendanceSettled, *, moved: bool, is_short: bool
) -> None:
    child = students.student(session, settled.student_id)
    balances: list[LessonBalance] = [
        balance
        for balance in lessons_left(session, student_ids=[settled.student_id])
        if balance.course_id == settled.course_id
    ]
    left = f"剩余{sum(balance.left for balance in balances)}课时"
    if is_short:
        charge = "本应扣1课时，但课时账户已用完，老师会和您确认"
    elif settled.lessons:
        charge = f"已扣1课时，{left}" if moved else f"仍按1课时计，{left}"
    else:
        charge = f"已退回1课时，{left}" if moved else f"不扣课时，{left}"
    values = {
        "child": child.name,
        "course": settled.course_name,
        "time": f"{clock.local(settled.starts_at):%m月%d日 %H:%M}",
        "reason": REASONS[settled.why],
        "charge": charge,
    }
    told = f"lesson-settled:{settled.attendance_id}:{settled.revision}"
    for number, to in enumerate(students.family_of(session, settled.student_id)):
        outbox.post(
            session,
            to=to,
            notice=Notice(template="lesson_settled", values=values),
            dedupe_key=f"{told}:{number}",
        )


def _tell_paid_back(session: Session, settled: AttendanceSettled, entry: HourEntry) -> None:
    """The account was closed by a refund that reckoned with this lesson: neither the lesson nor its
    revenue can come back into it. Whether the family is owed something is for people to say."""
    values = {
        "child": students.student(session, settled.student_id).name,
        "course": settled.course_name,
        "time": f"{clock.local(settled.starts_at):%m月%d日 %H:%M}",
    }
    security.tell(
        session,
        Role.ACCOUNTANT,
        notice=Notice(template="corrected_after_refund", values=values),
        dedupe_key=f"corrected-after-refund:{entry.id}",
    )


def _tell_short(session: Session, settled: AttendanceSettled) -> None:
    values = {
        "child": students.student(session, settled.student_id).name,
        "course": settled.course_name,
        "time": f"{clock.local(settled.starts_at):%m月%d日 %H:%M}",
    }
    security.tell(
        session,
        Role.ACADEMIC,
        notice=Notice(template="lessons_used_up", values=values),
        dedupe_key=f"lessons-used-up:{settled.attendance_id}:{settled.revision}",
    )
