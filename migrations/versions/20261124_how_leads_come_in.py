"""how leads come in: arrivals, partners and workbooks

Revises: d52b7e8c01f6
Created: 2026-11-24 23:40:00.000000+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "7be2f08c6a13"
down_revision = "d52b7e8c01f6"
branch_labels = None
depends_on = None

NAMES = ("arrival", "partner_nonce", "partner", "lead_sheet_row", "lead_sheet")


def _at(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _text(name: str, length: int, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=length), nullable=nullable)


def _number(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=nullable)


def _to(table: str, name: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([name], [f"{target}.id"], name=op.f(f"fk_{table}_{name}"))


def _partners() -> None:
    name = "admissions_partner"
    op.create_table(
        name,
        _number("id"),
        _text("name", 40),
        _text("short", 20),
        _text("key", 40),
        sa.Column("secret", sa.Text(), nullable=False),
        _number("campus_id", nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        _number("made_by"),
        _at("made_at"),
        _to(name, "campus_id", "logistics_campus"),
        _to(name, "made_by", "security_account"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        sa.UniqueConstraint("short", name=op.f(f"uq_{name}_short")),
        sa.UniqueConstraint("key", name=op.f(f"uq_{name}_key")),
    )
    name = "admissions_partner_nonce"
    op.create_table(
        name,
        _number("partner_id"),
        _text("nonce", 64),
        _at("at"),
        _to(name, "partner_id", "admissions_partner"),
        sa.PrimaryKeyConstraint("partner_id", "nonce", name=op.f(f"pk_{name}")),
    )
    op.create_index(op.f(f"ix_{name}_at"), name, ["at"])


def _sheets() -> None:
    name = "admissions_lead_sheet"
    op.create_table(
        name,
        _number("id"),
        _text("title", 80),
        _text("status", 10),
        _number("begun_by"),
        _at("begun_at"),
        _at("finished_at", nullable=True),
        sa.Column("to_pool", sa.Boolean(), nullable=False),
        _to(name, "begun_by", "security_account"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
    )
    op.create_index(op.f(f"ix_{name}_status"), name, ["status"])
    name = "admissions_lead_sheet_row"
    op.create_table(
        name,
        _number("id"),
        _number("sheet_id"),
        _number("number"),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("problems", sa.JSON(), nullable=False),
        _text("plan", 10),
        _text("outcome", 10, nullable=True),
        _number("lead_id", nullable=True),
        _to(name, "sheet_id", "admissions_lead_sheet"),
        _to(name, "lead_id", "admissions_lead"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        sa.UniqueConstraint("sheet_id", "number", name=f"uq_{name}_sheet_id_number"),
    )


def upgrade() -> None:
    _partners()
    _sheets()
    name = "admissions_arrival"
    op.create_table(
        name,
        _number("id"),
        _number("lead_id"),
        _text("way", 10),
        _text("source", 40),
        _text("reference", 64, nullable=True),
        _number("partner_id", nullable=True),
        _text("privacy_version", 40, nullable=True),
        _text("key", 120),
        _at("at"),
        _to(name, "lead_id", "admissions_lead"),
        _to(name, "partner_id", "admissions_partner"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        sa.UniqueConstraint("key", name=op.f(f"uq_{name}_key")),
    )
    op.create_index(op.f(f"ix_{name}_lead_id"), name, ["lead_id"])


def downgrade() -> None:
    for name in NAMES:
        op.drop_table(f"admissions_{name}")
