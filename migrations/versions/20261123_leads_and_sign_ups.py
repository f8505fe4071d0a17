"""leads and sign-ups

Revises: 85791e8c826d
Created: 2026-11-23 14:08:14.413145+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "24ad7b60f452"
down_revision = "85791e8c826d"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "admissions_lead",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("openid", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("interest", sa.Text(), nullable=False),
        sa.Column("stage", sa.String(length=12), nullable=False),
        sa.Column("advisor_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("assigned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_follow_up_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["advisor_id"], ["security_account.id"], name=op.f("fk_admissions_lead_advisor_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_admissions_lead")),
    )
    with op.batch_alter_table("admissions_lead", schema=None) as batch_op:
        batch_op.create_index(
            "ix_admissions_lead_advisor_stage", ["advisor_id", "stage"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_admissions_lead_next_follow_up_at"), ["next_follow_up_at"], unique=False
        )
        batch_op.create_index(
            "uq_admissions_lead_open_openid",
            ["openid"],
            unique=True,
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        )

    op.create_table(
        "admissions_follow_up",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("lead_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["security_account.id"], name=op.f("fk_admissions_follow_up_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["lead_id"], ["admissions_lead.id"], name=op.f("fk_admissions_follow_up_lead_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_admissions_follow_up")),
    )
    with op.batch_alter_table("admissions_follow_up", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_admissions_follow_up_lead_id"), ["lead_id"], unique=False
        )

    op.create_table(
        "admissions_sign_up",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("lead_id", sa.Integer(), nullable=True),
        sa.Column("openid", sa.String(length=64), nullable=False),
        sa.Column("child_name", sa.String(length=40), nullable=False),
        sa.Column("grade", sa.String(length=20), nullable=True),
        sa.Column("guardian_name", sa.String(length=40), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("privacy_version", sa.String(length=20), nullable=False),
        sa.Column("class_group_id", sa.Integer(), nullable=False),
        sa.Column("order_number", sa.String(length=32), nullable=True),
        sa.Column("student_id", sa.Integer(), nullable=True),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source_key", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["class_group_id"],
            ["teaching_class_group.id"],
            name=op.f("fk_admissions_sign_up_class_group_id"),
        ),
        sa.ForeignKeyConstraint(
            ["lead_id"], ["admissions_lead.id"], name=op.f("fk_admissions_sign_up_lead_id")
        ),
        sa.ForeignKeyConstraint(
            ["student_id"], ["students_student.id"], name=op.f("fk_admissions_sign_up_student_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_admissions_sign_up")),
        sa.UniqueConstraint("order_number", name=op.f("uq_admissions_sign_up_order_number")),
        sa.UniqueConstraint("source_key", name=op.f("uq_admissions_sign_up_source_key")),
    )
    with op.batch_alter_table("admissions_sign_up", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_admissions_sign_up_class_group_id"), ["class_group_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_admissions_sign_up_lead_id"), ["lead_id"], unique=False
        )
        batch_op.create_index(
            "ix_admissions_sign_up_openid_status", ["openid", "status"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_admissions_sign_up_student_id"), ["student_id"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("admissions_sign_up", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_admissions_sign_up_student_id"))
        batch_op.drop_index("ix_admissions_sign_up_openid_status")
        batch_op.drop_index(batch_op.f("ix_admissions_sign_up_lead_id"))
        batch_op.drop_index(batch_op.f("ix_admissions_sign_up_class_group_id"))

    op.drop_table("admissions_sign_up")
    with op.batch_alter_table("admissions_follow_up", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_admissions_follow_up_lead_id"))

    op.drop_table("admissions_follow_up")
    with op.batch_alter_table("admissions_lead", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_admissions_lead_open_openid",
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_admissions_lead_next_follow_up_at"))
        batch_op.drop_index("ix_admissions_lead_advisor_stage")

    op.drop_table("admissions_lead")
