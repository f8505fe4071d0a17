"""proposals of doubles

Revises: 9f3e1c5a7d24
Created: 2026-11-25 03:00:00.000000+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "c5d81f0a3e72"
down_revision = "9f3e1c5a7d24"
branch_labels = None
depends_on = None

PROPOSAL, UNSEARCHED = "students_proposal", "students_unsearched"
PEOPLE = ("student", "guardian")


def upgrade() -> None:
    op.create_table(
        PROPOSAL,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("first_id", sa.Integer(), nullable=False),
        sa.Column("second_id", sa.Integer(), nullable=False),
        sa.Column("why", sa.String(length=12), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_students_proposal")),
        sa.UniqueConstraint(
            "kind",
            "first_id",
            "second_id",
            name=op.f("uq_students_proposal_kind_first_id_second_id"),
        ),
    )
    op.create_index("ix_students_proposal_kind_second_id", PROPOSAL, ["kind", "second_id"])
    op.create_table(
        UNSEARCHED,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_students_unsearched")),
    )
    # Everybody who is there is looked at by the next run of the job; the forgotten have no keys.
    unsearched = sa.table(UNSEARCHED, sa.column("kind"), sa.column("person_id"))
    for kind in PEOPLE:
        people = sa.table(f"students_{kind}", sa.column("id"), sa.column("erased_at"))
        everybody = sa.select(sa.literal(kind), people.c.id)
        op.execute(unsearched.insert().from_select(["kind", "person_id"], everybody))
        keys = sa.table("students_search_key", sa.column(f"{kind}_id"))
        forgotten = sa.select(people.c.id).where(people.c.erased_at.is_not(None))
        op.execute(keys.delete().where(keys.c[f"{kind}_id"].in_(forgotten)))


def downgrade() -> None:
    op.drop_table(UNSEARCHED)
    op.drop_table(PROPOSAL)
