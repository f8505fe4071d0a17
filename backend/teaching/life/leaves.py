"""请假, and taking it back: in time it costs nothing and may be made up (clauses §4, rule 3)."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.kit import clock
from backend.kit.errors import NotFound
from backend.outbox import service as outbox
from backend.outbox.schemas import Notice
from backend.security import queries as staff
from backend.students import queries as students
from backend.teaching import queries, rules
from backend.teaching.life import clashes, sheets
from backend.teaching.life.queries import seats_taken
from backend.teaching.life.sheets import Sheet
from backend.teaching.models import Attendance, Leave, Lesson
from backend.teaching.schemas import Kind, LeaveTaken, LessonOver, Mark, SeatTaken, Why


def ask(session: Session, *, student_id: int, lesson_id: int, words: str, by: str) -> LeaveTaken:
    """A learner will not come to a lesson. In time, that is decided at once; late, by the published
    terms when the roll is called. Asking again changes nothing. Raises NotFound, LessonOver.
    """
    sheet = sheets.opened(session, lesson_id)
    place = _place(sheet, student_id)
    if place.status != Mark.LEAVE:
        leave = Leave(
            student_id=student_id,
            lesson_id=lesson_id,
            words=words,
            asked_by=by,
            asked_at=clock.now(),
        )
        session.add(leave)
        session.flush()
        sheet.leaves[student_id] = leave
        place.status = Mark.LEAVE
        if clock.now() <= rules.free_until(sheet.lesson.starts_at, sheet.terms):
            sheet.settle([place], is_told=False)
        session.flush()
        _tell_teacher(sheet, place, f"leave:{leave.id}", "leave_taken")
    return _taken(sheet, place)


def revoke(session: Session, *, student_id: int, lesson_id: int) -> None:
    """The learner can come after all. Raises NotFound where no leave is open, LessonOver, SeatTaken
    when the free seat was given to somebody who makes up a lesson, Clash.
    """
    sheet = sheets.opened(session, lesson_id)
    place, leave = _place(sheet, student_id), sheet.leaves.get(student_id)
    if leave is None:
        raise NotFound()
    if taken_seats(session, lesson_id) >= sheet.group.capacity:
        raise SeatTaken(class_name=sheet.group.name)
    found = clashes.with_learner(session, student_id=student_id, lesson_ids=[lesson_id])
    if found is not None:
        raise found
    leave.revoked_at = clock.now()
    with clashes.named(session):
        sheet.reopen(place)
    _tell_teacher(sheet, place, f"leave-revoked:{leave.id}", "leave_revoked")


def taken_seats(session: Session, lesson_id: int) -> int:
    """How many learners and guests are coming to a lesson."""
    return session.scalar(select(seats_taken()).where(Lesson.id == lesson_id)) or 0


def _place(sheet: Sheet, student_id: int) -> Attendance:
    place = sheet.places.get(student_id)
    if place is None:
        raise NotFound()
    if sheet.lesson.status != "planned" or sheet.lesson.starts_at <= clock.now():
        raise LessonOver()
    return place


def _taken(sheet: Sheet, place: Attendance) -> LeaveTaken:
    leave, student_id = sheet.leaves[place.student_id], place.student_id
    decision = rules.decision_of(
        Kind(place.kind),
        Mark.LEAVE,
        sheet.terms,
        notice=sheet.lesson.starts_at - leave.asked_at,
    )
    absence = sheet.absences.get(student_id)
    makeup_of = place.absence_id if place.kind == Kind.MAKEUP else absence and absence.id
    can_repeat = decision.opens_makeup or decision.why is Why.LEAVE_IN_TIME
    return LeaveTaken(
        lesson=queries.lesson(sheet.session, sheet.lesson.id),
        is_free=not decision.lessons,
        free_until=rules.free_until(sheet.lesson.starts_at, sheet.terms),
        why=decision.why,
        absence_id=makeup_of if can_repeat else None,
    )


def _tell_teacher(sheet: Sheet, place: Attendance, key: str, template: str) -> None:
    lesson = sheet.lesson
    outbox.post(
        sheet.session,
        to=staff.recipient_of(sheet.session, lesson.teacher_id),
        notice=Notice(
            template=template,
            values={
                "child": students.student(sheet.session, place.student_id).name,
                "class_name": sheet.group.name,
                "time": f"{clock.local(lesson.starts_at):%m月%d日 %H:%M}",
            },
            urgent=clock.local(lesson.starts_at).date() == clock.today(),
        ),
        dedupe_key=key,
    )
