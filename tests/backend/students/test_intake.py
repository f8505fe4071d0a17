"""Students from a workbook: read, checked, shown, carried out once (A8, A11)."""

from datetime import date

import pytest
from sqlalchemy import select

from backend.kit import clock, workbook
from backend.kit.db import reading, unit_of_work
from backend.security import service as security
from backend.security.schemas import Role, StaffMember
from backend.students import intake, jobs, roster, sheet, tags
from backend.students.customer_models import IntakeRow
from backend.students.intake import HeadingsWrong, NothingToDo, Outcome, Plan, Status
from backend.students.models import Student
from backend.students.roster import Wanted
from backend.students.schemas import Person
from backend.students.sheet import Field, Problem
from backend.students.words import FIELDS

WHERE = sheet.places(FIELDS)
FAMILY = ["王小明", "三年级", "2017-3-4", "王军", "138 1234 5678", "重点"]


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        ({}, {}),
        ({0: ""}, {Field.STUDENT: Problem.MISSING}),
        ({0: "王" * 41}, {Field.STUDENT: Problem.TOO_LONG}),
        ({4: "1381234567"}, {Field.PHONE: Problem.BAD_PHONE}),
        ({4: "+8613812345678"}, {}),
        ({4: "12812345678"}, {Field.PHONE: Problem.BAD_PHONE}),
        ({2: "2017年3月4日"}, {}),
        ({2: "20170304"}, {Field.BIRTH: Problem.BAD_DATE}),
        ({2: "2017-02-30"}, {Field.BIRTH: Problem.BAD_DATE}),
        ({2: "2917-02-03"}, {Field.BIRTH: Problem.BAD_DATE}),
        ({5: "重点、没有"}, {Field.TAGS: Problem.UNKNOWN_TAG}),
        ({3: "", 4: ""}, {Field.GUARDIAN: Problem.MISSING, Field.PHONE: Problem.MISSING}),
    ],
)
def test_every_cell_is_checked(changes: dict[int, str], problems: dict[Field, Problem]) -> None:
    row = [changes.get(at, cell) for at, cell in enumerate(FAMILY)]
    today = date(2026, 11, 24)
    content, found = sheet.understood(row, WHERE, known_tags=["重点"], today=today)
    assert found == problems
    if not problems:
        assert content.phone == "13812345678"
        assert content.birth_on == date(2017, 3, 4)


def book(*lines: list[str], headings: list[str] = FIELDS, above: str = "") -> bytes:
    return workbook.written([headings, *lines], title="学员", above=above)


def clerk() -> StaffMember:
    with unit_of_work() as session:
        id_ = security.hire(session, name="教务", role=Role.ACADEMIC).id
        member = StaffMember(id=id_, name="教务", role=Role.ACADEMIC, campus_id=None)
        tags.keep(session, name="重点", colour=tags.Colour.RED, kind=None, setters=[], by=member)
    return member


def begin(content: bytes, member: StaffMember) -> int:
    with unit_of_work() as session:
        return intake.begin(session, title="名单.xlsx", content=content, by=member)


def carry_out(draft: int, member: StaffMember, *, updates_known: bool = False) -> list[object]:
    with unit_of_work() as session:
        for _ in range(2):
            intake.confirm(session, draft, updates_known=updates_known, by=member)
    for _ in range(2):
        jobs.run_intake(draft)
    with reading() as session:
        assert intake.intake(session, draft).status is Status.DONE
        return [row.outcome for row in intake.rows_of(session, draft)]


def students() -> dict[str, str | None]:
    with reading() as session:
        return dict(session.execute(select(Student.name, Student.grade)).all())


def test_nothing_is_written_before_the_word_and_everything_once_after(database: str) -> None:
    member = clerk()
    bad = ["", "", "", "", "1", ""]
    sister = ["王小红", "", "", "王军", "13812345678", ""]
    content = book(FAMILY, [], FAMILY, bad, sister, above="带*的列必填")
    draft = begin(content, member)
    with reading() as session:
        found = intake.intake(session, draft)
        assert found.plans == {Plan.NEW: 2, Plan.BAD: 2}
        rows = intake.rows_of(session, draft, only=Plan.BAD)
        assert rows[0].problems == {Field.STUDENT: Problem.REPEATED}
        assert [row.number for row in rows] == [5, 6]
    jobs.run_intake(draft)
    assert students() == {}
    outcomes = [Outcome.MADE, Outcome.REFUSED, Outcome.REFUSED, Outcome.MADE]
    assert carry_out(draft, member) == outcomes
    assert students() == {"王小明": "三年级", "王小红": None}
    with reading() as session:
        (guardian,) = roster.guardians(session, Wanted())
        assert [each.name for each in guardian.relatives] == ["王小明", "王小红"]
        tagged = roster.one(session, Person.STUDENT, guardian.relatives[0].id)
        assert [each.name for each in tagged.tags] == ["重点"]


def test_who_is_there_already_is_left_alone_or_updated(database: str) -> None:
    member = clerk()
    carry_out(begin(book(FAMILY), member), member)
    older = [FAMILY[0], "四年级", *FAMILY[2:]]
    draft = begin(book(older), member)
    with reading() as session:
        assert intake.intake(session, draft).plans == {Plan.KNOWN: 1}
    assert carry_out(draft, member) == [Outcome.LEFT]
    assert students() == {"王小明": "三年级"}
    again = begin(book(older), member)
    assert carry_out(again, member, updates_known=True) == [Outcome.UPDATED]
    assert students() == {"王小明": "四年级"}


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_job_that_died_goes_on_where_it_was(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = clerk()
    monkeypatch.setattr(intake, "BATCH", 2)
    lines = [["孩子" + str(n), "", "", "家长", f"139{n:08}", ""] for n in range(5)]
    draft = begin(book(*lines), member)
    with unit_of_work() as session:
        intake.confirm(session, draft, updates_known=False, by=member)
    with unit_of_work() as session:
        assert intake._do_batch(session, draft)
    with reading() as session:
        assert intake.intake(session, draft).done == 2
        assert intake.running(session) == [draft]
    jobs.run_intake(draft)
    assert len(students()) == 5
    with reading() as session:
        assert intake.running(session) == []


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_workbook_without_headings_or_rows_is_sent_back_and_drafts_are_forgotten(
    database: str,
) -> None:
    member = clerk()
    with pytest.raises(HeadingsWrong) as wrong:
        begin(book(headings=["学员姓名", "电话"]), member)
    assert wrong.value.facts == {"missing": ["监护人姓名", "监护人手机"]}
    with pytest.raises(NothingToDo):
        begin(book([]), member)
    begin(book(FAMILY), member)
    with clock.frozen(clock.now() + intake.DRAFT_LASTS * 2):
        fresh = begin(book(FAMILY), member)
        with reading() as session:
            assert [each.id for each in intake.intakes(session)] == [fresh]
            assert len(list(session.scalars(select(IntakeRow.id)))) == 1
