"""who is who in wechat

Revises: 7be0c25d9f13
Created: 2026-11-24 19:58:00.000000+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "7ad3c95e10b8"
down_revision = "7be0c25d9f13"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "security_proof_code",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("openid", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=12), nullable=False),
        sa.Column("phone_index", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("sent_at", AT, nullable=False),
        sa.Column("expires_at", AT, nullable=False),
        sa.Column("ended_at", AT, nullable=True),
        sa.Column("proven_at", AT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_security_proof_code")),
    )
    op.create_table(
        "students_invitation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code_index", sa.String(length=64), nullable=False),
        sa.Column("guardian_id", sa.Integer(), nullable=False),
        sa.Column("student_ids", sa.JSON(), nullable=False),
        sa.Column("openid", sa.String(length=64), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("made_at", AT, nullable=False),
        sa.Column("expires_at", AT, nullable=False),
        sa.ForeignKeyConstraint(
            ["guardian_id"],
            ["students_guardian.id"],
            name=op.f("fk_students_invitation_guardian_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_students_invitation")),
        sa.UniqueConstraint("code_index", name=op.f("uq_students_invitation_code_index")),
    )
    op.create_table(
        "students_review",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("field", sa.String(length=30), nullable=False),
        sa.Column("guardian_id", sa.Integer(), nullable=True),
        sa.Column("student_id", sa.Integer(), nullable=True),
        sa.Column("openid", sa.String(length=64), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("decided_at", AT, nullable=True),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("source_key", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["guardian_id"], ["students_guardian.id"], name=op.f("fk_students_review_guardian_id")
        ),
        sa.ForeignKeyConstraint(
            ["student_id"], ["students_student.id"], name=op.f("fk_students_review_student_id")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["security_account.id"], name=op.f("fk_students_review_decided_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_students_review")),
        sa.UniqueConstraint("source_key", name=op.f("uq_students_review_source_key")),
    )
    for table, indexes in INDEXES.items():
        with op.batch_alter_table(table, schema=None) as batch_op:
            for columns in indexes:
                batch_op.create_index(f"ix_{table}_{'_'.join(columns)}", columns, unique=False)
    with op.batch_alter_table("security_wechat_identity", schema=None) as batch_op:
        batch_op.add_column(sa.Column("bound_at", AT, nullable=True))
        batch_op.add_column(sa.Column("frozen_at", AT, nullable=True))
    with op.batch_alter_table("students_guardian", schema=None) as batch_op:
        batch_op.add_column(sa.Column("phone_checked_at", AT, nullable=True))
    with op.batch_alter_table("students_student", schema=None) as batch_op:
        batch_op.add_column(sa.Column("phone", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("phone_index", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("phone_checked_at", AT, nullable=True))
        batch_op.create_index("ix_students_student_phone_index", ["phone_index"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("students_student", schema=None) as batch_op:
        batch_op.drop_index("ix_students_student_phone_index")
        for column in ("phone_checked_at", "phone_index", "phone"):
            batch_op.drop_column(column)
    with op.batch_alter_table("students_guardian", schema=None) as batch_op:
        batch_op.drop_column("phone_checked_at")
    with op.batch_alter_table("security_wechat_identity", schema=None) as batch_op:
        batch_op.drop_column("frozen_at")
        batch_op.drop_column("bound_at")
    for table in ("students_review", "students_invitation", "security_proof_code"):
        op.drop_table(table)


INDEXES = {
    "security_proof_code": (["openid", "sent_at"], ["phone_index", "sent_at"]),
    "students_invitation": (["guardian_id"], ["openid"]),
    "students_review": (["guardian_id"], ["student_id"], ["status", "id"], ["openid", "id"]),
}
