"""from one sentence to the corrective action

Revises: 3379c42f3a3c
Created: 2026-11-24 20:00:00.000000+00:00
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "7d20c95be1a4"
down_revision = "3379c42f3a3c"
branch_labels = None
depends_on = None

TICKET, NOTE = "students_ticket", "students_ticket_note"
BOARD = ("owner_id", "category", "severity", "campus_id")


def upgrade() -> None:
    with op.batch_alter_table(TICKET, schema=None) as batch_op:
        for name in ("status", "openid", "owner_id", "resolve_due_at"):
            batch_op.drop_index(f"ix_{TICKET}_{name}")
        batch_op.drop_column("escalated_at")
        for column in _new():
            batch_op.add_column(column)
        batch_op.create_foreign_key(
            op.f(f"fk_{TICKET}_campus_id"), "logistics_campus", ["campus_id"], ["id"]
        )
        batch_op.create_foreign_key(
            op.f(f"fk_{TICKET}_teacher_id"), "security_account", ["teacher_id"], ["id"]
        )
        batch_op.create_index(f"ix_{TICKET}_board", ["status", "resolve_due_at", "id"])
        for name in BOARD:
            columns = [name, "status", "resolve_due_at", "id"]
            batch_op.create_index(f"ix_{TICKET}_board_{name}", columns)
        batch_op.create_index(f"ix_{TICKET}_openid_id", ["openid", "id"])
        for name in ("opened_at", "look_at"):
            batch_op.create_index(batch_op.f(f"ix_{TICKET}_{name}"), [name])
    with op.batch_alter_table(NOTE, schema=None) as batch_op:
        batch_op.add_column(sa.Column("kind", sa.String(10), nullable=False, server_default="said"))
    for statement in _BACKFILL:
        op.execute(statement)
    _make("students_ticket_task", _TASK, ("ticket_id", "owner_id", "look_at"))
    _make("students_ticket_alert", _ALERT, ("held_at",), unique="key")
    op.create_index(
        "ix_students_ticket_alert_account_id_at", "students_ticket_alert", ["account_id", "at"]
    )
    _make("students_saved_answer", _ANSWER, (), unique="name")
    _make("students_absence", _ABSENCE, ("account_id", "to_at"))
    indexed = ("cause", "ticket_id", "owner_id", "look_at")
    _make("students_corrective_action", _ACTION, indexed)


def downgrade() -> None:
    for table in ("corrective_action", "absence", "saved_answer", "ticket_alert", "ticket_task"):
        op.drop_table(f"students_{table}")
    with op.batch_alter_table(NOTE, schema=None) as batch_op:
        batch_op.drop_column("kind")
    with op.batch_alter_table(TICKET, schema=None) as batch_op:
        for name in ("look_at", "opened_at", "openid_id", "board"):
            batch_op.drop_index(f"ix_{TICKET}_{name}")
        for name in BOARD:
            batch_op.drop_index(f"ix_{TICKET}_board_{name}")
        for name in ("teacher_id", "campus_id"):
            batch_op.drop_constraint(op.f(f"fk_{TICKET}_{name}"), type_="foreignkey")
        for column in reversed(_new()):
            batch_op.drop_column(column.name)
        batch_op.add_column(sa.Column("escalated_at", sa.DateTime(timezone=True), nullable=True))
        for name in ("status", "openid", "owner_id", "resolve_due_at"):
            batch_op.create_index(batch_op.f(f"ix_{TICKET}_{name}"), [name])


def _new() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("severity", sa.String(10), nullable=False, server_default="normal"),
        sa.Column("is_anonymous", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("customer", sa.String(60), nullable=False, server_default="微信客户"),
        sa.Column("campus_id", sa.Integer(), nullable=True),
        sa.Column("teacher_id", sa.Integer(), nullable=True),
        sa.Column("role", sa.String(20), nullable=True),
        sa.Column("tried", sa.JSON(), nullable=False, server_default="[]"),
        sa.Column("reopened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reopened", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_seconds", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("responded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rung", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("look_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_response_late", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("is_resolution_late", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("cause", sa.String(20), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.String(12), nullable=True),
        sa.Column("rating", sa.Integer(), nullable=True),
        sa.Column("rating_word", sa.Text(), nullable=True),
    )


def _make(
    table: str, columns: dict[str, str], indexed: tuple[str, ...], *, unique: str = ""
) -> None:
    """A table of columns told in short: a type, «?» for one that may be empty, or the table that
    the column points to."""
    parts: list[Any] = [
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    ]
    for name, told in columns.items():
        kind = told.rstrip("?")
        parts.append(sa.Column(name, _TYPES.get(kind, sa.Integer()), nullable=told.endswith("?")))
        if kind not in _TYPES:
            constraint = op.f(f"fk_{table}_{name}")
            parts.append(sa.ForeignKeyConstraint([name], [f"{kind}.id"], name=constraint))
    if unique:
        parts.append(sa.UniqueConstraint(unique, name=op.f(f"uq_{table}_{unique}")))
    op.create_table(table, *parts)
    for name in indexed:
        op.create_index(op.f(f"ix_{table}_{name}"), table, [name])


_BACKFILL = (
    "UPDATE students_ticket SET look_at = respond_due_at WHERE status = 'open'",
    "UPDATE students_ticket SET responded_at = opened_at WHERE status <> 'open'",
    "UPDATE students_ticket SET closed_at = opened_at WHERE status = 'closed'",
    "UPDATE students_ticket_note SET kind = 'answer' WHERE account_id IS NOT NULL",
)
_TYPES: dict[str, sa.types.TypeEngine[Any]] = {
    "role": sa.String(20),
    "key": sa.String(120),
    "text": sa.Text(),
    "at": sa.DateTime(timezone=True),
    "on": sa.Date(),
}
_WHO, _OF = "security_account", "students_ticket"
_TASK = {
    "ticket_id": _OF,
    "role": "role",
    "owner_id": f"{_WHO}?",
    "given_by": _WHO,
    "text": "text",
    "given_at": "at",
    "due_at": "at",
    "look_at": "at?",
    "done_at": "at?",
    "done_note": "text?",
}
_ALERT = {"key": "key", "account_id": _WHO, "ticket_id": _OF, "at": "at", "held_at": "at?"}
_ANSWER = {"name": "role", "text": "text", "changed_by": _WHO, "changed_at": "at"}
_ABSENCE = {"account_id": _WHO, "from_at": "at", "to_at": "at"}
_ACTION = {
    "cause": "role",
    "ticket_id": f"{_OF}?",
    "text": "text",
    "owner_id": _WHO,
    "begun_by": _WHO,
    "begun_at": "at",
    "due_on": "on",
    "look_at": "at?",
    "done_at": "at?",
    "evidence": "text?",
}
