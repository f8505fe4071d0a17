"""knowledge

Revises: 21b9a5a0ad5f
Created: 2026-11-24 23:40:00.000000+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "c71e3f8a2d46"
down_revision = "21b9a5a0ad5f"
branch_labels = None
depends_on = None

ENTRY, PROPOSAL = "admissions_knowledge", "admissions_knowledge_proposal"


def upgrade() -> None:
    op.create_table(
        ENTRY,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("question", sa.String(length=80), nullable=False),
        sa.Column("phrasings", sa.JSON(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("campus_id", sa.Integer(), nullable=True),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("review_on", sa.Date(), nullable=False),
        sa.Column("told_on", sa.Date(), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("source_key", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["campus_id"], ["logistics_campus.id"], name=op.f("fk_admissions_knowledge_campus_id")
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["security_account.id"], name=op.f("fk_admissions_knowledge_owner_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_admissions_knowledge")),
        sa.UniqueConstraint("source_key", name=op.f("uq_admissions_knowledge_source_key")),
    )
    op.create_index("ix_admissions_knowledge_review", ENTRY, ["retired_at", "review_on"])
    op.create_table(
        PROPOSAL,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_by_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("entry_id", sa.Integer(), nullable=True),
        sa.Column("source_key", sa.String(length=120), nullable=False),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=op.f(f"fk_admissions_knowledge_proposal_{column}")
            )
            for column, table in (
                ("answered_by_id", "security_account"),
                ("decided_by_id", "security_account"),
                ("entry_id", ENTRY),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_admissions_knowledge_proposal")),
        sa.UniqueConstraint("source_key", name=op.f("uq_admissions_knowledge_proposal_source_key")),
    )
    op.create_index("ix_admissions_knowledge_proposal_open", PROPOSAL, ["decided_at", "id"])


def downgrade() -> None:
    op.drop_table(PROPOSAL)
    op.drop_table(ENTRY)
