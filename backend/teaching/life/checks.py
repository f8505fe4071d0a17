"""What the clock looks at: rolls not called, classes too small, places forgotten."""

from datetime import date, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.kit import clock
from backend.outbox import service as outbox
from backend.outbox.schemas import Notice
from backend.security import queries as staff
from backend.security import service as security
from backend.security.schemas import Role
from backend.teaching import queries
from backend.teaching.life import seating
from backend.teaching.models import ClassGroup, Enrollment, Lesson
from backend.teaching.schemas import Clash, SeatStatus

FEWEST = 3
"""Learners below which a class is merged or refunded (§4, rule 11)."""
LOOK_AHEAD = timedelta(days=7)


def remind(session: Session, *, lesson_id: int) -> None:
    """Tell the teacher of a lesson that its roll is missing; once, and not when it is called."""
    lesson = session.get(Lesson, lesson_id, with_for_update=True)
    if lesson is None or lesson.called_at is not None or lesson.reminded_at is not None:
        return
    if lesson.status != "planned" or lesson.ends_at > clock.now():
        return
    lesson.reminded_at = clock.now()
    shown = queries.lesson(session, lesson_id)
    to = staff.recipient_of(session, lesson.teacher_id)
    path = f"/lessons/{lesson_id}/roll-call"
    outbox.post(
        session,
        to=to,
        notice=Notice(
            template="roll_call_missing",
            values={
                "class_name": shown.class_name,
                "time": f"{clock.local(shown.starts_at):%m月%d日 %H:%M}",
            },
            url=security.personal_link(to.openid, path) if to.openid else None,
        ),
        dedupe_key=f"roll-call-missing:{lesson_id}",
    )


def reseat(session: Session, *, class_group_id: int) -> None:
    """Give everybody of a class their places; a clash is left to people."""
    try:
        with session.begin_nested():
            seating.seat(session, class_group_id=class_group_id)
    except Clash:
        security.audit(
            session, actor="system", action="class.clash", subject=f"class:{class_group_id}"
        )


def warn_of_small_classes(session: Session, *, today: date) -> int:
    """Academic affairs hear of open classes that begin within a week with too few, once each; a
    class for fewer than that is full, not too small."""
    seats = (
        select(func.count(Enrollment.id))
        .where(Enrollment.class_group_id == ClassGroup.id, Enrollment.status == SeatStatus.ACTIVE)
        .correlate(ClassGroup)
        .scalar_subquery()
    )
    query = select(ClassGroup, seats).where(
        ClassGroup.is_open.is_(True),
        ClassGroup.starts_on >= today,
        ClassGroup.starts_on < today + LOOK_AHEAD,
        seats < FEWEST,
        seats < ClassGroup.capacity,
    )
    rows = session.execute(query).all()
    for group, count in rows:
        values = {
            "class_name": group.name,
            "day": f"{group.starts_on:%m月%d日}",
            "count": str(count),
            "least": str(FEWEST),
        }
        security.tell(
            session,
            Role.ACADEMIC,
            notice=Notice(template="class_too_small", values=values),
            dedupe_key=f"class-too-small:{group.id}",
        )
    return len(rows)
