"""Small things the finance tests bill, pay and listen for."""

import itertools
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.orm import Session

from backend.finance import attempts, service
from backend.finance.schemas import NewLine, OrderView, PaymentAttempt, PaymentMethod
from backend.gateways.payments import Notification, PaymentFact
from backend.kit import clock
from backend.kit.config import settings
from backend.logistics.models import Campus
from backend.security.models import Account
from backend.security.schemas import Role
from backend.students.models import Student
from backend.teaching.models import ClassGroup, Course

GUARDIAN = "o_demo_guardian"
_numbers = itertools.count(1)


@dataclass(frozen=True)
class School:
    """Ids of what orders refer to."""

    campus_id: int
    course_id: int
    class_group_id: int
    student_id: int


def open_school(session: Session) -> School:
    """A campus, a course, a class and a student."""
    number = next(_numbers)
    campus = Campus(name=f"校区{number}", address="天河路1号")
    course = Course(name=f"英语{number}", subject="英语")
    teacher = Account(name="王敏", role=Role.TEACHER, created_at=clock.now())
    student = Student(name="陈小宇", created_at=clock.now())
    session.add_all([campus, course, teacher, student])
    session.flush()
    group = ClassGroup(
        course_id=course.id,
        campus_id=campus.id,
        teacher_id=teacher.id,
        name=f"周末班{number}",
        capacity=12,
        starts_on=date(2026, 12, 5),
        lesson_count=16,
        weekly=[],
    )
    session.add(group)
    session.flush()
    return School(campus.id, course.id, group.id, student.id)


def learner(session: Session, school: School) -> School:
    """The same school with another student."""
    student = Student(name="陈小宇", created_at=clock.now())
    session.add(student)
    session.flush()
    return School(school.campus_id, school.course_id, school.class_group_id, student.id)


def lines_of(school: School) -> list[NewLine]:
    """16 lessons and 2 gifts for 1,200 yuan after a discount of 80, and books for 80: 1,280."""
    tuition = NewLine(
        description="三年级英语 · 周末班（16课时）",
        class_group_id=school.class_group_id,
        course_id=school.course_id,
        lesson_count=16,
        gift_count=2,
        list_fen=128000,
        net_fen=120000,
    )
    books = NewLine(
        description="教材费",
        class_group_id=school.class_group_id,
        course_id=school.course_id,
        list_fen=8000,
        net_fen=8000,
        is_material=True,
    )
    return [tuition, books]


def bill(
    session: Session,
    school: School,
    *,
    purpose_key: str | None = None,
    within: timedelta = timedelta(hours=2),
    openid: str = GUARDIAN,
) -> OrderView:
    """An order for the two lines."""
    return service.bill(
        session,
        payer_openid=openid,
        purpose_key=purpose_key or f"sign_up:{next(_numbers)}",
        lines=lines_of(school),
        expires_at=clock.now() + within,
    )


def begin(session: Session, order: OrderView, *, native: bool = False) -> PaymentAttempt:
    """An attempt to pay it."""
    method = PaymentMethod.WECHAT_NATIVE if native else PaymentMethod.WECHAT_JSAPI
    return attempts.begin(session, number=order.number, openid=order.payer_openid, method=method)


def fact(attempt: PaymentAttempt, *, transaction: str = "", **other: object) -> PaymentFact:
    """The platform's word that an attempt was paid."""
    return PaymentFact.model_validate(
        {
            "appid": settings().wechat_appid,
            "mchid": settings().wechat_pay_mchid,
            "out_trade_no": attempt.out_trade_no,
            "transaction_id": transaction or f"42{attempt.out_trade_no}",
            "amount_fen": attempt.amount_fen,
            "payer_openid": GUARDIAN,
            "paid_at": clock.now(),
            **other,
        }
    )


def notification(paid: PaymentFact, *, notice_id: str = "EV-1") -> Notification:
    """The notification that carries it."""
    return Notification(id=notice_id, event_type="TRANSACTION.SUCCESS", paid=paid)
