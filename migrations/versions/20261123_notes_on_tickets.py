"""notes on tickets

Revises: 4c0495f40477
Created: 2026-11-23 14:35:46.700144+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "6665e4c4bb44"
down_revision = "4c0495f40477"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "students_ticket_note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["security_account.id"], name=op.f("fk_students_ticket_note_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["students_ticket.id"], name=op.f("fk_students_ticket_note_ticket_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_students_ticket_note")),
    )
    with op.batch_alter_table("students_ticket_note", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_students_ticket_note_ticket_id"), ["ticket_id"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("students_ticket_note", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_students_ticket_note_ticket_id"))

    op.drop_table("students_ticket_note")
