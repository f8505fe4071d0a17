"""trial lessons

Revises: 7c1f0b92ad35
Created: 2026-11-24 21:15:00.000000+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "e51a7c08d3b6"
down_revision = "7c1f0b92ad35"
branch_labels = None
depends_on = None

GUEST, TRIAL = "teaching_guest", "admissions_trial"
OPEN = "status IN ('booked', 'attended')"


def upgrade() -> None:
    op.create_table(
        GUEST,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("lesson_id", sa.Integer(), nullable=False),
        sa.Column("holder", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(
            ["lesson_id"], ["teaching_lesson.id"], name=op.f("fk_teaching_guest_lesson_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_teaching_guest")),
        sa.UniqueConstraint("holder", name=op.f("uq_teaching_guest_holder")),
    )
    op.create_index(op.f("ix_teaching_guest_lesson_id"), GUEST, ["lesson_id"])
    op.create_table(
        TRIAL,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("lead_id", sa.Integer(), nullable=False),
        sa.Column("openid", sa.String(length=64), nullable=False),
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column("lesson_id", sa.Integer(), nullable=False),
        sa.Column("child_name", sa.String(length=40), nullable=False),
        sa.Column("grade", sa.String(length=20), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("feedback", sa.String(length=20), nullable=True),
        sa.Column("converted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source_key", sa.String(length=120), nullable=False),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=op.f(f"fk_admissions_trial_{column}")
            )
            for column, table in (
                ("lead_id", "admissions_lead"),
                ("course_id", "teaching_course"),
                ("lesson_id", "teaching_lesson"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_admissions_trial")),
        sa.UniqueConstraint("source_key", name=op.f("uq_admissions_trial_source_key")),
    )
    op.create_index(op.f("ix_admissions_trial_lesson_id"), TRIAL, ["lesson_id"])
    op.create_index("ix_admissions_trial_openid_status", TRIAL, ["openid", "status"])
    op.create_index(
        "uq_admissions_trial_open",
        TRIAL,
        ["lead_id", "course_id", "child_name"],
        unique=True,
        sqlite_where=sa.text(OPEN),
        postgresql_where=sa.text(OPEN),
    )


def downgrade() -> None:
    op.drop_table(TRIAL)
    op.drop_table(GUEST)
