"""课堂反馈: what a teacher says about a lesson, to the families of those who were there."""

from sqlalchemy.orm import Session

from backend.kit.errors import NotAllowed
from backend.outbox import service as outbox
from backend.outbox.schemas import Notice
from backend.security.schemas import StaffMember
from backend.students import queries as students
from backend.teaching.life import calling, sheets
from backend.teaching.schemas import Mark, NotInLesson


def write(
    session: Session,
    *,
    lesson_id: int,
    words: str,
    member: StaffMember,
    student_id: int | None = None,
    key: str,
) -> int:
    """Tell the guardians of everybody who was in a lesson, or of one of them; returns how many
    learners that are. `key` names the message it came from: the same message is passed on once.
    Raises NotAllowed, NotInLesson."""
    sheet = sheets.opened(session, lesson_id)
    if not calling.may_call(member, sheet.lesson, sheet.group):
        raise NotAllowed()
    there = [
        place.student_id
        for place in sheet.places.values()
        if place.status in (Mark.PRESENT, Mark.LATE) and student_id in (None, place.student_id)
    ]
    if not there:
        raise NotInLesson()
    if student_id is None:
        sheet.lesson.summary = words
    children = students.students(session, there)
    for each in there:
        values = {
            "child": children[each].name,
            "course": sheet.course.name,
            "teacher": member.name,
            "words": words,
        }
        for number, to in enumerate(students.family_of(session, each)):
            outbox.post(
                session,
                to=to,
                notice=Notice(template="lesson_summary", values=values),
                dedupe_key=f"lesson-summary:{key}:{each}:{number}",
            )
    return len(there)
