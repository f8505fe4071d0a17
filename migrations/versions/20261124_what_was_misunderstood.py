"""what was misunderstood

Revises: 3c7a51d0e9b4
Created: 2026-11-24 17:55:12.000000+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "c4d81f60b7e2"
down_revision = "3c7a51d0e9b4"
branch_labels = None
depends_on = None

NAME = "bot_misunderstanding"


def upgrade() -> None:
    op.create_table(
        NAME,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("text_index", sa.String(length=64), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("why", sa.String(length=10), nullable=False),
        sa.Column("guesses", sa.JSON(), nullable=False),
        sa.Column("model", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("intent", sa.String(length=40), nullable=True),
        sa.Column("labelled_by", sa.Integer(), nullable=True),
        sa.Column("labelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("taught_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("learned_by", sa.String(length=20), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["bot_message.id"], name=op.f("fk_bot_misunderstanding_message_id")
        ),
        sa.ForeignKeyConstraint(
            ["labelled_by"],
            ["security_account.id"],
            name=op.f("fk_bot_misunderstanding_labelled_by"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bot_misunderstanding")),
        sa.UniqueConstraint("message_id", name=op.f("uq_bot_misunderstanding_message_id")),
    )
    with op.batch_alter_table(NAME, schema=None) as batch_op:
        for second in ("text_index", "created_at"):
            batch_op.create_index(f"ix_{NAME}_status_{second}", ["status", second], unique=False)


def downgrade() -> None:
    with op.batch_alter_table(NAME, schema=None) as batch_op:
        for second in ("created_at", "text_index"):
            batch_op.drop_index(f"ix_{NAME}_status_{second}")

    op.drop_table(NAME)
