"""how long customers wait for a person, in talks and in the figures of admissions

Revises: c5d81f0a3e72
Created: 2026-11-25 02:55:00.000000+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "a6f0d3c87b15"
down_revision = "c5d81f0a3e72"
branch_labels = None
depends_on = None

TALK, TOUCH, TAKEOVER = "admissions_figure_talk", "admissions_figure_touch", "students_takeover"
COUNTED = ("admissions_figure_lead", "admissions_figure_day")
COUNTS = ("campus_id", "advisor_id", "responded", "quick")


def upgrade() -> None:
    with op.batch_alter_table(TAKEOVER, schema=None) as batch:
        batch.add_column(sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column("responded_at", sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column("responded_by", sa.Integer(), nullable=True))
        batch.create_foreign_key(
            batch.f(f"fk_{TAKEOVER}_responded_by"), "security_account", ["responded_by"], ["id"]
        )
        batch.create_index(batch.f(f"ix_{TAKEOVER}_openid"), ["openid"])
    for table in COUNTED:
        with op.batch_alter_table(table, schema=None) as batch:
            batch.add_column(
                sa.Column("office_seconds", sa.BigInteger(), nullable=False, server_default="0")
            )
        with op.batch_alter_table(table, schema=None) as batch:
            batch.alter_column("office_seconds", existing_type=sa.BigInteger(), server_default=None)
    with op.batch_alter_table(TOUCH, schema=None) as batch:
        batch.add_column(sa.Column("talk_id", sa.Integer(), nullable=True))
    op.create_table(
        TALK,
        sa.Column("talk_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("lead_id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in COUNTS),
        sa.Column("response_seconds", sa.BigInteger(), nullable=False),
        sa.Column("office_seconds", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["talk_id"], [f"{TAKEOVER}.id"], name=op.f(f"fk_{TALK}_talk_id")),
        sa.PrimaryKeyConstraint("talk_id", name=op.f(f"pk_{TALK}")),
    )
    with op.batch_alter_table(TALK, schema=None) as batch:
        batch.create_index(batch.f(f"ix_{TALK}_on"), ["on"])
        batch.create_index(batch.f(f"ix_{TALK}_lead_id"), ["lead_id"])


def downgrade() -> None:
    op.drop_table(TALK)
    op.execute(f'DELETE FROM {TOUCH} WHERE lead_id IS NULL AND "on" IS NULL')  # noqa: S608
    op.execute("DELETE FROM admissions_figure_day WHERE dimension = 'talk'")
    with op.batch_alter_table(TOUCH, schema=None) as batch:
        batch.drop_column("talk_id")
    for table in COUNTED:
        with op.batch_alter_table(table, schema=None) as batch:
            batch.drop_column("office_seconds")
    with op.batch_alter_table(TAKEOVER, schema=None) as batch:
        batch.drop_index(batch.f(f"ix_{TAKEOVER}_openid"))
        batch.drop_constraint(batch.f(f"fk_{TAKEOVER}_responded_by"), type_="foreignkey")
        for name in ("responded_by", "responded_at", "asked_at"):
            batch.drop_column(name)
