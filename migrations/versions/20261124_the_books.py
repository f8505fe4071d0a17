"""the books

Revises: a4d27e9b05c1
Created: 2026-11-24 23:00:45.544046+00:00
"""

import sqlalchemy as sa
from alembic import op

from backend.finance.journal_guard import FUNCTIONS, GUARD, TRIGGERS

revision = "cbe4ebc45aba"
down_revision = "a4d27e9b05c1"
branch_labels = None
depends_on = None

FILL = (
    """UPDATE finance_journal_entry SET happened_on = booked_on,
    line_count = (SELECT count(*) FROM finance_journal_line l
        WHERE l.entry_id = finance_journal_entry.id),
    event = CASE WHEN source_key LIKE 'receipt:%' THEN 'receipt'
        WHEN source_key LIKE 'surplus:%' THEN 'surplus'
        WHEN source_key LIKE 'consume:%' THEN 'consumption'
        WHEN source_key LIKE 'reverse:%' THEN 'reversal'
        WHEN source_key LIKE 'refund:%_paid' THEN 'refund_paid'
        WHEN source_key LIKE 'refund:%' THEN 'refund' ELSE 'manual' END""",
    """UPDATE finance_journal_line SET
    course_id = (SELECT course_id FROM finance_order_line o WHERE o.id = order_line_id),
    class_group_id = (SELECT class_group_id FROM finance_order_line o WHERE o.id = order_line_id),
    flow = CASE WHEN account = '1002' THEN '1' END,
    campus_id = (SELECT min(g.campus_id) FROM finance_journal_entry e
        JOIN finance_order_line o ON o.order_id = e.order_id
        JOIN teaching_class_group g ON g.id = o.class_group_id
        WHERE e.id = finance_journal_line.entry_id)""",
)
"""What was booked before: an order has lessons of one campus."""
MONTHS = {
    "sqlite": "INSERT INTO finance_period (month, reopen_reason) SELECT DISTINCT "
    "strftime('%Y-%m-01', booked_on), '' FROM finance_journal_entry",
    "postgresql": "INSERT INTO finance_period (month, reopen_reason) SELECT DISTINCT "
    "date_trunc('month', booked_on)::date, '' FROM finance_journal_entry",
}


