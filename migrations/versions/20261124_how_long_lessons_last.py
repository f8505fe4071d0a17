"""how long lessons last: validity of courses, and the last day of lesson accounts

Revises: 4f6d0c8be219
Created: 2026-11-24 23:15:00.000000+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "9b2e57d1c0a4"
down_revision = "4f6d0c8be219"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("teaching_course", schema=None) as batch:
        batch.add_column(sa.Column("valid_months", sa.Integer(), nullable=True))
    with op.batch_alter_table("finance_lesson_account", schema=None) as batch:
        batch.add_column(sa.Column("expires_on", sa.Date(), nullable=True))
        batch.create_index(batch.f("ix_finance_lesson_account_expires_on"), ["expires_on"])


def downgrade() -> None:
    with op.batch_alter_table("finance_lesson_account", schema=None) as batch:
        batch.drop_index(batch.f("ix_finance_lesson_account_expires_on"))
        batch.drop_column("expires_on")
    with op.batch_alter_table("teaching_course", schema=None) as batch:
        batch.drop_column("valid_months")
