"""people and who they are

Revises: e6f5793b63a4
Created: 2026-11-23 14:07:58.021738+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "cff6a6ad940a"
down_revision = "e6f5793b63a4"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "security_audit_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_security_audit_entry")),
    )
    with op.batch_alter_table("security_audit_entry", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_security_audit_entry_action"), ["action"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_security_audit_entry_at"), ["at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_security_audit_entry_subject"), ["subject"], unique=False
        )

    op.create_table(
        "security_used_link",
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_security_used_link")),
    )
    with op.batch_alter_table("security_used_link", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_security_used_link_used_at"), ["used_at"], unique=False
        )

    op.create_table(
        "students_guardian",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("phone_index", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_students_guardian")),
    )
    with op.batch_alter_table("students_guardian", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_students_guardian_phone_index"), ["phone_index"], unique=False
        )

    op.create_table(
        "students_student",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("grade", sa.String(length=20), nullable=True),
        sa.Column("birth_on", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_students_student")),
    )
    op.create_table(
        "security_account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("campus_id", sa.Integer(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("phone_index", sa.String(length=64), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["campus_id"], ["logistics_campus.id"], name=op.f("fk_security_account_campus_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_security_account")),
    )
    with op.batch_alter_table("security_account", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_security_account_campus_id"), ["campus_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_security_account_phone_index"), ["phone_index"], unique=False
        )

    op.create_table(
        "students_consent",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("openid", sa.String(length=64), nullable=False),
        sa.Column("guardian_id", sa.Integer(), nullable=True),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("version", sa.String(length=20), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["guardian_id"], ["students_guardian.id"], name=op.f("fk_students_consent_guardian_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_students_consent")),
    )
    with op.batch_alter_table("students_consent", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_students_consent_guardian_id"), ["guardian_id"], unique=False
        )
        batch_op.create_index(
            "ix_students_consent_openid_purpose", ["openid", "purpose"], unique=False
        )

    op.create_table(
        "students_guardianship",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("guardian_id", sa.Integer(), nullable=False),
        sa.Column("student_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["guardian_id"],
            ["students_guardian.id"],
            name=op.f("fk_students_guardianship_guardian_id"),
        ),
        sa.ForeignKeyConstraint(
            ["student_id"],
            ["students_student.id"],
            name=op.f("fk_students_guardianship_student_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_students_guardianship")),
        sa.UniqueConstraint(
            "guardian_id",
            "student_id",
            name=op.f("uq_students_guardianship_guardian_id_student_id"),
        ),
    )
    with op.batch_alter_table("students_guardianship", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_students_guardianship_student_id"), ["student_id"], unique=False
        )

    op.create_table(
        "security_wechat_identity",
        sa.Column("openid", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("guardian_id", sa.Integer(), nullable=True),
        sa.Column("student_id", sa.Integer(), nullable=True),
        sa.Column("followed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unfollowed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("scene", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["security_account.id"],
            name=op.f("fk_security_wechat_identity_account_id"),
        ),
        sa.ForeignKeyConstraint(
            ["guardian_id"],
            ["students_guardian.id"],
            name=op.f("fk_security_wechat_identity_guardian_id"),
        ),
        sa.ForeignKeyConstraint(
            ["student_id"],
            ["students_student.id"],
            name=op.f("fk_security_wechat_identity_student_id"),
        ),
        sa.PrimaryKeyConstraint("openid", name=op.f("pk_security_wechat_identity")),
    )
    with op.batch_alter_table("security_wechat_identity", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_security_wechat_identity_account_id"), ["account_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_security_wechat_identity_guardian_id"), ["guardian_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_security_wechat_identity_student_id"), ["student_id"], unique=False
        )

    op.create_table(
        "students_ticket",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("category", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("openid", sa.String(length=64), nullable=False),
        sa.Column("guardian_id", sa.Integer(), nullable=True),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("respond_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolve_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("escalated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("source_key", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["guardian_id"], ["students_guardian.id"], name=op.f("fk_students_ticket_guardian_id")
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["security_account.id"], name=op.f("fk_students_ticket_owner_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_students_ticket")),
        sa.UniqueConstraint("number", name=op.f("uq_students_ticket_number")),
        sa.UniqueConstraint("source_key", name=op.f("uq_students_ticket_source_key")),
    )
    with op.batch_alter_table("students_ticket", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_students_ticket_guardian_id"), ["guardian_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_students_ticket_openid"), ["openid"], unique=False)
        batch_op.create_index(batch_op.f("ix_students_ticket_owner_id"), ["owner_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_students_ticket_resolve_due_at"), ["resolve_due_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_students_ticket_status"), ["status"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("students_ticket", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_students_ticket_status"))
        batch_op.drop_index(batch_op.f("ix_students_ticket_resolve_due_at"))
        batch_op.drop_index(batch_op.f("ix_students_ticket_owner_id"))
        batch_op.drop_index(batch_op.f("ix_students_ticket_openid"))
        batch_op.drop_index(batch_op.f("ix_students_ticket_guardian_id"))

    op.drop_table("students_ticket")
    with op.batch_alter_table("security_wechat_identity", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_security_wechat_identity_student_id"))
        batch_op.drop_index(batch_op.f("ix_security_wechat_identity_guardian_id"))
        batch_op.drop_index(batch_op.f("ix_security_wechat_identity_account_id"))

    op.drop_table("security_wechat_identity")
    with op.batch_alter_table("students_guardianship", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_students_guardianship_student_id"))

    op.drop_table("students_guardianship")
    with op.batch_alter_table("students_consent", schema=None) as batch_op:
        batch_op.drop_index("ix_students_consent_openid_purpose")
        batch_op.drop_index(batch_op.f("ix_students_consent_guardian_id"))

    op.drop_table("students_consent")
    with op.batch_alter_table("security_account", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_security_account_phone_index"))
        batch_op.drop_index(batch_op.f("ix_security_account_campus_id"))

    op.drop_table("security_account")
    op.drop_table("students_student")
    with op.batch_alter_table("students_guardian", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_students_guardian_phone_index"))

    op.drop_table("students_guardian")
    with op.batch_alter_table("security_used_link", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_security_used_link_used_at"))

    op.drop_table("security_used_link")
    with op.batch_alter_table("security_audit_entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_security_audit_entry_subject"))
        batch_op.drop_index(batch_op.f("ix_security_audit_entry_at"))
        batch_op.drop_index(batch_op.f("ix_security_audit_entry_action"))

    op.drop_table("security_audit_entry")
