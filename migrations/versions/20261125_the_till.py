"""the till: shifts, what staff take, transfers and lines of the bank's, parts of an order

Revises: b64d0f9e2c71
Created: 2026-11-25 02:50:00.000000+00:00
"""

import sqlalchemy as sa
from alembic import op

from backend.finance.till.guards import GUARD

revision = "a7d0c41be6f2"
down_revision = "b64d0f9e2c71"
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
    with op.batch_alter_table("finance_order", schema=None) as batch:
        batch.add_column(
            sa.Column("advance_fen", sa.BigInteger(), nullable=False, server_default=sa.text("0"))
        )
    shift = "finance_shift"
    op.create_table(
        shift,
        _int("id"),
        _int("campus_id"),
        _int("cashier_id"),
        _text("status", 8),
        _at("opened_at"),
        _fen("float_fen"),
        sa.Column("counted", sa.JSON(), nullable=False),
        *(
            _fen(name, nullable=True)
            for name in (
                *("counted_fen", "counted_cheques_fen"),
                *("expected_fen", "expected_cheques_fen"),
            )
        ),
        _text("explanation", 200),
        _at("counted_at", nullable=True),
        _int("confirmed_by", nullable=True),
        _at("closed_at", nullable=True),
        _text("verdict", 10, nullable=True),
        _fen("banked_fen"),
        sa.CheckConstraint(
            "confirmed_by IS NULL OR confirmed_by <> cashier_id", name=op.f(f"ck_{shift}_four_eyes")
        ),
        _fk(shift, "campus_id", "logistics_campus"),
        _fk(shift, "cashier_id", "security_account"),
        _fk(shift, "confirmed_by", "security_account"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{shift}")),
    )
    op.create_index(op.f(f"ix_{shift}_campus_id"), shift, ["campus_id"])
    running = sa.text("status <> 'closed'")
    op.create_index(
        f"uq_{shift}_running", shift, ["cashier_id"], unique=True,
        sqlite_where=running, postgresql_where=running,
    )  # fmt: skip
    claim = "finance_transfer_claim"
    op.create_table(
        claim,
        _int("id"),
        _int("order_id"),
        _text("payer", 80),
        _text("reference", 60),
        _text("claimed_by", 80),
        _at("claimed_at"),
        _text("source_key", 120),
        _fk(claim, "order_id", "finance_order"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{claim}")),
        sa.UniqueConstraint("source_key", name=op.f(f"uq_{claim}_source_key")),
    )
    op.create_index(op.f(f"ix_{claim}_order_id"), claim, ["order_id"])
    line = "finance_bank_line"
    op.create_table(
        line,
        _int("id"),
        _text("fingerprint", 64),
        sa.Column("booked_on", sa.Date(), nullable=False),
        _fen("amount_fen"),
        _text("payer", 80),
        _text("memo", 200),
        _text("serial", 60),
        _text("status", 10),
        _int("proposed_id", nullable=True),
        _int("imported_by"),
        _at("imported_at"),
        _int("decided_by", nullable=True),
        _at("decided_at", nullable=True),
        _text("note", 200),
        sa.CheckConstraint("amount_fen > 0", name=op.f(f"ck_{line}_amount_positive")),
        _fk(line, "proposed_id", "finance_order"),
        _fk(line, "imported_by", "security_account"),
        _fk(line, "decided_by", "security_account"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{line}")),
        sa.UniqueConstraint("fingerprint", name=op.f(f"uq_{line}_fingerprint")),
    )
    op.create_index(op.f(f"ix_{line}_status"), line, ["status"])
    taking = "finance_taking"
    op.create_table(
        taking,
        _int("id"),
        _int("payment_id"),
        _int("shift_id", nullable=True),
        _int("bank_line_id", nullable=True),
        _int("campus_id", nullable=True),
        _text("form_key", 80),
        _fen("tendered_fen", nullable=True),
        _text("reference", 60),
        _text("payer", 80),
        _int("taken_by"),
        _at("taken_at"),
        _int("settled_by", nullable=True),
        _at("settled_at", nullable=True),
        _text("note", 200),
        _fk(taking, "payment_id", "finance_payment"),
        _fk(taking, "shift_id", shift),
        _fk(taking, "bank_line_id", line),
        _fk(taking, "campus_id", "logistics_campus"),
        _fk(taking, "taken_by", "security_account"),
        _fk(taking, "settled_by", "security_account"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{taking}")),
        *(
            sa.UniqueConstraint(name, name=op.f(f"uq_{taking}_{name}"))
            for name in ("payment_id", "bank_line_id", "form_key")
        ),
    )
    for column in ("shift_id", "campus_id"):
        op.create_index(op.f(f"ix_{taking}_{column}"), taking, [column])
    for statement in GUARD[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    for table in ("finance_taking", "finance_bank_line", "finance_transfer_claim", "finance_shift"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        for name in ("finance_shift_refuse", "finance_taking_open"):
            op.execute(f"DROP FUNCTION {name}()")
    with op.batch_alter_table("finance_order", schema=None) as batch:
        batch.drop_column("advance_fen")
