"""the audit trail is a chain

Revises: 9ed0048196b8
Created: 2026-11-24 17:40:00+00:00
"""

import hashlib
import json
from datetime import UTC

import sqlalchemy as sa
from alembic import op

revision = "3c7a51d0e9b4"
down_revision = "9ed0048196b8"
branch_labels = None
depends_on = None

REFUSED = "the audit trail is not changed afterwards"
AT_ONCE = 1000
TRIGGERS = {
    "postgresql": (
        "CREATE FUNCTION security_audit_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{REFUSED}'; END $$",
        "CREATE TRIGGER security_audit_kept BEFORE DELETE ON security_audit_entry "
        "FOR EACH ROW EXECUTE FUNCTION security_audit_refuse()",
        "CREATE TRIGGER security_audit_unchanged BEFORE UPDATE ON security_audit_entry "
        "FOR EACH ROW WHEN (OLD.digest IS NOT NULL) EXECUTE FUNCTION security_audit_refuse()",
        "CREATE TRIGGER security_audit_not_emptied BEFORE TRUNCATE ON security_audit_entry "
        "FOR EACH STATEMENT EXECUTE FUNCTION security_audit_refuse()",
    ),
    "sqlite": (
        "CREATE TRIGGER security_audit_kept BEFORE DELETE ON security_audit_entry "
        f"BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END",
        "CREATE TRIGGER security_audit_unchanged BEFORE UPDATE ON security_audit_entry "
        f"WHEN OLD.digest IS NOT NULL BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END",
    ),
}


def upgrade() -> None:
    head = op.create_table(
        "security_audit_head",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_security_audit_head")),
    )
    with op.batch_alter_table("security_audit_entry", schema=None) as batch_op:
        batch_op.add_column(sa.Column("position", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("previous", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("digest", sa.String(length=64), nullable=True))
        batch_op.create_unique_constraint(
            batch_op.f("uq_security_audit_entry_position"), ["position"]
        )
    position, digest = _chain_existing()
    op.bulk_insert(head, [{"id": 1, "position": position, "digest": digest}])
    op.create_index(
        "ix_security_audit_entry_unsealed",
        "security_audit_entry",
        ["id"],
        sqlite_where=sa.text("digest IS NULL"),
        postgresql_where=sa.text("digest IS NULL"),
    )
    for statement in TRIGGERS[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    names = ["security_audit_kept", "security_audit_unchanged"]
    for name in [*names, "security_audit_not_emptied"] if on_postgresql else names:
        op.execute(f"DROP TRIGGER {name}{' ON security_audit_entry' if on_postgresql else ''}")
    if on_postgresql:
        op.execute("DROP FUNCTION security_audit_refuse()")
    op.drop_index("ix_security_audit_entry_unsealed", table_name="security_audit_entry")
    with op.batch_alter_table("security_audit_entry", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_security_audit_entry_position"), type_="unique")
        batch_op.drop_column("digest")
        batch_op.drop_column("previous")
        batch_op.drop_column("position")
    op.drop_table("security_audit_head")


def _chain_existing() -> tuple[int, str]:
    """Chain what was written before there was a chain, in the order in which it was written."""
    rows = sa.table(
        "security_audit_entry",
        sa.column("id", sa.Integer()),
        sa.column("at", sa.DateTime(timezone=True)),
        *(sa.column(name, sa.String()) for name in ("actor", "action", "subject")),
        sa.column("detail", sa.JSON()),
        sa.column("position", sa.Integer()),
        *(sa.column(name, sa.String()) for name in ("previous", "digest")),
    )
    bind, last, position, digest = op.get_bind(), 0, 0, "0" * 64
    while True:
        query = sa.select(rows).where(rows.c.id > last).order_by(rows.c.id).limit(AT_ONCE)
        found = bind.execute(query).all()
        for row in found:
            at = row.at if row.at.tzinfo else row.at.replace(tzinfo=UTC)
            position, previous = position + 1, digest
            content = {
                "position": position,
                "at": at.astimezone(UTC).isoformat(timespec="microseconds"),
                "actor": row.actor,
                "action": row.action,
                "subject": row.subject,
                "detail": row.detail,
                "previous": previous,
            }
            text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
            digest = hashlib.sha256(text.encode()).hexdigest()
            bind.execute(
                sa.update(rows)
                .where(rows.c.id == row.id)
                .values(position=position, previous=previous, digest=digest)
            )
            last = row.id
        if len(found) < AT_ONCE:
            return position, digest
