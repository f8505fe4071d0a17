"""thanks for friends: referrals, and coupons made for one family

Revises: b81e5d20c9a4
Created: 2026-11-25 03:45:00.000000+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "d90b3f6e1a74"
down_revision = "b81e5d20c9a4"
branch_labels = None
depends_on = None

TABLE = "admissions_referral"
TO = {
    "lead_id": "admissions_lead",
    "sign_up_id": "admissions_sign_up",
    "guardian_id": "students_guardian",
    "promotion_id": "finance_promotion",
    "coupon_id": "finance_promotion",
}


def upgrade() -> None:
    with op.batch_alter_table("finance_promotion", schema=None) as batch:
        batch.add_column(
            sa.Column("is_personal", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    op.create_table(
        TABLE,
        sa.Column("id", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=name == "coupon_id") for name in TO),
        sa.Column("code", sa.String(length=24), nullable=True),
        sa.Column("status", sa.String(length=8), nullable=False),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        *(
            sa.ForeignKeyConstraint([name], [f"{to}.id"], name=op.f(f"fk_{TABLE}_{name}"))
            for name, to in TO.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
        sa.UniqueConstraint("lead_id", name=op.f(f"uq_{TABLE}_lead_id")),
        sa.UniqueConstraint("sign_up_id", name=op.f(f"uq_{TABLE}_sign_up_id")),
    )
    with op.batch_alter_table(TABLE, schema=None) as batch:
        for name in ("guardian_id", "status"):
            batch.create_index(batch.f(f"ix_{TABLE}_{name}"), [name])


def downgrade() -> None:
    op.drop_table(TABLE)
    with op.batch_alter_table("finance_promotion", schema=None) as batch:
        batch.drop_column("is_personal")
