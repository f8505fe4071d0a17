"""The database: one Base, one engine, and the unit of work. Nobody else commits.

SQLite and PostgreSQL behave alike for the rooms: a unit that writes holds what it locked until it
ends. On PostgreSQL that is `SELECT … FOR UPDATE` on the rows; SQLite has no row locks, so a unit
takes the one write lock as it begins (`BEGIN IMMEDIATE`), which is equally safe and simply coarser.
"""

import fcntl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from prometheus_client import Counter
from sqlalchemy import (
    ColumnElement,
    DateTime,
    Dialect,
    Engine,
    FromClause,
    MetaData,
    Table,
    Text,
    create_engine,
    event,
    literal,
    select,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.types import TypeDecorator

from backend.kit import clock, crypto
from backend.kit.config import settings

WAIT_FOR_WRITE_SECONDS = 20
_writer = threading.Lock()

Doorbell = Callable[[], None]
LastAct = Callable[[Session], None]
STATEMENTS = Counter("db_statements", "SQL statements sent to the database.")


class Base(DeclarativeBase):
    """All tables. Constraint names are fixed so that migrations can name them on both databases."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC in Python; naive datetimes are refused, SQLite's naive rows are read as UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime was about to be stored")
        value = value.astimezone(clock.UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return (
            value.replace(tzinfo=clock.UTC) if value.tzinfo is None else value.astimezone(clock.UTC)
        )


class Encrypted(TypeDecorator[str]):
    """Text that is ciphertext in the database (S2). `context` is `table.column`."""

    impl = Text
    cache_ok = True

    def __init__(self, context: str) -> None:
        super().__init__()
        self.context = context

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else crypto.encrypt(value, context=self.context)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else crypto.decrypt(value, context=self.context)


IS_ADDRESS: dict[str, Any] = {"is_address": True}
"""The `info` of a column of phones, mails or openids under which somebody may have opted out."""


def index_of(column: str, context: str, *, last: int = 0) -> dict[str, Any]:
    """The `info` of a column that holds the blind index of an encrypted one beside it, or of its
    `last` characters: the rotation of keys makes it anew."""
    return {"index_of": (column, context, last)}


@lru_cache
def engine() -> Engine:
    """The engine of this process for DATABASE_URL; counts what it is asked (`db_statements`)."""
    made = make_engine(settings().database_url)
    event.listen(made, "before_cursor_execute", _count)
    return made


def _count(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
    if not statement.startswith("BEGIN"):
        STATEMENTS.inc()


def make_engine(database_url: str) -> Engine:
    """An engine set up for either database; also used by migrations and tests. Its errors tell no
    values: these are people's words and names, and errors are logged."""
    url = make_url(database_url)
    if url.get_backend_name() != "sqlite":
        if url.drivername == "postgresql":
            url = url.set(drivername="postgresql+psycopg")
        return create_engine(
            url, pool_size=10, max_overflow=20, pool_pre_ping=True, hide_parameters=True
        )
    pool: dict[str, Any] = {}  # A database in memory has one connection and no pool to size.
    if url.database and url.database != ":memory:":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        pool = {"pool_size": 20, "max_overflow": 20}
    made = create_engine(url, connect_args={"timeout": 20}, hide_parameters=True, **pool)
    event.listen(made, "connect", _set_up_sqlite)
    event.listen(made, "begin", _begin_sqlite)
    return made


def _set_up_sqlite(connection: Any, _entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # The driver must not open transactions by itself.
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def unit_of_work() -> Iterator[Session]:
    """One all-or-nothing change: commits on a normal exit, rolls back on any exception.

    Doorbells hung up inside (`ring_after_commit`) ring once the commit has succeeded; what they
    announce is already a row, so a doorbell that fails costs time, never a message.
    """
    with _turn_to_write(), Session(engine(), expire_on_commit=False) as session:
        session.connection(execution_options={"writes": True})
        try:
            yield session
            while last_acts := session.info.pop("last_acts", {}):
                for act in last_acts.values():
                    act(session)
            session.commit()
        except BaseException:
            session.rollback()
            raise
        doorbells: dict[str, Doorbell] = session.info.pop("doorbells", {})
    for ring in doorbells.values():
        ring()


@contextmanager
def _turn_to_write() -> Iterator[None]:
    """Queue for SQLite's one write lock, where waiters would otherwise sleep, try again and starve:
    threads queue at a lock of this process, processes at the kernel's.

    Raises TimeoutError after `WAIT_FOR_WRITE_SECONDS`; a unit inside a unit would wait that long.
    """
    url = engine().url
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        yield
        return
    if not _writer.acquire(timeout=WAIT_FOR_WRITE_SECONDS):
        raise TimeoutError("no turn to write: is a unit of work open inside another?")
    try:
        with open(f"{url.database}-turn", "ab") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)
            yield
    finally:
        _writer.release()


@contextmanager
def reading() -> Iterator[Session]:
    """A consistent look that changes nothing: whatever was changed by mistake is rolled back."""
    with Session(engine(), expire_on_commit=False) as session:
        try:
            yield session
        finally:
            session.rollback()


@contextmanager
def rehearsal(session: Session) -> Iterator[None]:
    """Try something out inside a unit: whatever it changes or rings for is undone at the end."""
    doorbells: dict[str, Doorbell] = dict(session.info.get("doorbells", {}))
    session.flush()
    attempt = session.begin_nested()
    try:
        yield
    finally:
        attempt.rollback()
        session.info["doorbells"] = doorbells


def guard(statements: Mapping[str, Sequence[str]], *tables: FromClause) -> None:
    """Put up what the database itself holds to, statements by dialect, when a schema is made at
    once; migrations do it in so many words. It stands once the last of the tables is there."""
    made: set[str] = set()

    def put_up(table: Table, connection: Connection, **_: object) -> None:
        made.add(table.name)
        if len(made) == len(tables):
            made.clear()
            for statement in statements[connection.dialect.name]:
                # A cursor of its own: no parameters, so that % stays what it is.
                connection.exec_driver_sql(statement)

    for table in tables:
        event.listen(table, "after_create", put_up)


def upsert(session: Session, table: type[Base]) -> postgresql.Insert | sqlite.Insert:
    """An INSERT that knows `on_conflict_do_nothing` and `on_conflict_do_update`, which both
    databases spell alike: one statement where a savepoint would take four."""
    is_postgresql = session.get_bind().dialect.name == "postgresql"
    return postgresql.insert(table) if is_postgresql else sqlite.insert(table)


def is_there(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether there is such a row, looked up one by one. Of an EXISTS beside OR or NOT, PostgreSQL
    may make a list of everybody first; of a scalar it cannot."""
    return select(literal(1)).where(*conditions).limit(1).scalar_subquery().is_not(None)


def take_turn(session: Session, key: str) -> None:
    """Whoever takes a turn under a key waits for whoever has it, until the unit ends. SQLite has
    one writer anyway."""
    if session.get_bind().dialect.name == "postgresql":
        number = int.from_bytes(sha256(key.encode()).digest()[:8], "big", signed=True)
        session.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": number})


def learn_sizes() -> None:
    """Let SQLite's planner see how big tables have become, from a sample of each; PostgreSQL looks
    by itself. Without it a look at one month of a large table reads all of it."""
    if engine().dialect.name == "sqlite":
        with unit_of_work() as session:
            for statement in ("PRAGMA analysis_limit=1000", "ANALYZE"):
                session.execute(text(statement))


def ring_after_commit(session: Session, key: str, ring: Doorbell) -> None:
    """Ring once per key when the unit has committed; never if it rolls back."""
    session.info.setdefault("doorbells", {})[key] = ring


def do_before_commit(session: Session, key: str, act: LastAct) -> None:
    """Do something once per key as the last act of the unit: what everybody waits for should be
    locked as late and as shortly as possible."""
    session.info.setdefault("last_acts", {})[key] = act
