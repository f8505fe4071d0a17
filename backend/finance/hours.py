"""Lesson accounts: what an order line gave a student, and every lesson that moved since."""

from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.finance import rules
from backend.finance.models import HourEntry, LessonAccount, Order
from backend.finance.schemas import HourKind, LessonsShort
from backend.kit import clock
from backend.teaching import queries as teaching
from backend.teaching.schemas import RestCounted


def open_accounts(session: Session, *, order: Order, student_id: int) -> None:
    """One account for each line of a locked order that holds lessons; those open already stay."""
    line_ids = [line.id for line in order.lines]
    opened = set(
        session.scalars(
            select(LessonAccount.order_line_id).where(LessonAccount.order_line_id.in_(line_ids))
        )
    )
    months = teaching.valid_months(
        session, {line.course_id for line in order.lines if line.course_id}
    )
    for line in order.lines:
        if line.id in opened or line.course_id is None or line.lesson_count + line.gift_count == 0:
            continue
        account = LessonAccount(
            student_id=student_id,
            order_line_id=line.id,
            course_id=line.course_id,
            class_group_id=line.class_group_id,
            opened_at=clock.now(),
            expires_on=rules.expires_on(clock.today(), months.get(line.course_id)),
        )
        session.add(account)
        session.flush()
        for kind, lessons in ((HourKind.BUY, line.lesson_count), (HourKind.GIFT, line.gift_count)):
            if lessons:
                enter(
                    session,
                    account_id=account.id,
                    kind=kind,
                    lessons=lessons,
                    source_key=f"{kind}:{line.id}",
                )


def extend(session: Session, rest: RestCounted) -> None:
    """Listener: a rest does not use up the time that lessons last (§4, rule 7)."""
    query = select(LessonAccount).where(
        LessonAccount.student_id == rest.student_id,
        LessonAccount.course_id == rest.course_id,
        LessonAccount.expires_on.is_not(None),
    )
    for account in session.scalars(query.order_by(LessonAccount.id).with_for_update()):
        if account.expires_on is not None:
            account.expires_on += timedelta(days=rest.days)
    session.flush()


def hold(session: Session, *, order_line_ids: list[int]) -> None:
    """Lock the accounts of an order until the unit ends: what is reckoned from them now still holds
    when they are emptied, whoever calls a roll meanwhile."""
    query = select(LessonAccount.id).where(LessonAccount.order_line_id.in_(order_line_ids))
    session.execute(query.order_by(LessonAccount.id).with_for_update()).all()


def is_refunded(session: Session, account_id: int) -> bool:
    """Whether what was left in a locked account has been given back in money."""
    query = select(HourEntry.id).where(
        HourEntry.account_id == account_id, HourEntry.kind == HourKind.REFUND
    )
    return session.scalar(query.limit(1)) is not None


def enter(
    session: Session,
    *,
    account_id: int,
    kind: HourKind,
    lessons: int,
    source_key: str,
    reverses_id: int | None = None,
) -> int:
    """Move lessons into (+) or out of (−) an account, once per `source_key`; returns what is left.
    Raises LessonsShort rather than leave an account below zero."""
    left = _left(session, account_id)
    if session.scalar(select(HourEntry.id).where(HourEntry.source_key == source_key)):
        return left
    if left + lessons < 0:
        raise LessonsShort(left=left, asked=-lessons)
    session.add(
        HourEntry(
            account_id=account_id,
            kind=kind,
            lessons=lessons,
            at=clock.now(),
            source_key=source_key,
            reverses_id=reverses_id,
        )
    )
    session.flush()
    return left + lessons


def empty(session: Session, *, account_id: int, source_key: str) -> int:
    """Take whatever is left out of an account, as it is refunded; returns how many lessons."""
    left = _left(session, account_id)
    if left:
        enter(
            session,
            account_id=account_id,
            kind=HourKind.REFUND,
            lessons=-left,
            source_key=source_key,
        )
    return left


def _left(session: Session, account_id: int) -> int:
    """What an account holds, locked until the unit ends."""
    session.execute(
        select(LessonAccount.id).where(LessonAccount.id == account_id).with_for_update()
    )
    balance = select(func.coalesce(func.sum(HourEntry.lessons), 0))
    return session.scalar(balance.where(HourEntry.account_id == account_id)) or 0
