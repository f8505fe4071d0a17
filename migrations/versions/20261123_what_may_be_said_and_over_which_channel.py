"""what may be said and over which channel

Revises: 9fe1b25ee1b0
Created: 2026-11-23 14:56:19.140198+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "0743ad30002f"
down_revision = "9fe1b25ee1b0"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "outbox_channel_stop",
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("error", sa.String(length=300), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("since_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("probe_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("channel", name=op.f("pk_outbox_channel_stop")),
    )
    op.create_table(
        "outbox_notice_consent",
        sa.Column("openid", sa.String(length=64), nullable=False),
        sa.Column("template_id", sa.String(length=64), nullable=False),
        sa.Column("remaining", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("openid", "template_id", name=op.f("pk_outbox_notice_consent")),
    )
    op.create_table(
        "outbox_opt_out",
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("since_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("address", "kind", name=op.f("pk_outbox_opt_out")),
    )
    op.create_table(
        "outbox_reply_ledger",
        sa.Column("openid", sa.String(length=64), nullable=False),
        sa.Column("message_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("moment_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("gone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sends", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("openid", name=op.f("pk_outbox_reply_ledger")),
    )
    with op.batch_alter_table("outbox_message", schema=None) as batch_op:
        batch_op.add_column(sa.Column("blanked_at", sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table("security_wechat_identity", schema=None) as batch_op:
        batch_op.add_column(sa.Column("refused_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("refused_code", sa.String(length=10), nullable=True))

    # Whoever wrote in the last two days may still be answered in the chat.
    op.execute(
        "INSERT INTO outbox_reply_ledger (openid, message_at, sends)"
        " SELECT openid, max(received_at), '[]' FROM bot_message"
        " WHERE kind IN ('text', 'image', 'voice', 'video', 'location', 'link') GROUP BY openid"
    )


def downgrade() -> None:
    with op.batch_alter_table("security_wechat_identity", schema=None) as batch_op:
        batch_op.drop_column("refused_code")
        batch_op.drop_column("refused_at")

    with op.batch_alter_table("outbox_message", schema=None) as batch_op:
        batch_op.drop_column("blanked_at")

    op.drop_table("outbox_reply_ledger")
    op.drop_table("outbox_opt_out")
    op.drop_table("outbox_notice_consent")
    op.drop_table("outbox_channel_stop")
