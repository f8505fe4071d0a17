"""A small school that teaches: two classes of one course, paid learners, finance listening."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.finance import consumption
from backend.finance import service as finance
from backend.finance.schemas import NewLine
from backend.kit import clock, events
from backend.logistics import service as logistics
from backend.security import queries as staff
from backend.security import service as security
from backend.security.schemas import Role, StaffMember
from backend.students import service as students
from backend.teaching import service
from backend.teaching.models import Attendance, Lesson
from backend.teaching.schemas import AttendanceSettled, Mark, Marked, WeeklySlot
from tests.backend.finance import scenes

NOW = datetime(2026, 12, 1, 9, tzinfo=clock.SHANGHAI)
SATURDAY, SUNDAY = (WeeklySlot(weekday=day, start=time(9), minutes=90) for day in (5, 6))


@dataclass
class School:
    """Ids of what the tests speak of; `lessons` are those of the first class, `others` those of the
    second, `children` sit in the first."""

    teacher_id: int
    academic_id: int
    campus_id: int
    room_id: int
    course_id: int
    class_id: int
    other_class_id: int
    lessons: list[int]
    others: list[int]
    children: list[int]


def listen() -> None:
    """Finance hears of what is decided, as `wiring` has it."""
    events.listen(AttendanceSettled, consumption.settle)


def open_school(
    session: Session, *, learners: int = 2, bought: int = 3, gift: int = 0, fen: int = 10000
) -> School:
    """Learners have paid for `bought` lessons at `fen` together and got `gift` more."""
    campus = logistics.open_campus(session, name="东校区", address="天河路1号")
    rooms = [
        logistics.add_venue(session, campus_id=campus.id, name=name, capacity=12).id
        for name in ("301", "302")
    ]
    teachers = [
        security.hire(session, name=name, role=role, openid=openid).id
        for name, role, openid in (
            ("王敏", Role.TEACHER, "o_wang"),
            ("刘洋", Role.TEACHER, "o_liu"),
            ("李静", Role.ACADEMIC, "o_li"),
        )
    ]
    course = service.open_course(session, name="英语三级", subject="英语", summary="", grade_from=3)
    groups = [
        service.open_class(
            session,
            name=name,
            course_id=course.id,
            campus_id=campus.id,
            teacher_id=teacher_id,
            venue_id=room,
            capacity=learners + 1,
            starts_on=date(2026, 12, 5),
            lesson_count=4,
            weekly=[slot],
        ).id
        for name, slot, teacher_id, room in (
            ("周六班", SATURDAY, teachers[0], rooms[0]),
            ("周日班", SUNDAY, teachers[1], rooms[1]),
        )
    ]
    children = [
        _enrol(session, number, course.id, groups[0], bought, gift, fen)
        for number in range(learners)
    ]
    first, second = (
        list(
            session.scalars(select(Lesson.id).where(Lesson.class_group_id == g).order_by(Lesson.id))
        )
        for g in groups
    )
    return School(
        teacher_id=teachers[0],
        academic_id=teachers[2],
        campus_id=campus.id,
        room_id=rooms[0],
        course_id=course.id,
        class_id=groups[0],
        other_class_id=groups[1],
        lessons=first,
        others=second,
        children=children,
    )


def _enrol(
    session: Session, number: int, course_id: int, class_id: int, bought: int, gift: int, fen: int
) -> int:
    openid, holder = f"o_parent_{number}", f"sign_up:life:{number}"
    child = students.register(
        session,
        child_name=f"学员{number}",
        grade="三年级",
        guardian_name=f"家长{number}",
        phone=f"1381111000{number}",
        openid=openid,
    )
    soon = clock.now() + timedelta(hours=1)
    service.hold_seat(session, class_group_id=class_id, holder=holder, until=soon)
    line = NewLine(
        description="英语三级",
        class_group_id=class_id,
        course_id=course_id,
        lesson_count=bought,
        gift_count=gift,
        list_fen=fen,
        net_fen=fen,
    )
    order = finance.bill(
        session, payer_openid=openid, purpose_key=holder, lines=[line], expires_at=soon
    )
    finance.settle(session, paid=scenes.fact(scenes.begin(session, order)))
    service.confirm_seat(session, holder=holder, student_id=child.student_id)
    finance.open_lesson_accounts(session, order_id=order.id, student_id=child.student_id)
    return child.student_id


def member(session: Session, account_id: int) -> StaffMember:
    return staff.staff_members(session, {account_id})[account_id]


def marks(session: Session, lesson_id: int, *wanted: Mark) -> list[Marked]:
    """The learners of a lesson with these marks, in the order of their places; then present."""
    query = select(Attendance).where(Attendance.lesson_id == lesson_id).order_by(Attendance.id)
    places = list(session.scalars(query))
    given = [*wanted, *[Mark.PRESENT] * len(places)]
    return [
        Marked(student_id=place.student_id, mark=mark)
        for place, mark in zip(places, given, strict=False)
    ]


def begin_of(session: Session, lesson_id: int) -> datetime:
    return session.get_one(Lesson, lesson_id).starts_at
