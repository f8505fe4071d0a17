"""Reads of the teaching room. Each answers with a bounded number of statements."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, and_, func, or_, select
from sqlalchemy.orm import Session

from backend.kit import clock
from backend.kit.db import is_there
from backend.kit.errors import NotFound
from backend.logistics import queries as logistics
from backend.security import queries as security
from backend.teaching import rules
from backend.teaching.models import Attendance, ClassGroup, Course, Enrollment, Lesson
from backend.teaching.schemas import (
    Catalogue,
    ClassOffer,
    LessonView,
    Mark,
    SeatStatus,
    SeatView,
    WeeklySlot,
)


def offers(
    session: Session,
    *,
    subject: str | None = None,
    course_id: int | None = None,
    campus_id: int | None = None,
    class_group_ids: Collection[int] | None = None,
    grade: int | None = None,
    weekdays: Collection[int] = (),
) -> list[ClassOffer]:
    """Open classes that fit, soonest first, with the seats left right now.

    A class that has begun is still on offer while it is open: joining late is a question of price.
    """
    query = (
        select(ClassGroup, Course, _taken())
        .join(Course, Course.id == ClassGroup.course_id)
        .where(ClassGroup.is_open.is_(True), Course.is_active.is_(True))
        .order_by(ClassGroup.starts_on, ClassGroup.id)
    )
    if subject is not None:
        query = query.where(Course.subject == subject)
    if course_id is not None:
        query = query.where(Course.id == course_id)
    if campus_id is not None:
        query = query.where(ClassGroup.campus_id == campus_id)
    if class_group_ids is not None:
        query = query.where(ClassGroup.id.in_(class_group_ids))
    rows = session.execute(query).all()
    campus_names, _ = logistics.names(
        session, campus_ids={group.campus_id for group, _, _ in rows}, venue_ids=set()
    )
    teachers = security.staff_members(session, {group.teacher_id for group, _, _ in rows})
    found = [
        ClassOffer(
            id=group.id,
            name=group.name,
            course_id=course.id,
            course_name=course.name,
            subject=course.subject,
            summary=course.summary,
            grade_from=course.grade_from,
            grade_to=course.grade_to,
            campus_id=group.campus_id,
            campus_name=campus_names[group.campus_id],
            teacher_name=teachers[group.teacher_id].name,
            starts_on=group.starts_on,
            lesson_count=group.lesson_count,
            weekly=[WeeklySlot.model_validate(slot) for slot in group.weekly],
            capacity=group.capacity,
            seats_left=rules.seats_left_of(group.capacity, taken),
        )
        for group, course, taken in rows
    ]
    return [offer for offer in found if rules.fits(offer, grade=grade, weekdays=weekdays)]


def taken_seats(session: Session, class_group_id: int) -> int:
    """Active seats and those held for a payment that may still come."""
    query = select(func.count(Enrollment.id)).where(
        Enrollment.class_group_id == class_group_id, _counts()
    )
    return session.scalar(query) or 0


def lessons_of_students(
    session: Session,
    student_ids: Collection[int],
    *,
    from_at: datetime,
    to_at: datetime | None = None,
    limit: int = 30,
) -> list[LessonView]:
    """Planned lessons that learners come to (makeups too, those on leave not) and that begin in
    [from_at, to_at), soonest first."""
    query = (
        _lesson_query()
        .add_columns(Attendance.student_id)
        .join(Attendance, Attendance.lesson_id == Lesson.id)
        .where(
            Attendance.student_id.in_(student_ids),
            Attendance.status.not_in((Mark.LEAVE, Mark.FREED)),
            Lesson.starts_at >= from_at,
        )
    )
    return _lesson_views(session, query, to_at, limit)


def lessons_of_teacher(
    session: Session, account_id: int, *, from_at: datetime, to_at: datetime | None, limit: int = 30
) -> list[LessonView]:
    """Planned lessons a teacher gives or assists in that begin in [from_at, to_at), soonest
    first."""
    query = _lesson_query().where(
        or_(Lesson.teacher_id == account_id, Lesson.assistant_id == account_id),
        Lesson.starts_at >= from_at,
    )
    return _lesson_views(session, query, to_at, limit)


def lessons_of_day(
    session: Session,
    *,
    from_at: datetime,
    to_at: datetime,
    teacher_id: int | None,
    campus_id: int | None,
    limit: int,
) -> list[LessonView]:
    """Planned lessons that begin in [from_at, to_at), of one teacher, one campus, or all."""
    query = _lesson_query().where(Lesson.starts_at >= from_at)
    if teacher_id is not None:
        query = query.where(Lesson.teacher_id == teacher_id)
    if campus_id is not None:
        query = query.where(ClassGroup.campus_id == campus_id)
    return _lesson_views(session, query, to_at, limit)


def first_lesson(session: Session, class_group_id: int, *, from_at: datetime) -> LessonView | None:
    """The next lesson of a class, None when it has none left."""
    query = _lesson_query().where(
        Lesson.class_group_id == class_group_id, Lesson.starts_at >= from_at
    )
    found = _lesson_views(session, query, None, 1)
    return found[0] if found else None


def lesson(session: Session, lesson_id: int) -> LessonView:
    """One lesson, whatever became of it. Raises NotFound."""
    found = lessons(session, [lesson_id])
    if not found:
        raise NotFound()
    return found[0]


def lessons(session: Session, lesson_ids: Collection[int]) -> list[LessonView]:
    """Lessons by id, whatever became of them, soonest first."""
    query = (
        select(Lesson, ClassGroup, Course.name)
        .join(ClassGroup, ClassGroup.id == Lesson.class_group_id)
        .join(Course, Course.id == ClassGroup.course_id)
        .where(Lesson.id.in_(lesson_ids))
        .order_by(Lesson.starts_at, Lesson.id)
    )
    return _lesson_views(session, query, None, len(lesson_ids))


def class_name(session: Session, class_group_id: int) -> str:
    """The name of a class, open or not; raises NoResultFound."""
    return session.get_one(ClassGroup, class_group_id).name


def class_names(session: Session, class_group_ids: Collection[int]) -> dict[int, str]:
    """Names of classes by id, open or not."""
    query = select(ClassGroup.id, ClassGroup.name).where(ClassGroup.id.in_(class_group_ids))
    return dict(session.execute(query).all())


def campus_of(session: Session, class_group_id: int) -> int:
    """The campus of a class, open or not; raises NoResultFound."""
    return session.get_one(ClassGroup, class_group_id).campus_id


def campuses_of(session: Session, class_group_ids: Collection[int]) -> dict[int | None, int]:
    """The campuses of classes by class id, also of closed ones."""
    query = select(ClassGroup.id, ClassGroup.campus_id).where(ClassGroup.id.in_(class_group_ids))
    return {row.id: row.campus_id for row in session.execute(query)}


def class_ids_of_campus(session: Session, campus_id: int) -> list[int]:
    """All classes of a campus, also closed ones."""
    return list(session.scalars(select(ClassGroup.id).where(ClassGroup.campus_id == campus_id)))


def valid_months(session: Session, course_ids: Collection[int]) -> dict[int, int]:
    """How many months lessons of these courses last from their payment; those without an end are
    left out."""
    query = select(Course.id, Course.valid_months).where(
        Course.id.in_(course_ids), Course.valid_months.is_not(None)
    )
    return {id_: months for id_, months in session.execute(query) if months is not None}


def course_names(session: Session, course_ids: Collection[int]) -> dict[int, str]:
    """Names of courses by id, also of those no longer on offer."""
    query = select(Course.id, Course.name).where(Course.id.in_(course_ids))
    return dict(session.execute(query).all())


def course_grades(
    session: Session, course_ids: Collection[int]
) -> dict[int, tuple[str, int | None, int | None]]:
    """Course id → its name and the first and last grade it is for."""
    query = select(Course).where(Course.id.in_(course_ids))
    return {row.id: (row.name, row.grade_from, row.grade_to) for row in session.scalars(query)}


def courses_of_classes(session: Session, class_group_ids: Collection[int]) -> dict[int, int]:
    """The course of each of these classes, by class."""
    query = select(ClassGroup.id, ClassGroup.course_id).where(ClassGroup.id.in_(class_group_ids))
    return dict(session.execute(query).all())


def courses_taken(session: Session, student_id: int) -> list[int]:
    """The courses in whose classes a learner sits or has sat."""
    query = (
        select(ClassGroup.course_id)
        .join(Enrollment, Enrollment.class_group_id == ClassGroup.id)
        .where(Enrollment.student_id == student_id, Enrollment.starts_on <= clock.today())
        .distinct()
    )
    return list(session.scalars(query))


def is_enrolled(session: Session, *, class_group_id: int, student_id: int) -> bool:
    """Whether a learner already sits in a class."""
    query = select(Enrollment.id).where(
        Enrollment.class_group_id == class_group_id,
        Enrollment.student_id == student_id,
        Enrollment.status == SeatStatus.ACTIVE,
    )
    return session.scalar(query.limit(1)) is not None


def sits_in(
    student_id: SQLColumnExpression[int],
    *,
    class_group_id: int | None = None,
    course_id: int | None = None,
    teacher_id: int | None = None,
) -> ColumnElement[bool]:
    """Who has a seat in a class, in a course, or with a teacher: a condition on a column of ids."""
    query = (
        select(Enrollment.student_id)
        .join(ClassGroup, ClassGroup.id == Enrollment.class_group_id)
        .where(Enrollment.status == SeatStatus.ACTIVE)
    )
    if class_group_id is not None:
        query = query.where(ClassGroup.id == class_group_id)
    if course_id is not None:
        query = query.where(ClassGroup.course_id == course_id)
    if teacher_id is not None:
        query = query.where(ClassGroup.teacher_id == teacher_id)
    return student_id.in_(query)


def belongs_to(student_id: SQLColumnExpression[int], campus_id: int) -> ColumnElement[bool]:
    """Who sits or sat in a class of a campus, or in none anywhere: nobody's yet is everybody's
    (G1). A condition on a column of ids."""
    here = has_seat(student_id, campus_id=campus_id, ever=True)
    return or_(here, ~has_seat(student_id, ever=True))


def has_seat(
    student_id: SQLColumnExpression[int], *, campus_id: int | None = None, ever: bool = False
) -> ColumnElement[bool]:
    """Who sits in a class (of a campus), or has `ever` sat in one: a condition on a column of
    ids."""
    conditions = [Enrollment.student_id == student_id]
    if campus_id is not None:
        conditions.append(Enrollment.class_group_id == ClassGroup.id)
        conditions.append(ClassGroup.campus_id == campus_id)
    if not ever:
        conditions.append(Enrollment.status == SeatStatus.ACTIVE)
    return is_there(*conditions)


def seats_of(session: Session, student_ids: Collection[int]) -> list[SeatView]:
    """The classes that learners sit or sat in, in one statement."""
    query = (
        select(
            Enrollment.student_id,
            Enrollment.class_group_id,
            ClassGroup.name.label("class_name"),
            ClassGroup.campus_id,
            (Enrollment.status == SeatStatus.ACTIVE).label("is_active"),
        )
        .join(ClassGroup, ClassGroup.id == Enrollment.class_group_id)
        .where(Enrollment.student_id.in_(student_ids))
        .order_by(Enrollment.id)
    )
    return [SeatView.model_validate(row) for row in session.execute(query)]


def catalogue(session: Session) -> Catalogue:
    """The names on offer: courses, open classes, subjects, teachers of open classes."""
    courses = session.execute(
        select(Course.name, Course.id, Course.subject).where(Course.is_active.is_(True))
    ).all()
    classes = session.execute(
        select(ClassGroup.name, ClassGroup.id, ClassGroup.teacher_id).where(
            ClassGroup.is_open.is_(True)
        )
    ).all()
    teachers = security.staff_members(session, {teacher_id for *_, teacher_id in classes})
    return Catalogue(
        courses={name: course_id for name, course_id, _ in courses},
        classes={name: class_id for name, class_id, _ in classes},
        subjects=sorted({subject for _, _, subject in courses}),
        teachers={teacher.name: teacher.id for teacher in teachers.values()},
    )


def _counts() -> ColumnElement[bool]:
    """Seats that are not free: active ones and holds that have not run out."""
    return or_(
        Enrollment.status == SeatStatus.ACTIVE,
        and_(Enrollment.status == SeatStatus.HELD, Enrollment.held_until > clock.now()),
    )


def _taken() -> ColumnElement[int]:
    counted = select(func.count(Enrollment.id)).where(
        Enrollment.class_group_id == ClassGroup.id, _counts()
    )
    return counted.correlate(ClassGroup).scalar_subquery()


def _lesson_query() -> Select[Lesson, ClassGroup, str]:
    return (
        select(Lesson, ClassGroup, Course.name)
        .join(ClassGroup, ClassGroup.id == Lesson.class_group_id)
        .join(Course, Course.id == ClassGroup.course_id)
        .where(Lesson.status == "planned")
        .order_by(Lesson.starts_at, Lesson.id)
    )


def _lesson_views(
    session: Session, query: Select[*tuple[Any, ...]], to_at: datetime | None, limit: int
) -> list[LessonView]:
    """Views of rows (lesson, class, course name[, student id]); names come in two statements."""
    if to_at is not None:
        query = query.where(Lesson.starts_at < to_at)
    rows = session.execute(query.limit(limit)).all()
    campus_names, venue_names = logistics.names(
        session,
        campus_ids={row[1].campus_id for row in rows},
        venue_ids={row[0].venue_id for row in rows if row[0].venue_id},
    )
    teachers = security.staff_members(session, {row[0].teacher_id for row in rows})
    return [
        LessonView(
            id=lesson.id,
            class_group_id=group.id,
            class_name=group.name,
            course_name=course_name,
            campus_name=campus_names[group.campus_id],
            venue_name=venue_names.get(lesson.venue_id),
            teacher_name=teachers[lesson.teacher_id].name,
            starts_at=lesson.starts_at,
            ends_at=lesson.ends_at,
            student_id=rest[0] if rest else None,
        )
        for lesson, group, course_name, *rest in rows
    ]
