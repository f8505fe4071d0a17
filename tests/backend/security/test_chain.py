"""The audit trail: chained, whole under concurrency, and refusing to be changed."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from alembic import command
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from backend.cli import alembic_config
from backend.kit.db import engine, reading, rehearsal, unit_of_work
from backend.security import chain, service
from backend.security.models import AuditEntry


def write(*actions: str) -> None:
    with unit_of_work() as session:
        for action in actions:
            service.audit(
                session, actor="system", action=action, subject="test:1", note="说明", n=1
            )


def lose(session: Session) -> None:
    """An entry in a unit that fails."""
    service.audit(session, actor="system", action="lost", subject="test:1")
    session.execute(text("SELECT * FROM no_such_table"))


def verdict() -> chain.Verdict:
    with reading() as session:
        return chain.verify(session)


def test_entries_are_chained_in_the_unit_that_wrote_them(database: str) -> None:
    assert verdict() == chain.Verdict(0, None, "", chain.GENESIS)
    write("a", "b")
    write("c")
    found = verdict()
    assert (found.sound, found.broken_at) == (3, None)
    with reading() as session:
        rows = session.scalars(select(AuditEntry).order_by(AuditEntry.position)).all()
        assert [row.action for row in rows] == ["a", "b", "c"]
        assert [row.previous for row in rows] == [chain.GENESIS, rows[0].digest, rows[1].digest]


def test_what_is_undone_leaves_no_gap(database: str) -> None:
    write("a")
    with pytest.raises(DBAPIError), unit_of_work() as session:
        lose(session)
    with unit_of_work() as session:
        with rehearsal(session):
            service.audit(session, actor="system", action="rehearsed", subject="test:1")
        service.audit(session, actor="system", action="b", subject="test:1")
    assert (verdict().sound, verdict().broken_at) == (2, None)


def test_writers_side_by_side_do_not_fork_the_chain(database: str) -> None:
    start = threading.Barrier(6)

    def work(number: int) -> None:
        start.wait()
        for each in range(10):
            write(f"{number}.{each}", f"{number}.{each}.again")

    workers = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert (verdict().sound, verdict().broken_at) == (120, None)


@pytest.mark.parametrize("sql", ["UPDATE {} SET actor = 'nobody'", "DELETE FROM {}"])
def test_the_database_refuses_changes(database: str, sql: str) -> None:
    write("a", "b")
    with pytest.raises(DBAPIError, match="not changed afterwards"), unit_of_work() as session:
        session.execute(text(sql.format("security_audit_entry")))
    assert verdict().sound == 2


def _without_triggers(*statements: str) -> None:
    """What somebody with the keys of the database could do."""
    with engine().connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("ALTER TABLE security_audit_entry DISABLE TRIGGER ALL"))
        else:
            for name in ("kept", "unchanged"):
                connection.execute(text(f"DROP TRIGGER security_audit_{name}"))
        for statement in statements:
            connection.execute(text(statement))
        connection.commit()


@pytest.mark.parametrize(
    ("statement", "broken_at", "why"),
    [
        ("UPDATE security_audit_entry SET actor = 'x' WHERE position = 3", 3, "changed"),
        ("UPDATE security_audit_entry SET detail = '{{}}' WHERE position = 2", 2, "changed"),
        ("DELETE FROM security_audit_entry WHERE position = 2", 2, "missing"),
        ("DELETE FROM security_audit_entry WHERE position = 5", 5, "cut"),
        ("DELETE FROM security_audit_head", 6, "cut"),
        (
            "INSERT INTO security_audit_entry (id, at, actor, action, subject, detail)"
            " VALUES (99, '2026-11-24 00:00:00', 'x', 'y', 'z', '{{}}')",
            6,
            "unsealed",
        ),
    ],
)
def test_tampering_shows_where_it_begins(
    database: str, statement: str, broken_at: int, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chain, "AT_ONCE", 2)
    write("a", "b", "c", "d", "e")
    assert verdict().broken_at is None
    _without_triggers(statement.replace("{{}}", "{}"))
    assert (verdict().broken_at, verdict().why) == (broken_at, why)


def test_the_migration_chains_what_was_there(blank_database: str) -> None:
    command.upgrade(alembic_config(), "9ed0048196b8")
    insert = text(
        "INSERT INTO security_audit_entry (id, at, actor, action, subject, detail)"
        " VALUES (:id, :at, 'system', 'old', 'test:1', '{\"b\": 1, \"a\": \"旧\"}')"
    )
    at = datetime(2026, 11, 1, 8, 30, 0, 123456, tzinfo=UTC)
    shown = at.replace(tzinfo=None).isoformat(" ") if "sqlite" in blank_database else at
    with engine().connect() as connection:
        for number in (2, 5, 9):
            connection.execute(insert, {"id": number, "at": shown})
        connection.commit()
    for _ in range(2):
        command.upgrade(alembic_config(), "head")
        assert (verdict().sound, verdict().broken_at) == (3, None)
        command.downgrade(alembic_config(), "9ed0048196b8")
    command.upgrade(alembic_config(), "head")
    if "postgresql" in blank_database:
        with unit_of_work() as session:
            session.execute(text("SELECT setval('security_audit_entry_id_seq', 9)"))
    write("new")
    assert (verdict().sound, verdict().broken_at) == (4, None)


def test_a_canonical_form_is_the_same_however_it_was_written() -> None:
    one: Callable[..., str] = chain.digest_of
    facts = {"position": 1, "actor": "a", "action": "b", "subject": "c", "previous": chain.GENESIS}
    utc = datetime(2026, 1, 1, tzinfo=UTC)
    assert one(at=utc, detail={"x": 1, "y": [2]}, **facts) == one(
        at=utc.astimezone(), detail={"y": [2], "x": 1}, **facts
    )
