"""the way out for everybody

Revises: 950b55e15085
Created: 2026-11-24 23:10:00.000000+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "9d3f6a1b7c20"
down_revision = "950b55e15085"
branch_labels = None
depends_on = None

ERASURE, EXPORT, OPEN = "students_erasure", "students_export", "finished_at IS NULL"


def upgrade() -> None:
    with op.batch_alter_table(EXPORT) as export:
        export.add_column(sa.Column("whose", sa.String(40), nullable=False, server_default=""))
    with op.batch_alter_table(EXPORT) as export:
        export.alter_column("whose", server_default=None)
    with op.batch_alter_table(ERASURE) as erasure:
        erasure.add_column(sa.Column("student_id", sa.Integer(), nullable=True))
        erasure.alter_column("guardian_id", existing_type=sa.Integer(), nullable=True)
        erasure.create_foreign_key(
            op.f("fk_students_erasure_student_id"), "students_student", ["student_id"], ["id"]
        )
    op.create_index(op.f("ix_students_erasure_student_id"), ERASURE, ["student_id"])
    for name, column in (
        ("uq_students_erasure_open_student", "student_id"),
        ("uq_students_erasure_open_openid", "openid"),
    ):
        op.create_index(
            name,
            ERASURE,
            [column],
            unique=True,
            sqlite_where=sa.text(OPEN),
            postgresql_where=sa.text(OPEN),
        )


def downgrade() -> None:
    """Wishes of those without a guardian's file go: the older house cannot hold them."""
    op.execute(sa.text("DELETE FROM students_erasure WHERE guardian_id IS NULL"))
    for name in ("uq_students_erasure_open_openid", "uq_students_erasure_open_student"):
        op.drop_index(name, ERASURE)
    op.drop_index(op.f("ix_students_erasure_student_id"), ERASURE)
    with op.batch_alter_table(ERASURE) as erasure:
        erasure.drop_constraint(op.f("fk_students_erasure_student_id"), type_="foreignkey")
        erasure.alter_column("guardian_id", existing_type=sa.Integer(), nullable=False)
        erasure.drop_column("student_id")
    with op.batch_alter_table(EXPORT) as export:
        export.drop_column("whose")
