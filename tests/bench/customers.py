"""The list of customers with 10,000 students against 1,000: what a page costs must hardly grow.
`python -m tests.bench.customers`, part of `make bench`: on SQLite and on PostgreSQL."""

import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from backend.kit import clock, crypto
from backend.kit.db import make_engine
from backend.portal import customers
from backend.portal.customers import Asked
from backend.portal.schemas import Segment
from backend.security.schemas import Role, StaffMember
from backend.students import doubles
from backend.students.models import SearchKey, tail_index
from backend.students.names import keys_of
from backend.students.schemas import Person
from migrations.tables import every_table
from tests.bench.rounds import Look, databases_for, in_turns

SIZES = (1_000, 10_000)
ROUNDS = 15
CLASS = 20  # Learners in a class.
SURNAMES, GIVEN = (
    "王李张刘陈杨赵黄周吴徐孙马朱胡林郭何高罗",
    "明红军丽强芳伟敏静磊洋勇艳杰娟涛超霞平刚宇涵欣怡",
)
TAGGED, OUT_OF_LESSONS = 10, 20  # One in so many.


def figures(urls: Sequence[str] = ("", "")) -> dict[str, Any]:
    """Each question at both sizes in turns. `urls` name empty databases."""
    with ExitStack() as open_:
        sessions = [
            open_.enter_context(_institution(size, url))
            for size, url in zip(SIZES, urls, strict=True)
        ]
        return in_turns(sessions, [_questions(size) for size in SIZES], ROUNDS)


