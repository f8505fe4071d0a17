"""Doubles: found, merged with everything that hangs on them, and two again (S4)."""

from collections.abc import Iterator

import pytest
from sqlalchemy import MetaData, select
from sqlalchemy.orm import Session

from backend.kit.db import unit_of_work
from backend.kit.errors import NotFound
from backend.portal import words
from backend.security import queries as staff
from backend.security.models import AuditEntry
from backend.security.schemas import Role, Speaker
from backend.seed import load
from backend.students import doubles, merging, queries, roster, service
from backend.students.doubles import Pair, Why
from backend.students.file import erasures
from backend.students.merging import MergeRefused, Refusal, UndoRefused
from backend.students.references import MOVED
from backend.students.roster import Wanted
from backend.students.schemas import Person, Registered, TicketKind
from backend.students.tickets import desk
from migrations.tables import every_table

PHONE = "13811112222"  # 陈建国's.


@pytest.fixture
def unit(database: str) -> Iterator[Session]:
    load()
    with unit_of_work() as session:
        yield session


def double(unit: Session, *, child: str = "陈小宇", name: str = "陈建国") -> Registered:
    """The family signs up again from another phone."""
    return service.register(
        unit, child_name=child, grade="四年级", guardian_name=name, phone=PHONE, openid="o_again"
    )


def candidates(unit: Session, person: Person) -> list[Pair]:
    """What is proposed once the job has looked, the latest first."""
    doubles.keep_up(unit)
    return [each for each in doubles.proposed(unit) if each.kind is person]


def first(unit: Session, words: str, person: Person = Person.STUDENT) -> int:
    look = roster.students if person is Person.STUDENT else roster.guardians
    return look(unit, Wanted(words=words))[0].id


