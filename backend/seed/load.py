"""Loads `institution.yml` through the rooms' own services, in one unit."""

from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy.orm import Session

from backend.admissions.knowledge import entries as knowledge
from backend.admissions.knowledge.schemas import Draft
from backend.finance import attempts
from backend.finance import service as finance
from backend.finance.schemas import NewLine, PaymentMethod
from backend.gateways.payments import PaymentFact
from backend.kit import clock
from backend.kit.config import settings
from backend.kit.db import unit_of_work
from backend.logistics import queries as places
from backend.logistics import service as logistics
from backend.security import queries as staff_queries
from backend.security import service as security
from backend.security.schemas import Role, Speaker
from backend.students import bindings
from backend.students import service as students
from backend.students.file import consents
from backend.students.schemas import PRIVACY_NOTICE, PRIVACY_NOTICE_VERSION
from backend.teaching import service as teaching
from backend.teaching.curriculum import programmes, standards
from backend.teaching.curriculum.schemas import Unit, Written
from backend.teaching.schemas import WeeklySlot

SOURCE = Path(__file__).with_name("institution.yml")


def load() -> bool:
    """Fill an empty database; False when there is an institution already."""
    plan = yaml.safe_load(SOURCE.read_text(encoding="utf-8"))
    with unit_of_work() as session:
        if places.campuses(session):
            return False
        campuses, venues = _places(session, plan["campuses"])
        staff = _staff(session, plan["staff"], campuses)
        courses = _courses(session, plan["courses"])
        _curriculum(session, plan, courses, keeper=staff["academic"], reviewer=staff["principal"])
        groups = _classes(session, plan["classes"], courses, campuses, venues, staff)
        for family in plan["families"]:
            _family(session, family, groups)
        _knowledge(session, plan["knowledge"], keeper=staff["academic"])
    return True


def _knowledge(session: Session, rows: list[dict[str, Any]], *, keeper: int) -> None:
    for number, row in enumerate(rows):
        draft = Draft(
            question=row["question"],
            phrasings=tuple(row["phrasings"]),
            answer=row["answer"],
            campus_id=None,
            owner_id=keeper,
            valid_from=clock.today(),
            valid_until=None,
            review_on=clock.today() + knowledge.REVIEWED_FOR,
        )
        knowledge.write(session, draft=draft, by_id=keeper, source_key=f"seed:{number}")


def _places(
    session: Session, rows: list[dict[str, Any]]
) -> tuple[dict[str, int], dict[tuple[str, str], int]]:
    campuses, venues = {}, {}
    for row in rows:
        facts = {key: value for key, value in row.items() if key != "venues"}
        campus = logistics.open_campus(session, **facts)
        campuses[campus.name] = campus.id
        for name, capacity in row["venues"].items():
            venue = logistics.add_venue(session, campus_id=campus.id, name=name, capacity=capacity)
            venues[campus.name, name] = venue.id
    return campuses, venues


def _staff(
    session: Session, rows: list[dict[str, Any]], campuses: dict[str, int]
) -> dict[str, int]:
    return {
        row["key"]: security.hire(
            session,
            name=row["name"],
            role=Role(row["role"]),
            campus_id=campuses[row["campus"]] if "campus" in row else None,
            phone=row["phone"],
            openid=row.get("openid"),
        ).id
        for row in rows
    }


