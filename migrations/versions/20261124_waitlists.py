"""waitlists

Revises: c81e5f20d7a4
Created: 2026-11-24 23:10:00.000000+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "a4d27e9b05c1"
down_revision = "c81e5f20d7a4"
branch_labels = None
depends_on = None

NAME = "admissions_waiting"
OPEN = "status IN ('waiting', 'offered')"


def upgrade() -> None:
    op.create_table(
        NAME,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("lead_id", sa.Integer(), nullable=False),
        sa.Column("openid", sa.String(length=64), nullable=False),
        sa.Column("class_group_id", sa.Integer(), nullable=False),
        sa.Column("from_class_id", sa.Integer(), nullable=True),
        sa.Column("child_name", sa.String(length=40), nullable=False),
        sa.Column("grade", sa.String(length=20), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("offer_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("source_key", sa.String(length=120), nullable=False),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=op.f(f"fk_admissions_waiting_{column}")
            )
            for column, table in (
                ("lead_id", "admissions_lead"),
                ("class_group_id", "teaching_class_group"),
                ("from_class_id", "teaching_class_group"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_admissions_waiting")),
        sa.UniqueConstraint("source_key", name=op.f("uq_admissions_waiting_source_key")),
    )
    op.create_index(op.f("ix_admissions_waiting_lead_id"), NAME, ["lead_id"])
    op.create_index("ix_admissions_waiting_openid", NAME, ["openid"])
    op.create_index(
        "ix_admissions_waiting_line", NAME, ["class_group_id", "status", "rank", "joined_at"]
    )
    op.create_index("ix_admissions_waiting_status", NAME, ["status", "offer_until"])
    op.create_index(
        "uq_admissions_waiting_open",
        NAME,
        ["class_group_id", "openid", "child_name"],
        unique=True,
        sqlite_where=sa.text(OPEN),
        postgresql_where=sa.text(OPEN),
    )


def downgrade() -> None:
    op.drop_table(NAME)
