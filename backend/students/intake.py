"""Students from a workbook (A8, A11): read and checked, shown, and only then carried out.

Nothing is written but the draft until somebody confirms. A confirmed intake is one job in small
units; each row is done in the unit that writes its outcome, so a job that dies is simply run again.
Which child of which phone is the row's identity: the same workbook twice adds nobody twice.
"""

from collections import Counter
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial

from pydantic import BaseModel, ConfigDict
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from backend.kit import clock, crypto, queue, workbook
from backend.kit.db import ring_after_commit, unit_of_work
from backend.kit.errors import DomainError, NotFound
from backend.security import queries as staff
from backend.security import service as security
from backend.security.schemas import StaffMember
from backend.students import names, queries, sheet, tags
from backend.students.customer_models import Intake, IntakeRow
from backend.students.models import Guardian, Guardianship, Student
from backend.students.schemas import Person
from backend.students.sheet import Content, Field, Problem

BATCH = 50
DRAFT_LASTS = timedelta(days=1)
RESULT_LASTS = timedelta(days=30)


class HeadingsWrong(DomainError):
    """The first row does not name its columns; `missing` are the headings that it needs."""


class NothingToDo(DomainError):
    """The workbook has no row below its headings."""


class Status(StrEnum):
    DRAFT = "draft"
    RUNNING = "running"
    DONE = "done"


class Plan(StrEnum):
    """What would be done with a row."""

    NEW = "new"
    KNOWN = "known"  # The child is there already: updated or left alone, as the reader chooses.
    BAD = "bad"


class Outcome(StrEnum):
    """What was done with a row."""

    MADE = "made"
    UPDATED = "updated"
    LEFT = "left"
    REFUSED = "refused"


class IntakeView(BaseModel):
    """One intake and how far it is."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: int
    title: str
    status: Status
    begun_by: int
    begun_at: datetime
    finished_at: datetime | None
    updates_known: bool
    plans: dict[Plan, int] = {}
    done: int = 0

    @property
    def total(self) -> int:
        """How many rows there are."""
        return sum(self.plans.values())


class RowView(BaseModel):
    """One row; `number` is its number in the workbook."""

    model_config = ConfigDict(frozen=True)

    number: int
    content: Content
    problems: dict[Field, Problem]
    plan: Plan
    outcome: Outcome | None


def begin(session: Session, *, title: str, content: bytes, by: StaffMember) -> int:
    """Read and check a workbook; returns the draft. Raises WorkbookRefused, HeadingsWrong,
    NothingToDo."""
    forget_old(session)
    headings, found = workbook.under_headings(workbook.rows(content))
    try:
        where = sheet.places(headings)
    except sheet.HeadingsMissing as error:
        raise HeadingsWrong(missing=list(error.args)) from error
    known_tags = [each.name for each in tags.settable(session, by, Person.STUDENT)]
    checked = []
    seen: set[tuple[str, str]] = set()
    for at, row in found:
        read, problems = sheet.understood(row, where, known_tags=known_tags, today=clock.today())
        if not problems and read.key in seen:
            problems[Field.STUDENT] = Problem.REPEATED
        seen.add(read.key)
        checked.append((at, read, problems))
    if not checked:
        raise NothingToDo()
    known = _known(session, [read for _, read, problems in checked if not problems])
    draft = Intake(title=title[:80], status=Status.DRAFT, begun_by=by.id, begun_at=clock.now())
    session.add(draft)
    session.flush()
    for at, read, problems in checked:
        plan = Plan.BAD if problems else Plan.KNOWN if read.key in known else Plan.NEW
        session.add(
            IntakeRow(
                intake_id=draft.id,
                number=at,
                content=read.model_dump_json(),
                problems={field.value: problem.value for field, problem in problems.items()},
                plan=plan,
            )
        )
    session.flush()
    return draft.id


def confirm(session: Session, intake_id: int, *, updates_known: bool, by: StaffMember) -> None:
    """Let a draft be carried out. Again changes nothing. Raises NotFound."""
    row = _locked(session, intake_id)
    if row.status != Status.DRAFT:
        return
    row.status, row.confirmed_at, row.updates_known = Status.RUNNING, clock.now(), updates_known
    security.audit(
        session,
        actor=f"account:{by.id}",
        action="intake.confirmed",
        subject=f"intake:{row.id}",
        updates_known=updates_known,
    )
    ring_after_commit(session, f"intake:{row.id}", partial(_ring, row.id))


def run(intake_id: int) -> None:
    """Carry a confirmed intake out, a batch in each unit. Whoever comes second finds nothing left
    to do."""
    while True:
        with unit_of_work() as session:
            if not _do_batch(session, intake_id):
                return


def running(session: Session) -> list[int]:
    """Intakes that are confirmed and not finished."""
    query = select(Intake.id).where(Intake.status == Status.RUNNING)
    return list(session.scalars(query.order_by(Intake.id)))


def intakes(session: Session, *, limit: int = 20) -> list[IntakeView]:
    """The latest ones."""
    query = select(Intake).order_by(Intake.id.desc()).limit(limit)
    return [IntakeView.model_validate(row) for row in session.scalars(query)]


def intake(session: Session, intake_id: int) -> IntakeView:
    """One with its counts. Raises NotFound."""
    row = session.get(Intake, intake_id)
    if row is None:
        raise NotFound()
    counted = session.execute(
        select(IntakeRow.plan, func.count(IntakeRow.id), func.count(IntakeRow.outcome))
        .where(IntakeRow.intake_id == intake_id)
        .group_by(IntakeRow.plan)
    ).all()
    return IntakeView.model_validate(row).model_copy(
        update={
            "plans": {Plan(plan): count for plan, count, _ in counted},
            "done": sum(done for *_, done in counted),
        }
    )


def rows_of(
    session: Session, intake_id: int, *, only: Plan | None = None, limit: int = workbook.MOST_ROWS
) -> list[RowView]:
    """Rows in the order of the workbook."""
    query = select(IntakeRow).where(IntakeRow.intake_id == intake_id)
    if only is not None:
        query = query.where(IntakeRow.plan == only)
    return [
        RowView(
            number=row.number,
            content=Content.model_validate_json(row.content),
            problems={Field(name): Problem(each) for name, each in row.problems.items()},
            plan=Plan(row.plan),
            outcome=Outcome(row.outcome) if row.outcome else None,
        )
        for row in session.scalars(query.order_by(IntakeRow.number).limit(limit))
    ]


def _ring(intake_id: int) -> None:
    queue.defer("backend.students.jobs.run_intake", intake_id)


def _locked(session: Session, intake_id: int) -> Intake:
    row = session.get(Intake, intake_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound()
    return row


def _do_batch(session: Session, intake_id: int) -> bool:
    """Do the next rows under the intake's lock; False when there is nothing left."""
    row = _locked(session, intake_id)
    if row.status != Status.RUNNING:
        return False
    query = select(IntakeRow).where(IntakeRow.intake_id == intake_id, IntakeRow.outcome.is_(None))
    todo = list(session.scalars(query.order_by(IntakeRow.number).limit(BATCH)))
    member = staff.staff_members(session, {row.begun_by})[row.begun_by]
    for each in todo:
        if each.plan == Plan.BAD:
            each.outcome = Outcome.REFUSED
            continue
        content = Content.model_validate_json(each.content)
        each.outcome = _do(session, content, updates_known=row.updates_known, by=member)
    if len(todo) < BATCH:
        row.status, row.finished_at = Status.DONE, clock.now()
        outcomes = session.scalars(
            select(IntakeRow.outcome).where(IntakeRow.intake_id == intake_id)
        )
        security.audit(
            session,
            actor=f"account:{row.begun_by}",
            action="intake.finished",
            subject=f"intake:{row.id}",
            **Counter(str(each) for each in outcomes),
        )
    session.flush()
    return row.status == Status.RUNNING


