"""attendance policies may be for one campus

Revises: c41f70b6d2a8
Created: 2026-11-25 03:15:00.000000+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "7a9be2c05d14"
down_revision = "c41f70b6d2a8"
branch_labels = None
depends_on = None

TABLE = "teaching_attendance_policy"


def upgrade() -> None:
    with op.batch_alter_table(TABLE, schema=None) as batch:
        batch.add_column(sa.Column("campus_id", sa.Integer(), nullable=True))
        batch.create_foreign_key(
            batch.f(f"fk_{TABLE}_campus_id"), "logistics_campus", ["campus_id"], ["id"]
        )


def downgrade() -> None:
    with op.batch_alter_table(TABLE, schema=None) as batch:
        batch.drop_constraint(batch.f(f"fk_{TABLE}_campus_id"), type_="foreignkey")
        batch.drop_column("campus_id")
