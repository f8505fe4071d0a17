"""entries are proved by their own lines: the old look read the whole table for each of them

The first version of the books puts up what `journal_guard` says today, so going back changes
nothing: both functions refuse the same.

Revises: 5d2b8e71f4a9
Created: 2026-11-25 02:50:00.000000+00:00
"""

from alembic import op

from backend.finance.journal_guard import GUARD

revision = "9f3e1c5a7d24"
down_revision = "5d2b8e71f4a9"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in GUARD[op.get_bind().dialect.name]:
        if statement.startswith("CREATE OR REPLACE FUNCTION finance_books_balanced"):
            op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    pass
