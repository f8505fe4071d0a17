"""Reads of homework, each by a bounded number of statements."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import Session

from backend.kit import clock
from backend.kit.errors import NotFound
from backend.security.permissions import scope_of
from backend.security.schemas import Permission, Scope, StaffMember
from backend.teaching.homework import teachers
from backend.teaching.homework.schemas import Assigned, Grade, HandInView, HomeworkView
from backend.teaching.models import ClassGroup, Course, Enrollment, HandIn, Homework, Lesson
from backend.teaching.schemas import SeatStatus

LATE_FOR = timedelta(days=14)
"""How long homework that was not handed in is still asked for."""


def homework(session: Session, homework_id: int) -> HomeworkView:
    """One piece of homework. Raises NotFound."""
    row = session.execute(_homework().where(Homework.id == homework_id)).one_or_none()
    if row is None:
        raise NotFound()
    return _view(*row)


def assigned(
    session: Session, student_ids: Collection[int], *, only_open: bool = False, limit: int = 20
) -> list[Assigned]:
    """What these learners have to do, soonest due first: what is still to come, and what is late by
    at most two weeks; with `only_open` not what they have handed in and need not correct."""
    now = clock.now()
    waits = or_(HandIn.id.is_(None), HandIn.grade == Grade.AGAIN)
    query = (
        _homework()
        .add_columns(Enrollment.student_id, HandIn)
        .join(Enrollment, Enrollment.class_group_id == Homework.class_group_id)
        .outerjoin(
            HandIn,
            and_(HandIn.homework_id == Homework.id, HandIn.student_id == Enrollment.student_id),
        )
        .where(
            Enrollment.student_id.in_(student_ids),
            Enrollment.status == SeatStatus.ACTIVE,
            Homework.withdrawn_at.is_(None),
            or_(
                Homework.due_at > now,
                and_(waits, Homework.due_at > now - LATE_FOR),
            ),
        )
        .order_by(Homework.due_at, Homework.id, Enrollment.student_id)
        .limit(limit)
    )
    if only_open:
        query = query.where(waits)
    return [
        Assigned(
            student_id=student_id,
            homework=_view(row, group, course),
            handed_in=_handed(handed),
        )
        for row, group, course, student_id, handed in session.execute(query)
    ]


def history(session: Session, student_id: int, *, limit: int) -> list[Assigned]:
    """What a learner has handed in, the newest first, for their file."""
    query = (
        _homework()
        .add_columns(HandIn)
        .join(HandIn, HandIn.homework_id == Homework.id)
        .where(HandIn.student_id == student_id)
        .order_by(HandIn.id.desc())
        .limit(limit)
    )
    return [
        Assigned(
            student_id=student_id, homework=_view(row, group, course), handed_in=_handed(handed)
        )
        for row, group, course, handed in session.execute(query)
    ]


def handed_in(session: Session, homework_id: int) -> dict[int, HandInView]:
    """What has been handed in of a piece of homework, by learner."""
    rows = session.scalars(select(HandIn).where(HandIn.homework_id == homework_id))
    return {row.student_id: view for row in rows if (view := _handed(row)) is not None}


def hand_in(session: Session, hand_in_id: int) -> HandInView:
    """One. Raises NotFound."""
    found = _handed(session.get(HandIn, hand_in_id))
    if found is None:
        raise NotFound()
    return found


def latest_hand_in(session: Session, openid: str, *, since: datetime) -> HandInView | None:
    """What somebody has handed in last, if that was since a moment."""
    query = select(HandIn).where(HandIn.handed_by == f"wechat:{openid}", HandIn.changed_at >= since)
    return _handed(session.scalars(query.order_by(HandIn.changed_at.desc()).limit(1)).first())


def learners_of(session: Session, class_group_id: int) -> list[int]:
    """Who sits in a class now."""
    query = select(Enrollment.student_id).where(
        Enrollment.class_group_id == class_group_id,
        Enrollment.status == SeatStatus.ACTIVE,
        Enrollment.student_id.is_not(None),
    )
    return [id_ for id_ in session.scalars(query.order_by(Enrollment.id)) if id_ is not None]


def listed(session: Session, member: StaffMember, *, limit: int = 50) -> list[HomeworkView]:
    """What somebody may look at, the newest first."""
    query = _homework().order_by(Homework.id.desc()).limit(limit)
    scope = scope_of(member.role, Permission.SEE_LESSONS)
    if scope is not Scope.ALL:
        own = ClassGroup.id.in_(list(teachers.classes_of(session, member.id)))
        campus = ClassGroup.campus_id == (member.campus_id or 0)
        query = query.where(or_(own, campus) if scope is Scope.CAMPUS else own)
    return [_view(*row) for row in session.execute(query)]


def latest_of(session: Session, account_id: int, *, since: datetime) -> HomeworkView | None:
    """What a teacher has set last and not taken back, if that was since a moment."""
    query = _homework().where(
        Homework.teacher_id == account_id,
        Homework.withdrawn_at.is_(None),
        Homework.set_at >= since,
    )
    row = session.execute(query.order_by(Homework.id.desc()).limit(1)).first()
    return _view(*row) if row else None


def next_lesson_of(session: Session, class_group_id: int) -> datetime | None:
    """When a class meets next."""
    query = select(Lesson.starts_at).where(
        Lesson.class_group_id == class_group_id,
        Lesson.status == "planned",
        Lesson.starts_at > clock.now() + timedelta(hours=1),
    )
    return session.scalar(query.order_by(Lesson.starts_at).limit(1))


def _homework() -> Select[Homework, ClassGroup, str]:
    return (
        select(Homework, ClassGroup, Course.name)
        .join(ClassGroup, ClassGroup.id == Homework.class_group_id)
        .join(Course, Course.id == ClassGroup.course_id)
    )


def _view(row: Homework, group: ClassGroup, course_name: str, *_: Any) -> HomeworkView:
    return HomeworkView(
        id=row.id,
        class_group_id=group.id,
        class_name=group.name,
        course_name=course_name,
        campus_id=group.campus_id,
        teacher_id=row.teacher_id,
        words=row.words,
        set_at=row.set_at,
        due_at=row.due_at,
        is_withdrawn=row.withdrawn_at is not None,
    )


def _handed(row: HandIn | None) -> HandInView | None:
    if row is None:
        return None
    view = HandInView.model_validate(row)
    return view.model_copy(update={"grade": Grade(row.grade) if row.grade else None})
