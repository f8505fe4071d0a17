"""点名: who came, who was late, who is missing; corrections say why and leave a trace."""

from collections.abc import Collection

from sqlalchemy.orm import Session

from backend.kit import clock
from backend.kit.errors import NotAllowed
from backend.security import service as security
from backend.security.permissions import scope_of
from backend.security.schemas import Permission, Scope, StaffMember
from backend.teaching import rules
from backend.teaching.life import clashes, seating, sheets, trials
from backend.teaching.life.sheets import Sheet
from backend.teaching.models import Attendance, AttendanceChange, ClassGroup, Leave, Lesson
from backend.teaching.schemas import (
    LessonOver,
    Mark,
    Marked,
    NotInLesson,
    ReasonNeeded,
    TooEarly,
)

CALLABLE = (Mark.PRESENT, Mark.LATE, Mark.LEAVE, Mark.ABSENT)


def may_call(member: StaffMember, lesson: Lesson, group: ClassGroup) -> bool:
    """Whether somebody calls the roll of a lesson: its teacher and assistant, and whoever takes
    attendance for its campus or for all."""
    scope = scope_of(member.role, Permission.TAKE_ATTENDANCE)
    if scope is Scope.OWN:
        return member.id in (lesson.teacher_id, lesson.assistant_id)
    return scope is Scope.ALL or (scope is Scope.CAMPUS and group.campus_id == member.campus_id)


def call(
    session: Session,
    *,
    lesson_id: int,
    marks: Collection[Marked],
    member: StaffMember,
    reason: str = "",
) -> int:
    """Take the roll of a lesson, or correct it; returns how many marks are new.

    The first call names everybody (those on leave may be left out); guests stand in it under their
    negative number. Calling the same again changes
    nothing. A correction, and a first call after the day of the lesson (补点名), needs a reason and
    is audited. Raises NotAllowed, LessonOver, TooEarly, NotInLesson, ReasonNeeded, Clash.
    """
    lesson = sheets.opened(session, lesson_id).lesson
    guests = {-mark.student_id: mark.mark for mark in marks if mark.student_id < 0}
    marks = [mark for mark in marks if mark.student_id >= 0]
    seating.seat(session, class_group_id=lesson.class_group_id, lesson_id=lesson_id)
    sheet = sheets.opened(session, lesson_id)
    if not may_call(member, sheet.lesson, sheet.group):
        raise NotAllowed()
    if lesson.status != "planned":
        raise LessonOver()
    if clock.now() < lesson.starts_at - rules.CALL_FROM:
        raise TooEarly(from_at=clock.local(lesson.starts_at - rules.CALL_FROM))
    is_first = lesson.called_at is None
    changed = _changed(sheet, marks, is_first=is_first)
    is_late = rules.is_late_call(lesson.ends_at, clock.now())
    if not reason.strip() and ((is_first and is_late) or (changed and not is_first)):
        raise ReasonNeeded()
    with clashes.named(session):
        for mark in changed:
            _mark(sheet, mark, member, reason.strip(), is_first=is_first)
    if is_first:
        lesson.called_at, lesson.called_by = clock.now(), member.id
        _audit(session, member, "lesson.called", lesson_id, late=is_late, marked=len(changed))
    elif changed:
        _audit(session, member, "attendance.corrected", lesson_id, marked=len(changed))
    decided = [place for place in sheet.places.values() if place.status in CALLABLE]
    sheet.settle(decided)
    return len(changed) + trials.seen(session, lesson_id=lesson_id, marks=guests)


def _changed(sheet: Sheet, marks: Collection[Marked], *, is_first: bool) -> list[Marked]:
    called = {mark.student_id: mark for mark in marks}
    if set(called) - set(sheet.places) or any(m.mark not in CALLABLE for m in marks):
        raise NotInLesson()
    waiting = {
        student_id
        for student_id, place in sheet.places.items()
        if place.status == Mark.EXPECTED and student_id not in called
    }
    if is_first and waiting:
        raise NotInLesson()
    return [
        mark
        for student_id, mark in called.items()
        if (sheet.places[student_id].status, sheet.places[student_id].late_minutes)
        != (mark.mark, mark.late_minutes)
    ]


def _mark(sheet: Sheet, mark: Marked, member: StaffMember, reason: str, *, is_first: bool) -> None:
    place, session = sheet.places[mark.student_id], sheet.session
    if not is_first or reason:
        session.add(
            AttendanceChange(
                attendance_id=place.id,
                was=place.status,
                became=mark.mark,
                reason=reason,
                account_id=member.id,
                at=clock.now(),
            )
        )
    place.status, place.late_minutes = mark.mark, mark.late_minutes
    leave = sheet.leaves.get(mark.student_id)
    if mark.mark is Mark.LEAVE and leave is None:
        _leave_told_in_class(sheet, place, member)
    elif mark.mark in (Mark.PRESENT, Mark.LATE) and leave is not None:
        leave.revoked_at = clock.now()
        del sheet.leaves[mark.student_id]


def _leave_told_in_class(sheet: Sheet, place: Attendance, member: StaffMember) -> None:
    """A leave that the teacher was told of: as late as it is written down."""
    leave = Leave(
        student_id=place.student_id,
        lesson_id=place.lesson_id,
        words="老师点名时登记",
        asked_by=f"account:{member.id}",
        asked_at=clock.now(),
    )
    sheet.session.add(leave)
    sheet.leaves[place.student_id] = leave


def _audit(session: Session, member: StaffMember, action: str, lesson_id: int, **of: int) -> None:
    security.audit(
        session, actor=f"account:{member.id}", action=action, subject=f"lesson:{lesson_id}", **of
    )
