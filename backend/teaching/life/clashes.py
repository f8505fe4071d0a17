"""What the database refuses as a clash, in words (T4)."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from backend.kit import clock
from backend.teaching import no_clash
from backend.teaching.models import Booking, ClassGroup, Lesson
from backend.teaching.schemas import Clash


@contextmanager
def named(session: Session, **facts: object) -> Iterator[None]:
    """Whatever is changed inside is written, or undone with a Clash when somebody or something
    would be in two lessons at once."""
    try:
        with session.begin_nested():
            yield
            session.flush()
    except IntegrityError as error:
        if no_clash.CONSTRAINT not in str(error.orig):
            raise
        raise Clash(**facts) from error


def with_class(session: Session, *, student_id: int, class_group_id: int) -> Clash | None:
    """Why a learner cannot sit in a class: their first lesson that overlaps one still to come."""
    coming = select(Lesson.id).where(
        Lesson.class_group_id == class_group_id,
        Lesson.status == "planned",
        Lesson.starts_at > clock.now(),
    )
    lesson_ids = list(session.scalars(coming))
    return with_learner(session, student_id=student_id, lesson_ids=lesson_ids)


def with_learner(session: Session, *, student_id: int, lesson_ids: Collection[int]) -> Clash | None:
    """The first lesson of a learner that overlaps one of these, as what would be raised."""
    wanted = aliased(Lesson)
    query = (
        select(Lesson.starts_at, ClassGroup.name)
        .join(Booking, Booking.lesson_id == Lesson.id)
        .join(ClassGroup, ClassGroup.id == Lesson.class_group_id)
        .join(wanted, (wanted.starts_at < Booking.ends_at) & (Booking.starts_at < wanted.ends_at))
        .where(
            Booking.kind == no_clash.LEARNER,
            Booking.resource_id == student_id,
            wanted.id.in_(lesson_ids),
            wanted.id != Booking.lesson_id,
        )
        .order_by(Lesson.starts_at)
        .limit(1)
    )
    found = session.execute(query).first()
    return Clash(class_name=found.name, at=clock.local(found.starts_at)) if found else None
