"""课消: what attended lessons take out of lesson accounts, and the revenue they earn (§4, rule 1).

Teaching decides what an attendance consumes and says so; this room brings the accounts to what it
says, however often it is said. Entries are never edited: a decision that changed reverses the
entry, and a lesson nobody has paid for stays without one until there is an account for it.
"""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.finance import hours, ledger, rules
from backend.finance.arrears import credit
from backend.finance.models import HourEntry, JournalLine, LessonAccount, OrderLine
from backend.finance.posting import Event
from backend.finance.queries import lessons_left
from backend.finance.reminding import ABSENCE
from backend.finance.schemas import HourKind, LedgerAccount, LessonBalance
from backend.kit import clock
from backend.outbox import service as outbox
from backend.outbox.schemas import Notice
from backend.reminders import queries as reminders
from backend.reminders.schemas import Audience
from backend.security import service as security
from backend.security.schemas import Role
from backend.students import queries as students
from backend.teaching import queries as teaching
from backend.teaching.schemas import MISSED, REASONS, AttendanceSettled


def settle(session: Session, settled: AttendanceSettled) -> None:
    """Listener: consume or give back what an attendance now says, and tell the guardians why."""
    accounts = _locked_accounts(session, settled)
    standing = _standing_entry(session, settled.attendance_id)
    is_short = False
    if settled.lessons and standing is None:
        is_short = not _consume(session, settled, accounts)
        if is_short:
            credit.note(session, settled)
        else:
            credit.take_back(session, settled.attendance_id)
    elif not settled.lessons and standing is not None:
        if hours.is_refunded(session, standing.account_id):
            _tell_paid_back(session, settled, standing)
            standing = None
        else:
            _give_back(session, settled, standing)
    elif not settled.lessons:
        credit.take_back(session, settled.attendance_id)
    if is_short:
        _tell_short(session, settled)
    if settled.is_told and not _is_left_to_a_rule(session, settled):
        moved = bool(settled.lessons) != (standing is not None) and not is_short
        _tell_family(session, settled, moved=moved, is_short=is_short)


def _is_left_to_a_rule(session: Session, settled: AttendanceSettled) -> bool:
    """Whether the table of rules tells families of an absence, so that nobody hears it twice."""
    if settled.why not in MISSED:
        return False
    campus_id = teaching.campus_of(session, settled.class_group_id)
    now = clock.now()
    return reminders.is_kept(session, ABSENCE, Audience.GUARDIAN, campus_id=campus_id, at=now)


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
    _earn(session, settled, account, left=rest, event=Event.CONSUMPTION, source_key=source_key)
    _hand_out(session, settled, account)
    return True


def _give_back(session: Session, settled: AttendanceSettled, entry: HourEntry) -> None:
    """Reverse an entry, and the revenue that the account has earned too much by it."""
    source_key = f"reverse:{entry.source_key}"
    rest = hours.enter(
        session,
        account_id=entry.account_id,
        kind=HourKind.REVERSE,
        lessons=-entry.lessons,
        source_key=source_key,
        reverses_id=entry.id,
    )
    account = session.get_one(LessonAccount, entry.account_id)
    _earn(session, settled, account, left=rest, event=Event.REVERSAL, source_key=source_key)


def _earn(
    session: Session,
    settled: AttendanceSettled,
    account: LessonAccount,
    *,
    left: int,
    event: Event,
    source_key: str,
) -> None:
    """Book what the account's order line has earned by now over what is booked already; it may be
    less. So a lesson given back out of order leaves no fen behind."""
    line = session.get_one(OrderLine, account.order_line_id)
    owed_fen, earned_fen = _standing_of(session, line.id)
    lessons = line.lesson_count + line.gift_count
    amount_fen = -earned_fen + rules.earned_of(
        net_fen=line.net_fen, paid_fen=owed_fen + earned_fen, lessons=lessons, left=left
    )
    if amount_fen:
        ledger.post(
            session,
            event=event,
            source_key=source_key,
            booked_on=clock.today(),
            postings=rules.earning_of(
                amount_fen,
                line.id,
                class_group_id=settled.class_group_id,
                teacher_id=settled.teacher_id,
            ),
            order_id=line.order_id,
        )


def _hand_out(session: Session, settled: AttendanceSettled, account: LessonAccount) -> None:
    """With the first lesson of an order its books are handed out: they are earned as a whole."""
    bought = session.get_one(OrderLine, account.order_line_id)
    materials = session.scalars(
        select(OrderLine).where(OrderLine.order_id == bought.order_id, OrderLine.is_material)
    )
    for line in materials:
        owed_fen, _ = _standing_of(session, line.id)
        if owed_fen > 0:
            ledger.post(
                session,
                event=Event.MATERIAL,
                source_key=f"material:{line.id}:{settled.attendance_id}",
                booked_on=clock.today(),
                postings=rules.earning_of(owed_fen, line.id, class_group_id=settled.class_group_id),
                order_id=line.order_id,
            )


def _standing_of(session: Session, order_line_id: int) -> tuple[int, int]:
    """合同负债 of an order line (paid and not delivered), and what it has earned so far."""
    rows = session.execute(
        select(JournalLine.account, func.sum(JournalLine.credit_fen - JournalLine.debit_fen))
        .where(JournalLine.order_line_id == order_line_id)
        .group_by(JournalLine.account)
    )
    booked = {account: int(fen) for account, fen in rows}
    return booked.get(LedgerAccount.CONTRACT_LIABILITY, 0), booked.get(LedgerAccount.REVENUE, 0)


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
