"""An institution with a family of two, and short ways to make and look at rules."""

from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.kit import clock
from backend.kit.db import reading, unit_of_work
from backend.outbox import rules as wording
from backend.outbox.models import OutboxMessage
from backend.outbox.schemas import Notice
from backend.reminders import jobs, service
from backend.reminders.schemas import Audience, Preview, RuleDraft, RuleView
from backend.students.models import Student
from backend.teaching import service as teaching
from backend.teaching.models import ClassGroup

NOON = datetime(2026, 11, 25, 12, tzinfo=clock.SHANGHAI)
EVENING = NOON.replace(hour=18, minute=1)


def draft(kind: str = "lesson_tomorrow", amount: int = 1, **other: Any) -> RuleDraft:
    values = {
        "kind": kind,
        "amount": amount,
        "audience": Audience.GUARDIAN,
        "send_at": time(18),
        "valid_from": date(2026, 11, 1),
        **other,
    }
    return RuleDraft.model_validate(values)


def made(kind: str = "lesson_tomorrow", amount: int = 1, **other: Any) -> RuleView:
    with unit_of_work() as session:
        return service.write(session, draft(kind, amount, **other), by="account:1")


def previewed(rule: RuleView, *, ahead: timedelta = timedelta(days=1)) -> Preview:
    with reading() as session:
        return service.preview(session, rule.id, ahead=ahead)


def switched_on(kind: str = "lesson_tomorrow", amount: int = 1, **other: Any) -> RuleView:
    rule = made(kind, amount, **other)
    token = previewed(rule).token
    with unit_of_work() as session:
        service.switch_on(session, rule.id, token=token, by="account:1")
    return rule


def told(at: datetime) -> list[tuple[str, str]]:
    """Everything in the outbox after the clock has rung at a moment: to whom, and what."""
    with clock.frozen(at):
        jobs.tell_due()
    with reading() as session:
        rows = session.scalars(
            select(OutboxMessage)
            .where(OutboxMessage.dedupe_key.startswith("reminder:"))
            .order_by(OutboxMessage.id)
        )
        return [
            (row.recipient_name, wording.sentence_of(Notice.model_validate_json(row.payload)))
            for row in rows
        ]


def seat(session: Session, *, child: str, class_name: str) -> None:
    """Another seat for a child that is with us."""
    group = session.scalars(select(ClassGroup).filter_by(name=class_name)).one()
    student = session.scalars(select(Student).filter_by(name=child)).one()
    holder = f"test:{group.id}:{student.id}"
    until = clock.now() + timedelta(hours=1)
    teaching.hold_seat(session, class_group_id=group.id, holder=holder, until=until)
    teaching.confirm_seat(session, holder=holder, student_id=student.id)
