"""console accounts sessions and locks

Revises: 5b1e9c2f7a40
Created: 2026-11-24 17:27:26.705246+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "9ed0048196b8"
down_revision = "c1f4a6d80e57"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "security_failed_sign_in",
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_security_failed_sign_in")),
    )
    op.create_table(
        "security_console_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("device", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["security_account.id"],
            name=op.f("fk_security_console_session_account_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_security_console_session")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_security_console_session_fingerprint")),
    )
    with op.batch_alter_table("security_console_session", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_security_console_session_account_id"), ["account_id"], unique=False
        )

    with op.batch_alter_table("security_account", schema=None) as batch_op:
        batch_op.add_column(sa.Column("user_name", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("password_hash", sa.String(length=200), nullable=True))
        batch_op.add_column(sa.Column("invited_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("totp_secret", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("totp_counter", sa.Integer(), nullable=True))
        batch_op.add_column(
            sa.Column("recovery_codes", sa.JSON(), server_default="[]", nullable=False)
        )
        batch_op.create_unique_constraint(
            batch_op.f("uq_security_account_user_name"), ["user_name"]
        )


def downgrade() -> None:
    with op.batch_alter_table("security_account", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_security_account_user_name"), type_="unique")
        batch_op.drop_column("recovery_codes")
        batch_op.drop_column("totp_counter")
        batch_op.drop_column("totp_secret")
        batch_op.drop_column("invited_at")
        batch_op.drop_column("password_hash")
        batch_op.drop_column("user_name")

    with op.batch_alter_table("security_console_session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_security_console_session_account_id"))

    op.drop_table("security_console_session")
    op.drop_table("security_failed_sign_in")
