"""代课 and 取消: a teacher cannot come, another one is found and confirmed, or the lesson is given
up. Exactly those are told whom it concerns, in the unit that decides."""

from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.kit import clock
from backend.kit.errors import NotFound
from backend.outbox import service as outbox
from backend.outbox.schemas import Notice
from backend.security import queries as staff
from backend.security import service as security
from backend.security.schemas import Role, StaffMember
from backend.students import queries as students
from backend.teaching import no_clash, queries
from backend.teaching.life import clashes, sheets, trials
from backend.teaching.life.sheets import Sheet
from backend.teaching.models import Booking, ClassGroup, Course, Lesson, Substitution
from backend.teaching.schemas import (
    LessonOver,
    Mark,
    SubstitutionStatus,
    SubstitutionView,
)


def ask_leave(session: Session, *, account_id: int, lesson_id: int, words: str) -> SubstitutionView:
    """A teacher cannot come to a lesson of theirs: academic affairs hear who could give it instead.
    Asking again changes nothing. Raises NotFound, LessonOver."""
    sheet = sheets.opened(session, lesson_id)
    lesson = sheet.lesson
    if lesson.teacher_id != account_id:
        raise NotFound()
    if lesson.status != "planned" or lesson.starts_at <= clock.now():
        raise LessonOver()
    asked = session.scalars(
        select(Substitution).where(
            Substitution.lesson_id == lesson_id,
            Substitution.absent_id == account_id,
            Substitution.status == SubstitutionStatus.PROPOSED,
        )
    ).one_or_none()
    if asked is None:
        found = candidates(session, lesson_id=lesson_id)
        asked = Substitution(
            lesson_id=lesson_id,
            absent_id=account_id,
            substitute_id=found[0][0].id if found else None,
            status=SubstitutionStatus.PROPOSED,
            words=words,
            asked_at=clock.now(),
        )
        session.add(asked)
        session.flush()
        _propose(session, sheet, asked, found)
    return view(session, asked.id)


def candidates(session: Session, *, lesson_id: int) -> list[tuple[StaffMember, int]]:
    """Who could give a lesson, and how many lessons they have that week: teachers of the subject
    who are free then, of the same campus first, then those with the fewest lessons."""
    lesson = session.get_one(Lesson, lesson_id)
    group = session.get_one(ClassGroup, lesson.class_group_id)
    subject = select(Course.subject).where(Course.id == group.course_id).scalar_subquery()
    skilled = set(
        session.scalars(
            select(ClassGroup.teacher_id)
            .join(Course, Course.id == ClassGroup.course_id)
            .where(Course.subject == subject)
        )
    )
    of_staff = select(Booking.resource_id).where(Booking.kind == no_clash.STAFF)
    busy = set(
        session.scalars(
            of_staff.where(Booking.starts_at < lesson.ends_at, Booking.ends_at > lesson.starts_at)
        )
    )
    on = clock.local(lesson.starts_at).date()
    week_at = clock.at_local(on - timedelta(days=on.weekday()))
    load = dict(
        session.execute(
            select(Booking.resource_id, func.count())
            .where(
                Booking.kind == no_clash.STAFF,
                Booking.starts_at >= week_at,
                Booking.starts_at < week_at + timedelta(days=7),
            )
            .group_by(Booking.resource_id)
        ).all()
    )
    teachers = staff.staff_with_role(session, Role.TEACHER)
    free = [each for each in teachers if each.id in skilled - busy - {lesson.teacher_id}]
    free.sort(key=lambda each: (each.campus_id != group.campus_id, load.get(each.id, 0), each.id))
    return [(each, load.get(each.id, 0)) for each in free]


def confirm(
    session: Session,
    *,
    substitution_id: int,
    by: int,
    substitute_id: int | None = None,
    campus_id: int | None = None,
) -> SubstitutionView:
    """Academic affairs decide who gives the lesson: who was proposed, or another one; managers do
    for the lessons of `campus_id`. Confirming again changes nothing. Raises NotFound, also for a
    lesson of another campus, LessonOver, Clash when the substitute is busy by now."""
    row = session.get(Substitution, substitution_id, with_for_update=True)
    if row is None:
        raise NotFound()
    group_id = session.get_one(Lesson, row.lesson_id).class_group_id
    if campus_id is not None and session.get_one(ClassGroup, group_id).campus_id != campus_id:
        raise NotFound()
    if row.status == SubstitutionStatus.CONFIRMED:
        return view(session, row.id)
    sheet = sheets.opened(session, row.lesson_id)
    chosen = substitute_id or row.substitute_id
    if chosen is None or staff.staff_member(session, chosen) is None:
        raise NotFound()
    if sheet.lesson.status != "planned" or sheet.lesson.starts_at <= clock.now():
        raise LessonOver()
    with clashes.named(session, class_name=sheet.group.name):
        sheet.lesson.teacher_id = chosen
    row.substitute_id, row.status = chosen, SubstitutionStatus.CONFIRMED
    row.decided_by, row.decided_at = by, clock.now()
    session.flush()
    security.audit(
        session,
        actor=f"account:{by}",
        action="lesson.substituted",
        subject=f"lesson:{row.lesson_id}",
        absent=row.absent_id,
        substitute=chosen,
    )
    _tell_confirmed(session, sheet, row)
    return view(session, row.id)


