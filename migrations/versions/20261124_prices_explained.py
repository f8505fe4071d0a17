"""prices explained: packages, promotions, codes, frozen quotes, four eyes

Revises: e3a90b5c71d2
Created: 2026-11-24 23:05:00.000000+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "c81e5f20d7a4"
down_revision = "e3a90b5c71d2"
branch_labels = None
depends_on = None

WAITING = "status = 'proposed'"


def _dated() -> list[sa.Column[object]]:
    return [
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("effective_to", sa.Date(), nullable=True),
    ]


def upgrade() -> None:
    with op.batch_alter_table("finance_price") as batch:
        batch.add_column(sa.Column("learner_type", sa.String(length=10), nullable=True))
        batch.add_column(
            sa.Column("is_bundle", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        batch.add_column(sa.Column("months", sa.Integer(), nullable=True))
    op.create_table(
        "finance_package",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("campus_id", sa.Integer(), nullable=True),
        sa.Column("total_fen", sa.BigInteger(), nullable=False),
        *_dated(),
        sa.CheckConstraint("total_fen > 0", name=op.f("ck_finance_package_total_positive")),
        sa.ForeignKeyConstraint(
            ["campus_id"], ["logistics_campus.id"], name=op.f("fk_finance_package_campus_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finance_package")),
    )
    op.create_index(op.f("ix_finance_package_campus_id"), "finance_package", ["campus_id"])
    op.create_table(
        "finance_package_item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("package_id", sa.Integer(), nullable=False),
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column("lesson_count", sa.Integer(), nullable=False),
        sa.CheckConstraint("lesson_count > 0", name=op.f("ck_finance_package_item_has_lessons")),
        sa.ForeignKeyConstraint(
            ["package_id"], ["finance_package.id"], name=op.f("fk_finance_package_item_package_id")
        ),
        sa.ForeignKeyConstraint(
            ["course_id"], ["teaching_course.id"], name=op.f("fk_finance_package_item_course_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finance_package_item")),
    )
    for column in ("package_id", "course_id"):
        op.create_index(op.f(f"ix_finance_package_item_{column}"), "finance_package_item", [column])
    op.create_table(
        "finance_promotion",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("occasion", sa.String(length=12), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("from_fen", sa.BigInteger(), nullable=False),
        sa.Column("gift_lessons", sa.Integer(), nullable=False),
        sa.Column("days_before", sa.Integer(), nullable=False),
        sa.Column("course_id", sa.Integer(), nullable=True),
        sa.Column("campus_id", sa.Integer(), nullable=True),
        sa.Column("learner_type", sa.String(length=10), nullable=True),
        sa.Column("code", sa.String(length=24), nullable=True),
        sa.Column("limit_total", sa.Integer(), nullable=True),
        sa.Column("limit_per_person", sa.Integer(), nullable=True),
        sa.Column("period_days", sa.Integer(), nullable=True),
        *_dated(),
        sa.CheckConstraint(
            "percent > 0 AND percent <= 100", name=op.f("ck_finance_promotion_percent_in_range")
        ),
        sa.CheckConstraint(
            "amount_fen >= 0 AND from_fen >= 0 AND gift_lessons >= 0",
            name=op.f("ck_finance_promotion_not_negative"),
        ),
        sa.ForeignKeyConstraint(
            ["course_id"], ["teaching_course.id"], name=op.f("fk_finance_promotion_course_id")
        ),
        sa.ForeignKeyConstraint(
            ["campus_id"], ["logistics_campus.id"], name=op.f("fk_finance_promotion_campus_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finance_promotion")),
        sa.UniqueConstraint("code", name=op.f("uq_finance_promotion_code")),
    )
    for column in ("course_id", "campus_id"):
        op.create_index(op.f(f"ix_finance_promotion_{column}"), "finance_promotion", [column])
    op.create_table(
        "finance_code_use",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("promotion_id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("openid", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=80), nullable=False),
        sa.Column("status", sa.String(length=8), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["promotion_id"], ["finance_promotion.id"],
            name=op.f("fk_finance_code_use_promotion_id"),
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["finance_order.id"], name=op.f("fk_finance_code_use_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finance_code_use")),
    )  # fmt: skip
    op.create_index(
        "uq_finance_code_use_order", "finance_code_use", ["promotion_id", "order_id"], unique=True
    )
    op.create_index("ix_finance_code_use_person", "finance_code_use", ["promotion_id", "person"])
    op.create_index(op.f("ix_finance_code_use_order_id"), "finance_code_use", ["order_id"])
    op.create_table(
        "finance_order_quote",
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("steps", sa.JSON(), nullable=False),
        sa.Column("learner_type", sa.String(length=10), nullable=False),
        sa.Column("quoted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["finance_order.id"], name=op.f("fk_finance_order_quote_order_id")
        ),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_finance_order_quote")),
    )
    op.create_table(
        "finance_price_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("draft", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("proposed_by", sa.Integer(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.String(length=200), nullable=True),
        sa.Column("made_id", sa.Integer(), nullable=True),
        sa.Column("source_key", sa.String(length=64), nullable=False),
        sa.CheckConstraint(
            "decided_by IS NULL OR decided_by <> proposed_by",
            name=op.f("ck_finance_price_change_four_eyes"),
        ),
        sa.ForeignKeyConstraint(
            ["proposed_by"], ["security_account.id"],
            name=op.f("fk_finance_price_change_proposed_by"),
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["security_account.id"],
            name=op.f("fk_finance_price_change_decided_by"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finance_price_change")),
        sa.UniqueConstraint("source_key", name=op.f("uq_finance_price_change_source_key")),
    )  # fmt: skip
    op.create_index(
        "ix_finance_price_change_waiting",
        "finance_price_change",
        ["proposed_at"],
        sqlite_where=sa.text(WAITING),
        postgresql_where=sa.text(WAITING),
    )
    op.create_table(
        "finance_fee_rule_switch",
        sa.Column("rule", sa.String(length=40), nullable=False),
        sa.Column("learner_type", sa.String(length=10), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("rule", "learner_type", name=op.f("pk_finance_fee_rule_switch")),
    )


def downgrade() -> None:
    for table in (
        "finance_fee_rule_switch", "finance_price_change", "finance_order_quote",
        "finance_code_use", "finance_promotion", "finance_package_item", "finance_package",
    ):  # fmt: skip
        op.drop_table(table)
    with op.batch_alter_table("finance_price") as batch:
        for column in ("months", "is_bundle", "learner_type"):
            batch.drop_column(column)
