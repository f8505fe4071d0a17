"""who gets a lead: rules, advisors, offers, measures, tags and merges

Revises: 4b8e2d6f0a91
Created: 2026-11-24 23:05:00.000000+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "c41d7e9a2f05"
down_revision = "4b8e2d6f0a91"
branch_labels = None
depends_on = None

LEAD = "admissions_lead"
OPEN = "ended_at IS NULL"
MOMENTS = (
    *("claim_due_at", "touched_at", "rung_for", "asked_at", "responded_at", "slow_at"),
    *("reopened_at", "look_at"),
)


def _at(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _to(table: str, name: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([name], [f"{target}.id"], name=op.f(f"fk_{table}_{name}"))


def upgrade() -> None:
    with op.batch_alter_table(LEAD, schema=None) as batch:
        for name in MOMENTS:
            batch.add_column(_at(name, nullable=True))
        batch.add_column(sa.Column("rung", sa.Integer(), nullable=False, server_default="0"))
        batch.add_column(sa.Column("merged_into_id", sa.Integer(), nullable=True))
        batch.create_foreign_key(
            batch.f("fk_admissions_lead_merged_into_id"), LEAD, ["merged_into_id"], ["id"]
        )
        batch.create_index(batch.f("ix_admissions_lead_merged_into_id"), ["merged_into_id"])
        batch.create_index(batch.f("ix_admissions_lead_look_at"), ["look_at"])
        batch.create_index(
            "ix_admissions_lead_advisor_id_assigned_at", ["advisor_id", "assigned_at"]
        )
    with op.batch_alter_table(LEAD, schema=None) as batch:
        batch.alter_column("rung", existing_type=sa.Integer(), server_default=None)
    op.execute("UPDATE admissions_lead SET touched_at = created_at")
    op.execute("UPDATE admissions_lead SET look_at = next_follow_up_at WHERE closed_at IS NULL")
    _rules()
    _desks()
    _offers()
    _beside()


def _rules() -> None:
    name = "admissions_assignment_rule"
    op.create_table(
        name,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("campus_id", sa.Integer(), nullable=True),
        sa.Column("subject", sa.String(length=20), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("from_time", sa.Time(), nullable=True),
        sa.Column("to_time", sa.Time(), nullable=True),
        sa.Column("needs", sa.String(length=20), nullable=False),
        sa.Column("turn", sa.String(length=8), nullable=False),
        sa.Column("claim_minutes", sa.Integer(), nullable=True),
        sa.Column("changed_by", sa.Integer(), nullable=False),
        _at("changed_at"),
        _to(name, "campus_id", "logistics_campus"),
        _to(name, "changed_by", "security_account"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
    )


def _desks() -> None:
    name = "admissions_advisor_desk"
    op.create_table(
        name,
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("skills", sa.JSON(), nullable=False),
        sa.Column("languages", sa.JSON(), nullable=False),
        sa.Column("most_open", sa.Integer(), nullable=True),
        sa.Column("from_time", sa.Time(), nullable=True),
        sa.Column("to_time", sa.Time(), nullable=True),
        _to(name, "account_id", "security_account"),
        sa.PrimaryKeyConstraint("account_id", name=op.f(f"pk_{name}")),
    )


def _offers() -> None:
    name = "admissions_offer"
    op.create_table(
        name,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("lead_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("rule_id", sa.Integer(), nullable=True),
        _at("at"),
        sa.Column("put_off", sa.Integer(), nullable=False),
        sa.Column("again", sa.Boolean(), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=True),
        _at("ended_at", nullable=True),
        _to(name, "lead_id", LEAD),
        _to(name, "account_id", "security_account"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
    )
    op.create_index("ix_admissions_offer_lead_id_id", name, ["lead_id", "id"])
    op.create_index(op.f("ix_admissions_offer_account_id"), name, ["account_id"])
    op.create_index(
        "uq_admissions_offer_open",
        name,
        ["lead_id"],
        unique=True,
        sqlite_where=sa.text(OPEN),
        postgresql_where=sa.text(OPEN),
    )


def _beside() -> None:
    name = "admissions_lead_policy"
    op.create_table(
        name,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("measures", sa.JSON(), nullable=False),
        sa.Column("changed_by", sa.Integer(), nullable=False),
        _at("changed_at"),
        _to(name, "changed_by", "security_account"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
    )
    name = "admissions_lead_tag"
    op.create_table(
        name,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("lead_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=12), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        _at("at"),
        _to(name, "lead_id", LEAD),
        _to(name, "account_id", "security_account"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        sa.UniqueConstraint("lead_id", "name", name="uq_admissions_lead_tag_lead_id_name"),
    )
    op.create_index("ix_admissions_lead_tag_name", name, ["name"])
    name = "admissions_lead_merge"
    op.create_table(
        name,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kept_id", sa.Integer(), nullable=False),
        sa.Column("gone_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("moved", sa.JSON(), nullable=False),
        _at("at"),
        _at("undone_at", nullable=True),
        _to(name, "kept_id", LEAD),
        _to(name, "gone_id", LEAD),
        _to(name, "account_id", "security_account"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
    )
    op.create_index(op.f("ix_admissions_lead_merge_kept_id"), name, ["kept_id"])
    op.create_index(op.f("ix_admissions_lead_merge_gone_id"), name, ["gone_id"])


def downgrade() -> None:
    for name in ("lead_merge", "lead_tag", "lead_policy", "offer", "advisor_desk"):
        op.drop_table(f"admissions_{name}")
    op.drop_table("admissions_assignment_rule")
    with op.batch_alter_table(LEAD, schema=None) as batch:
        batch.drop_index("ix_admissions_lead_advisor_id_assigned_at")
        batch.drop_index(batch.f("ix_admissions_lead_look_at"))
        batch.drop_index(batch.f("ix_admissions_lead_merged_into_id"))
        batch.drop_constraint(batch.f("fk_admissions_lead_merged_into_id"), type_="foreignkey")
        for name in ("merged_into_id", "rung", *MOMENTS):
            batch.drop_column(name)
