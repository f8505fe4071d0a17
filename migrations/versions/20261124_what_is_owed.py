"""what is owed: instalments, dunning, promises, write-offs

Revises: c41d7e9a2f05
Created: 2026-11-24 23:50:00.000000+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "d52b7e8c01f6"
down_revision = "c41d7e9a2f05"
branch_labels = None
depends_on = None


def _fk(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}"))


def _at(name: str, *, nullable: bool = False) -> "sa.Column[object]":
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _int(name: str, *, nullable: bool = False) -> "sa.Column[int]":
    return sa.Column(name, sa.Integer(), nullable=nullable)


def _one_open(table: str, status: str) -> None:
    where = sa.text(f"status = '{status}'")
    op.create_index(
        f"uq_{table}_open",
        table,
        ["instalment_id"],
        unique=True,
        sqlite_where=where,
        postgresql_where=where,
    )


def upgrade() -> None:
    plan = "finance_instalment_plan"
    op.create_table(
        plan,
        _int("id"),
        _int("order_id"),
        sa.Column("payer_openid", sa.String(length=64), nullable=False),
        _int("student_id", nullable=True),
        _int("campus_id", nullable=True),
        sa.Column("made_by", sa.String(length=80), nullable=False),
        _at("made_at"),
        _at("started_at", nullable=True),
        _fk(plan, "order_id", "finance_order"),
        _fk(plan, "student_id", "students_student"),
        _fk(plan, "campus_id", "logistics_campus"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{plan}")),
        sa.UniqueConstraint("order_id", name=op.f(f"uq_{plan}_order_id")),
    )
    for column in ("payer_openid", "student_id", "campus_id"):
        op.create_index(op.f(f"ix_{plan}_{column}"), plan, [column])
    part = "finance_instalment"
    op.create_table(
        part,
        _int("id"),
        _int("plan_id"),
        _int("place"),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        _int("lessons"),
        sa.Column("lines", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        _int("order_id", nullable=True),
        _at("paid_at", nullable=True),
        sa.Column("paused", sa.JSON(), nullable=False),
        sa.CheckConstraint("amount_fen >= 0", name=op.f(f"ck_{part}_not_negative")),
        _fk(part, "plan_id", plan),
        _fk(part, "order_id", "finance_order"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{part}")),
    )
    for column in ("plan_id", "order_id"):
        op.create_index(op.f(f"ix_{part}_{column}"), part, [column])
    op.create_index(f"ix_{part}_status_due", part, ["status", "due_on"])
    step = "finance_dunning_step"
    op.create_table(
        step,
        _int("id"),
        _int("instalment_id"),
        sa.Column("step", sa.String(length=10), nullable=False),
        _at("at"),
        _fk(step, "instalment_id", part),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{step}")),
        sa.UniqueConstraint("instalment_id", "step", name=op.f(f"uq_{step}_instalment_id_step")),
    )
    promise = "finance_promise"
    op.create_table(
        promise,
        _int("id"),
        _int("instalment_id"),
        sa.Column("promised_on", sa.Date(), nullable=False),
        sa.Column("said_by", sa.String(length=80), nullable=False),
        _at("said_at"),
        sa.Column("status", sa.String(length=8), nullable=False),
        _fk(promise, "instalment_id", part),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{promise}")),
    )
    op.create_index(op.f(f"ix_{promise}_instalment_id"), promise, ["instalment_id"])
    _one_open(promise, "open")
    off = "finance_write_off"
    op.create_table(
        off,
        _int("id"),
        _int("instalment_id"),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("loss_fen", sa.BigInteger(), nullable=False),
        _int("proposed_by"),
        _at("proposed_at"),
        _int("decided_by", nullable=True),
        _at("decided_at", nullable=True),
        sa.CheckConstraint(
            "decided_by IS NULL OR decided_by <> proposed_by", name=op.f(f"ck_{off}_four_eyes")
        ),
        _fk(off, "instalment_id", part),
        _fk(off, "proposed_by", "security_account"),
        _fk(off, "decided_by", "security_account"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{off}")),
    )
    op.create_index(op.f(f"ix_{off}_instalment_id"), off, ["instalment_id"])
    _one_open(off, "proposed")
    lesson = "finance_credit_lesson"
    op.create_table(
        lesson,
        _int("id"),
        _int("attendance_id"),
        _int("instalment_id"),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("source_key", sa.String(length=80), nullable=False),
        sa.Column("settled", sa.JSON(), nullable=False),
        _at("at"),
        _at("closed_at", nullable=True),
        sa.Column("is_lost", sa.Boolean(), nullable=False),
        _fk(lesson, "instalment_id", part),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{lesson}")),
        sa.UniqueConstraint("source_key", name=op.f(f"uq_{lesson}_source_key")),
    )
    for column in ("attendance_id", "instalment_id"):
        op.create_index(op.f(f"ix_{lesson}_{column}"), lesson, [column])
    op.create_table(
        "finance_arrears_policy",
        _int("id"),
        sa.Column("is_full", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finance_arrears_policy")),
    )


def downgrade() -> None:
    for table in (
        "finance_arrears_policy", "finance_credit_lesson", "finance_write_off", "finance_promise",
        "finance_dunning_step", "finance_instalment", "finance_instalment_plan",
    ):  # fmt: skip
        op.drop_table(table)
