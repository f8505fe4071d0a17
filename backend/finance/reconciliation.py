"""Each day's roll-calls, lesson hours and teacher hours agree, or somebody hears why not (§4, 12).

A lesson nobody had hours for is tried again first: hours bought since pay for it.
"""

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.finance import consumption
from backend.finance.models import HourEntry, LessonAccount
from backend.finance.schemas import HourKind
from backend.kit import clock
from backend.outbox.schemas import Notice
from backend.security import service as security
from backend.security.schemas import Role
from backend.teaching.life import watching as lessons
from backend.teaching.schemas import AttendanceSettled


def reconcile(session: Session, *, on: date) -> list[str]:
    """Compare what was decided about the lessons of a day with what was consumed; returns the
    differences in words, and makes them a task of academic affairs and the accountants."""
    from_at, to_at = clock.day_of(on)
    settled = lessons.settled_between(session, from_at, to_at)
    standing = _standing(session, settled)
    for each in settled:
        if each.lessons and each.attendance_id not in standing:
            consumption.settle(session, each.model_copy(update={"is_told": False}))
    standing = _standing(session, settled)
    owed = [each for each in settled if each.lessons and each.attendance_id not in standing]
    extra = [each for each in settled if not each.lessons and each.attendance_id in standing]
    uncalled = lessons.uncalled_between(session, from_at, to_at)
    found = [
        *([f"应扣未扣{len(owed)}课时"] if owed else []),
        *([f"多扣{len(extra)}课时"] if extra else []),
        *([f"{len(uncalled)}节课没有点名，课酬未计"] if uncalled else []),
    ]
    if found:
        values = {
            "day": f"{on:%m月%d日}",
            "count": str(len(owed) + len(extra) + len(uncalled)),
            "what": "，".join(found),
        }
        notice = Notice(template="reconciliation", values=values)
        for role in (Role.ACADEMIC, Role.ACCOUNTANT):
            security.tell(session, role, notice=notice, dedupe_key=f"reconciliation:{on}")
    return found


def _standing(session: Session, settled: list[AttendanceSettled]) -> set[int]:
    """Which attendances consume a lesson now."""
    keys = {f"consume:attendance:{each.attendance_id}": each.attendance_id for each in settled}
    student_ids = {each.student_id for each in settled}
    taken_back = select(HourEntry.reverses_id).where(HourEntry.reverses_id.is_not(None))
    students = select(LessonAccount.id).where(LessonAccount.student_id.in_(student_ids))
    query = select(HourEntry.source_key).where(
        HourEntry.kind == HourKind.CONSUME,
        HourEntry.account_id.in_(students),
        HourEntry.id.not_in(taken_back),
    )
    named = {key.rpartition(":")[0] for key in session.scalars(query)}
    return {id_ for key, id_ in keys.items() if key in named}
