"""people who take over a talk

Revises: 86ce200da941
Created: 2026-11-23 15:19:23.580664+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "5b1e9c2f7a40"
down_revision = "86ce200da941"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "students_takeover",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("openid", sa.String(length=64), nullable=False),
        sa.Column("customer", sa.String(length=40), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("begins_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("waiting_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("nudged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_said", sa.Text(), nullable=False),
        sa.Column("suggestions", sa.JSON(), nullable=False),
        sa.Column("tried", sa.JSON(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(length=12), nullable=True),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["security_account.id"], name=op.f("fk_students_takeover_owner_id")
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["students_ticket.id"], name=op.f("fk_students_takeover_ticket_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_students_takeover")),
    )
    with op.batch_alter_table("students_takeover", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_students_takeover_due_at"), ["due_at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_students_takeover_owner_id"), ["owner_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_students_takeover_ticket_id"), ["ticket_id"], unique=False
        )
        batch_op.create_index(
            "uq_students_takeover_open",
            ["openid"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )


def downgrade() -> None:
    with op.batch_alter_table("students_takeover", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_students_takeover_open",
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_students_takeover_ticket_id"))
        batch_op.drop_index(batch_op.f("ix_students_takeover_owner_id"))
        batch_op.drop_index(batch_op.f("ix_students_takeover_due_at"))

    op.drop_table("students_takeover")
