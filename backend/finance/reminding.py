"""What the finance room has people reminded of: that few lessons are left."""

from datetime import timedelta

from sqlalchemy import case, func, select, tuple_
from sqlalchemy.orm import Session

from backend.finance.models import HourEntry, LessonAccount
from backend.finance.schemas import HourKind
from backend.kit import clock
from backend.reminders.schemas import Audience, Fact, Facts, Kind, Question, Timing, Wording
from backend.teaching import queries as teaching

RECENT = timedelta(days=60)
"""Who has used no lesson for longer has gone, and is not reminded."""


def few_lessons(session: Session, asked: Question) -> Facts:
    """Learners with `amount` lessons or less of a course, over all their accounts of it, who still
    come. With a newer account they have renewed, and the next time is another one."""
    consumed = case((HourEntry.kind == HourKind.CONSUME, HourEntry.at))
    left = func.sum(HourEntry.lessons)
    query = (
        select(
            LessonAccount.student_id,
            LessonAccount.course_id,
            func.max(LessonAccount.id),
            left,
        )
        .join(HourEntry, HourEntry.account_id == LessonAccount.id)
        .where(tuple_(LessonAccount.student_id, LessonAccount.course_id) > tuple_(*asked.after))
        .group_by(LessonAccount.student_id, LessonAccount.course_id)
        .having(left <= asked.amount, func.max(consumed) >= clock.now() - RECENT)
        .order_by(LessonAccount.student_id, LessonAccount.course_id)
        .limit(asked.limit)
    )
    if asked.campus_id is not None:
        of_campus = teaching.class_ids_of_campus(session, asked.campus_id)
        query = query.where(LessonAccount.class_group_id.in_(of_campus))
    rows = session.execute(query).all()
    names = teaching.course_names(session, {course_id for _, course_id, _, _ in rows})
    facts = [
        Fact(
            subject=f"left:{student_id}:{course_id}:{account_id}",
            who=student_id,
            values={"course": names[course_id], "left": str(lessons)},
        )
        for student_id, course_id, account_id, lessons in rows
    ]
    after = (rows[-1][0], rows[-1][1]) if len(rows) == asked.limit else None
    return Facts(facts=facts, after=after)


_FAMILY = Wording(
    line="{name}的{course}还剩{left}课时。",
    next_step="想接着学回复「续费」，看明细回复「课时」。",
    card=("{course}", "{name}", "还剩{left}课时"),
)

KINDS = (
    Kind(
        key="lessons_left",
        name="课时快用完",
        timing=Timing.BELOW,
        unit="课时",
        amounts=(0, 5, 30),
        wordings={Audience.GUARDIAN: _FAMILY, Audience.STUDENT: _FAMILY},
        find=few_lessons,
    ),
)
