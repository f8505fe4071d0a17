"""homework: what is set, what is handed in, and what an attachment is kept for

Revises: 7be2f08c6a13
Created: 2026-11-24 23:40:00.000000+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "c07e5a9d3f18"
down_revision = "7be2f08c6a13"
branch_labels = None
depends_on = None

SET, HANDED = "teaching_homework", "teaching_hand_in"


def _points(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}"))


def _at(name: str, *, may_miss: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=may_miss)


def upgrade() -> None:
    op.create_table(
        SET,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("class_group_id", sa.Integer(), nullable=False),
        sa.Column("teacher_id", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        _at("set_at"),
        _at("due_at"),
        _at("withdrawn_at", may_miss=True),
        sa.Column("source_key", sa.String(length=120), nullable=False),
        _points(SET, "class_group_id", "teaching_class_group"),
        _points(SET, "teacher_id", "security_account"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{SET}")),
        sa.UniqueConstraint("source_key", name=op.f(f"uq_{SET}_source_key")),
    )
    op.create_table(
        HANDED,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("homework_id", sa.Integer(), nullable=False),
        sa.Column("student_id", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        _at("handed_at"),
        _at("changed_at"),
        sa.Column("handed_by", sa.String(length=80), nullable=False),
        sa.Column("grade", sa.String(length=10), nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("commented_by", sa.Integer(), nullable=True),
        _at("commented_at", may_miss=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        _points(HANDED, "homework_id", "teaching_homework"),
        _points(HANDED, "student_id", "students_student"),
        _points(HANDED, "commented_by", "security_account"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{HANDED}")),
        sa.UniqueConstraint(
            "homework_id", "student_id", name=op.f(f"uq_{HANDED}_homework_id_student_id")
        ),
    )
    for table, columns in (
        (SET, ("class_group_id", "teacher_id", "due_at")),
        (HANDED, ("student_id", "handed_by")),
    ):
        with op.batch_alter_table(table, schema=None) as batch:
            for column in columns:
                batch.create_index(batch.f(f"ix_{table}_{column}"), [column])
    with op.batch_alter_table("students_attachment", schema=None) as batch:
        batch.add_column(sa.Column("holder", sa.String(length=40), nullable=True))
        batch.create_index(batch.f("ix_students_attachment_holder"), ["holder"])


def downgrade() -> None:
    with op.batch_alter_table("students_attachment", schema=None) as batch:
        batch.drop_index(batch.f("ix_students_attachment_holder"))
        batch.drop_column("holder")
    op.drop_table(HANDED)
    op.drop_table(SET)
