"""Proposals that are kept up are those that a search of everybody finds (S4)."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from threading import Event
from time import sleep

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from backend.kit import crypto
from backend.kit.db import unit_of_work
from backend.kit.errors import DomainError
from backend.security import service as staff
from backend.security.schemas import Role
from backend.students import doubles, merging, service
from backend.students.customer_models import Merge, Proposal, Unsearched
from backend.students.file import forgetting
from backend.students.jobs import look_for_doubles
from backend.students.models import Guardian, Guardianship, Student
from backend.students.schemas import Person

PHONES = ("13800001234", "13800011234", "13800021234", "13800005678")
CHILDREN = ("陈小宇", "陈小雨", "陈晓宇", "李想")
_numbers = count()
PARENTS = ("陈建国", "陈建囯", "李强")


def test_whatever_happens_proposals_are_what_a_search_of_everybody_finds(database: str) -> None:
    with unit_of_work() as session:
        by = staff.hire(session, name="王小明", role=Role.PRINCIPAL).id
    chance, seen = random.Random(5), 0
    for _ in range(12):
        for _ in range(6):
            with unit_of_work() as session:
                _something(session, chance, by)
        look_for_doubles()
        with unit_of_work() as session:
            seen += len(list(session.scalars(select(Proposal.id))))
            assert session.scalar(select(Unsearched.id).limit(1)) is None
            assert doubles.recount(session) == 0
    assert seen > 50


def test_a_change_past_the_services_is_found_by_recounting(session: Session) -> None:
    for phone in PHONES[:2]:
        _sign_up(session, "陈小宇", "陈建国", phone)
    assert doubles.keep_up(session) == 6  # Two learners, guardians and families.
    assert {each.kind for each in doubles.proposed(session)} == set(Person)
    away = {"phone_index": "x", "phone_tail_index": "x"}
    session.execute(update(Guardian).where(Guardian.phone_index != "").values(away))
    assert doubles.recount(session) == 1  # Now both have the same phone: another reason.
    (latest, *_) = doubles.proposed(session, limit=1)
    assert doubles.proposed(session, before=latest.id, limit=1)[0].id < latest.id


def test_of_two_searches_at_once_the_one_that_saw_less_does_not_end_last(database: str) -> None:
    with unit_of_work() as session:
        for phone in PHONES[:2]:
            _sign_up(session, "陈小宇", "陈建国", phone)
        guardians = list(session.scalars(select(Guardian.id).order_by(Guardian.id)))
    has_looked = Event()

    def slow() -> None:
        with unit_of_work() as session:
            doubles.refresh(session, Person.GUARDIAN, guardians)
            has_looked.set()
            sleep(0.3)

    with ThreadPoolExecutor() as pool:
        first = pool.submit(slow)
        assert has_looked.wait(10)
        with unit_of_work() as session:
            session.get_one(Guardian, guardians[1]).name = "李强"
        look_for_doubles()
        first.result()
    with unit_of_work() as session:
        assert [each.kind for each in doubles.proposed(session)] == [Person.STUDENT]
        assert doubles.recount(session) == 0


def _sign_up(session: Session, child: str, parent: str, phone: str) -> None:
    service.register(
        session,
        child_name=child,
        grade=None,
        guardian_name=parent,
        phone=phone,
        openid=f"o{next(_numbers)}",
    )


def _something(session: Session, chance: random.Random, by: int) -> None:
    """One of all that can happen to people; what is refused has not happened."""
    people: dict[Person, list[int]] = {
        Person.STUDENT: list(session.scalars(select(Student.id).order_by(Student.id))),
        Person.GUARDIAN: list(session.scalars(select(Guardian.id).order_by(Guardian.id))),
    }
    person = chance.choice(list(Person))
    if len(people[person]) < 4:
        return _sign_up(session, *map(chance.choice, (CHILDREN, PARENTS, PHONES)))
    one, other = chance.sample(people[person], 2)
    child, parent = (
        session.get_one(Student, chance.choice(people[Person.STUDENT])),
        session.get_one(Guardian, chance.choice(people[Person.GUARDIAN])),
    )

    def call() -> None:
        (child if person is Person.STUDENT else parent).name = chance.choice(
            CHILDREN if person is Person.STUDENT else PARENTS
        )

    def move() -> None:
        if parent.merged_into_id is None and parent.erased_at is None:
            parent.phone = chance.choice(PHONES)
            parent.phone_index = crypto.blind_index(parent.phone, context="phone")

    def join() -> None:
        link = select(Guardianship).where(
            Guardianship.guardian_id == parent.id, Guardianship.student_id == child.id
        )
        if session.scalar(link) is None:
            session.add(Guardianship(guardian_id=parent.id, student_id=child.id))

    def part() -> None:
        links = session.scalars(select(Guardianship).order_by(Guardianship.id)).all()
        session.delete(chance.choice(links))

    def undo() -> None:
        merges = list(session.scalars(select(Merge.id).order_by(Merge.id)))
        if merges:
            merging.undo(session, chance.choice(merges), by=by)

    acts: list[Callable[[], object]] = [
        lambda: _sign_up(session, *map(chance.choice, (CHILDREN, PARENTS, PHONES))),
        call,
        move,
        join,
        part,
        undo,
        lambda: merging.merge(session, person=person, kept_id=one, gone_id=other, by=by),
        lambda: doubles.tell_apart(session, person=person, first_id=one, second_id=other, by=by),
        lambda: doubles.liken(session, person=person, first_id=one, second_id=other, by=by),
        lambda: forgetting.forget_people(session, guardian_id=None, student_ids={child.id}),
    ]
    weights = (8, 3, 4, 4, 3, 2, 2, 2, 2, 1)
    try:
        with session.begin_nested():
            chance.choices(acts, weights)[0]()
    except DomainError:
        session.expire_all()
