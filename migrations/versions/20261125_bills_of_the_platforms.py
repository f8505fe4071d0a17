"""bills of the payment platforms, their lines, and what did not agree

Revises: c41d7e09ab52
Created: 2026-11-25 03:05:00.000000+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "b64d0f9e2c71"
down_revision = "c41d7e09ab52"
branch_labels = None
depends_on = None


def _fk(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}"))


def _at(name: str, *, nullable: bool = False) -> "sa.Column[object]":
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _int(name: str, *, nullable: bool = False) -> "sa.Column[int]":
    return sa.Column(name, sa.Integer(), nullable=nullable)


def _fen(name: str, *, nullable: bool = False) -> "sa.Column[int]":
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _text(name: str, length: int, *, nullable: bool = False) -> "sa.Column[str]":
    return sa.Column(name, sa.String(length=length), nullable=nullable)


def upgrade() -> None:
    bill = "finance_bill"
    op.create_table(
        bill,
        _int("id"),
        _text("channel", 16),
        sa.Column("on", sa.Date(), nullable=False),
        _text("status", 10),
        _at("due_at", nullable=True),
        _int("tries"),
        _text("trouble", 120),
        _at("compared_at", nullable=True),
        _int("payments"),
        _fen("payments_fen"),
        _int("refunds"),
        _fen("refunds_fen"),
        _fen("fee_fen"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{bill}")),
        sa.UniqueConstraint("channel", "on", name=op.f(f"uq_{bill}_channel_on")),
    )
    op.create_index(op.f(f"ix_{bill}_on"), bill, ["on"])
    op.create_index(op.f(f"ix_{bill}_due_at"), bill, ["due_at"])
    line = "finance_bill_line"
    op.create_table(
        line,
        _int("id"),
        _int("bill_id"),
        _text("kind", 10),
        _text("number", 64),
        _text("platform_id", 64),
        _fen("amount_fen"),
        _fen("fee_fen"),
        _int("rate_ppm", nullable=True),
        _text("status", 10),
        _at("at"),
        _fk(line, "bill_id", bill),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{line}")),
        sa.UniqueConstraint(
            "bill_id", "kind", "platform_id", name=op.f(f"uq_{line}_bill_id_kind_platform_id")
        ),
    )
    op.create_index("ix_finance_bill_line_kind_number", line, ["kind", "number"])
    difference = "finance_bill_difference"
    op.create_table(
        difference,
        _int("id"),
        _int("bill_id"),
        _text("difference", 16),
        _text("kind", 10),
        _text("number", 64),
        _int("order_id", nullable=True),
        _fen("ours_fen", nullable=True),
        _fen("theirs_fen", nullable=True),
        _at("found_at"),
        _text("outcome", 10, nullable=True),
        _text("reason", 200),
        _int("settled_by", nullable=True),
        _at("settled_at", nullable=True),
        _int("voucher_id", nullable=True),
        _fk(difference, "bill_id", bill),
        _fk(difference, "order_id", "finance_order"),
        _fk(difference, "settled_by", "security_account"),
        _fk(difference, "voucher_id", "finance_voucher"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{difference}")),
        sa.UniqueConstraint(
            "bill_id",
            "difference",
            "kind",
            "number",
            name=op.f(f"uq_{difference}_bill_id_difference_kind_number"),
        ),
    )
    for column in ("order_id", "voucher_id"):
        op.create_index(op.f(f"ix_{difference}_{column}"), difference, [column])


def downgrade() -> None:
    for table in ("finance_bill_difference", "finance_bill_line", "finance_bill"):
        op.drop_table(table)