def cancel_lesson(session: Session, *, lesson_id: int, reason: str, by: int) -> int:
    """The institution gives a lesson up: nothing is consumed, everybody may make it up, and hears
    so. Returns how many learners were in it; cancelling again changes nothing. Raises NotFound."""
    sheet = sheets.opened(session, lesson_id)
    if sheet.lesson.status != "planned":
        return 0
    sheet.lesson.status = "cancelled"
    coming = [place for place in sheet.places.values() if place.status != Mark.FREED]
    for place in coming:
        place.status = Mark.FREED
    session.flush()
    sheet.settle(coming, is_told=False)
    trials.send_away(session, lesson_id=lesson_id)
    security.audit(
        session, actor=f"account:{by}", action="lesson.cancelled", subject=f"lesson:{lesson_id}"
    )
    values = {**_lesson_values(session, sheet), "reason": reason}
    key = f"lesson-cancelled:{lesson_id}"
    _tell_families(session, sheet, [p.student_id for p in coming], "lesson_cancelled", values, key)
    _tell(session, sheet.lesson.teacher_id, "lesson_cancelled_teacher", values, f"{key}:teacher")
    return len(coming)


def view(session: Session, substitution_id: int) -> SubstitutionView:
    """One substitution. Raises NotFound."""
    row = session.get(Substitution, substitution_id)
    if row is None:
        raise NotFound()
    name = None
    if row.substitute_id is not None:
        name = staff.staff_members(session, {row.substitute_id})[row.substitute_id].name
    return SubstitutionView(
        id=row.id,
        lesson=queries.lesson(session, row.lesson_id),
        substitute_name=name,
        status=SubstitutionStatus(row.status),
    )


def _propose(
    session: Session, sheet: Sheet, row: Substitution, found: list[tuple[StaffMember, int]]
) -> None:
    names = staff.staff_members(session, {row.absent_id})
    values = {
        **_lesson_values(session, sheet),
        "teacher": names[row.absent_id].name,
        "number": str(row.id),
        "substitute": f"{found[0][0].name}老师" if found else "另选老师",
        "load": f"当周{found[0][1]}节课，这个时间有空" if found else "暂时没有合适又有空的老师",
    }
    security.tell(
        session,
        Role.ACADEMIC,
        notice=Notice(template="substitution_proposed", values=values),
        dedupe_key=f"substitution:{row.id}",
    )


def _tell_confirmed(session: Session, sheet: Sheet, row: Substitution) -> None:
    assert row.substitute_id is not None
    people = staff.staff_members(session, {row.absent_id, row.substitute_id})
    values = {
        **_lesson_values(session, sheet),
        "teacher": people[row.absent_id].name,
        "substitute": people[row.substitute_id].name,
    }
    key = f"substituted:{row.id}"
    _tell(session, row.substitute_id, "substitute_wanted", values, f"{key}:in")
    _tell(session, row.absent_id, "substitution_settled", values, f"{key}:out")
    coming = [s for s, place in sheet.places.items() if place.status == Mark.EXPECTED]
    _tell_families(session, sheet, coming, "teacher_changed", values, key)


def _lesson_values(session: Session, sheet: Sheet) -> dict[str, str]:
    shown = queries.lesson(session, sheet.lesson.id)
    return {
        "class_name": shown.class_name,
        "time": f"{clock.local(shown.starts_at):%m月%d日 %H:%M}",
        "place": f"{shown.campus_name}{shown.venue_name or ''}",
    }


def _tell(
    session: Session, account_id: int, template: str, values: dict[str, str], key: str
) -> None:
    outbox.post(
        session,
        to=staff.recipient_of(session, account_id),
        notice=Notice(template=template, values=values),
        dedupe_key=key,
    )


def _tell_families(
    session: Session,
    sheet: Sheet,
    student_ids: list[int],
    template: str,
    values: dict[str, str],
    key: str,
) -> None:
    children = students.students(session, student_ids)
    for student_id in student_ids:
        for number, to in enumerate(students.family_of(session, student_id)):
            child = {**values, "child": children[student_id].name}
            outbox.post(
                session,
                to=to,
                notice=Notice(template=template, values=child),
                dedupe_key=f"{key}:{student_id}:{number}",
            )
