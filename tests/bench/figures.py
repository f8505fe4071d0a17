"""How the figures of admissions grow: `python -m tests.bench.figures`, part of `make bench`.

A database is filled with 20,000 leads and 200,000 messages and measured, then filled up to 200,000
leads and 2,000,000 messages of the same two years and measured again. What comes out is the time of
the larger as a multiple of the smaller: of a page as each role sees it, of opening a number, and of
one more lead together with the figures that it moves.
"""

import json
import random
import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import func, insert, select, text
from sqlalchemy.orm import Session

from backend import wiring
from backend.admissions import service
from backend.admissions.figures import counting, keeping, periods
from backend.admissions.figures.counting import View
from backend.admissions.figures.schemas import Period
from backend.admissions.models import FollowUp, Lead
from backend.admissions.schemas import LostReason, Stage
from backend.kit import clock
from backend.kit.db import engine, reading, unit_of_work
from backend.logistics.models import Campus
from backend.security import service as staff
from backend.security.schemas import Role, StaffMember
from migrations.tables import every_table
from tests.bench.rounds import milliseconds, on
from tests.fixtures.databases import own_postgresql

LEADS, MESSAGES = (20_000, 200_000), (200_000, 2_000_000)
DAYS, ROUNDS = 730, 9
NOW = datetime(2026, 11, 25, 10, tzinfo=clock.SHANGHAI)
SOURCES = ("wechat", "website", "phone", "walk_in", "channel:dianping", "channel:douyin")
_numbers = count(1)
# The bot's table is filled by the database itself; what stands in it is never read here.
_SERIES = {
    "sqlite": "WITH RECURSIVE s(n) AS (SELECT :after UNION ALL SELECT n + 1 FROM s WHERE n < :last)"
    " INSERT INTO bot_message (dedupe_key, openid, kind, incoming, received_at, attempts)"
    " SELECT 'b' || n, 'o_' || (n % 90000), 'text', '{}', '2026-01-01 00:00:00', 1 FROM s",
    "postgresql": "INSERT INTO bot_message"
    " (dedupe_key, openid, kind, incoming, received_at, attempts)"
    " SELECT 'b' || n, 'o_' || (n % 90000), 'text', '{}', now(), 1"
    " FROM generate_series(CAST(:after AS int), CAST(:last AS int)) AS n",
}


def measured() -> dict[str, Any]:
    """Milliseconds at each size, and the ratio of the sizes, for whatever DATABASE_URL says."""
    every_table().create_all(engine())
    wiring.compose_figures()
    found: dict[str, dict[str, float]] = {}
    with clock.frozen(NOW):
        with unit_of_work() as session:
            people = _people(session)
        made = 0
        for leads, messages in zip(LEADS, MESSAGES, strict=True):
            _fill(people, made, leads)
            with engine().begin() as connection:
                name = engine().url.get_backend_name()
                told = connection.scalar(text("SELECT count(*) FROM bot_message")) or 0
                connection.execute(text(_SERIES[name]), {"after": told + 1, "last": messages})
            made = leads
            keeping.mend()
            with engine().connect() as connection:
                connection.exec_driver_sql("ANALYZE")
            for name, look in _looks(people).items():
                found.setdefault(name, {})[str(leads)] = milliseconds(look, ROUNDS)
            found.setdefault("one_more_lead", {})[str(leads)] = milliseconds(
                _one_more, ROUNDS, unit_of_work
            )
    small, large = map(str, LEADS)
    ratios = {name: round(each[large] / each[small], 2) for name, each in found.items()}
    return {"milliseconds": found, "ratio": ratios, "worst_ratio": max(ratios.values())}


def _people(session: Session) -> list[StaffMember]:
    for name in ("一", "二", "三"):
        places = dict.fromkeys(("address", "transport", "phone", "opening_hours"), "")
        session.add(Campus(name=f"{name}校区", **places))
    session.flush()
    roles = [Role.PRINCIPAL, Role.CAMPUS_MANAGER, *[Role.ADVISOR] * 12]
    made = [staff.hire(session, name=f"员工{n}", role=role) for n, role in enumerate(roles)]
    for number, account in enumerate(made[1:]):
        account.campus_id = number % 3 + 1
    session.flush()
    return [StaffMember.model_validate(account) for account in made]


def _fill(people: list[StaffMember], made: int, size: int) -> None:
    """Leads up to so many, over the same days at every size, and a follow-up of each."""
    chance = random.Random(size)
    with reading() as session:
        last = session.scalar(select(func.max(Lead.id))) or 0
    for begin in range(last, last + size - made, 5_000):
        leads, told = [], []
        for number in range(begin + 1, min(begin + 5_000, last + size - made) + 1):
            at = NOW - timedelta(minutes=chance.randrange(DAYS * 24 * 60))
            stage = chance.choice((Stage.NEW, Stage.CONTACTED, Stage.LOST, Stage.CONTACTED))
            advisor = chance.choice(people[2:])
            leads.append(
                {
                    "id": number,
                    "source": chance.choice(SOURCES),
                    "interest": "英语",
                    "stage": stage,
                    "lost_reason": chance.choice(list(LostReason)) if stage == Stage.LOST else None,
                    "closed_at": at if stage == Stage.LOST else None,
                    "advisor_id": advisor.id,
                    "campus_id": chance.choice((advisor.campus_id, None)),
                    "created_at": at,
                }
            )
            told.append(
                {
                    "lead_id": number,
                    "account_id": advisor.id,
                    "kind": "call",
                    "note": "",
                    "at": at + timedelta(minutes=chance.randrange(60)),
                }
            )
        with unit_of_work() as session:
            session.execute(insert(Lead), leads)
            session.execute(insert(FollowUp), told)
    if engine().url.get_backend_name() == "postgresql":
        with unit_of_work() as session:
            last = session.scalar(select(func.max(Lead.id)))
            session.execute(text(f"SELECT setval('admissions_lead_id_seq', {last})"))


def _looks(people: list[StaffMember]) -> dict[str, Callable[[Session], object]]:
    head, manager, advisor = people[:3]
    month, year = periods.named("month"), periods.named("year")

    def page(member: StaffMember, period: Period) -> Callable[[Session], object]:
        return lambda s: counting.figures(s, View(s, member), period)

    chosen = {"step": "contacted", "channel": "channel:dianping"}
    return {
        "month": page(head, month),
        "year": page(head, year),
        "month_of_campus": page(manager, month),
        "month_of_advisor": page(advisor, month),
        "rows_of_today": lambda s: counting.rows(s, View(s, head), periods.named("today"), chosen),
    }


def _one_more(session: Session) -> None:
    service.open_lead(session, openid=f"o_bench_{next(_numbers)}", interest="英语")
    keeping.catch_up(session)


def main() -> None:
    """Measure on a SQLite file and on a PostgreSQL server of our own; print JSON."""
    with tempfile.TemporaryDirectory() as home:
        figures = {"sqlite": on(f"sqlite:///{home}/bench.db", measured)}
        with own_postgresql() as url:
            figures["postgresql"] = on(url.format("postgres"), measured)
    print(json.dumps(figures, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()
