"""reminders

Revises: c5bb5989a0bb
Created: 2026-11-24 19:55:00.000000+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "a41d7c92e0f5"
down_revision = "c5bb5989a0bb"
branch_labels = None
depends_on = None

RULE, TOLD = "reminders_rule", "reminders_told"


def upgrade() -> None:
    op.create_table(
        RULE,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("audience", sa.String(length=10), nullable=False),
        sa.Column("campus_id", sa.Integer(), nullable=True),
        sa.Column("send_at", sa.Time(), nullable=False),
        sa.Column("quiet_hours", sa.String(length=11), nullable=False),
        sa.Column("daily_cap", sa.Integer(), nullable=False),
        sa.Column("channels", sa.JSON(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("done_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["campus_id"], ["logistics_campus.id"], name=op.f("fk_reminders_rule_campus_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminders_rule")),
    )
    op.create_table(
        TOLD,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("rule_id", sa.Integer(), nullable=False),
        sa.Column("person", sa.String(length=40), nullable=False),
        sa.Column("told_on", sa.Date(), nullable=False),
        sa.Column("message_key", sa.String(length=190), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["rule_id"], ["reminders_rule.id"], name=op.f("fk_reminders_told_rule_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminders_told")),
        sa.UniqueConstraint("key", name=op.f("uq_reminders_told_key")),
    )
    with op.batch_alter_table(RULE, schema=None) as batch_op:
        batch_op.create_index(batch_op.f(f"ix_{RULE}_campus_id"), ["campus_id"], unique=False)
    with op.batch_alter_table(TOLD, schema=None) as batch_op:
        for name in ("rule_id", "message_key"):
            batch_op.create_index(batch_op.f(f"ix_{TOLD}_{name}"), [name], unique=False)
        batch_op.create_index(f"ix_{TOLD}_person_told_on", ["person", "told_on"], unique=False)


def downgrade() -> None:
    op.drop_table(TOLD)
    op.drop_table(RULE)
