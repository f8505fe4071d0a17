"""figures of admissions

Revises: 9b2e57d1c0a4
Created: 2026-11-24 23:01:26.730333+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "950b55e15085"
down_revision = "9b2e57d1c0a4"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "admissions_channel_cost",
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("campus_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "channel", "month", "campus_id", name=op.f("pk_admissions_channel_cost")
        ),
    )
    op.create_table(
        "admissions_figure_day",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("campus_id", sa.Integer(), nullable=False),
        sa.Column("advisor_id", sa.Integer(), nullable=False),
        sa.Column("dimension", sa.String(length=10), nullable=False),
        sa.Column("value", sa.String(length=40), nullable=False),
        sa.Column("leads", sa.Integer(), nullable=False),
        sa.Column("contacted", sa.Integer(), nullable=False),
        sa.Column("tried", sa.Integer(), nullable=False),
        sa.Column("came", sa.Integer(), nullable=False),
        sa.Column("ordered", sa.Integer(), nullable=False),
        sa.Column("paid", sa.Integer(), nullable=False),
        sa.Column("renewed", sa.Integer(), nullable=False),
        sa.Column("lost", sa.Integer(), nullable=False),
        sa.Column("responded", sa.Integer(), nullable=False),
        sa.Column("quick", sa.Integer(), nullable=False),
        sa.Column("response_seconds", sa.BigInteger(), nullable=False),
        sa.Column("net_fen", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_admissions_figure_day")),
        sa.UniqueConstraint(
            "on",
            "campus_id",
            "advisor_id",
            "dimension",
            "value",
            name="uq_admissions_figure_day_key",
        ),
    )
    op.create_table(
        "admissions_figure_head",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("is_built", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_admissions_figure_head")),
    )
    op.create_table(
        "admissions_figure_threshold",
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_admissions_figure_threshold")),
    )
    op.create_table(
        "admissions_figure_touch",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("lead_id", sa.Integer(), nullable=True),
        sa.Column("on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_admissions_figure_touch")),
    )
    op.create_table(
        "admissions_figure_visit",
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("on", "channel", name=op.f("pk_admissions_figure_visit")),
    )
    op.create_table(
        "admissions_figure_lead",
        sa.Column("lead_id", sa.Integer(), nullable=False),
        sa.Column("came_on", sa.Date(), nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("campaign", sa.String(length=40), nullable=False),
        sa.Column("campus_id", sa.Integer(), nullable=False),
        sa.Column("advisor_id", sa.Integer(), nullable=False),
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column("lost_reason", sa.String(length=12), nullable=False),
        sa.Column("is_counted", sa.Integer(), nullable=False),
        sa.Column("contacted", sa.Integer(), nullable=False),
        sa.Column("tried", sa.Integer(), nullable=False),
        sa.Column("came", sa.Integer(), nullable=False),
        sa.Column("ordered", sa.Integer(), nullable=False),
        sa.Column("paid", sa.Integer(), nullable=False),
        sa.Column("renewed", sa.Integer(), nullable=False),
        sa.Column("responded", sa.Integer(), nullable=False),
        sa.Column("quick", sa.Integer(), nullable=False),
        sa.Column("response_seconds", sa.BigInteger(), nullable=False),
        sa.Column("net_fen", sa.BigInteger(), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["lead_id"], ["admissions_lead.id"], name=op.f("fk_admissions_figure_lead_lead_id")
        ),
        sa.PrimaryKeyConstraint("lead_id", name=op.f("pk_admissions_figure_lead")),
    )
    with op.batch_alter_table("admissions_figure_lead", schema=None) as batch_op:
        batch_op.create_index(
            "ix_admissions_figure_lead_advisor_came", ["advisor_id", "came_on"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_admissions_figure_lead_came_on"), ["came_on"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_admissions_figure_lead_paid_on"), ["paid_on"], unique=False
        )

    with op.batch_alter_table("security_wechat_identity", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_security_wechat_identity_created_at"), ["created_at"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("security_wechat_identity", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_security_wechat_identity_created_at"))

    with op.batch_alter_table("admissions_figure_lead", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_admissions_figure_lead_paid_on"))
        batch_op.drop_index(batch_op.f("ix_admissions_figure_lead_came_on"))
        batch_op.drop_index("ix_admissions_figure_lead_advisor_came")

    op.drop_table("admissions_figure_lead")
    op.drop_table("admissions_figure_visit")
    op.drop_table("admissions_figure_touch")
    op.drop_table("admissions_figure_threshold")
    op.drop_table("admissions_figure_head")
    op.drop_table("admissions_figure_day")
    op.drop_table("admissions_channel_cost")
