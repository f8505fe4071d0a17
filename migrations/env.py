"""How Alembic reaches the database; run by its commands, imported by nobody.

A migration must never stop the town: it waits at most a few seconds for a lock, so that requests
do not queue up behind it, and gives up on a statement that runs for minutes (on PostgreSQL). It
can be run twice and by two deployments at once: the second waits for the first and finds no work.
"""

from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection, MetaData, Table, event, text
from sqlalchemy.schema import SchemaItem
from sqlalchemy.types import TypeDecorator

from backend.kit.config import settings
from backend.kit.db import Base, make_engine
from migrations.tables import every_table

LOCK_TIMEOUT = "5s"
STATEMENT_TIMEOUT = "10min"
# Any number will do as long as nothing else takes it.
ONE_AT_A_TIME = 20261123


def render(kind: str, item: object, _autogen: AutogenContext) -> str | Literal[False]:
    """Write our own column types as what they are in the database: history must not change when
    the code does."""
    if kind == "type" and isinstance(item, TypeDecorator):
        return f"sa.{item.impl_instance!r}"
    return False


def is_wanted(item: SchemaItem, *_: object) -> bool:
    """With `-x rooms=backend.security,backend.students`, look at the tables of those rooms only:
    a few small revisions read better than a long one."""
    rooms = tuple(context.get_x_argument(as_dictionary=True).get("rooms", "").split(","))
    homes = {
        mapper.local_table: mapper.class_.__module__
        for mapper in Base.registry.mappers
        if isinstance(mapper.local_table, Table)
    }
    return not isinstance(item, Table) or homes.get(item, "").startswith(rooms)


def run(connection: Connection, metadata: MetaData) -> None:
    """Bring the database to the wanted revision, or leave it where it was."""
    on_sqlite = connection.dialect.name == "sqlite"
    if not on_sqlite:
        # Waits as long as the other deployment needs; only then do the short timeouts begin.
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": ONE_AT_A_TIME})
        connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
        connection.execute(text(f"SET statement_timeout = '{STATEMENT_TIMEOUT}'"))
        connection.commit()
    context.configure(
        connection=connection,
        target_metadata=metadata,
        # SQLite cannot alter a table in place: Alembic copies it, all under the one write lock.
        render_as_batch=on_sqlite,
        transactional_ddl=True,
        transaction_per_migration=not on_sqlite,
        compare_type=True,
        render_item=render,
        include_object=is_wanted,
    )
    with context.begin_transaction():
        context.run_migrations()
    if on_sqlite:
        orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if orphans:
            raise RuntimeError(f"rows that point at nothing: {orphans[:5]}")


def main() -> None:
    """Connect where DATABASE_URL says and migrate."""
    engine = make_engine(settings().database_url)
    if engine.dialect.name == "sqlite":
        # While a table is copied its children must not follow the old one into deletion.
        event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA foreign_keys=OFF"))
    try:
        with engine.connect().execution_options(writes=True) as connection:
            run(connection, every_table())
    finally:
        engine.dispose()


main()
