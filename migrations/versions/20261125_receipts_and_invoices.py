"""receipts numbered without gaps, wishes for invoices

Revises: e2d86b41f790
Created: 2026-11-25 03:20:00.000000+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "b81e5d20c9a4"
down_revision = "e2d86b41f790"
branch_labels = None
depends_on = None


def _fk(table: str, column: str, to: str, key: str = "id") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.{key}"], name=op.f(f"fk_{table}_{column}"))


def _at(name: str, *, nullable: bool = False) -> "sa.Column[object]":
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _int(name: str, *, nullable: bool = False) -> "sa.Column[int]":
    return sa.Column(name, sa.Integer(), nullable=nullable)


def _text(name: str, length: int, *, nullable: bool = False) -> "sa.Column[str]":
    return sa.Column(name, sa.String(length=length), nullable=nullable)


def upgrade() -> None:
    series = "finance_receipt_series"
    op.create_table(
        series,
        _text("key", 20),
        _int("last"),
        sa.PrimaryKeyConstraint("key", name=op.f(f"pk_{series}")),
    )
    receipt = "finance_receipt"
    op.create_table(
        receipt,
        _int("id"),
        _text("series", 20),
        _int("serial"),
        _text("number", 32),
        _int("order_id"),
        _int("campus_id", nullable=True),
        _text("source_key", 80),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        _text("method", 16),
        _text("payer", 80),
        _text("about", 300),
        _at("received_at"),
        _at("issued_at"),
        _text("issued_by", 80),
        _at("voided_at", nullable=True),
        _int("voided_by", nullable=True),
        _text("void_reason", 200),
        _fk(receipt, "series", series, "key"),
        _fk(receipt, "order_id", "finance_order"),
        _fk(receipt, "campus_id", "logistics_campus"),
        _fk(receipt, "voided_by", "security_account"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{receipt}")),
        sa.UniqueConstraint("series", "serial", name=op.f(f"uq_{receipt}_series_serial")),
        sa.UniqueConstraint("number", name=op.f(f"uq_{receipt}_number")),
    )
    for column in ("order_id", "campus_id"):
        op.create_index(op.f(f"ix_{receipt}_{column}"), receipt, [column])
    standing = sa.text("voided_at IS NULL")
    op.create_index(
        f"uq_{receipt}_standing", receipt, ["source_key"], unique=True,
        sqlite_where=standing, postgresql_where=standing,
    )  # fmt: skip
    invoice = "finance_invoice"
    op.create_table(
        invoice,
        _int("id"),
        _int("order_id"),
        _text("openid", 64),
        _int("campus_id", nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        _text("tax_number", 20),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        _text("status", 10),
        _at("asked_at"),
        _at("exported_at", nullable=True),
        _text("number", 40, nullable=True),
        _text("file_name", 64, nullable=True),
        _text("url", 500),
        _text("note", 200),
        _at("decided_at", nullable=True),
        _int("decided_by", nullable=True),
        sa.Column("red_fen", sa.BigInteger(), nullable=False),
        _text("red_number", 40, nullable=True),
        _text("source_key", 120),
        sa.CheckConstraint("amount_fen > 0 AND red_fen >= 0", name=op.f(f"ck_{invoice}_amounts")),
        _fk(invoice, "order_id", "finance_order"),
        _fk(invoice, "campus_id", "logistics_campus"),
        _fk(invoice, "decided_by", "security_account"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{invoice}")),
        sa.UniqueConstraint("number", name=op.f(f"uq_{invoice}_number")),
        sa.UniqueConstraint("source_key", name=op.f(f"uq_{invoice}_source_key")),
    )
    for column in ("order_id", "openid", "campus_id", "status"):
        op.create_index(op.f(f"ix_{invoice}_{column}"), invoice, [column])


def downgrade() -> None:
    for table in ("finance_invoice", "finance_receipt", "finance_receipt_series"):
        op.drop_table(table)
