"""课程标准: drafted, looked at by another person, published, then never changed (T2)."""

import secrets

from sqlalchemy import delete, exists, func, select
from sqlalchemy.orm import Session

from backend.kit import clock
from backend.kit.db import upsert
from backend.kit.errors import NotFound
from backend.security import service as security
from backend.security.schemas import StaffMember
from backend.teaching.curriculum import queries, rules
from backend.teaching.curriculum.schemas import (
    NotOpen,
    SameEyes,
    StandardWrong,
    Status,
    StepKind,
    Unit,
    Written,
)
from backend.teaching.curriculum_models import ClassPlan, Standard, StandardStep, StandardUnit
from backend.teaching.models import ClassGroup, Course, Lesson


def begin(session: Session, *, course_id: int, by: StaffMember) -> int:
    """A new version to write, from the one in force; the open one where there is one. Raises
    NotFound."""
    # One open version a course: who comes second finds the first one's.
    query = select(Course).where(Course.id == course_id).with_for_update(key_share=True)
    if session.scalars(query).one_or_none() is None:
        raise NotFound()
    open_one = select(Standard.id).where(
        Standard.course_id == course_id, Standard.status != Status.PUBLISHED
    )
    known = session.scalar(open_one)
    if known is not None:
        return known
    highest = session.scalar(
        select(func.max(Standard.version)).where(Standard.course_id == course_id)
    )
    row = Standard(course_id=course_id, version=(highest or 0) + 1, status=Status.DRAFT)
    session.add(row)
    session.flush()
    before = queries.in_force(session, [course_id]).get(course_id)
    if before is not None:
        row.goals, row.methods = before.goals, before.methods
        _put_units(session, row.id, before.units)
    _step(session, row, StepKind.WRITTEN, by)
    return row.id


def write(
    session: Session,
    *,
    standard_id: int,
    written: Written,
    by: StaffMember,
    seen: int | None = None,
) -> None:
    """Write a draft anew; the same again changes nothing. `seen` is how many steps its writer knew
    of: who saw fewer would take a colleague's words back. Raises NotFound, NotOpen (also for that),
    StandardWrong."""
    row = _locked(session, standard_id)
    if row.status != Status.DRAFT:
        raise NotOpen()
    why = rules.wrong_in(written)
    if why is not None:
        raise StandardWrong(why=why)
    known = {unit.key: unit for unit in queries.units_of(session, [row.id]).get(row.id, ())}
    units = tuple(
        unit.model_copy(
            update={
                "number": number,
                # A key that this version does not have would take over another unit's past.
                "key": unit.key if unit.key in known else secrets.token_hex(8),
            }
        )
        for number, unit in enumerate(written.units, 1)
    )
    texts = (row.goals, row.methods, row.changes)
    if texts == (written.goals, written.methods, written.changes) and units == tuple(
        known.values()
    ):
        return
    if seen is not None and seen != len(queries.steps(session, row.id)):
        raise NotOpen()
    row.goals, row.methods, row.changes = written.goals, written.methods, written.changes[:200]
    session.execute(delete(StandardUnit).where(StandardUnit.standard_id == row.id))
    _put_units(session, row.id, units)
    _step(session, row, StepKind.WRITTEN, by)


def submit(session: Session, *, standard_id: int, by: StaffMember) -> None:
    """Hand a draft to whoever reviews it. Twice is once. Raises NotFound, NotOpen, StandardWrong
    for one that says nothing yet."""
    row = _locked(session, standard_id)
    if row.status == Status.REVIEW:
        return
    if row.status != Status.DRAFT:
        raise NotOpen()
    view = queries.standard(session, standard_id)
    written = Written(goals=view.goals, methods=view.methods, units=view.units)
    why = rules.wrong_in(written) or (None if view.goals.strip() else "texts")
    if why is not None:
        raise StandardWrong(why=why)
    row.status = Status.REVIEW
    _step(session, row, StepKind.SUBMITTED, by)


def give_back(session: Session, *, standard_id: int, words: str, by: StaffMember) -> None:
    """Send a version back to be written anew, saying why; who submitted it may take it back so.
    Raises NotFound, NotOpen."""
    row = _locked(session, standard_id)
    if row.status != Status.REVIEW:
        raise NotOpen()
    row.status = Status.DRAFT
    _step(session, row, StepKind.RETURNED, by, words=words)


def publish(session: Session, *, standard_id: int, by: StaffMember) -> None:
    """Put a version in force; classes that have begun stay with theirs until somebody moves them.
    Twice is once. Raises NotFound, NotOpen, SameEyes for whoever wrote or submitted it."""
    row = _locked(session, standard_id)
    if row.status == Status.PUBLISHED:
        return
    if row.status != Status.REVIEW:
        raise NotOpen()
    hands = select(StandardStep.account_id).where(
        StandardStep.standard_id == row.id,
        StandardStep.kind.in_((StepKind.WRITTEN, StepKind.SUBMITTED)),
    )
    if by.id in set(session.scalars(hands)):
        raise SameEyes()
    before = queries.in_force(session, [row.course_id]).get(row.course_id)
    if before is not None:
        _stay(session, row.course_id, before.id)
    row.status, row.published_at = Status.PUBLISHED, clock.now()
    _step(session, row, StepKind.PUBLISHED, by)


def _stay(session: Session, course_id: int, standard_id: int) -> None:
    has_begun = exists().where(
        Lesson.class_group_id == ClassGroup.id, Lesson.starts_at <= clock.now()
    )
    groups = select(ClassGroup.id).where(ClassGroup.course_id == course_id, has_begun)
    rows = [{"class_group_id": id_, "standard_id": standard_id} for id_ in session.scalars(groups)]
    if rows:
        made = upsert(session, ClassPlan).values(rows)
        session.execute(made.on_conflict_do_nothing(index_elements=["class_group_id"]))


def _put_units(session: Session, standard_id: int, units: tuple[Unit, ...]) -> None:
    session.add_all(StandardUnit(standard_id=standard_id, **unit.model_dump()) for unit in units)
    session.flush()


def _locked(session: Session, standard_id: int) -> Standard:
    query = select(Standard).where(Standard.id == standard_id)
    lock = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    row = session.scalars(lock).one_or_none()
    if row is None:
        raise NotFound()
    return row


def _step(
    session: Session, row: Standard, kind: StepKind, by: StaffMember, *, words: str = ""
) -> None:
    session.add(
        StandardStep(
            standard_id=row.id, kind=kind, account_id=by.id, at=clock.now(), words=words[:200]
        )
    )
    session.flush()
    security.audit(
        session,
        actor=f"account:{by.id}",
        action=f"standard.{kind}",
        subject=f"standard:{row.id}",
        course_id=row.course_id,
        version=row.version,
    )
