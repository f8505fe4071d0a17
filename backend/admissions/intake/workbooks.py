"""Leads from a workbook (A8): read and checked, shown row by row, and only then carried out.

As with students: nothing is written but the draft until somebody confirms; each row is done in the
unit that writes its outcome, so that a job that dies is simply run again, and which child of which
phone is the row's identity, so that the same workbook twice makes nobody twice.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial

from pydantic import BaseModel, ConfigDict
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from backend.admissions import rules
from backend.admissions.intake.arriving import Arrived, arrive
from backend.admissions.lead_models import LeadSheet, LeadSheetRow
from backend.admissions.models import Lead
from backend.admissions.schemas import FROM_SHEET
from backend.kit import clock, crypto, queue, workbook
from backend.kit.db import ring_after_commit, unit_of_work
from backend.kit.errors import DomainError, NotFound
from backend.logistics import queries as logistics
from backend.security import service as security
from backend.security.schemas import StaffMember

BATCH = 25
MOST_ROWS = 2000
KEPT = timedelta(days=30)
DRAFT_LASTS = timedelta(days=1)


class Field(StrEnum):
    """A column; the value is its heading in the workbook."""

    CUSTOMER = "称呼"
    PHONE = "手机"
    CHILD = "孩子姓名"
    INTEREST = "想了解"
    CAMPUS = "校区"


REQUIRED = (Field.CUSTOMER, Field.PHONE, Field.INTEREST)
LONGEST = {Field.CUSTOMER: 40, Field.CHILD: 40, Field.INTEREST: 500}


class Problem(StrEnum):
    """What is wrong with a cell."""

    MISSING = "missing"
    TOO_LONG = "too_long"
    BAD_PHONE = "bad_phone"
    NO_CAMPUS = "no_campus"
    REPEATED = "repeated"


class Plan(StrEnum):
    NEW = "new"
    KNOWN = "known"  # Noted on the lead that is there.
    BAD = "bad"


class Status(StrEnum):
    DRAFT = "draft"
    RUNNING = "running"
    DONE = "done"


class HeadingsWrong(DomainError):
    """The first row does not name its columns; `missing` are the headings that it needs."""


class NothingToDo(DomainError):
    """The workbook has no row below its headings."""


class Content(BaseModel):
    """A row as it was understood."""

    model_config = ConfigDict(frozen=True)

    customer: str = ""
    phone: str = ""
    child_name: str | None = None
    interest: str = ""
    campus_id: int | None = None


class SheetView(BaseModel):
    """A workbook and how far it is."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: int
    title: str
    status: Status
    begun_by: int
    begun_at: datetime
    finished_at: datetime | None
    plans: dict[Plan, int] = {}
    done: int = 0

    @property
    def total(self) -> int:
        """How many rows there are."""
        return sum(self.plans.values())


class RowView(BaseModel):
    """One row; `phone` is shown by its last four digits."""

    model_config = ConfigDict(frozen=True)

    number: int
    content: Content
    problems: dict[Field, Problem]
    plan: Plan
    lead_id: int | None


def places(headings: Sequence[str]) -> dict[Field, int]:
    """Where each column stands. Raises HeadingsWrong."""
    plain = [heading.strip().rstrip("*＊").strip() for heading in headings]
    missing = [field.value for field in REQUIRED if field.value not in plain]
    if missing:
        raise HeadingsWrong(missing=missing)
    return {field: plain.index(field.value) for field in Field if field.value in plain}


def understood(
    row: Sequence[str], where: Mapping[Field, int], campuses: Mapping[str, int]
) -> tuple[Content, dict[Field, Problem]]:
    """A row's content and what is wrong with which cell. Pure."""
    cells = {field: row[at].strip() if at < len(row) else "" for field, at in where.items()}
    problems = {field: Problem.MISSING for field in REQUIRED if not cells[field]}
    for field, longest in LONGEST.items():
        if len(cells.get(field, "")) > longest:
            problems[field] = Problem.TOO_LONG
    phone = re.sub(r"^\+?86(?=1\d{10}$)", "", re.sub(r"[\s\-]", "", cells[Field.PHONE]))
    if cells[Field.PHONE] and not rules.is_phone(phone):
        problems[Field.PHONE] = Problem.BAD_PHONE
    campus = cells.get(Field.CAMPUS, "")
    if campus and campus not in campuses:
        problems[Field.CAMPUS] = Problem.NO_CAMPUS
    content = Content(
        customer=cells[Field.CUSTOMER],
        phone=phone,
        child_name=cells.get(Field.CHILD) or None,
        interest=cells[Field.INTEREST],
        campus_id=campuses.get(campus),
    )
    return content, problems


def begin(session: Session, *, title: str, content: bytes, by: StaffMember) -> int:
    """Read and check a workbook; returns the draft. Raises WorkbookRefused, HeadingsWrong,
    NothingToDo."""
    forget_old(session)
    headings, found = workbook.under_headings(workbook.rows(content, most=MOST_ROWS))
    where = places(headings)
    campuses = {each.name: each.id for each in logistics.campuses(session)}
    checked, seen = [], set[tuple[str, str | None]]()
    for at, row in found:
        read, problems = understood(row, where, campuses)
        if not problems and (read.phone, read.child_name) in seen:
            problems[Field.PHONE] = Problem.REPEATED
        seen.add((read.phone, read.child_name))
        checked.append((at, read, problems))
    if not checked:
        raise NothingToDo()
    known = _known(session, [read for _, read, problems in checked if not problems])
    draft = LeadSheet(title=title[:80], status=Status.DRAFT, begun_by=by.id, begun_at=clock.now())
    session.add(draft)
    session.flush()
    for at, read, problems in checked:
        plan = Plan.BAD if problems else Plan.KNOWN if read.phone in known else Plan.NEW
        session.add(
            LeadSheetRow(
                sheet_id=draft.id,
                number=at,
                content=read.model_dump_json(),
                problems={field.value: problem.value for field, problem in problems.items()},
                plan=plan,
            )
        )
    session.flush()
    return draft.id


