"""talks

Revises: 38175875841f
Created: 2026-11-23 14:08:25.909218+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "4c0495f40477"
down_revision = "38175875841f"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bot_conversation",
        sa.Column("openid", sa.String(length=128), nullable=False),
        sa.Column("state", sa.JSON(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("openid", name=op.f("pk_bot_conversation")),
    )
    op.create_table(
        "bot_message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dedupe_key", sa.String(length=64), nullable=False),
        sa.Column("openid", sa.String(length=128), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("incoming", sa.JSON(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("via", sa.String(length=10), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reply", sa.JSON(), nullable=True),
        sa.Column("meaning", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bot_message")),
        sa.UniqueConstraint("dedupe_key", name=op.f("uq_bot_message_dedupe_key")),
    )
    with op.batch_alter_table("bot_message", schema=None) as batch_op:
        batch_op.create_index("ix_bot_message_openid_id", ["openid", "id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_bot_message_received_at"), ["received_at"], unique=False
        )
        batch_op.create_index(
            "ix_bot_message_unanswered",
            ["openid", "id"],
            unique=False,
            sqlite_where=sa.text("answered_at IS NULL"),
            postgresql_where=sa.text("answered_at IS NULL"),
        )


def downgrade() -> None:
    with op.batch_alter_table("bot_message", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_bot_message_unanswered",
            sqlite_where=sa.text("answered_at IS NULL"),
            postgresql_where=sa.text("answered_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_bot_message_received_at"))
        batch_op.drop_index("ix_bot_message_openid_id")

    op.drop_table("bot_message")
    op.drop_table("bot_conversation")
