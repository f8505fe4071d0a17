"""contracts and entry conditions

Revises: c07e5a9d3f18
Created: 2026-11-24 23:55:53.569026+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "21b9a5a0ad5f"
down_revision = "c07e5a9d3f18"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "admissions_course_entry",
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column("age_from", sa.Integer(), nullable=True),
        sa.Column("age_to", sa.Integer(), nullable=True),
        sa.Column("prerequisite_id", sa.Integer(), nullable=True),
        sa.Column("needs_placement", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "prerequisite_id IS NULL OR prerequisite_id <> course_id",
            name=op.f("ck_admissions_course_entry_another"),
        ),
        sa.ForeignKeyConstraint(
            ["course_id"], ["teaching_course.id"], name=op.f("fk_admissions_course_entry_course_id")
        ),
        sa.ForeignKeyConstraint(
            ["prerequisite_id"],
            ["teaching_course.id"],
            name=op.f("fk_admissions_course_entry_prerequisite_id"),
        ),
        sa.PrimaryKeyConstraint("course_id", name=op.f("pk_admissions_course_entry")),
    )
    op.create_table(
        "admissions_placement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("lead_id", sa.Integer(), nullable=False),
        sa.Column("child_name", sa.String(length=40), nullable=False),
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column("is_passed", sa.Boolean(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source_key", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["by_id"], ["security_account.id"], name=op.f("fk_admissions_placement_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["course_id"], ["teaching_course.id"], name=op.f("fk_admissions_placement_course_id")
        ),
        sa.ForeignKeyConstraint(
            ["lead_id"], ["admissions_lead.id"], name=op.f("fk_admissions_placement_lead_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_admissions_placement")),
        sa.UniqueConstraint("source_key", name=op.f("uq_admissions_placement_source_key")),
    )
    with op.batch_alter_table("admissions_placement", schema=None) as batch_op:
        batch_op.create_index(
            "ix_admissions_placement_lead_course", ["lead_id", "course_id"], unique=False
        )

    op.create_table(
        "admissions_contract",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=24), nullable=False),
        sa.Column("sign_up_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.String(length=12), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source_key", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["sign_up_id"],
            ["admissions_sign_up.id"],
            name=op.f("fk_admissions_contract_sign_up_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_admissions_contract")),
        sa.UniqueConstraint("number", name=op.f("uq_admissions_contract_number")),
        sa.UniqueConstraint(
            "sign_up_id", "digest", name=op.f("uq_admissions_contract_sign_up_id_digest")
        ),
    )


def downgrade() -> None:
    op.drop_table("admissions_contract")
    with op.batch_alter_table("admissions_placement", schema=None) as batch_op:
        batch_op.drop_index("ix_admissions_placement_lead_course")

    op.drop_table("admissions_placement")
    op.drop_table("admissions_course_entry")
