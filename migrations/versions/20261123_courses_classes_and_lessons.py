"""courses, classes and lessons

Revises: cff6a6ad940a
Created: 2026-11-23 14:08:04.311315+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "76300b3b611a"
down_revision = "cff6a6ad940a"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "teaching_course",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.String(length=20), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("grade_from", sa.Integer(), nullable=True),
        sa.Column("grade_to", sa.Integer(), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_teaching_course")),
        sa.UniqueConstraint("name", name=op.f("uq_teaching_course_name")),
    )
    with op.batch_alter_table("teaching_course", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_teaching_course_subject"), ["subject"], unique=False)

    op.create_table(
        "teaching_class_group",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column("campus_id", sa.Integer(), nullable=False),
        sa.Column("venue_id", sa.Integer(), nullable=True),
        sa.Column("teacher_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("lesson_count", sa.Integer(), nullable=False),
        sa.Column("weekly", sa.JSON(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campus_id"], ["logistics_campus.id"], name=op.f("fk_teaching_class_group_campus_id")
        ),
        sa.ForeignKeyConstraint(
            ["course_id"], ["teaching_course.id"], name=op.f("fk_teaching_class_group_course_id")
        ),
        sa.ForeignKeyConstraint(
            ["teacher_id"], ["security_account.id"], name=op.f("fk_teaching_class_group_teacher_id")
        ),
        sa.ForeignKeyConstraint(
            ["venue_id"], ["logistics_venue.id"], name=op.f("fk_teaching_class_group_venue_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_teaching_class_group")),
        sa.UniqueConstraint("name", name=op.f("uq_teaching_class_group_name")),
    )
    with op.batch_alter_table("teaching_class_group", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_teaching_class_group_campus_id"), ["campus_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_teaching_class_group_course_id"), ["course_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_teaching_class_group_teacher_id"), ["teacher_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_teaching_class_group_venue_id"), ["venue_id"], unique=False
        )

    op.create_table(
        "teaching_enrollment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("class_group_id", sa.Integer(), nullable=False),
        sa.Column("student_id", sa.Integer(), nullable=True),
        sa.Column("holder", sa.String(length=60), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["class_group_id"],
            ["teaching_class_group.id"],
            name=op.f("fk_teaching_enrollment_class_group_id"),
        ),
        sa.ForeignKeyConstraint(
            ["student_id"], ["students_student.id"], name=op.f("fk_teaching_enrollment_student_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_teaching_enrollment")),
        sa.UniqueConstraint("holder", name=op.f("uq_teaching_enrollment_holder")),
    )
    with op.batch_alter_table("teaching_enrollment", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_teaching_enrollment_class_group_id"), ["class_group_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_teaching_enrollment_student_id"), ["student_id"], unique=False
        )

    op.create_table(
        "teaching_lesson",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("class_group_id", sa.Integer(), nullable=False),
        sa.Column("teacher_id", sa.Integer(), nullable=False),
        sa.Column("venue_id", sa.Integer(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.ForeignKeyConstraint(
            ["class_group_id"],
            ["teaching_class_group.id"],
            name=op.f("fk_teaching_lesson_class_group_id"),
        ),
        sa.ForeignKeyConstraint(
            ["teacher_id"], ["security_account.id"], name=op.f("fk_teaching_lesson_teacher_id")
        ),
        sa.ForeignKeyConstraint(
            ["venue_id"], ["logistics_venue.id"], name=op.f("fk_teaching_lesson_venue_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_teaching_lesson")),
    )
    with op.batch_alter_table("teaching_lesson", schema=None) as batch_op:
        batch_op.create_index(
            "ix_teaching_lesson_group_start", ["class_group_id", "starts_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_teaching_lesson_starts_at"), ["starts_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_teaching_lesson_teacher_id"), ["teacher_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_teaching_lesson_venue_id"), ["venue_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("teaching_lesson", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_teaching_lesson_venue_id"))
        batch_op.drop_index(batch_op.f("ix_teaching_lesson_teacher_id"))
        batch_op.drop_index(batch_op.f("ix_teaching_lesson_starts_at"))
        batch_op.drop_index("ix_teaching_lesson_group_start")

    op.drop_table("teaching_lesson")
    with op.batch_alter_table("teaching_enrollment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_teaching_enrollment_student_id"))
        batch_op.drop_index(batch_op.f("ix_teaching_enrollment_class_group_id"))

    op.drop_table("teaching_enrollment")
    with op.batch_alter_table("teaching_class_group", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_teaching_class_group_venue_id"))
        batch_op.drop_index(batch_op.f("ix_teaching_class_group_teacher_id"))
        batch_op.drop_index(batch_op.f("ix_teaching_class_group_course_id"))
        batch_op.drop_index(batch_op.f("ix_teaching_class_group_campus_id"))

    op.drop_table("teaching_class_group")
    with op.batch_alter_table("teaching_course", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_teaching_course_subject"))

    op.drop_table("teaching_course")
