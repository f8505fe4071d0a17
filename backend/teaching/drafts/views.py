"""Moves with the names that people know; a fixed number of statements."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.logistics import queries as logistics
from backend.security import queries as security
from backend.teaching.drafts.schemas import Move, MoveView, SlotView
from backend.teaching.models import ClassGroup, Lesson


def slots(session: Session, found: Sequence[Move]) -> list[SlotView]:
    """Places for one lesson, in their order."""
    people, rooms = _names(session, found)
    return [
        SlotView(
            move=each,
            teacher_name=people[each.becomes.teacher_id],
            venue_name=rooms.get(each.becomes.venue_id or 0),
            new_teacher=each.becomes.teacher_id != each.was.teacher_id,
            new_room=each.becomes.venue_id != each.was.venue_id,
        )
        for each in found
    ]


def moves(session: Session, found: Sequence[Move]) -> list[MoveView]:
    """Moves of several lessons, in their order."""
    people, rooms = _names(session, found)
    classes = dict(
        session.execute(
            select(Lesson.id, ClassGroup.name)
            .join(ClassGroup, ClassGroup.id == Lesson.class_group_id)
            .where(Lesson.id.in_([each.lesson_id for each in found]))
        ).all()
    )
    return [
        MoveView(
            move=each,
            class_name=classes[each.lesson_id],
            before_teacher=people[each.was.teacher_id],
            after_teacher=people[each.becomes.teacher_id],
            before_venue=rooms.get(each.was.venue_id or 0),
            after_venue=rooms.get(each.becomes.venue_id or 0),
        )
        for each in found
    ]


def _names(session: Session, found: Sequence[Move]) -> tuple[dict[int, str], dict[int, str]]:
    places = [place for each in found for place in (each.was, each.becomes)]
    people = security.staff_members(session, {each.teacher_id for each in places})
    _, rooms = logistics.names(
        session, campus_ids=set(), venue_ids={each.venue_id for each in places if each.venue_id}
    )
    return {each.id: each.name for each in people.values()}, rooms
