"""curriculum: programmes and levels, course standards by version, and what was taught

Revises: d8a1f47c3e90
Created: 2026-11-25 02:55:00.000000+00:00
"""

import sqlalchemy as sa
from alembic import op

from backend.teaching.standard_guard import FUNCTIONS, GUARD

revision = "c41f70b6d2a8"
down_revision = "d8a1f47c3e90"
branch_labels = None
depends_on = None

PROGRAMME, LEVEL, STANDARD = "teaching_programme", "teaching_level", "teaching_standard"
UNIT, STEP = "teaching_standard_unit", "teaching_standard_step"
PLAN, COVERED = "teaching_class_plan", "teaching_covered"
TABLES = (COVERED, PLAN, STEP, UNIT, STANDARD, LEVEL, PROGRAMME)
INDEXES = (
    *((STANDARD, "status"), (STEP, "standard_id")),
    (PLAN, "standard_id"),
)


def _points(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}"))


def _unique(table: str, *columns: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(*columns, name=op.f(f"uq_{table}_{'_'.join(columns)}"))


def _key(table: str, column: str = "id") -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(column, name=op.f(f"pk_{table}"))


def _number(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Integer(), nullable=False)


def _text(name: str, length: int | None = None) -> sa.Column[object]:
    kind = sa.Text() if length is None else sa.String(length=length)
    return sa.Column(name, kind, nullable=False)


def _flag(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Boolean(), nullable=False)


def _at(name: str, *, may_miss: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=may_miss)


def upgrade() -> None:
    op.create_table(
        PROGRAMME,
        _number("id"),
        *(_text("name", 40), _text("subject", 20), _text("summary", 200), _flag("is_active")),
        _key(PROGRAMME),
        _unique(PROGRAMME, "name"),
    )
    op.create_table(
        LEVEL,
        *(_number("id"), _number("programme_id"), _number("rank"), _text("name", 20)),
        *(_number("course_id"), _number("from_points"), _flag("needs_before")),
        _points(LEVEL, "programme_id", PROGRAMME),
        _points(LEVEL, "course_id", "teaching_course"),
        _key(LEVEL),
        _unique(LEVEL, "course_id"),
        _unique(LEVEL, "programme_id", "rank"),
    )
    op.create_table(
        STANDARD,
        *(_number("id"), _number("course_id"), _number("version"), _text("status", 10)),
        *(_text("goals"), _text("methods"), _text("changes", 200)),
        _at("published_at", may_miss=True),
        _points(STANDARD, "course_id", "teaching_course"),
        _key(STANDARD),
        _unique(STANDARD, "course_id", "version"),
    )
    op.create_table(
        UNIT,
        *(_number("id"), _number("standard_id"), _number("number"), _text("key", 16)),
        *(_text("name", 60), _text("goals"), _text("content"), _text("methods")),
        _number("lessons"),
        _points(UNIT, "standard_id", STANDARD),
        _key(UNIT),
        _unique(UNIT, "standard_id", "number"),
        _unique(UNIT, "standard_id", "key"),
    )
    op.create_table(
        STEP,
        *(_number("id"), _number("standard_id"), _text("kind", 10), _number("account_id")),
        *(_at("at"), _text("words", 200)),
        _points(STEP, "standard_id", STANDARD),
        _points(STEP, "account_id", "security_account"),
        _key(STEP),
    )
    op.create_table(
        PLAN,
        *(_number("class_group_id"), _number("standard_id")),
        _points(PLAN, "class_group_id", "teaching_class_group"),
        _points(PLAN, "standard_id", STANDARD),
        _key(PLAN, "class_group_id"),
    )
    op.create_table(
        COVERED,
        *(_number("id"), _number("lesson_id"), _text("unit_key", 16), _text("unit_name", 60)),
        *(_flag("is_finished"), _text("words", 200), _number("account_id"), _at("at")),
        _points(COVERED, "lesson_id", "teaching_lesson"),
        _points(COVERED, "account_id", "security_account"),
        _key(COVERED),
        _unique(COVERED, "lesson_id", "unit_key"),
    )
    for table, column in INDEXES:
        with op.batch_alter_table(table, schema=None) as batch:
            batch.create_index(batch.f(f"ix_{table}_{column}"), [column])
    with op.batch_alter_table(STANDARD, schema=None) as batch:
        batch.create_index(
            "uq_teaching_standard_open",
            ["course_id"],
            unique=True,
            sqlite_where=sa.text("status <> 'published'"),
            postgresql_where=sa.text("status <> 'published'"),
        )
    for statement in GUARD[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        for function in FUNCTIONS:
            op.execute(f"DROP FUNCTION {function}()")
