"""places and things

Revises:
Created: 2026-11-23 14:07:52.613823+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "e6f5793b63a4"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "logistics_campus",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("address", sa.String(length=120), nullable=False),
        sa.Column("transport", sa.String(length=120), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.Column("opening_hours", sa.String(length=80), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_logistics_campus")),
        sa.UniqueConstraint("name", name=op.f("uq_logistics_campus_name")),
    )
    op.create_table(
        "logistics_venue",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("campus_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campus_id"], ["logistics_campus.id"], name=op.f("fk_logistics_venue_campus_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_logistics_venue")),
    )
    with op.batch_alter_table("logistics_venue", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_logistics_venue_campus_id"), ["campus_id"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("logistics_venue", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_logistics_venue_campus_id"))

    op.drop_table("logistics_venue")
    op.drop_table("logistics_campus")
