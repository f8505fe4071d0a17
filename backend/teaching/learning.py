"""What a learner's file tells of lessons: where they sit, what was taught (S1, T16)."""

from collections.abc import Collection
from datetime import datetime

from pydantic import BaseModel, ConfigDict
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.kit import clock
from backend.logistics import queries as logistics
from backend.security import queries as security
from backend.teaching.models import ClassGroup, Course, Enrollment, Lesson
from backend.teaching.schemas import SeatStatus


class Seat(BaseModel):
    """A seat that a learner has or had."""

    model_config = ConfigDict(frozen=True)

    student_id: int
    class_name: str
    course_name: str
    campus_id: int
    campus_name: str
    teacher_id: int
    teacher_name: str
    status: SeatStatus
    since_at: datetime


class Held(BaseModel):
    """A lesson of the past in a class where the learner has a seat."""

    model_config = ConfigDict(frozen=True)

    student_id: int
    starts_at: datetime
    class_name: str
    status: str


def seats(session: Session, student_ids: Collection[int], *, limit: int = 50) -> list[Seat]:
    """Seats of these learners, the newest first. Three statements."""
    query = (
        select(Enrollment, ClassGroup, Course.name)
        .join(ClassGroup, ClassGroup.id == Enrollment.class_group_id)
        .join(Course, Course.id == ClassGroup.course_id)
        .where(Enrollment.student_id.in_(student_ids))
    )
    rows = session.execute(query.order_by(Enrollment.id.desc()).limit(limit)).all()
    campuses, _ = logistics.names(
        session, campus_ids={group.campus_id for _, group, _ in rows}, venue_ids=set()
    )
    teachers = security.staff_members(session, {group.teacher_id for _, group, _ in rows})
    return [
        Seat(
            student_id=seat.student_id or 0,
            class_name=group.name,
            course_name=course,
            campus_id=group.campus_id,
            campus_name=campuses[group.campus_id],
            teacher_id=group.teacher_id,
            teacher_name=teachers[group.teacher_id].name,
            status=SeatStatus(seat.status),
            since_at=seat.created_at,
        )
        for seat, group, course in rows
    ]


def held(session: Session, student_ids: Collection[int], *, limit: int = 30) -> list[Held]:
    """Lessons that were planned for these learners' seats and are over, the newest first."""
    query = (
        select(Enrollment.student_id, Lesson.starts_at, ClassGroup.name, Lesson.status)
        .join(Enrollment, Enrollment.class_group_id == Lesson.class_group_id)
        .join(ClassGroup, ClassGroup.id == Lesson.class_group_id)
        .where(
            Enrollment.student_id.in_(student_ids),
            Enrollment.status != SeatStatus.HELD,
            Lesson.ends_at <= clock.now(),
            Lesson.starts_at >= Enrollment.created_at,
        )
    )
    rows = session.execute(query.order_by(Lesson.starts_at.desc()).limit(limit))
    return [
        Held(student_id=who or 0, starts_at=at, class_name=name, status=status)
        for who, at, name, status in rows
    ]
