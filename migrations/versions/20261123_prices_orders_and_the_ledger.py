"""prices, orders and the ledger

Revises: 76300b3b611a
Created: 2026-11-23 14:08:09.288503+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "85791e8c826d"
down_revision = "76300b3b611a"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "finance_order",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=24), nullable=False),
        sa.Column("payer_openid", sa.String(length=64), nullable=False),
        sa.Column("purpose_key", sa.String(length=80), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("total_fen", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("close_reason", sa.String(length=10), nullable=True),
        sa.CheckConstraint("total_fen > 0", name=op.f("ck_finance_order_total_positive")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finance_order")),
        sa.UniqueConstraint("number", name=op.f("uq_finance_order_number")),
        sa.UniqueConstraint("purpose_key", name=op.f("uq_finance_order_purpose_key")),
    )
    with op.batch_alter_table("finance_order", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_finance_order_payer_openid"), ["payer_openid"], unique=False
        )
        batch_op.create_index(
            "ix_finance_order_status_expires", ["status", "expires_at"], unique=False
        )

    op.create_table(
        "finance_payment_notice",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("event_type", sa.String(length=32), nullable=False),
        sa.Column("out_trade_no", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finance_payment_notice")),
    )
    with op.batch_alter_table("finance_payment_notice", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_finance_payment_notice_out_trade_no"), ["out_trade_no"], unique=False
        )

    op.create_table(
        "finance_journal_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_key", sa.String(length=80), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["order_id"], ["finance_order.id"], name=op.f("fk_finance_journal_entry_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finance_journal_entry")),
        sa.UniqueConstraint("source_key", name=op.f("uq_finance_journal_entry_source_key")),
    )
    with op.batch_alter_table("finance_journal_entry", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_finance_journal_entry_booked_on"), ["booked_on"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_finance_journal_entry_order_id"), ["order_id"], unique=False
        )

    op.create_table(
        "finance_payment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("method", sa.String(length=16), nullable=False),
        sa.Column("out_trade_no", sa.String(length=32), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("transaction_id", sa.String(length=64), nullable=True),
        sa.Column("prepay_id", sa.String(length=512), nullable=True),
        sa.Column("prepay_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("poll_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("poll_count", sa.Integer(), nullable=False),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_finance_payment_amount_positive")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["finance_order.id"], name=op.f("fk_finance_payment_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finance_payment")),
        sa.UniqueConstraint("out_trade_no", name=op.f("uq_finance_payment_out_trade_no")),
        sa.UniqueConstraint("transaction_id", name=op.f("uq_finance_payment_transaction_id")),
    )
    with op.batch_alter_table("finance_payment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_finance_payment_order_id"), ["order_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_finance_payment_poll_at"), ["poll_at"], unique=False)

    op.create_table(
        "finance_price",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column("campus_id", sa.Integer(), nullable=True),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("lesson_count", sa.Integer(), nullable=False),
        sa.Column("material_fee_fen", sa.BigInteger(), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("effective_to", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "amount_fen >= 0 AND material_fee_fen >= 0", name=op.f("ck_finance_price_not_negative")
        ),
        sa.CheckConstraint("lesson_count > 0", name=op.f("ck_finance_price_has_lessons")),
        sa.ForeignKeyConstraint(
            ["campus_id"], ["logistics_campus.id"], name=op.f("fk_finance_price_campus_id")
        ),
        sa.ForeignKeyConstraint(
            ["course_id"], ["teaching_course.id"], name=op.f("fk_finance_price_course_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finance_price")),
    )
    with op.batch_alter_table("finance_price", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_finance_price_campus_id"), ["campus_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_finance_price_course_id"), ["course_id"], unique=False)

    op.create_table(
        "finance_surplus_receipt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("out_trade_no", sa.String(length=32), nullable=False),
        sa.Column("transaction_id", sa.String(length=64), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["order_id"], ["finance_order.id"], name=op.f("fk_finance_surplus_receipt_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finance_surplus_receipt")),
        sa.UniqueConstraint(
            "transaction_id", name=op.f("uq_finance_surplus_receipt_transaction_id")
        ),
    )
    with op.batch_alter_table("finance_surplus_receipt", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_finance_surplus_receipt_order_id"), ["order_id"], unique=False
        )

    op.create_table(
        "finance_order_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("description", sa.String(length=120), nullable=False),
        sa.Column("class_group_id", sa.Integer(), nullable=True),
        sa.Column("course_id", sa.Integer(), nullable=True),
        sa.Column("lesson_count", sa.Integer(), nullable=False),
        sa.Column("gift_count", sa.Integer(), nullable=False),
        sa.Column("list_fen", sa.BigInteger(), nullable=False),
        sa.Column("net_fen", sa.BigInteger(), nullable=False),
        sa.Column("is_material", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "lesson_count >= 0 AND gift_count >= 0",
            name=op.f("ck_finance_order_line_lessons_not_negative"),
        ),
        sa.CheckConstraint(
            "net_fen >= 0 AND net_fen <= list_fen",
            name=op.f("ck_finance_order_line_net_within_list"),
        ),
        sa.ForeignKeyConstraint(
            ["class_group_id"],
            ["teaching_class_group.id"],
            name=op.f("fk_finance_order_line_class_group_id"),
        ),
        sa.ForeignKeyConstraint(
            ["course_id"], ["teaching_course.id"], name=op.f("fk_finance_order_line_course_id")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["finance_order.id"], name=op.f("fk_finance_order_line_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finance_order_line")),
    )
    with op.batch_alter_table("finance_order_line", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_finance_order_line_class_group_id"), ["class_group_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_finance_order_line_course_id"), ["course_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_finance_order_line_order_id"), ["order_id"], unique=False
        )

    op.create_table(
        "finance_journal_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(length=8), nullable=False),
        sa.Column("debit_fen", sa.BigInteger(), nullable=False),
        sa.Column("credit_fen", sa.BigInteger(), nullable=False),
        sa.Column("order_line_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "debit_fen >= 0 AND credit_fen >= 0 AND (debit_fen = 0) <> (credit_fen = 0)",
            name=op.f("ck_finance_journal_line_one_side"),
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["finance_journal_entry.id"],
            name=op.f("fk_finance_journal_line_entry_id"),
        ),
        sa.ForeignKeyConstraint(
            ["order_line_id"],
            ["finance_order_line.id"],
            name=op.f("fk_finance_journal_line_order_line_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finance_journal_line")),
    )
    with op.batch_alter_table("finance_journal_line", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_finance_journal_line_account"), ["account"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_finance_journal_line_entry_id"), ["entry_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_finance_journal_line_order_line_id"), ["order_line_id"], unique=False
        )

    op.create_table(
        "finance_lesson_account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("student_id", sa.Integer(), nullable=False),
        sa.Column("order_line_id", sa.Integer(), nullable=False),
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column("class_group_id", sa.Integer(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["class_group_id"],
            ["teaching_class_group.id"],
            name=op.f("fk_finance_lesson_account_class_group_id"),
        ),
        sa.ForeignKeyConstraint(
            ["course_id"], ["teaching_course.id"], name=op.f("fk_finance_lesson_account_course_id")
        ),
        sa.ForeignKeyConstraint(
            ["order_line_id"],
            ["finance_order_line.id"],
            name=op.f("fk_finance_lesson_account_order_line_id"),
        ),
        sa.ForeignKeyConstraint(
            ["student_id"],
            ["students_student.id"],
            name=op.f("fk_finance_lesson_account_student_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finance_lesson_account")),
        sa.UniqueConstraint("order_line_id", name=op.f("uq_finance_lesson_account_order_line_id")),
    )
    with op.batch_alter_table("finance_lesson_account", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_finance_lesson_account_class_group_id"), ["class_group_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_finance_lesson_account_course_id"), ["course_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_finance_lesson_account_student_id"), ["student_id"], unique=False
        )

    op.create_table(
        "finance_hour_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("lessons", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source_key", sa.String(length=80), nullable=False),
        sa.Column("reverses_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["finance_lesson_account.id"],
            name=op.f("fk_finance_hour_entry_account_id"),
        ),
        sa.ForeignKeyConstraint(
            ["reverses_id"],
            ["finance_hour_entry.id"],
            name=op.f("fk_finance_hour_entry_reverses_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finance_hour_entry")),
        sa.UniqueConstraint("reverses_id", name=op.f("uq_finance_hour_entry_reverses_id")),
        sa.UniqueConstraint("source_key", name=op.f("uq_finance_hour_entry_source_key")),
    )
    with op.batch_alter_table("finance_hour_entry", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_finance_hour_entry_account_id"), ["account_id"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("finance_hour_entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_finance_hour_entry_account_id"))

    op.drop_table("finance_hour_entry")
    with op.batch_alter_table("finance_lesson_account", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_finance_lesson_account_student_id"))
        batch_op.drop_index(batch_op.f("ix_finance_lesson_account_course_id"))
        batch_op.drop_index(batch_op.f("ix_finance_lesson_account_class_group_id"))

    op.drop_table("finance_lesson_account")
    with op.batch_alter_table("finance_journal_line", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_finance_journal_line_order_line_id"))
        batch_op.drop_index(batch_op.f("ix_finance_journal_line_entry_id"))
        batch_op.drop_index(batch_op.f("ix_finance_journal_line_account"))

    op.drop_table("finance_journal_line")
    with op.batch_alter_table("finance_order_line", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_finance_order_line_order_id"))
        batch_op.drop_index(batch_op.f("ix_finance_order_line_course_id"))
        batch_op.drop_index(batch_op.f("ix_finance_order_line_class_group_id"))

    op.drop_table("finance_order_line")
    with op.batch_alter_table("finance_surplus_receipt", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_finance_surplus_receipt_order_id"))

    op.drop_table("finance_surplus_receipt")
    with op.batch_alter_table("finance_price", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_finance_price_course_id"))
        batch_op.drop_index(batch_op.f("ix_finance_price_campus_id"))

    op.drop_table("finance_price")
    with op.batch_alter_table("finance_payment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_finance_payment_poll_at"))
        batch_op.drop_index(batch_op.f("ix_finance_payment_order_id"))

    op.drop_table("finance_payment")
    with op.batch_alter_table("finance_journal_entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_finance_journal_entry_order_id"))
        batch_op.drop_index(batch_op.f("ix_finance_journal_entry_booked_on"))

    op.drop_table("finance_journal_entry")
    with op.batch_alter_table("finance_payment_notice", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_finance_payment_notice_out_trade_no"))

    op.drop_table("finance_payment_notice")
    with op.batch_alter_table("finance_order", schema=None) as batch_op:
        batch_op.drop_index("ix_finance_order_status_expires")
        batch_op.drop_index(batch_op.f("ix_finance_order_payer_openid"))

    op.drop_table("finance_order")