def _courses(session: Session, rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    courses = {}
    for row in rows:
        low, high = row["grades"]
        course = teaching.open_course(
            session,
            name=row["name"],
            subject=row["subject"],
            summary=row["summary"],
            grade_from=low,
            grade_to=high,
        )
        finance.set_price(
            session,
            course_id=course.id,
            campus_id=None,
            amount_fen=row["price"],
            lesson_count=row["lessons"],
            material_fee_fen=row.get("material", 0),
            effective_from=clock.today() - timedelta(days=90),
        )
        courses[course.name] = {"id": course.id, **row}
    return courses


def _curriculum(
    session: Session,
    plan: dict[str, Any],
    courses: dict[str, dict[str, Any]],
    *,
    keeper: int,
    reviewer: int,
) -> None:
    members = staff_queries.staff_members(session, {keeper, reviewer})
    for row in plan["programmes"]:
        programme_id = programmes.keep_programme(
            session, name=row["name"], subject=row["subject"], summary=row["summary"], by=keeper
        )
        for rank, (name, course, points) in enumerate(row["levels"], 1):
            programmes.keep_level(
                session,
                programme_id=programme_id,
                name=name,
                rank=rank,
                course_id=courses[course]["id"],
                from_points=points,
                needs_before=False,
                by=keeper,
            )
    for row in plan["standards"]:
        by = members[keeper]
        id_ = standards.begin(session, course_id=courses[row["course"]]["id"], by=by)
        units = tuple(
            Unit(number=number, name=name, lessons=lessons, content=content)
            for number, (name, lessons, content) in enumerate(row["units"], 1)
        )
        written = Written(goals=row["goals"], methods=row["methods"], units=units)
        standards.write(session, standard_id=id_, written=written, by=by)
        standards.submit(session, standard_id=id_, by=by)
        standards.publish(session, standard_id=id_, by=members[reviewer])


def _classes(
    session: Session,
    rows: list[dict[str, Any]],
    courses: dict[str, dict[str, Any]],
    campuses: dict[str, int],
    venues: dict[tuple[str, str], int],
    staff: dict[str, int],
) -> dict[str, dict[str, Any]]:
    groups = {}
    tomorrow = clock.today() + timedelta(days=1)
    for row in rows:
        course = courses[row["course"]]
        slots = [
            WeeklySlot(
                weekday=tomorrow.weekday() if day == "soon" else day,
                start=time.fromisoformat(start),
                minutes=minutes,
            )
            for day, start, minutes in row["weekly"]
        ]
        group = teaching.open_class(
            session,
            name=row["name"],
            course_id=course["id"],
            campus_id=campuses[row["campus"]],
            teacher_id=staff[row["teacher"]],
            venue_id=venues[row["campus"], row["venue"]],
            capacity=row["capacity"],
            starts_on=_first_meeting(clock.today() + timedelta(days=row["starts"]), slots),
            lesson_count=course["lessons"],
            weekly=slots,
        )
        groups[group.name] = {"id": group.id, "course": course, "name": group.name}
    return groups


def _first_meeting(on: date, slots: list[WeeklySlot]) -> date:
    days = {slot.weekday for slot in slots}
    while on.weekday() not in days:
        on += timedelta(days=1)
    return on


def _family(session: Session, family: dict[str, Any], groups: dict[str, dict[str, Any]]) -> None:
    guardian = family["guardian"]
    openid = guardian["openid"]
    security.follow(session, openid)
    students.record_consent(
        session, openid=openid, purpose=PRIVACY_NOTICE, version=PRIVACY_NOTICE_VERSION
    )
    consents.give(session, Speaker(openid=openid), consents.Purpose.CHILD, way="chat")
    for child in family["children"]:
        registered = students.register(
            session,
            child_name=child["name"],
            grade=child["grade"],
            guardian_name=guardian["name"],
            phone=guardian["phone"],
            openid=openid,
        )
        bindings.confirm_phone(session, registered.guardian_id)
        if "openid" in child:
            security.bind_student(session, child["openid"], registered.student_id)
        for class_name in child["classes"]:
            _seat(session, openid, registered.student_id, groups[class_name])


def _seat(session: Session, openid: str, student_id: int, group: dict[str, Any]) -> None:
    """Bill, pay and seat as the line does, told by nobody: nothing is wired while seeding."""
    holder = f"seed:{student_id}:{group['id']}"
    soon = clock.now() + timedelta(hours=1)
    teaching.hold_seat(session, class_group_id=group["id"], holder=holder, until=soon)
    course = group["course"]
    line = NewLine(
        description=f"{course['name']} · {group['name']}（{course['lessons']}课时）",
        class_group_id=group["id"],
        course_id=course["id"],
        lesson_count=course["lessons"],
        list_fen=course["price"],
        net_fen=course["price"],
    )
    order = finance.bill(
        session, payer_openid=openid, purpose_key=holder, lines=[line], expires_at=soon
    )
    attempt = attempts.begin(
        session, number=order.number, openid=openid, method=PaymentMethod.WECHAT_JSAPI
    )
    paid = PaymentFact(
        appid=settings().wechat_appid,
        mchid=settings().wechat_pay_mchid,
        out_trade_no=attempt.out_trade_no,
        transaction_id=f"seed{attempt.out_trade_no}",
        amount_fen=attempt.amount_fen,
        paid_at=clock.now(),
    )
    finance.settle(session, paid=paid)
    teaching.confirm_seat(session, holder=holder, student_id=student_id)
    finance.open_lesson_accounts(session, order_id=order.id, student_id=student_id)
