"""interest of refunds

Revises: a7d0c41be6f2
Created: 2026-11-25 03:50:00.000000+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "d8a1f47c3e90"
down_revision = "a7d0c41be6f2"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "finance_refund",
        sa.Column("interest_fen", sa.BigInteger(), server_default="0", nullable=False),
    )
    op.add_column(
        "finance_refund", sa.Column("interest_paid_at", sa.DateTime(timezone=True), nullable=True)
    )


def downgrade() -> None:
    for column in ("interest_paid_at", "interest_fen"):
        op.drop_column("finance_refund", column)
