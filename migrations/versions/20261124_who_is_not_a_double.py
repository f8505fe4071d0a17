"""who is not a double

Revises: 9d3f6a1b7c20
Created: 2026-11-24 23:20:00.000000+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "4b8e2d6f0a91"
down_revision = "9d3f6a1b7c20"
branch_labels = None
depends_on = None

TABLE = "students_distinct"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("first_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("second_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("said_by", sa.Integer(), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["said_by"], ["security_account.id"], name=op.f("fk_students_distinct_said_by")
        ),
        sa.PrimaryKeyConstraint("kind", "first_id", "second_id", name=op.f("pk_students_distinct")),
    )


def downgrade() -> None:
    op.drop_table(TABLE)
