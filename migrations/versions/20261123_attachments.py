"""attachments

Revises: 6546d1ed89c0
Created: 2026-11-23 15:10:42.222651+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "86ce200da941"
down_revision = "6546d1ed89c0"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "students_attachment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("openid", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("purpose", sa.String(length=12), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("media_id", sa.String(length=255), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=True),
        sa.Column("content_type", sa.String(length=40), nullable=True),
        sa.Column("size_bytes", sa.Integer(), nullable=True),
        sa.Column("file_name", sa.String(length=64), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("source_key", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["students_ticket.id"], name=op.f("fk_students_attachment_ticket_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_students_attachment")),
        sa.UniqueConstraint("source_key", name=op.f("uq_students_attachment_source_key")),
    )
    with op.batch_alter_table("students_attachment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_students_attachment_due_at"), ["due_at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_students_attachment_file_name"), ["file_name"], unique=False
        )
        batch_op.create_index(
            "ix_students_attachment_openid_received_at", ["openid", "received_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_students_attachment_ticket_id"), ["ticket_id"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("students_attachment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_students_attachment_ticket_id"))
        batch_op.drop_index("ix_students_attachment_openid_received_at")
        batch_op.drop_index(batch_op.f("ix_students_attachment_file_name"))
        batch_op.drop_index(batch_op.f("ix_students_attachment_due_at"))

    op.drop_table("students_attachment")
