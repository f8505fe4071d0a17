"""openids as long as elsewhere

Revises: 6665e4c4bb44
Created: 2026-11-23 14:36:22.222761+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "9fe1b25ee1b0"
down_revision = "6665e4c4bb44"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("bot_conversation", schema=None) as batch_op:
        batch_op.alter_column(
            "openid",
            existing_type=sa.VARCHAR(length=128),
            type_=sa.String(length=64),
            existing_nullable=False,
        )

    with op.batch_alter_table("bot_message", schema=None) as batch_op:
        batch_op.alter_column(
            "openid",
            existing_type=sa.VARCHAR(length=128),
            type_=sa.String(length=64),
            existing_nullable=False,
        )


def downgrade() -> None:
    with op.batch_alter_table("bot_message", schema=None) as batch_op:
        batch_op.alter_column(
            "openid",
            existing_type=sa.String(length=64),
            type_=sa.VARCHAR(length=128),
            existing_nullable=False,
        )

    with op.batch_alter_table("bot_conversation", schema=None) as batch_op:
        batch_op.alter_column(
            "openid",
            existing_type=sa.String(length=64),
            type_=sa.VARCHAR(length=128),
            existing_nullable=False,
        )
