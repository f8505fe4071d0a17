"""packages of lessons alone: bought without a class

Revises: a6f0d3c87b15
Created: 2026-11-25 03:05:00.000000+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "c41d7e09ab52"
down_revision = "a6f0d3c87b15"
branch_labels = None
depends_on = None

SIGN_UP = "admissions_sign_up"


def upgrade() -> None:
    with op.batch_alter_table("finance_package", schema=None) as batch:
        batch.add_column(
            sa.Column("takes_seat", sa.Boolean(), nullable=False, server_default=sa.true())
        )
    with op.batch_alter_table(SIGN_UP, schema=None) as batch:
        batch.alter_column("class_group_id", existing_type=sa.Integer(), nullable=True)
        batch.add_column(sa.Column("package_id", sa.Integer(), nullable=True))
        batch.create_foreign_key(
            batch.f(f"fk_{SIGN_UP}_package_id"), "finance_package", ["package_id"], ["id"]
        )


def downgrade() -> None:
    # What was bought without a class has no place in the table as it was before.
    classless = f"SELECT id FROM {SIGN_UP} WHERE class_group_id IS NULL"  # noqa: S608
    op.execute(f"DELETE FROM admissions_contract WHERE sign_up_id IN ({classless})")  # noqa: S608
    op.execute(f"DELETE FROM {SIGN_UP} WHERE class_group_id IS NULL")  # noqa: S608
    with op.batch_alter_table(SIGN_UP, schema=None) as batch:
        batch.drop_constraint(batch.f(f"fk_{SIGN_UP}_package_id"), type_="foreignkey")
        batch.drop_column("package_id")
        batch.alter_column("class_group_id", existing_type=sa.Integer(), nullable=False)
    with op.batch_alter_table("finance_package", schema=None) as batch:
        batch.drop_column("takes_seat")