def _questions(size: int) -> dict[str, Look]:
    principal = StaffMember(id=1, name="校长", role=Role.PRINCIPAL, campus_id=None)
    manager = StaffMember(id=1, name="主管", role=Role.CAMPUS_MANAGER, campus_id=1)

    def page(asked: Asked, member: StaffMember = principal, after: int = 0) -> Any:
        return lambda session: customers.page(session, member, asked, after=after)

    some = range(size // 2, size // 2 + 20)  # Changed together, as by a workbook.
    return {
        "first_page": page(Asked()),
        "late_page": page(Asked(), after=size - 100),
        "by_name": page(Asked(words=_name(size // 2))),  # One finds as many lines as the other.
        "by_surname": page(Asked(words="王")),
        "by_initials": page(Asked(words="wm")),
        "by_phone": page(Asked(words=_phone(size // 2))),
        "by_last_four": page(Asked(words=_phone(size // 2)[-4:])),
        "by_tag": page(Asked(tag_id=1)),
        "of_a_class": page(Asked(class_group_id=3)),
        "of_a_course": page(Asked(course_id=1)),
        "of_a_campus": page(Asked(campus_id=1)),
        "campus_managers": page(Asked(), manager),
        "without_lessons": page(Asked(has_lessons=False)),
        "at_risk": page(Asked(segment=Segment.AT_RISK)),
        "silent": page(Asked(segment=Segment.SILENT)),
        "new": page(Asked(segment=Segment.NEW)),
        "guardians": page(Asked(person=Person.GUARDIAN, campus_id=1)),
        "doubles": doubles.proposed,
        "later_doubles": lambda session: doubles.proposed(session, before=51),
        "students_searched_again": lambda session: doubles.refresh(session, Person.STUDENT, some),
        "guardians_searched_again": lambda session: doubles.refresh(session, Person.GUARDIAN, some),
    }


@contextmanager
def _institution(size: int, database_url: str) -> Iterator[Session]:
    """A school of this size on a fresh database; a given one has to be empty and is emptied."""
    with tempfile.TemporaryDirectory() as home:
        engine = make_engine(database_url or f"sqlite:///{Path(home)}/customers.db")
        tables = every_table()
        tables.create_all(engine)
        with Session(engine) as session:
            session.connection(execution_options={"writes": True})
            for name, rows in _rows(size).items():
                session.execute(insert(tables.tables[name]), rows)
            doubles.recount(session)
            # Table by table: all of a PostgreSQL locks catalogues that both institutions share.
            for name in tables.tables:
                session.execute(text(f"ANALYZE {name}"))
            session.flush()
            yield session
            session.rollback()
        tables.drop_all(engine)
        engine.dispose()


def _phone(number: int) -> str:
    """As good as random, so that last four digits are shared as often as in life."""
    return f"138{number * 48271 % (2**31 - 1) % 10**8:08}"


def _name(number: int) -> str:
    tens = number // len(SURNAMES)
    first, second = tens % len(GIVEN), tens // len(GIVEN) % (len(GIVEN) + 1)
    return SURNAMES[number % len(SURNAMES)] + GIVEN[first] + (GIVEN[second - 1] if second else "")


def _rows(size: int) -> dict[str, list[dict[str, Any]]]:
    """Table by table, in the order in which they point to each other."""
    now, numbers = clock.now(), range(1, size + 1)
    long_ago = now - timedelta(days=400)
    classes = range(1, size // CLASS + 1)
    people: list[dict[str, Any]] = [
        {"id": n, "name": _name(n), "created_at": long_ago} for n in numbers
    ]
    guardians = [
        {
            **person,
            "phone": _phone(person["id"]),
            "phone_index": crypto.blind_index(_phone(person["id"]), context="phone"),
            "phone_tail_index": tail_index(_phone(person["id"])),
        }
        for person in people
    ]
    keys = [
        {"kind": kind, "key": key, "student_id": None, "guardian_id": None, owner: person["id"]}
        for person in people
        for kind, key in keys_of(person["name"])
        for owner in ("student_id", "guardian_id")
    ]
    order: dict[str, Any] = {"status": "paid", "total_fen": 1, "created_at": now, "expires_at": now}
    line: dict[str, Any] = {"description": "课", "course_id": 1, "list_fen": 1, "net_fen": 1}
    return {
        "logistics_campus": [{"id": n, "name": f"校区{n}", "address": "路"} for n in (1, 2)],
        "security_account": [
            {"id": 1, "name": "老师", "role": "teacher", "created_at": now, "is_active": True}
        ],
        "teaching_course": [
            {"id": n, "name": f"课程{n}", "subject": "英语", "summary": "", "is_active": True}
            for n in (1, 2, 3)
        ],
        "teaching_class_group": [
            {
                "id": n,
                "course_id": n % 3 + 1,
                "campus_id": n % 2 + 1,
                "teacher_id": 1,
                "name": f"班级{n}",
                "capacity": CLASS,
                "starts_on": clock.today(),
                "lesson_count": 20,
                "weekly": [],
                "is_open": True,
            }
            for n in classes
        ],
        "students_student": people,
        "students_guardian": guardians,
        "students_guardianship": [{"guardian_id": n, "student_id": n} for n in numbers],
        SearchKey.__tablename__: keys,
        "students_tag": [
            {
                "id": 1,
                "name": "重点",
                "colour": "danger",
                "kind": "",
                "setters": [],
                "is_in_use": True,
            }
        ],
        "students_tagging": [
            {"tag_id": 1, "student_id": n, "set_by": 1, "set_at": now} for n in numbers[::TAGGED]
        ],
        "teaching_enrollment": [
            {
                "class_group_id": n % len(classes) + 1,
                "student_id": n,
                "holder": f"h{n}",
                "status": "active",
                "created_at": now,
            }
            for n in numbers
        ],
        "finance_order": [
            {**order, "id": n, "number": f"N{n}", "payer_openid": f"o{n}", "purpose_key": f"p{n}"}
            for n in numbers
        ],
        "finance_order_line": [{**line, "id": n, "order_id": n} for n in numbers],
        "finance_lesson_account": [
            {"id": n, "student_id": n, "order_line_id": n, "course_id": 1, "opened_at": now}
            for n in numbers
        ],
        "finance_hour_entry": [
            {"account_id": n, "kind": kind, "lessons": count, "at": long_ago, "source_key": key}
            for n in numbers
            for kind, count, key in (
                ("buy", 20, f"b{n}"),
                ("consume", -20 if n % OUT_OF_LESSONS == 0 else -n % 10, f"c{n}"),
            )
        ],
    }


def main() -> None:
    """Measure on SQLite files and on a PostgreSQL server of our own; print JSON."""
    found = {"sqlite": figures()}
    with databases_for(SIZES) as urls:
        found["postgresql"] = figures(urls)
    print(json.dumps(found, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()
