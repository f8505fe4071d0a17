"""How Alembic reaches the database; run by its commands, imported by nobody.

A migration must never stop the town: it waits at most a few seconds for a lock, so that requests
do not queue up behind it, and gives up on a statement that runs for minutes (on PostgreSQL). It
can be run twice and by two deployments at once: the second waits for the first and finds no work.
"""

from alembic import context
from sqlalchemy import Connection, MetaData, text

from backend.kit.config import settings
from backend.kit.db import make_engine
from migrations.tables import every_table

LOCK_TIMEOUT = "5s"
STATEMENT_TIMEOUT = "10min"
# Any number will do as long as nothing else takes it.
ONE_AT_A_TIME = 20261123


def run(connection: Connection, metadata: MetaData) -> None:
    """Bring the database to the wanted revision in one transaction per migration."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
        connection.execute(text(f"SET statement_timeout = '{STATEMENT_TIMEOUT}'"))
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": ONE_AT_A_TIME})
        connection.commit()
    context.configure(
        connection=connection,
        target_metadata=metadata,
        # SQLite cannot alter a table in place: Alembic copies it.
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def main() -> None:
    """Connect where the settings say (or where a test's configuration says) and migrate."""
    url = context.config.get_main_option("sqlalchemy.url") or settings().database_url
    engine = make_engine(url)
    try:
        with engine.connect().execution_options(writes=True) as connection:
            run(connection, every_table())
    finally:
        engine.dispose()


main()
