"""scores: tests of a class, what each learner reached, and what was corrected

Revises: da10b97d949d
Created: 2026-11-25 00:55:00.000000+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "5d2b8e71f4a9"
down_revision = "da10b97d949d"
branch_labels = None
depends_on = None

EXAM, SCORE, CHANGE = "teaching_exam", "teaching_score", "teaching_score_change"


def _points(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}"))


def _number(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Integer(), nullable=False)


def _at(name: str, *, may_miss: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=may_miss)


def upgrade() -> None:
    op.create_table(
        EXAM,
        _number("id"),
        _number("class_group_id"),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        _number("full_mark"),
        _number("noted_by"),
        _at("noted_at"),
        _at("published_at", may_miss=True),
        sa.Column("source_key", sa.String(length=120), nullable=False),
        _points(EXAM, "class_group_id", "teaching_class_group"),
        _points(EXAM, "noted_by", "security_account"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{EXAM}")),
        sa.UniqueConstraint("source_key", name=op.f(f"uq_{EXAM}_source_key")),
    )
    op.create_table(
        SCORE,
        _number("id"),
        _number("exam_id"),
        _number("student_id"),
        sa.Column("mark", sa.Text(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        _number("entered_by"),
        _at("entered_at"),
        _number("revision"),
        _points(SCORE, "exam_id", EXAM),
        _points(SCORE, "student_id", "students_student"),
        _points(SCORE, "entered_by", "security_account"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{SCORE}")),
        sa.UniqueConstraint("exam_id", "student_id", name=op.f(f"uq_{SCORE}_exam_id_student_id")),
    )
    op.create_table(
        CHANGE,
        _number("id"),
        _number("score_id"),
        sa.Column("was", sa.Text(), nullable=True),
        _number("account_id"),
        _at("at"),
        _points(CHANGE, "score_id", SCORE),
        _points(CHANGE, "account_id", "security_account"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{CHANGE}")),
    )
    for table, column in ((EXAM, "class_group_id"), (SCORE, "student_id"), (CHANGE, "score_id")):
        with op.batch_alter_table(table, schema=None) as batch:
            batch.create_index(batch.f(f"ix_{table}_{column}"), [column])


def downgrade() -> None:
    for table in (CHANGE, SCORE, EXAM):
        op.drop_table(table)
