"""callbacks

Revises: e51a7c08d3b6
Created: 2026-11-24 21:43:00.000000+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "b09f4c61a7e2"
down_revision = "e51a7c08d3b6"
branch_labels = None
depends_on = None

NAME = "admissions_callback"
OPEN = "done_at IS NULL"


def upgrade() -> None:
    op.create_table(
        NAME,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("lead_id", sa.Integer(), nullable=False),
        sa.Column("openid", sa.String(length=64), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("nudged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["lead_id"], ["admissions_lead.id"], name=op.f("fk_admissions_callback_lead_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_admissions_callback")),
    )
    op.create_index(op.f("ix_admissions_callback_lead_id"), NAME, ["lead_id"])
    op.create_index(op.f("ix_admissions_callback_due_at"), NAME, ["due_at"])
    op.create_index(
        "uq_admissions_callback_open",
        NAME,
        ["openid"],
        unique=True,
        sqlite_where=sa.text(OPEN),
        postgresql_where=sa.text(OPEN),
    )


def downgrade() -> None:
    op.drop_table(NAME)
