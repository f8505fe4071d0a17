"""the life of a lesson

Revises: 7d20c95be1a4
Created: 2026-11-24 19:47:06.862211+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "39ade696d82a"
down_revision = "7d20c95be1a4"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "teaching_attendance_policy",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("course_id", sa.Integer(), nullable=True),
        sa.Column("learner_type", sa.String(length=10), nullable=True),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("terms", sa.JSON(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["course_id"],
            ["teaching_course.id"],
            name=op.f("fk_teaching_attendance_policy_course_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_teaching_attendance_policy")),
    )
    with op.batch_alter_table("teaching_attendance_policy", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_teaching_attendance_policy_course_id"), ["course_id"], unique=False
        )

    op.create_table(
        "teaching_absence",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("student_id", sa.Integer(), nullable=False),
        sa.Column("lesson_id", sa.Integer(), nullable=False),
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["course_id"], ["teaching_course.id"], name=op.f("fk_teaching_absence_course_id")
        ),
        sa.ForeignKeyConstraint(
            ["lesson_id"], ["teaching_lesson.id"], name=op.f("fk_teaching_absence_lesson_id")
        ),
        sa.ForeignKeyConstraint(
            ["student_id"], ["students_student.id"], name=op.f("fk_teaching_absence_student_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_teaching_absence")),
        sa.UniqueConstraint(
            "student_id", "lesson_id", name=op.f("uq_teaching_absence_student_id_lesson_id")
        ),
    )
    with op.batch_alter_table("teaching_absence", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_teaching_absence_course_id"), ["course_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_teaching_absence_lesson_id"), ["lesson_id"], unique=False
        )

    op.create_table(
        "teaching_booking",
        sa.Column("lesson_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Integer(), nullable=False),
        sa.Column("resource_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["lesson_id"],
            ["teaching_lesson.id"],
            name=op.f("fk_teaching_booking_lesson_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "lesson_id", "kind", "resource_id", name=op.f("pk_teaching_booking")
        ),
    )
    with op.batch_alter_table("teaching_booking", schema=None) as batch_op:
        batch_op.create_index(
            "ix_teaching_booking_who_when", ["kind", "resource_id", "starts_at"], unique=False
        )

    op.create_table(
        "teaching_leave",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("student_id", sa.Integer(), nullable=False),
        sa.Column("lesson_id", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.String(length=80), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["lesson_id"], ["teaching_lesson.id"], name=op.f("fk_teaching_leave_lesson_id")
        ),
        sa.ForeignKeyConstraint(
            ["student_id"], ["students_student.id"], name=op.f("fk_teaching_leave_student_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_teaching_leave")),
    )
    with op.batch_alter_table("teaching_leave", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_teaching_leave_lesson_id"), ["lesson_id"], unique=False
        )
        batch_op.create_index(
            "uq_teaching_leave_open",
            ["student_id", "lesson_id"],
            unique=True,
            sqlite_where=sa.text("revoked_at IS NULL"),
            postgresql_where=sa.text("revoked_at IS NULL"),
        )

    op.create_table(
        "teaching_substitution",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("lesson_id", sa.Integer(), nullable=False),
        sa.Column("absent_id", sa.Integer(), nullable=False),
        sa.Column("substitute_id", sa.Integer(), nullable=True),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["absent_id"], ["security_account.id"], name=op.f("fk_teaching_substitution_absent_id")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"],
            ["security_account.id"],
            name=op.f("fk_teaching_substitution_decided_by"),
        ),
        sa.ForeignKeyConstraint(
            ["lesson_id"], ["teaching_lesson.id"], name=op.f("fk_teaching_substitution_lesson_id")
        ),
        sa.ForeignKeyConstraint(
            ["substitute_id"],
            ["security_account.id"],
            name=op.f("fk_teaching_substitution_substitute_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_teaching_substitution")),
    )
    with op.batch_alter_table("teaching_substitution", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_teaching_substitution_absent_id"), ["absent_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_teaching_substitution_lesson_id"), ["lesson_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_teaching_substitution_status"), ["status"], unique=False
        )

    op.create_table(
        "teaching_suspension",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("enrollment_id", sa.Integer(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=True),
        sa.Column("asked_by", sa.String(length=80), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["enrollment_id"],
            ["teaching_enrollment.id"],
            name=op.f("fk_teaching_suspension_enrollment_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_teaching_suspension")),
    )
    with op.batch_alter_table("teaching_suspension", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_teaching_suspension_enrollment_id"), ["enrollment_id"], unique=False
        )

    op.create_table(
        "teaching_transfer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("from_enrollment_id", sa.Integer(), nullable=False),
        sa.Column("to_enrollment_id", sa.Integer(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("asked_by", sa.String(length=80), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["from_enrollment_id"],
            ["teaching_enrollment.id"],
            name=op.f("fk_teaching_transfer_from_enrollment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["to_enrollment_id"],
            ["teaching_enrollment.id"],
            name=op.f("fk_teaching_transfer_to_enrollment_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_teaching_transfer")),
        sa.UniqueConstraint(
            "from_enrollment_id", name=op.f("uq_teaching_transfer_from_enrollment_id")
        ),
        sa.UniqueConstraint("to_enrollment_id", name=op.f("uq_teaching_transfer_to_enrollment_id")),
    )
    op.create_table(
        "teaching_attendance",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("lesson_id", sa.Integer(), nullable=False),
        sa.Column("student_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("late_minutes", sa.Integer(), nullable=True),
        sa.Column("absence_id", sa.Integer(), nullable=True),
        sa.Column("lessons", sa.Integer(), nullable=True),
        sa.Column("why", sa.String(length=20), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["absence_id"], ["teaching_absence.id"], name=op.f("fk_teaching_attendance_absence_id")
        ),
        sa.ForeignKeyConstraint(
            ["lesson_id"], ["teaching_lesson.id"], name=op.f("fk_teaching_attendance_lesson_id")
        ),
        sa.ForeignKeyConstraint(
            ["student_id"], ["students_student.id"], name=op.f("fk_teaching_attendance_student_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_teaching_attendance")),
        sa.UniqueConstraint(
            "lesson_id", "student_id", name=op.f("uq_teaching_attendance_lesson_id_student_id")
        ),
    )
    with op.batch_alter_table("teaching_attendance", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_teaching_attendance_absence_id"), ["absence_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_teaching_attendance_decided_at"), ["decided_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_teaching_attendance_student_id"), ["student_id"], unique=False
        )

    op.create_table(
        "teaching_attendance_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("attendance_id", sa.Integer(), nullable=False),
        sa.Column("was", sa.String(length=10), nullable=False),
        sa.Column("became", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["security_account.id"],
            name=op.f("fk_teaching_attendance_change_account_id"),
        ),
        sa.ForeignKeyConstraint(
            ["attendance_id"],
            ["teaching_attendance.id"],
            name=op.f("fk_teaching_attendance_change_attendance_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_teaching_attendance_change")),
    )
    with op.batch_alter_table("teaching_attendance_change", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_teaching_attendance_change_attendance_id"),
            ["attendance_id"],
            unique=False,
        )

    with op.batch_alter_table("teaching_enrollment", schema=None) as batch_op:
        batch_op.add_column(sa.Column("starts_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("ends_on", sa.Date(), nullable=True))

    with op.batch_alter_table("teaching_lesson", schema=None) as batch_op:
        batch_op.add_column(sa.Column("assistant_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("called_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("called_by", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("summary", sa.Text(), nullable=True))
        batch_op.create_index(
            batch_op.f("ix_teaching_lesson_assistant_id"), ["assistant_id"], unique=False
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_teaching_lesson_called_by"), "security_account", ["called_by"], ["id"]
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_teaching_lesson_assistant_id"),
            "security_account",
            ["assistant_id"],
            ["id"],
        )


def downgrade() -> None:
    with op.batch_alter_table("teaching_lesson", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_teaching_lesson_assistant_id"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_teaching_lesson_called_by"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_teaching_lesson_assistant_id"))
        batch_op.drop_column("summary")
        batch_op.drop_column("reminded_at")
        batch_op.drop_column("called_by")
        batch_op.drop_column("called_at")
        batch_op.drop_column("assistant_id")

    with op.batch_alter_table("teaching_enrollment", schema=None) as batch_op:
        batch_op.drop_column("ends_on")
        batch_op.drop_column("starts_on")

    with op.batch_alter_table("teaching_attendance_change", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_teaching_attendance_change_attendance_id"))

    op.drop_table("teaching_attendance_change")
    with op.batch_alter_table("teaching_attendance", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_teaching_attendance_student_id"))
        batch_op.drop_index(batch_op.f("ix_teaching_attendance_decided_at"))
        batch_op.drop_index(batch_op.f("ix_teaching_attendance_absence_id"))

    op.drop_table("teaching_attendance")
    op.drop_table("teaching_transfer")
    with op.batch_alter_table("teaching_suspension", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_teaching_suspension_enrollment_id"))

    op.drop_table("teaching_suspension")
    with op.batch_alter_table("teaching_substitution", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_teaching_substitution_status"))
        batch_op.drop_index(batch_op.f("ix_teaching_substitution_lesson_id"))
        batch_op.drop_index(batch_op.f("ix_teaching_substitution_absent_id"))

    op.drop_table("teaching_substitution")
    with op.batch_alter_table("teaching_leave", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_teaching_leave_open",
            sqlite_where=sa.text("revoked_at IS NULL"),
            postgresql_where=sa.text("revoked_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_teaching_leave_lesson_id"))

    op.drop_table("teaching_leave")
    with op.batch_alter_table("teaching_booking", schema=None) as batch_op:
        batch_op.drop_index("ix_teaching_booking_who_when")

    op.drop_table("teaching_booking")
    with op.batch_alter_table("teaching_absence", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_teaching_absence_lesson_id"))
        batch_op.drop_index(batch_op.f("ix_teaching_absence_course_id"))

    op.drop_table("teaching_absence")
    with op.batch_alter_table("teaching_attendance_policy", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_teaching_attendance_policy_course_id"))

    op.drop_table("teaching_attendance_policy")
