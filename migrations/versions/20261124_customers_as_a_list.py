"""customers as a list: search keys, tags, merges and intakes

Revises: a41d7c92e0f5
Created: 2026-11-24 19:50:00.000000+00:00
"""

import sqlalchemy as sa
from alembic import op

from backend.kit import crypto
from backend.students import names

revision = "7be0c25d9f13"
down_revision = "a41d7c92e0f5"
branch_labels = None
depends_on = None

PEOPLE = ("student", "guardian")


def _id(name: str = "id", *, may_miss: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=may_miss)


def _at(name: str, *, may_miss: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=may_miss)


def _points(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}"))


def upgrade() -> None:
    for person in PEOPLE:
        table = f"students_{person}"
        with op.batch_alter_table(table, schema=None) as batch:
            batch.add_column(sa.Column("merged_into_id", sa.Integer(), nullable=True))
            name = batch.f(f"fk_{table}_merged_into_id")
            batch.create_foreign_key(name, table, ["merged_into_id"], ["id"])
    with op.batch_alter_table("students_guardian", schema=None) as batch:
        batch.add_column(sa.Column("phone_tail_index", sa.String(length=64), nullable=True))
        batch.create_index(batch.f("ix_students_guardian_phone_tail_index"), ["phone_tail_index"])
    key = sa.String(length=80).with_variant(sa.String(length=80, collation="C"), "postgresql")
    op.create_table(
        "students_search_key",
        _id(),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("key", key, nullable=False),
        _id("student_id", may_miss=True),
        _id("guardian_id", may_miss=True),
        *(_points("students_search_key", f"{each}_id", f"students_{each}") for each in PEOPLE),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_students_search_key")),
    )
    op.create_table(
        "students_tag",
        _id(),
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("colour", sa.String(length=10), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("setters", sa.JSON(), nullable=False),
        sa.Column("is_in_use", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_students_tag")),
        sa.UniqueConstraint("name", name=op.f("uq_students_tag_name")),
    )
    op.create_table(
        "students_tagging",
        _id(),
        _id("tag_id"),
        _id("student_id", may_miss=True),
        _id("guardian_id", may_miss=True),
        _id("set_by"),
        _at("set_at"),
        _points("students_tagging", "tag_id", "students_tag"),
        _points("students_tagging", "set_by", "security_account"),
        *(_points("students_tagging", f"{each}_id", f"students_{each}") for each in PEOPLE),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_students_tagging")),
        *(
            sa.UniqueConstraint(
                "tag_id", f"{each}_id", name=op.f(f"uq_students_tagging_tag_id_{each}_id")
            )
            for each in PEOPLE
        ),
    )
    op.create_table(
        "students_merge",
        _id(),
        sa.Column("kind", sa.String(length=10), nullable=False),
        _id("kept_id"),
        _id("gone_id"),
        sa.Column("moved", sa.JSON(), nullable=False),
        sa.Column("own", sa.JSON(), nullable=False),
        sa.Column("changes", sa.Text(), nullable=False),
        _id("merged_by"),
        _at("merged_at"),
        _id("undone_by", may_miss=True),
        _at("undone_at", may_miss=True),
        _points("students_merge", "merged_by", "security_account"),
        _points("students_merge", "undone_by", "security_account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_students_merge")),
    )
    op.create_table(
        "students_intake",
        _id(),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        _id("begun_by"),
        _at("begun_at"),
        _at("confirmed_at", may_miss=True),
        _at("finished_at", may_miss=True),
        sa.Column("updates_known", sa.Boolean(), nullable=False),
        _points("students_intake", "begun_by", "security_account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_students_intake")),
    )
    op.create_table(
        "students_intake_row",
        _id(),
        _id("intake_id"),
        _id("number"),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("problems", sa.JSON(), nullable=False),
        sa.Column("plan", sa.String(length=10), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=True),
        _points("students_intake_row", "intake_id", "students_intake"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_students_intake_row")),
        sa.UniqueConstraint(
            "intake_id", "number", name=op.f("uq_students_intake_row_intake_id_number")
        ),
    )
    for table, column in INDEXES:
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column], unique=False)
    _make_findable(op.get_bind())


INDEXES = (
    ("students_search_key", "key"),
    ("students_search_key", "student_id"),
    ("students_search_key", "guardian_id"),
    ("students_tagging", "student_id"),
    ("students_tagging", "guardian_id"),
    ("students_merge", "kept_id"),
    ("students_merge", "gone_id"),
    ("students_intake", "status"),
)


def _make_findable(connection: sa.Connection) -> None:
    """Give those who are there already what new files get as they are written."""
    for person in PEOPLE:
        rows = connection.execute(sa.text(f"SELECT id, name FROM students_{person}")).all()  # noqa: S608
        keys = sa.table("students_search_key", *map(sa.column, ("kind", "key", f"{person}_id")))
        found = [
            {"kind": kind.value, "key": key, f"{person}_id": row.id}
            for row in rows
            for kind, key in names.keys_of(row.name)
        ]
        if found:
            connection.execute(sa.insert(keys), found)
    guardians = connection.execute(sa.text("SELECT id, phone FROM students_guardian")).all()
    for row in guardians:
        phone = crypto.decrypt(row.phone, context="students_guardian.phone")
        connection.execute(
            sa.text("UPDATE students_guardian SET phone_tail_index = :tail WHERE id = :id"),
            {"tail": crypto.blind_index(phone[-4:], context="phone_tail"), "id": row.id},
        )


def downgrade() -> None:
    for table, column in reversed(INDEXES):
        op.drop_index(op.f(f"ix_{table}_{column}"), table_name=table)
    for name in ("intake_row", "intake", "merge", "tagging", "tag", "search_key"):
        op.drop_table(f"students_{name}")
    with op.batch_alter_table("students_guardian", schema=None) as batch:
        batch.drop_index(batch.f("ix_students_guardian_phone_tail_index"))
        batch.drop_column("phone_tail_index")
    for person in PEOPLE:
        table = f"students_{person}"
        with op.batch_alter_table(table, schema=None) as batch:
            batch.drop_constraint(batch.f(f"fk_{table}_merged_into_id"), type_="foreignkey")
            batch.drop_column("merged_into_id")
