"""the student file

Revises: 7ad3c95e10b8
Created: 2026-11-24 19:50:06.959700+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "3379c42f3a3c"
down_revision = "7ad3c95e10b8"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "security_key_rotation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("keys", sa.String(length=40), nullable=False),
        sa.Column("begun_by", sa.String(length=64), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("place", sa.String(length=60), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.Column("rounds", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_security_key_rotation")),
        sa.UniqueConstraint("keys", name=op.f("uq_security_key_rotation_keys")),
    )
    op.create_table(
        "students_erased",
        sa.Column("mark", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("mark", name=op.f("pk_students_erased")),
    )
    op.create_table(
        "students_export",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("openid", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("json_name", sa.String(length=64), nullable=True),
        sa.Column("pdf_name", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_students_export")),
    )
    with op.batch_alter_table("students_export", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_students_export_due_at"), ["due_at"], unique=False)
        batch_op.create_index(
            "ix_students_export_openid_asked_at", ["openid", "asked_at"], unique=False
        )

    op.create_table(
        "students_erasure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("guardian_id", sa.Integer(), nullable=False),
        sa.Column("openid", sa.String(length=64), nullable=True),
        sa.Column("openids", sa.JSON(), nullable=False),
        sa.Column("student_ids", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("done", sa.JSON(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["security_account.id"], name=op.f("fk_students_erasure_decided_by")
        ),
        sa.ForeignKeyConstraint(
            ["guardian_id"], ["students_guardian.id"], name=op.f("fk_students_erasure_guardian_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_students_erasure")),
    )
    with op.batch_alter_table("students_erasure", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_students_erasure_guardian_id"), ["guardian_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_students_erasure_status"), ["status"], unique=False)
        batch_op.create_index(
            "uq_students_erasure_open",
            ["guardian_id"],
            unique=True,
            sqlite_where=sa.text("finished_at IS NULL"),
            postgresql_where=sa.text("finished_at IS NULL"),
        )

    op.create_table(
        "students_look",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("student_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["security_account.id"], name=op.f("fk_students_look_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["student_id"], ["students_student.id"], name=op.f("fk_students_look_student_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_students_look")),
    )
    with op.batch_alter_table("students_look", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_students_look_account_id"), ["account_id"], unique=False
        )
        batch_op.create_index("ix_students_look_student_id_at", ["student_id", "at"], unique=False)

    with op.batch_alter_table("students_consent", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("way", sa.String(length=8), server_default="chat", nullable=False)
        )
        batch_op.add_column(sa.Column("withdrawn_way", sa.String(length=8), nullable=True))

    with op.batch_alter_table("students_guardian", schema=None) as batch_op:
        batch_op.add_column(sa.Column("id_number", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("id_number_index", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("address", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("email", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(
            batch_op.f("ix_students_guardian_id_number_index"), ["id_number_index"], unique=False
        )

    with op.batch_alter_table("students_student", schema=None) as batch_op:
        batch_op.add_column(sa.Column("id_number", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("id_number_index", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("address", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("school", sa.String(length=60), nullable=True))
        batch_op.add_column(sa.Column("health_note", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("email", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(
            batch_op.f("ix_students_student_id_number_index"), ["id_number_index"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("students_student", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_students_student_id_number_index"))
        batch_op.drop_column("erased_at")
        batch_op.drop_column("email")
        batch_op.drop_column("health_note")
        batch_op.drop_column("school")
        batch_op.drop_column("address")
        batch_op.drop_column("id_number_index")
        batch_op.drop_column("id_number")

    with op.batch_alter_table("students_guardian", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_students_guardian_id_number_index"))
        batch_op.drop_column("erased_at")
        batch_op.drop_column("email")
        batch_op.drop_column("address")
        batch_op.drop_column("id_number_index")
        batch_op.drop_column("id_number")

    with op.batch_alter_table("students_consent", schema=None) as batch_op:
        batch_op.drop_column("withdrawn_way")
        batch_op.drop_column("way")

    with op.batch_alter_table("students_look", schema=None) as batch_op:
        batch_op.drop_index("ix_students_look_student_id_at")
        batch_op.drop_index(batch_op.f("ix_students_look_account_id"))

    op.drop_table("students_look")
    with op.batch_alter_table("students_erasure", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_students_erasure_open",
            sqlite_where=sa.text("finished_at IS NULL"),
            postgresql_where=sa.text("finished_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_students_erasure_status"))
        batch_op.drop_index(batch_op.f("ix_students_erasure_guardian_id"))

    op.drop_table("students_erasure")
    with op.batch_alter_table("students_export", schema=None) as batch_op:
        batch_op.drop_index("ix_students_export_openid_asked_at")
        batch_op.drop_index(batch_op.f("ix_students_export_due_at"))

    op.drop_table("students_export")
    op.drop_table("students_erased")
    op.drop_table("security_key_rotation")
