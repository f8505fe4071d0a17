"""nobody in two lessons at once

Revises: 39ade696d82a
Created: 2026-11-24 19:52:00.000000+00:00
"""

from alembic import op

from backend.teaching.no_clash import CONSTRAINT, FILL, FUNCTIONS, GUARD, TRIGGERS

revision = "7c1f0b92ad35"
down_revision = "39ade696d82a"
branch_labels = None
depends_on = None

SEAT = """
INSERT INTO teaching_attendance (lesson_id, student_id, kind, status, revision)
SELECT l.id, e.student_id, 'regular', 'expected', 0
FROM teaching_enrollment e JOIN teaching_lesson l ON l.class_group_id = e.class_group_id
WHERE e.status = 'active' AND e.student_id IS NOT NULL AND l.status = 'planned'
AND l.starts_at > e.created_at"""
"""Whoever sits in a class has a place in its lessons from now on."""


def upgrade() -> None:
    op.execute("UPDATE teaching_enrollment SET starts_on = date(created_at)")
    op.execute(SEAT)
    op.execute(FILL)
    for statement in GUARD[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table, triggers in TRIGGERS.items():
            for trigger in triggers:
                op.execute(f"DROP TRIGGER {trigger} ON {table}")
        for function in FUNCTIONS:
            op.execute(f"DROP FUNCTION {function}")
        op.execute(f"ALTER TABLE teaching_booking DROP CONSTRAINT {CONSTRAINT}")
    else:
        for trigger in (
            *sum(TRIGGERS.values(), ()),
            *(f"teaching_no_clash_{w}" for w in ("insert", "update")),
        ):
            op.execute(f"DROP TRIGGER {trigger}")
    op.execute("DELETE FROM teaching_booking")
