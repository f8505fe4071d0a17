"""codes, scans and menus by role

Revises: 0743ad30002f
Created: 2026-11-23 15:01:09.331786+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "6546d1ed89c0"
down_revision = "0743ad30002f"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "security_code",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scene", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("subject", sa.String(length=24), nullable=False),
        sa.Column("label", sa.String(length=60), nullable=False),
        sa.Column("url", sa.String(length=255), nullable=True),
        sa.Column("image_url", sa.String(length=500), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_security_code")),
        sa.UniqueConstraint("kind", "subject", name=op.f("uq_security_code_kind_subject")),
        sa.UniqueConstraint("scene", name=op.f("uq_security_code_scene")),
    )
    op.create_table(
        "security_scan",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("openid", sa.String(length=64), nullable=False),
        sa.Column("code_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["code_id"], ["security_code.id"], name=op.f("fk_security_scan_code_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_security_scan")),
    )
    with op.batch_alter_table("security_scan", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_security_scan_code_id"), ["code_id"], unique=False)
        batch_op.create_index("ix_security_scan_openid_at", ["openid", "at"], unique=False)

    with op.batch_alter_table("admissions_lead", schema=None) as batch_op:
        batch_op.add_column(sa.Column("last_source", sa.String(length=40), nullable=True))

    with op.batch_alter_table("security_wechat_identity", schema=None) as batch_op:
        batch_op.add_column(sa.Column("menu_tag", sa.String(length=12), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("security_wechat_identity", schema=None) as batch_op:
        batch_op.drop_column("menu_tag")

    with op.batch_alter_table("admissions_lead", schema=None) as batch_op:
        batch_op.drop_column("last_source")

    with op.batch_alter_table("security_scan", schema=None) as batch_op:
        batch_op.drop_index("ix_security_scan_openid_at")
        batch_op.drop_index(batch_op.f("ix_security_scan_code_id"))

    op.drop_table("security_scan")
    op.drop_table("security_code")