def _do(session: Session, content: Content, *, updates_known: bool, by: StaffMember) -> Outcome:
    """One row. It looks again: somebody may have signed up since the preview."""
    index, *former = crypto.blind_indexes(content.phone, context="phone")
    is_theirs = Guardian.phone_index.in_([index, *former])
    query = select(Guardian).where(is_theirs, Guardian.merged_into_id.is_(None))
    guardian = session.scalars(query.order_by(Guardian.id).limit(1)).one_or_none()
    if guardian is None:
        guardian = Guardian(
            name=content.guardian,
            phone=content.phone,
            phone_index=index,
            phone_checked_at=clock.now(),  # The school keeps the list, nobody typed it in a chat.
            created_at=clock.now(),
        )
        session.add(guardian)
        session.flush()
    same = [
        each.id
        for each in queries.children_of(session, guardian.id)
        if names.plain(each.name) == content.key[0]
    ]
    if same and not updates_known:
        return Outcome.LEFT
    if same:
        student = session.get_one(Student, same[0], with_for_update=True)
    else:
        student = Student(name=content.student, created_at=clock.now())
        session.add(student)
        session.flush()
        session.add(Guardianship(guardian_id=guardian.id, student_id=student.id))
    student.grade = content.grade or student.grade
    student.birth_on = content.birth_on or student.birth_on
    session.flush()
    by_name = {each.name: each.id for each in tags.settable(session, by, Person.STUDENT)}
    for name in content.tags:
        if name in by_name:  # A tag may have been retired since.
            tag_id = by_name[name]
            tags.put(session, tag_id=tag_id, person=Person.STUDENT, ids=[student.id], by=by)
    action = "student.updated" if same else "student.imported"
    subject = f"student:{student.id}"
    security.audit(session, actor=f"account:{by.id}", action=action, subject=subject)
    return Outcome.UPDATED if same else Outcome.MADE


def _known(session: Session, contents: list[Content]) -> set[tuple[str, str]]:
    """The keys of children who are there already, in a few statements."""
    phones = {
        index: each.phone
        for each in contents
        for index in crypto.blind_indexes(each.phone, context="phone")
    }
    found: set[tuple[str, str]] = set()
    indexes = sorted(phones)
    for start in range(0, len(indexes), 500):
        query = (
            select(Guardian.phone_index, Student.name)
            .join(Guardianship, Guardianship.guardian_id == Guardian.id)
            .join(Student, Student.id == Guardianship.student_id)
            .where(Guardian.phone_index.in_(indexes[start : start + 500]))
            .where(Student.merged_into_id.is_(None))
        )
        found |= {(names.plain(name), phones[index]) for index, name in session.execute(query)}
    return found


def forget_old(session: Session) -> None:
    """Drafts that nobody confirmed, and what old workbooks said."""
    now = clock.now()
    drafts = select(Intake.id).where(
        Intake.status == Status.DRAFT, Intake.begun_at < now - DRAFT_LASTS
    )
    old = select(Intake.id).where(Intake.finished_at < now - RESULT_LASTS)
    for ids in (drafts, old):
        session.execute(delete(IntakeRow).where(IntakeRow.intake_id.in_(ids)))
    session.execute(delete(Intake).where(Intake.id.in_(drafts)))
