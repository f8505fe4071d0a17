"""the timetable is drafted and changed

Revises: c71e3f8a2d46
Created: 2026-11-24 22:56:05.260160+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "da10b97d949d"
down_revision = "c71e3f8a2d46"
branch_labels = None
depends_on = None

TABLES = (
    "teaching_time_off",
    "teaching_campus_way",
    "teaching_learner_busy",
    "teaching_draft_run",
    "teaching_feed",
    "teaching_room_fitting",
    "teaching_staff_hours",
    "teaching_timetable_change",
    "teaching_change_receipt",
    "teaching_class_need",
    "teaching_draft_gap",
    "teaching_draft_lesson",
    "teaching_moved_lesson",
)


def upgrade() -> None:
    op.create_table(
        "teaching_time_off",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("words", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_teaching_time_off")),
    )
    op.create_index(
        "ix_teaching_time_off_kind_subject", "teaching_time_off", ["kind", "subject_id"]
    )
    op.create_table(
        "teaching_campus_way",
        sa.Column("from_id", sa.Integer(), nullable=False),
        sa.Column("to_id", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["from_id"], ["logistics_campus.id"], name=op.f("fk_teaching_campus_way_from_id")
        ),
        sa.ForeignKeyConstraint(
            ["to_id"], ["logistics_campus.id"], name=op.f("fk_teaching_campus_way_to_id")
        ),
        sa.PrimaryKeyConstraint("from_id", "to_id", name=op.f("pk_teaching_campus_way")),
    )
    op.create_table(
        "teaching_learner_busy",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("student_id", sa.Integer(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["student_id"],
            ["students_student.id"],
            name=op.f("fk_teaching_learner_busy_student_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_teaching_learner_busy")),
    )
    op.create_index(
        op.f("ix_teaching_learner_busy_student_id"), "teaching_learner_busy", ["student_id"]
    )
    op.create_table(
        "teaching_draft_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("campus_id", sa.Integer(), nullable=True),
        sa.Column("class_group_ids", sa.JSON(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("asked_by", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source_key", sa.String(length=60), nullable=False),
        sa.Column("lease", sa.String(length=32), nullable=True),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("is_cancelled", sa.Boolean(), nullable=False),
        sa.Column("passed", sa.Integer(), nullable=False),
        sa.Column("cost", sa.Integer(), nullable=True),
        sa.Column("bound", sa.Integer(), nullable=True),
        sa.Column("unplaced", sa.Integer(), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("adopted_by", sa.Integer(), nullable=True),
        sa.Column("adopted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["adopted_by"], ["security_account.id"], name=op.f("fk_teaching_draft_run_adopted_by")
        ),
        sa.ForeignKeyConstraint(
            ["asked_by"], ["security_account.id"], name=op.f("fk_teaching_draft_run_asked_by")
        ),
        sa.ForeignKeyConstraint(
            ["campus_id"], ["logistics_campus.id"], name=op.f("fk_teaching_draft_run_campus_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_teaching_draft_run")),
        sa.UniqueConstraint("source_key", name=op.f("uq_teaching_draft_run_source_key")),
    )
    op.create_index(op.f("ix_teaching_draft_run_status"), "teaching_draft_run", ["status"])
    op.create_table(
        "teaching_feed",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("student_id", sa.Integer(), nullable=True),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("venue_id", sa.Integer(), nullable=True),
        sa.Column("openid", sa.String(length=64), nullable=True),
        sa.Column("made_by", sa.Integer(), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["security_account.id"], name=op.f("fk_teaching_feed_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["made_by"], ["security_account.id"], name=op.f("fk_teaching_feed_made_by")
        ),
        sa.ForeignKeyConstraint(
            ["student_id"], ["students_student.id"], name=op.f("fk_teaching_feed_student_id")
        ),
        sa.ForeignKeyConstraint(
            ["venue_id"], ["logistics_venue.id"], name=op.f("fk_teaching_feed_venue_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_teaching_feed")),
        sa.UniqueConstraint("digest", name=op.f("uq_teaching_feed_digest")),
    )
    op.create_index(op.f("ix_teaching_feed_openid"), "teaching_feed", ["openid"])
    op.create_index(op.f("ix_teaching_feed_student_id"), "teaching_feed", ["student_id"])
    op.create_table(
        "teaching_room_fitting",
        sa.Column("venue_id", sa.Integer(), nullable=False),
        sa.Column("equipment", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["venue_id"], ["logistics_venue.id"], name=op.f("fk_teaching_room_fitting_venue_id")
        ),
        sa.PrimaryKeyConstraint("venue_id", name=op.f("pk_teaching_room_fitting")),
    )
    op.create_table(
        "teaching_staff_hours",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("teaches", sa.JSON(), nullable=False),
        sa.Column("assists", sa.JSON(), nullable=False),
        sa.Column("hours", sa.JSON(), nullable=False),
        sa.Column("avoids", sa.JSON(), nullable=False),
        sa.Column("max_per_day", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["security_account.id"], name=op.f("fk_teaching_staff_hours_account_id")
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_teaching_staff_hours")),
    )
    op.create_table(
        "teaching_timetable_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("by", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("overrode", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["by"], ["security_account.id"], name=op.f("fk_teaching_timetable_change_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_teaching_timetable_change")),
    )
    op.create_index(op.f("ix_teaching_timetable_change_at"), "teaching_timetable_change", ["at"])
    op.create_table(
        "teaching_change_receipt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("change_id", sa.Integer(), nullable=False),
        sa.Column("student_id", sa.Integer(), nullable=True),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("objected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("words", sa.Text(), nullable=True),
        sa.Column("ticket_number", sa.String(length=20), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["security_account.id"],
            name=op.f("fk_teaching_change_receipt_account_id"),
        ),
        sa.ForeignKeyConstraint(
            ["change_id"],
            ["teaching_timetable_change.id"],
            name=op.f("fk_teaching_change_receipt_change_id"),
        ),
        sa.ForeignKeyConstraint(
            ["student_id"],
            ["students_student.id"],
            name=op.f("fk_teaching_change_receipt_student_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_teaching_change_receipt")),
        sa.UniqueConstraint(
            "change_id", "account_id", name=op.f("uq_teaching_change_receipt_change_id_account_id")
        ),
        sa.UniqueConstraint(
            "change_id", "student_id", name=op.f("uq_teaching_change_receipt_change_id_student_id")
        ),
    )
    op.create_index(
        op.f("ix_teaching_change_receipt_change_id"), "teaching_change_receipt", ["change_id"]
    )
    op.create_index(
        op.f("ix_teaching_change_receipt_student_id"), "teaching_change_receipt", ["student_id"]
    )
    op.create_table(
        "teaching_class_need",
        sa.Column("class_group_id", sa.Integer(), nullable=False),
        sa.Column("equipment", sa.JSON(), nullable=False),
        sa.Column("is_assisted", sa.Boolean(), nullable=False),
        sa.Column("is_online", sa.Boolean(), nullable=False),
        sa.Column("any_teacher", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["class_group_id"],
            ["teaching_class_group.id"],
            name=op.f("fk_teaching_class_need_class_group_id"),
        ),
        sa.PrimaryKeyConstraint("class_group_id", name=op.f("pk_teaching_class_need")),
    )
    op.create_table(
        "teaching_draft_gap",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("class_group_id", sa.Integer(), nullable=False),
        sa.Column("lessons", sa.Integer(), nullable=False),
        sa.Column("cause", sa.String(length=16), nullable=False),
        sa.Column("reliefs", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["class_group_id"],
            ["teaching_class_group.id"],
            name=op.f("fk_teaching_draft_gap_class_group_id"),
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["teaching_draft_run.id"], name=op.f("fk_teaching_draft_gap_run_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_teaching_draft_gap")),
    )
    op.create_index(op.f("ix_teaching_draft_gap_run_id"), "teaching_draft_gap", ["run_id"])
    op.create_table(
        "teaching_draft_lesson",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("class_group_id", sa.Integer(), nullable=False),
        sa.Column("lesson_id", sa.Integer(), nullable=True),
        sa.Column("teacher_id", sa.Integer(), nullable=False),
        sa.Column("assistant_id", sa.Integer(), nullable=True),
        sa.Column("venue_id", sa.Integer(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("was", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(
            ["assistant_id"],
            ["security_account.id"],
            name=op.f("fk_teaching_draft_lesson_assistant_id"),
        ),
        sa.ForeignKeyConstraint(
            ["class_group_id"],
            ["teaching_class_group.id"],
            name=op.f("fk_teaching_draft_lesson_class_group_id"),
        ),
        sa.ForeignKeyConstraint(
            ["lesson_id"], ["teaching_lesson.id"], name=op.f("fk_teaching_draft_lesson_lesson_id")
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["teaching_draft_run.id"], name=op.f("fk_teaching_draft_lesson_run_id")
        ),
        sa.ForeignKeyConstraint(
            ["teacher_id"],
            ["security_account.id"],
            name=op.f("fk_teaching_draft_lesson_teacher_id"),
        ),
        sa.ForeignKeyConstraint(
            ["venue_id"], ["logistics_venue.id"], name=op.f("fk_teaching_draft_lesson_venue_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_teaching_draft_lesson")),
    )
    op.create_index(op.f("ix_teaching_draft_lesson_run_id"), "teaching_draft_lesson", ["run_id"])
    op.create_table(
        "teaching_moved_lesson",
        sa.Column("change_id", sa.Integer(), nullable=False),
        sa.Column("lesson_id", sa.Integer(), nullable=False),
        sa.Column("was", sa.JSON(), nullable=False),
        sa.Column("became", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["change_id"],
            ["teaching_timetable_change.id"],
            name=op.f("fk_teaching_moved_lesson_change_id"),
        ),
        sa.ForeignKeyConstraint(
            ["lesson_id"], ["teaching_lesson.id"], name=op.f("fk_teaching_moved_lesson_lesson_id")
        ),
        sa.PrimaryKeyConstraint("change_id", "lesson_id", name=op.f("pk_teaching_moved_lesson")),
    )
    op.create_index(
        op.f("ix_teaching_moved_lesson_lesson_id"), "teaching_moved_lesson", ["lesson_id"]
    )


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