def upgrade() -> None:
    op.create_table(
        "finance_cost_rate",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=True),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("fen_per_hour", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("fen_per_hour >= 0", name=op.f("ck_finance_cost_rate_not_negative")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finance_cost_rate")),
    )
    with op.batch_alter_table("finance_cost_rate", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_finance_cost_rate_subject_id"), ["subject_id"], unique=False
        )

    op.create_table(
        "finance_fixed_asset",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("campus_id", sa.Integer(), nullable=True),
        sa.Column("account", sa.String(length=8), nullable=False),
        sa.Column("cost_fen", sa.BigInteger(), nullable=False),
        sa.Column("salvage_fen", sa.BigInteger(), nullable=False),
        sa.Column("months", sa.Integer(), nullable=False),
        sa.Column("in_use_from", sa.Date(), nullable=False),
        sa.CheckConstraint(
            "cost_fen > salvage_fen AND salvage_fen >= 0", name=op.f("ck_finance_fixed_asset_value")
        ),
        sa.CheckConstraint("months > 0", name=op.f("ck_finance_fixed_asset_lasts")),
        sa.ForeignKeyConstraint(
            ["campus_id"], ["logistics_campus.id"], name=op.f("fk_finance_fixed_asset_campus_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finance_fixed_asset")),
    )
    with op.batch_alter_table("finance_fixed_asset", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_finance_fixed_asset_campus_id"), ["campus_id"], unique=False
        )

    op.create_table(
        "finance_budget",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("account", sa.String(length=8), nullable=False),
        sa.Column("campus_id", sa.Integer(), nullable=True),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("set_by", sa.Integer(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount_fen >= 0", name=op.f("ck_finance_budget_not_negative")),
        sa.ForeignKeyConstraint(
            ["campus_id"], ["logistics_campus.id"], name=op.f("fk_finance_budget_campus_id")
        ),
        sa.ForeignKeyConstraint(
            ["set_by"], ["security_account.id"], name=op.f("fk_finance_budget_set_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finance_budget")),
        sa.UniqueConstraint(
            "month", "account", "campus_id", name=op.f("uq_finance_budget_month_account_campus_id")
        ),
    )
    with op.batch_alter_table("finance_budget", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_finance_budget_campus_id"), ["campus_id"], unique=False
        )
    op.create_index(
        "uq_finance_budget_head_office",
        "finance_budget",
        ["month", "account"],
        unique=True,
        sqlite_where=sa.text("campus_id IS NULL"),
        postgresql_where=sa.text("campus_id IS NULL"),
    )

    op.create_table(
        "finance_period",
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Integer(), nullable=True),
        sa.Column("reopen_asked_by", sa.Integer(), nullable=True),
        sa.Column("reopen_reason", sa.String(length=200), nullable=False),
        sa.Column("reopened_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["closed_by"], ["security_account.id"], name=op.f("fk_finance_period_closed_by")
        ),
        sa.ForeignKeyConstraint(
            ["reopen_asked_by"],
            ["security_account.id"],
            name=op.f("fk_finance_period_reopen_asked_by"),
        ),
        sa.ForeignKeyConstraint(
            ["reopened_by"], ["security_account.id"], name=op.f("fk_finance_period_reopened_by")
        ),
        sa.PrimaryKeyConstraint("month", name=op.f("pk_finance_period")),
    )
    op.create_table(
        "finance_period_balance",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("account", sa.String(length=8), nullable=False),
        sa.Column("campus_id", sa.Integer(), nullable=True),
        sa.Column("flow", sa.String(length=2), nullable=True),
        sa.Column("debit_fen", sa.BigInteger(), nullable=False),
        sa.Column("credit_fen", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campus_id"], ["logistics_campus.id"], name=op.f("fk_finance_period_balance_campus_id")
        ),
        sa.ForeignKeyConstraint(
            ["month"], ["finance_period.month"], name=op.f("fk_finance_period_balance_month")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finance_period_balance")),
    )
    with op.batch_alter_table("finance_period_balance", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_finance_period_balance_campus_id"), ["campus_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_finance_period_balance_month"), ["month"], unique=False
        )

    op.create_table(
        "finance_voucher",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("summary", sa.String(length=120), nullable=False),
        sa.Column("lines", sa.JSON(), nullable=False),
        sa.Column("total_fen", sa.BigInteger(), nullable=False),
        sa.Column("campus_id", sa.Integer(), nullable=True),
        sa.Column("attachment_id", sa.Integer(), nullable=True),
        sa.Column("made_by", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("paid_by", sa.Integer(), nullable=True),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("source_key", sa.String(length=80), nullable=False),
        sa.CheckConstraint(
            "decided_by IS NULL OR decided_by <> made_by", name=op.f("ck_finance_voucher_four_eyes")
        ),
        sa.CheckConstraint("total_fen > 0", name=op.f("ck_finance_voucher_total_positive")),
        sa.ForeignKeyConstraint(
            ["attachment_id"],
            ["students_attachment.id"],
            name=op.f("fk_finance_voucher_attachment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["campus_id"], ["logistics_campus.id"], name=op.f("fk_finance_voucher_campus_id")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["security_account.id"], name=op.f("fk_finance_voucher_decided_by")
        ),
        sa.ForeignKeyConstraint(
            ["made_by"], ["security_account.id"], name=op.f("fk_finance_voucher_made_by")
        ),
        sa.ForeignKeyConstraint(
            ["paid_by"], ["security_account.id"], name=op.f("fk_finance_voucher_paid_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finance_voucher")),
        sa.UniqueConstraint("source_key", name=op.f("uq_finance_voucher_source_key")),
    )
    with op.batch_alter_table("finance_voucher", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_finance_voucher_attachment_id"), ["attachment_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_finance_voucher_campus_id"), ["campus_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_finance_voucher_made_by"), ["made_by"], unique=False)
        batch_op.create_index("ix_finance_voucher_status_made", ["status", "made_at"], unique=False)

    with op.batch_alter_table("finance_journal_entry", schema=None) as batch_op:
        batch_op.add_column(sa.Column("event", sa.String(length=16), nullable=True))
        batch_op.add_column(
            sa.Column("summary", sa.String(length=120), nullable=False, server_default="")
        )
        batch_op.add_column(sa.Column("happened_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("line_count", sa.Integer(), nullable=True))

    with op.batch_alter_table("finance_journal_line", schema=None) as batch_op:
        batch_op.add_column(sa.Column("campus_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("course_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("class_group_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("teacher_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("flow", sa.String(length=2), nullable=True))
        batch_op.create_index(
            batch_op.f("ix_finance_journal_line_campus_id"), ["campus_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_finance_journal_line_class_group_id"), ["class_group_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_finance_journal_line_course_id"), ["course_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_finance_journal_line_teacher_id"), ["teacher_id"], unique=False
        )
        batch_op.drop_constraint(batch_op.f("fk_finance_journal_line_entry_id"), type_="foreignkey")
        batch_op.create_foreign_key(
            batch_op.f("fk_finance_journal_line_class_group_id"),
            "teaching_class_group",
            ["class_group_id"],
            ["id"],
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_finance_journal_line_teacher_id"),
            "security_account",
            ["teacher_id"],
            ["id"],
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_finance_journal_line_course_id"),
            "teaching_course",
            ["course_id"],
            ["id"],
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_finance_journal_line_entry_id"),
            "finance_journal_entry",
            ["entry_id"],
            ["id"],
            initially="DEFERRED",
            deferrable=True,
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_finance_journal_line_campus_id"),
            "logistics_campus",
            ["campus_id"],
            ["id"],
        )
    for statement in FILL:
        op.execute(statement)
    dialect = op.get_bind().dialect.name
    op.execute(MONTHS[dialect])
    with op.batch_alter_table("finance_journal_entry", schema=None) as batch_op:
        batch_op.alter_column("event", existing_type=sa.String(length=16), nullable=False)
        batch_op.alter_column("summary", existing_type=sa.String(120), server_default=None)
        batch_op.alter_column("happened_on", existing_type=sa.Date(), nullable=False)
        batch_op.alter_column("line_count", existing_type=sa.Integer(), nullable=False)
    if dialect == "postgresql":
        # What the foreign key still has to look at must not meet the changes to come.
        op.execute("SET CONSTRAINTS ALL IMMEDIATE")
    for statement in GUARD[dialect]:
        op.execute(statement)


def downgrade() -> None:
    dialect = op.get_bind().dialect.name
    for name, table in TRIGGERS[dialect]:
        op.execute(f"DROP TRIGGER {name}{f' ON {table}' if dialect == 'postgresql' else ''}")
    for function in FUNCTIONS if dialect == "postgresql" else ():
        op.execute(f"DROP FUNCTION {function}()")
    with op.batch_alter_table("finance_journal_line", schema=None) as batch_op:
        batch_op.drop_constraint(
            batch_op.f("fk_finance_journal_line_campus_id"), type_="foreignkey"
        )
        batch_op.drop_constraint(batch_op.f("fk_finance_journal_line_entry_id"), type_="foreignkey")
        batch_op.drop_constraint(
            batch_op.f("fk_finance_journal_line_course_id"), type_="foreignkey"
        )
        batch_op.drop_constraint(
            batch_op.f("fk_finance_journal_line_teacher_id"), type_="foreignkey"
        )
        batch_op.drop_constraint(
            batch_op.f("fk_finance_journal_line_class_group_id"), type_="foreignkey"
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_finance_journal_line_entry_id"),
            "finance_journal_entry",
            ["entry_id"],
            ["id"],
        )
        batch_op.drop_index(batch_op.f("ix_finance_journal_line_teacher_id"))
        batch_op.drop_index(batch_op.f("ix_finance_journal_line_course_id"))
        batch_op.drop_index(batch_op.f("ix_finance_journal_line_class_group_id"))
        batch_op.drop_index(batch_op.f("ix_finance_journal_line_campus_id"))
        batch_op.drop_column("flow")
        batch_op.drop_column("teacher_id")
        batch_op.drop_column("class_group_id")
        batch_op.drop_column("course_id")
        batch_op.drop_column("campus_id")

    with op.batch_alter_table("finance_journal_entry", schema=None) as batch_op:
        batch_op.drop_column("line_count")
        batch_op.drop_column("happened_on")
        batch_op.drop_column("summary")
        batch_op.drop_column("event")

    with op.batch_alter_table("finance_voucher", schema=None) as batch_op:
        batch_op.drop_index("ix_finance_voucher_status_made")
        batch_op.drop_index(batch_op.f("ix_finance_voucher_made_by"))
        batch_op.drop_index(batch_op.f("ix_finance_voucher_campus_id"))
        batch_op.drop_index(batch_op.f("ix_finance_voucher_attachment_id"))

    op.drop_table("finance_voucher")
    with op.batch_alter_table("finance_period_balance", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_finance_period_balance_month"))
        batch_op.drop_index(batch_op.f("ix_finance_period_balance_campus_id"))

    op.drop_table("finance_period_balance")
    op.drop_table("finance_period")
    with op.batch_alter_table("finance_budget", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_finance_budget_campus_id"))
    op.drop_index("uq_finance_budget_head_office", table_name="finance_budget")

    op.drop_table("finance_budget")
    with op.batch_alter_table("finance_fixed_asset", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_finance_fixed_asset_campus_id"))

    op.drop_table("finance_fixed_asset")
    with op.batch_alter_table("finance_cost_rate", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_finance_cost_rate_subject_id"))

    op.drop_table("finance_cost_rate")
