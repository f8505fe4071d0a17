"""教学计划 of a class: which version it follows, and what was taught in its lessons."""

from collections.abc import Sequence

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from backend.kit import clock
from backend.kit.db import upsert
from backend.kit.errors import NotAllowed, NotFound
from backend.security import service as security
from backend.security.permissions import may
from backend.security.schemas import Permission, StaffMember
from backend.teaching.curriculum import queries
from backend.teaching.curriculum.schemas import (
    NoStandard,
    Note,
    NotOpen,
    NotTaughtYet,
    Plan,
    Status,
    UnitUnknown,
)
from backend.teaching.curriculum_models import ClassPlan, Covered, Standard
from backend.teaching.homework import teachers
from backend.teaching.models import ClassGroup, Lesson


def may_note(session: Session, member: StaffMember, class_group_id: int) -> bool:
    """Who says what was taught: whoever teaches the class, and whoever keeps the curriculum."""
    if may(member.role, Permission.KEEP_CURRICULUM):
        return True
    takes_part = may(member.role, Permission.TAKE_ATTENDANCE)
    return takes_part and class_group_id in teachers.classes_of(session, member.id)


def cover(
    session: Session,
    *,
    lesson_id: int,
    taught: Sequence[tuple[int, bool]],
    words: str = "",
    member: StaffMember,
) -> Plan:
    """Note the units (by number) taught in a lesson, and whether each was finished there, in place
    of what was noted before; none takes the notes back. The same again changes nothing; returns the
    plan as it is then. Raises NotFound, NotAllowed, NotTaughtYet, NoStandard, UnitUnknown."""
    lesson = session.get(Lesson, lesson_id, with_for_update={"key_share": True})
    if lesson is None or lesson.status != "planned":
        raise NotFound()
    if not may_note(session, member, lesson.class_group_id):
        raise NotAllowed()
    if lesson.starts_at > clock.now():
        raise NotTaughtYet()
    plan = queries.plan(session, lesson.class_group_id)
    if plan is None:
        raise NoStandard()
    units = {unit.number: unit for unit in queries.standard(session, plan.standard_id).units}
    unknown = [number for number, _ in taught if number not in units]
    if unknown:
        raise UnitUnknown(last=max(units, default=0))
    wanted = {
        units[number].key: (units[number].name, is_finished) for number, is_finished in taught
    }
    row = next((row for row in plan.rows if row.meeting.lesson_id == lesson_id), None)
    noted = {} if row is None else {note.key: note for note in row.meeting.notes}
    words = " ".join(words.split())[:200]
    known = {key: (note.name, note.is_finished) for key, note in noted.items()}
    if known == wanted and all(note.words == words for note in noted.values()):
        return plan
    session.execute(delete(Covered).where(Covered.lesson_id == lesson_id))
    session.add_all(
        Covered(
            lesson_id=lesson_id,
            unit_key=key,
            unit_name=name,
            is_finished=is_finished,
            words=words,
            account_id=member.id,
            at=clock.now(),
        )
        for key, (name, is_finished) in wanted.items()
    )
    # Whoever has begun to teach by a version goes on with it.
    kept = upsert(session, ClassPlan).values(
        class_group_id=lesson.class_group_id, standard_id=plan.standard_id
    )
    session.execute(kept.on_conflict_do_nothing(index_elements=["class_group_id"]))
    session.flush()
    security.audit(
        session,
        actor=f"account:{member.id}",
        action="lesson.covered" if wanted else "lesson.uncovered",
        subject=f"lesson:{lesson_id}",
        units=[name for name, _ in wanted.values()],
        was=[note.name for note in noted.values()],
    )
    after = queries.plan(session, lesson.class_group_id)
    assert after is not None
    return after


def follow(session: Session, *, class_group_id: int, standard_id: int, member: StaffMember) -> None:
    """Teach a class by another version; what was noted stays, units are known by their key. Twice
    is once. Raises NotFound, NotOpen for a version that is not published or of another course."""
    group = session.get(ClassGroup, class_group_id)
    standard = session.get(Standard, standard_id)
    if group is None or standard is None:
        raise NotFound()
    if standard.status != Status.PUBLISHED or standard.course_id != group.course_id:
        raise NotOpen()
    known = session.scalar(
        select(ClassPlan.standard_id).where(ClassPlan.class_group_id == class_group_id)
    )
    if known == standard_id:
        return
    values = {"standard_id": standard_id}
    row = upsert(session, ClassPlan).values(class_group_id=class_group_id, **values)
    session.execute(row.on_conflict_do_update(index_elements=["class_group_id"], set_=values))
    session.expire_all()
    security.audit(
        session,
        actor=f"account:{member.id}",
        action="class.standard_set",
        subject=f"class:{class_group_id}",
        version=standard.version,
    )


def notes_by_number(plan: Plan, lesson_id: int) -> dict[int, Note]:
    """What was noted of a lesson, by the number that the unit has in the plan's version."""
    for row in plan.rows:
        if row.meeting.lesson_id == lesson_id:
            notes = {note.key: note for note in row.meeting.notes}
            return {
                part.number: notes[part.key]
                for part in row.parts
                if part.number is not None and part.key in notes
            }
    return {}
