"""what becomes of a lead: who it is, what was lost, and what was said about it

Revises: b09f4c61a7e2
Created: 2026-11-24 21:15:00.000000+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "e3a90b5c71d2"
down_revision = "b09f4c61a7e2"
branch_labels = None
depends_on = None

TEXTS = (("customer", 40), ("child_name", 40), ("phone_index", 64), ("lost_reason", 12))


def upgrade() -> None:
    with op.batch_alter_table("admissions_lead", schema=None) as batch:
        batch.alter_column("openid", existing_type=sa.String(length=64), nullable=True)
        for name, length in TEXTS:
            batch.add_column(sa.Column(name, sa.String(length=length), nullable=True))
        batch.add_column(sa.Column("phone", sa.Text(), nullable=True))
        batch.add_column(sa.Column("campus_id", sa.Integer(), nullable=True))
        batch.create_foreign_key(
            batch.f("fk_admissions_lead_campus_id"), "logistics_campus", ["campus_id"], ["id"]
        )
        batch.create_index(batch.f("ix_admissions_lead_phone_index"), ["phone_index"])
    with op.batch_alter_table("admissions_follow_up", schema=None) as batch:
        batch.add_column(
            sa.Column("kind", sa.String(length=8), nullable=False, server_default="note")
        )
        batch.add_column(sa.Column("source_key", sa.String(length=120), nullable=True))
        batch.create_unique_constraint(
            batch.f("uq_admissions_follow_up_source_key"), ["source_key"]
        )
    with op.batch_alter_table("admissions_follow_up", schema=None) as batch:
        batch.alter_column("kind", existing_type=sa.String(length=8), server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("admissions_follow_up", schema=None) as batch:
        batch.drop_constraint(batch.f("uq_admissions_follow_up_source_key"), type_="unique")
        batch.drop_column("source_key")
        batch.drop_column("kind")
    # Whoever never wrote has no place in the table as it was before.
    never_wrote = "SELECT id FROM admissions_lead WHERE openid IS NULL"
    op.execute(f"DELETE FROM admissions_follow_up WHERE lead_id IN ({never_wrote})")  # noqa: S608
    op.execute("DELETE FROM admissions_lead WHERE openid IS NULL")
    with op.batch_alter_table("admissions_lead", schema=None) as batch:
        batch.drop_index(batch.f("ix_admissions_lead_phone_index"))
        batch.drop_constraint(batch.f("fk_admissions_lead_campus_id"), type_="foreignkey")
        batch.drop_column("campus_id")
        batch.drop_column("phone")
        for name, _ in reversed(TEXTS):
            batch.drop_column(name)
        batch.alter_column("openid", existing_type=sa.String(length=64), nullable=False)
