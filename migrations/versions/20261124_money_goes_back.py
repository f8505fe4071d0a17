"""money goes back

Revises: c4d81f60b7e2
Created: 2026-11-24 19:48:19.273828+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "c5bb5989a0bb"
down_revision = "c4d81f60b7e2"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "finance_refund",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=24), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("openid", sa.String(length=64), nullable=False),
        sa.Column("cause", sa.String(length=12), nullable=False),
        sa.Column("cause_by", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("steps", sa.JSON(), nullable=False),
        sa.Column("by_line", sa.JSON(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("poll_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("poll_count", sa.Integer(), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=True),
        sa.Column("source_key", sa.String(length=120), nullable=False),
        sa.CheckConstraint("amount_fen >= 0", name=op.f("ck_finance_refund_not_negative")),
        sa.ForeignKeyConstraint(
            ["cause_by"], ["security_account.id"], name=op.f("fk_finance_refund_cause_by")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["finance_order.id"], name=op.f("fk_finance_refund_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finance_refund")),
        sa.UniqueConstraint("number", name=op.f("uq_finance_refund_number")),
        sa.UniqueConstraint("source_key", name=op.f("uq_finance_refund_source_key")),
    )
    with op.batch_alter_table("finance_refund", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_finance_refund_openid"), ["openid"], unique=False)
        batch_op.create_index(batch_op.f("ix_finance_refund_order_id"), ["order_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_finance_refund_poll_at"), ["poll_at"], unique=False)
        batch_op.create_index("ix_finance_refund_status_due", ["status", "due_at"], unique=False)
        batch_op.create_index(
            "uq_finance_refund_open_order",
            ["order_id"],
            unique=True,
            sqlite_where=sa.text("status IN ('asked', 'approved', 'stuck')"),
            postgresql_where=sa.text("status IN ('asked', 'approved', 'stuck')"),
        )

    op.create_table(
        "finance_refund_approval",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("refund_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("is_head", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["security_account.id"],
            name=op.f("fk_finance_refund_approval_account_id"),
        ),
        sa.ForeignKeyConstraint(
            ["refund_id"], ["finance_refund.id"], name=op.f("fk_finance_refund_approval_refund_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finance_refund_approval")),
        sa.UniqueConstraint(
            "refund_id", "account_id", name=op.f("uq_finance_refund_approval_refund_id_account_id")
        ),
    )
    with op.batch_alter_table("finance_refund_approval", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_finance_refund_approval_refund_id"), ["refund_id"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("finance_refund_approval", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_finance_refund_approval_refund_id"))

    op.drop_table("finance_refund_approval")
    with op.batch_alter_table("finance_refund", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_finance_refund_open_order",
            sqlite_where=sa.text("status IN ('asked', 'approved', 'stuck')"),
            postgresql_where=sa.text("status IN ('asked', 'approved', 'stuck')"),
        )
        batch_op.drop_index("ix_finance_refund_status_due")
        batch_op.drop_index(batch_op.f("ix_finance_refund_poll_at"))
        batch_op.drop_index(batch_op.f("ix_finance_refund_order_id"))
        batch_op.drop_index(batch_op.f("ix_finance_refund_openid"))

    op.drop_table("finance_refund")