def confirm(session: Session, sheet_id: int, *, to_pool: bool, by: StaffMember) -> None:
    """Let a draft be carried out. Again changes nothing. Raises NotFound."""
    row = _locked(session, sheet_id)
    if row.status != Status.DRAFT:
        return
    row.status, row.to_pool = Status.RUNNING, to_pool
    session.flush()
    subject = f"lead_sheet:{row.id}"
    security.audit(
        session, actor=f"account:{by.id}", action="lead.sheet_confirmed", subject=subject
    )
    ring_after_commit(session, subject, partial(_ring, row.id))


def run(sheet_id: int) -> None:
    """Carry a confirmed workbook out, a batch in each unit; who comes second finds nothing left."""
    while True:
        with unit_of_work() as session:
            if not _do_batch(session, sheet_id):
                return


def running(session: Session) -> list[int]:
    """Workbooks that are confirmed and not finished."""
    query = select(LeadSheet.id).where(LeadSheet.status == Status.RUNNING)
    return list(session.scalars(query.order_by(LeadSheet.id)))


def sheets(session: Session) -> list[SheetView]:
    """The latest ones."""
    rows = session.scalars(select(LeadSheet).order_by(LeadSheet.id.desc()).limit(20))
    return [SheetView.model_validate(row) for row in rows]


def sheet(session: Session, sheet_id: int) -> SheetView:
    """One with its counts. Raises NotFound."""
    row = session.get(LeadSheet, sheet_id)
    if row is None:
        raise NotFound()
    counted = session.execute(
        select(LeadSheetRow.plan, func.count(LeadSheetRow.id), func.count(LeadSheetRow.outcome))
        .where(LeadSheetRow.sheet_id == sheet_id)
        .group_by(LeadSheetRow.plan)
    ).all()
    plans = {Plan(plan): count for plan, count, _ in counted}
    done = sum(done for *_, done in counted)
    return SheetView.model_validate(row).model_copy(update={"plans": plans, "done": done})


def rows_of(
    session: Session, sheet_id: int, *, only: Plan | None = None, limit: int = MOST_ROWS
) -> list[RowView]:
    """Rows in the order of the workbook."""
    query = select(LeadSheetRow).where(LeadSheetRow.sheet_id == sheet_id)
    if only is not None:
        query = query.where(LeadSheetRow.plan == only)
    return [
        RowView(
            number=row.number,
            content=Content.model_validate_json(row.content),
            problems={Field(name): Problem(each) for name, each in row.problems.items()},
            plan=Plan(row.plan),
            lead_id=row.lead_id,
        )
        for row in session.scalars(query.order_by(LeadSheetRow.number).limit(limit))
    ]


def forget_old(session: Session) -> None:
    """Drafts that nobody confirmed, and what old workbooks said."""
    now = clock.now()
    drafts = select(LeadSheet.id).where(
        LeadSheet.status == Status.DRAFT, LeadSheet.begun_at < now - DRAFT_LASTS
    )
    old = select(LeadSheet.id).where(LeadSheet.finished_at < now - KEPT)
    for ids in (drafts, old):
        session.execute(delete(LeadSheetRow).where(LeadSheetRow.sheet_id.in_(ids)))
    session.execute(delete(LeadSheet).where(LeadSheet.id.in_(drafts)))


def _ring(sheet_id: int) -> None:
    queue.defer("backend.admissions.jobs.run_sheet", sheet_id)


def _locked(session: Session, sheet_id: int) -> LeadSheet:
    row = session.get(LeadSheet, sheet_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound()
    return row


def _do_batch(session: Session, sheet_id: int) -> bool:
    """Do the next rows under the workbook's lock; False when there is nothing left."""
    row = _locked(session, sheet_id)
    if row.status != Status.RUNNING:
        return False
    query = select(LeadSheetRow).where(
        LeadSheetRow.sheet_id == sheet_id, LeadSheetRow.outcome.is_(None)
    )
    todo = list(session.scalars(query.order_by(LeadSheetRow.number).limit(BATCH)))
    for each in todo:
        if each.plan == Plan.BAD:
            each.outcome = "refused"
            continue
        content = Content.model_validate_json(each.content)
        came = arrive(
            session,
            Arrived(
                way="excel",
                source=FROM_SHEET,
                key=f"sheet:{sheet_id}:{each.number}",
                customer=content.customer,
                phone=content.phone,
                child_name=content.child_name,
                interest=content.interest,
                campus_id=content.campus_id,
                is_asking=False,
                to_pool=row.to_pool,
            ),
        )
        each.outcome, each.lead_id = "made" if came.is_new else "noted", came.lead_id
    if len(todo) < BATCH:
        row.status, row.finished_at = Status.DONE, clock.now()
    session.flush()
    return row.status == Status.RUNNING


def _known(session: Session, contents: list[Content]) -> set[str]:
    """The phones that stand on open leads, in a few statements."""
    phones = {
        index: each.phone
        for each in contents
        for index in crypto.blind_indexes(each.phone, context="phone")
    }
    indexes, found = sorted(phones), set[str]()
    for start in range(0, len(indexes), 500):
        query = select(Lead.phone_index).where(
            Lead.phone_index.in_(indexes[start : start + 500]), Lead.closed_at.is_(None)
        )
        found |= {phones[index] for index in session.scalars(query) if index}
    return found
