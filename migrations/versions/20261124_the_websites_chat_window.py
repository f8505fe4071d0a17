"""the website's chat window

Revises: 5b1e9c2f7a40
Created: 2026-11-24 09:05:12.402118+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "c1f4a6d80e57"
down_revision = "5b1e9c2f7a40"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "webchat_visitor",
        sa.Column("openid", sa.String(length=64), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("typing_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_is_own", sa.Boolean(), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=True),
        sa.Column("came_from", sa.String(length=300), nullable=True),
        sa.Column("ticket", sa.String(length=24), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("openid", name=op.f("pk_webchat_visitor")),
        sa.UniqueConstraint("ticket", name=op.f("uq_webchat_visitor_ticket")),
    )
    op.create_table(
        "webchat_line",
        sa.Column("openid", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=190), nullable=False),
        sa.Column("is_own", sa.Boolean(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["openid"],
            ["webchat_visitor.openid"],
            name=op.f("fk_webchat_line_openid"),
        ),
        sa.PrimaryKeyConstraint("openid", "number", name=op.f("pk_webchat_line")),
        sa.UniqueConstraint("openid", "key", name=op.f("uq_webchat_line_openid_key")),
    )
    with op.batch_alter_table("webchat_line", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_webchat_line_at"), ["at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("webchat_line", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_webchat_line_at"))
    op.drop_table("webchat_line")
    op.drop_table("webchat_visitor")
