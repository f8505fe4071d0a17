"""placements: points that lead to a level of a programme, also of learners on file

Revises: 7a9be2c05d14
Created: 2026-11-25 03:50:00.000000+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "e2d86b41f790"
down_revision = "7a9be2c05d14"
branch_labels = None
depends_on = None

TABLE = "admissions_placement"


def upgrade() -> None:
    with op.batch_alter_table(TABLE, schema=None) as batch:
        batch.alter_column("lead_id", existing_type=sa.Integer(), nullable=True)
        for column, to in (
            ("student_id", "students_student"),
            ("programme_id", "teaching_programme"),
        ):
            batch.add_column(sa.Column(column, sa.Integer(), nullable=True))
            batch.create_foreign_key(batch.f(f"fk_{TABLE}_{column}"), to, [column], ["id"])
        batch.add_column(sa.Column("points", sa.Integer(), nullable=True))
        batch.create_index(batch.f(f"ix_{TABLE}_student_id"), ["student_id"])


def downgrade() -> None:
    # Without a lead there was no placement before.
    op.execute(f"DELETE FROM {TABLE} WHERE lead_id IS NULL")  # noqa: S608 - a name of ours.
    with op.batch_alter_table(TABLE, schema=None) as batch:
        batch.drop_index(batch.f(f"ix_{TABLE}_student_id"))
        batch.drop_column("points")
        for column in ("programme_id", "student_id"):
            batch.drop_constraint(batch.f(f"fk_{TABLE}_{column}"), type_="foreignkey")
            batch.drop_column(column)
        batch.alter_column("lead_id", existing_type=sa.Integer(), nullable=False)
