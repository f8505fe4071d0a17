"""Homework that is due, for the table of rules: told to who has not handed it in."""

from sqlalchemy import and_, exists, select, tuple_
from sqlalchemy.orm import Session

from backend.kit import clock
from backend.reminders.schemas import Audience, Fact, Facts, Kind, Question, Timing, Wording
from backend.teaching.models import (
    ClassGroup,
    Course,
    Enrollment,
    HandIn,
    Homework,
    Suspension,
)
from backend.teaching.schemas import SeatStatus


def homework_due(session: Session, asked: Question) -> Facts:
    """Homework due in the interval, for each learner of the class who has not handed it in and does
    not rest. Another time by which it is due is another thing to be told."""
    today = clock.today()
    rests = exists().where(
        Suspension.enrollment_id == Enrollment.id,
        Suspension.from_on <= today,
        Suspension.to_on.is_(None) | (Suspension.to_on > today),
    )
    handed = exists().where(
        and_(HandIn.homework_id == Homework.id, HandIn.student_id == Enrollment.student_id)
    )
    query = (
        select(Homework, Enrollment.student_id, Course.name, Enrollment.id)
        .join(ClassGroup, ClassGroup.id == Homework.class_group_id)
        .join(Course, Course.id == ClassGroup.course_id)
        .join(Enrollment, Enrollment.class_group_id == Homework.class_group_id)
        .where(
            Homework.withdrawn_at.is_(None),
            Homework.due_at >= asked.from_at,
            Homework.due_at < asked.to_at,
            Enrollment.status == SeatStatus.ACTIVE,
            Enrollment.student_id.is_not(None),
            ~rests,
            ~handed,
            tuple_(Homework.id, Enrollment.id) > tuple_(*asked.after),
        )
        .order_by(Homework.id, Enrollment.id)
        .limit(asked.limit)
    )
    if asked.campus_id is not None:
        query = query.where(ClassGroup.campus_id == asked.campus_id)
    rows = session.execute(query).all()
    facts = [
        Fact(
            subject=f"homework:{row.id}:{row.due_at:%y%m%d%H%M}:{student_id}",
            who=student_id,
            at=row.due_at,
            until=row.due_at,
            values={
                "course": course,
                "words": row.words[:60],
                "when": f"{clock.local(row.due_at):%m月%d日 %H:%M}",
            },
        )
        for row, student_id, course, _ in rows
        if student_id is not None
    ]
    after = (rows[-1][0].id, rows[-1][3]) if len(rows) == asked.limit else None
    return Facts(facts=facts, after=after)


_FAMILY = Wording(
    line="{name}的{course}作业「{words}」还没交，{when}截止。",
    next_step="做完了回复「交作业」再发照片就行，看全部回复「有什么作业」。",
    card=("作业：{course}", "{name}", "{when}截止"),
)
_BOTH = {Audience.GUARDIAN: _FAMILY, Audience.STUDENT: _FAMILY}

KINDS = (
    Kind("homework_due", "作业前几天", Timing.DAYS, "天", (0, 1, 7), _BOTH, homework_due),
    Kind("homework_soon", "作业前几小时", Timing.HOURS, "小时", (1, 3, 48), _BOTH, homework_due),
)
