"""How the tickets' lists and searches grow: `python -m tests.bench.tickets`, part of `make bench`.

An institution with 10,000 tickets and one with 100,000 are asked in turns. What comes out is the
time of the larger as a multiple of the smaller; below 2 is the goal.
"""

import json
import random
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from backend.kit import clock
from backend.kit.db import make_engine
from backend.logistics.models import Campus
from backend.security import service as staff
from backend.security.schemas import Role, StaffMember
from backend.students.schemas import Severity, TicketCategory, TicketKind, TicketStatus
from backend.students.ticket_models import Ticket
from backend.students.tickets import analysis, board, staffing, watch
from migrations.tables import every_table
from tests.bench.rounds import Look, databases_for, in_turns

SIZES = (10_000, 100_000)
ROUNDS = 15
PER_MONTH = 1_000
_WORDS = ("老师迟到", "空调坏了", "多扣了课时", "前台态度差", "作业太多", "教室太吵", "退费太慢")
_OPEN = (TicketStatus.OPEN, TicketStatus.ANSWERED, TicketStatus.WAITING, TicketStatus.RESOLVED)


def figures(urls: Sequence[str] = ("", "")) -> dict[str, Any]:
    """Each look at both sizes in turns. `urls` name empty databases."""
    now = datetime(2026, 11, 25, 10, tzinfo=clock.SHANGHAI)
    with clock.frozen(now), ExitStack() as open_:
        institutions = [
            open_.enter_context(_institution(size, url, now))
            for size, url in zip(SIZES, urls, strict=True)
        ]
        sessions = [session for session, _ in institutions]
        return in_turns(sessions, [_looks(people) for _, people in institutions], ROUNDS)


@contextmanager
def _institution(
    size: int, database_url: str, now: datetime
) -> Iterator[tuple[Session, list[StaffMember]]]:
    """So many tickets and whoever owns them, on a fresh database."""
    with tempfile.TemporaryDirectory() as home:
        engine = make_engine(database_url or f"sqlite:///{home}/tickets.db")
        every_table().create_all(engine)
        with Session(engine) as session:
            session.connection(execution_options={"writes": True})
            people = _people(session)
            rows = _tickets(people, size, now)
            for at in range(0, len(rows), 2_000):
                session.execute(insert(Ticket), rows[at : at + 2_000])
            session.execute(text(f"ANALYZE {Ticket.__tablename__}"))
            session.flush()
            yield session, people
            session.rollback()
        engine.dispose()


def _people(session: Session) -> list[StaffMember]:
    roles = [Role.PRINCIPAL, *[Role.ACADEMIC] * 12, *[Role.CAMPUS_MANAGER] * 4]
    for name in ("一", "二", "三", "四"):
        places = dict.fromkeys(("address", "transport", "phone", "opening_hours"), "")
        session.add(Campus(name=f"{name}校区", **places))
    session.flush()
    made = [staff.hire(session, name=f"员工{n}", role=role) for n, role in enumerate(roles)]
    for number, account in enumerate(made[-4:], 1):
        account.campus_id = number
    session.flush()
    return [StaffMember.model_validate(account) for account in made]


def _tickets(people: list[StaffMember], size: int, now: datetime) -> list[dict[str, Any]]:
    """So many rows, the newest last, 1,000 a month. Only the last 600 are open, as in
    an institution that keeps its deadlines."""
    chance = random.Random(size)
    rows = []
    for number in range(size):
        age = timedelta(days=30 * (size - number) / PER_MONTH)
        is_open = size - number <= 600
        opened_at = now - age if not is_open else now - timedelta(hours=chance.randrange(200))
        rows.append(
            {
                "number": f"T{number:09d}",
                "kind": TicketKind.COMPLAINT,
                "category": chance.choice(list(TicketCategory)),
                "severity": chance.choice(list(Severity)),
                "status": chance.choice(_OPEN) if is_open else TicketStatus.CLOSED,
                "text": f"第{number}件：{chance.choice(_WORDS)}，{chance.choice(_WORDS)}",
                "openid": f"o_{chance.randrange(8_000)}",
                "customer": f"学员{chance.randrange(10_000)}的家长",
                "owner_id": chance.choice(people[1:13]).id,
                "campus_id": chance.randrange(1, 5),
                "opened_at": opened_at,
                "respond_due_at": opened_at + timedelta(hours=2),
                "resolve_due_at": opened_at + timedelta(days=2),
                "look_at": now + timedelta(hours=1) if is_open else None,
                "source_key": f"bench:{number}",
                "is_anonymous": False,
                "tried": [],
            }
        )
    return rows


def _looks(people: list[StaffMember]) -> dict[str, Look]:
    head, own, manager = people[0], people[3], people[-1]
    filtered = board.Filter(category=TicketCategory.MONEY, severity=Severity.SERIOUS)

    def whole(session: Session, member: StaffMember, wanted: board.Filter) -> None:
        for status in TicketStatus:
            board.column(session, member, status, wanted)

    def deep(session: Session) -> None:
        after = ""
        for _ in range(5):
            found = board.column(session, head, TicketStatus.CLOSED, board.Filter(), after=after)
            after = found.next or ""

    return {
        "board": lambda s: whole(s, head, board.Filter()),
        "board_filtered": lambda s: whole(s, head, filtered),
        "board_of_owner": lambda s: whole(s, own, board.Filter()),
        "board_of_campus": lambda s: whole(s, manager, board.Filter()),
        "five_pages_of_closed": deep,
        "search_words": lambda s: board.search(s, head, "空调坏了", board.Filter()),
        "search_nothing": lambda s: board.search(s, head, "没有的词", board.Filter()),
        "search_number": lambda s: board.search(s, head, "T000005000", board.Filter()),
        "loads": lambda s: staffing.loads_of(s, [each.id for each in people]),
        "due": watch.due,
        "month": lambda s: analysis.of_month(s, head, "2026-10"),
    }


def main() -> None:
    """Measure on SQLite files and on a PostgreSQL server of our own; print JSON."""
    found = {"sqlite": figures()}
    with databases_for(SIZES) as urls:
        found["postgresql"] = figures(urls)
    print(json.dumps(found, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()