def picture(unit: Session) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table that a merge may touch; keys are derived and get new ids."""
    unit.flush()
    unit.expire_all()
    names = {each.table for person in Person for each in MOVED[person]}
    names |= {"students_student", "students_guardian"}
    tables: MetaData = every_table()
    found = {
        name: sorted((tuple(row) for row in unit.execute(select(tables.tables[name]))), key=repr)
        for name in names
    }
    keys = tables.tables["students_search_key"]
    found["keys"] = sorted(
        (tuple(row) for row in unit.execute(select(keys.c.key, keys.c.student_id))), key=repr
    )
    return found


def by(unit: Session) -> int:
    return staff.staff_with_role(unit, Role.PRINCIPAL)[0].id


def merge(unit: Session, person: Person, kept: int, gone: int, *take: str) -> int:
    return merging.merge(unit, person=person, kept_id=kept, gone_id=gone, take=take, by=by(unit))


def test_doubles_are_proposed_with_their_reason(unit: Session) -> None:
    assert candidates(unit, Person.GUARDIAN) == []
    assert candidates(unit, Person.STUDENT) == []
    made = double(unit, child="陈小雨", name="陈建国")
    (pair,) = candidates(unit, Person.GUARDIAN)
    assert (pair.second_id, pair.why) == (made.guardian_id, Why.SAME_PHONE)
    pairs = candidates(unit, Person.STUDENT)
    assert {each.why for each in pairs} == {
        Why.ALIKE
    }  # Its own double and 陈小宇's, who sounds so.
    assert {each.second_id for each in pairs} == {made.student_id}
    merge(unit, Person.GUARDIAN, pair.first_id, pair.second_id)
    assert candidates(unit, Person.GUARDIAN) == []
    (pair,) = candidates(unit, Person.STUDENT)
    assert (pair.second_id, pair.why) == (made.student_id, Why.SAME_FAMILY)
    assert pair.first_id == first(unit, "陈小雨")


def test_who_is_not_the_same_person_is_proposed_no_more_until_that_is_taken_back(
    unit: Session,
) -> None:
    made = double(unit, child="陈小雨", name="陈建国")
    for person in Person:
        (pair, *others) = candidates(unit, person)
        one, other = pair.first_id, pair.second_id
        for first_id, second_id in ((other, one), (one, other)):
            doubles.tell_apart(
                unit, person=person, first_id=first_id, second_id=second_id, by=by(unit)
            )
        assert candidates(unit, person) == others
        assert (person, one, other) in doubles.told_apart(unit)
        for first_id, second_id in ((other, one), (one, other)):
            doubles.liken(unit, person=person, first_id=first_id, second_id=second_id, by=by(unit))
        again, *rest = candidates(unit, person)
        assert (again.model_copy(update={"id": pair.id}), rest) == (pair, others)
    actions = select(AuditEntry.action).where(AuditEntry.action.like("guardian.%ed"))
    assert list(unit.scalars(actions.order_by(AuditEntry.id)))[-2:] == [
        "guardian.distinguished",
        "guardian.likened",
    ]
    for first_id, second_id in ((made.student_id, made.student_id), (made.student_id, 9999)):
        with pytest.raises(NotFound):
            doubles.tell_apart(
                unit, person=Person.STUDENT, first_id=first_id, second_id=second_id, by=by(unit)
            )


def test_a_merge_moves_everything_once_and_undoing_brings_back_exactly_what_was(
    unit: Session,
) -> None:
    kept, kept_child = first(unit, PHONE, Person.GUARDIAN), first(unit, "陈小宇")
    made = double(unit)
    ticket = desk.open_ticket(
        unit, openid="o_again", kind=TicketKind.COMPLAINT, text="老师迟到", source_key="m1"
    )
    before = picture(unit)
    number = merge(unit, Person.GUARDIAN, kept, made.guardian_id)
    assert merge(unit, Person.GUARDIAN, kept, made.guardian_id) == number
    assert staff.speaker(unit, "o_again").guardian_id == kept
    children = [child.id for child in queries.children_of(unit, kept)]
    assert made.student_id in children
    second = merge(unit, Person.STUDENT, kept_child, made.student_id, "grade")
    assert made.student_id not in [child.id for child in queries.children_of(unit, kept)]
    assert queries.student(unit, kept_child).grade == "四年级"
    assert [each.id for each in roster.guardians(unit, Wanted(words=PHONE))] == [kept]
    assert made.student_id not in [each.id for each in roster.students(unit, Wanted(words="cxy"))]
    assert queries.ticket(unit, ticket.id).openid == "o_again"
    assert picture(unit) != before
    for each in (second, number, number):
        merging.undo(unit, each, by=by(unit))
    assert picture(unit) == before
    assert merging.latest(unit) == []


def test_what_is_newer_stands_in_the_way_of_undoing(unit: Session) -> None:
    kept, made = first(unit, PHONE, Person.GUARDIAN), double(unit)
    number = merge(unit, Person.GUARDIAN, kept, made.guardian_id, "name")
    desk.open_ticket(unit, openid="o_again", kind=TicketKind.FEEDBACK, text="很好", source_key="m2")
    with pytest.raises(UndoRefused) as refused:
        merging.undo(unit, number, by=by(unit))
    assert refused.value.facts == {"why": Refusal.NEWER, "where": "students_ticket.guardian_id"}
    third = service.register(
        unit, child_name="某某", grade=None, guardian_name="陈建国", phone=PHONE, openid="o_third"
    )
    merge(unit, Person.GUARDIAN, third.guardian_id, kept)
    with pytest.raises(UndoRefused) as refused:
        merging.undo(unit, number, by=by(unit))
    assert refused.value.facts["why"] is Refusal.MERGED
    with pytest.raises(MergeRefused):
        merge(unit, Person.GUARDIAN, made.guardian_id, third.guardian_id)
    with pytest.raises(NotFound):
        merging.undo(unit, 9999, by=by(unit))


def test_two_open_wishes_to_be_forgotten_are_settled_before_a_merge(unit: Session) -> None:
    kept, made = first(unit, PHONE, Person.GUARDIAN), double(unit)
    for openid, guardian_id in (("o_first", kept), ("o_again", made.guardian_id)):
        who = Speaker(openid=openid, guardian_id=guardian_id)
        erasures.ask(unit, who)
    with pytest.raises(MergeRefused) as refused:
        merge(unit, Person.GUARDIAN, kept, made.guardian_id)
    assert refused.value.facts["where"] == "students_erasure.guardian_id"
    assert "资料删除" in words.refusal(refused.value.facts)
    assert erasures.take_back(unit, who)
    merge(unit, Person.GUARDIAN, kept, made.guardian_id)


def test_two_seats_in_one_class_are_settled_before_a_merge(unit: Session) -> None:
    one, other = first(unit, "陈小宇"), first(unit, "李想")  # Both in 英语三级平日班.
    with pytest.raises(MergeRefused) as refused:
        merge(unit, Person.STUDENT, one, other)
    assert refused.value.facts["why"] is Refusal.TWIN
    with pytest.raises(MergeRefused):
        merge(unit, Person.STUDENT, one, one)
    with pytest.raises(NotFound):
        merge(unit, Person.STUDENT, one, 9999)
