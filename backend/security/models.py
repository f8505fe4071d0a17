"""Tables of the security room."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    DDL,
    JSON,
    ForeignKey,
    Index,
    String,
    Table,
    UniqueConstraint,
    event,
    insert,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.db import IS_ADDRESS, Base, Encrypted, UtcDateTime, index_of
from backend.security.schemas import Role


class Account(Base):
    """账号: one member of staff.

    Without a `password_hash` they are in the chat only. `invited_at` is the mark of the one
    invitation that is still good. `totp_counter` is the last code that was used, so that none is
    used twice; of recovery codes only the blind indexes are kept.
    """

    __tablename__ = "security_account"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    role: Mapped[Role] = mapped_column(String(20))
    campus_id: Mapped[int | None] = mapped_column(ForeignKey("logistics_campus.id"), index=True)
    phone: Mapped[str | None] = mapped_column(Encrypted("security_account.phone"), info=IS_ADDRESS)
    phone_index: Mapped[str | None] = mapped_column(
        String(64), index=True, info=index_of("phone", "phone")
    )
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    user_name: Mapped[str | None] = mapped_column(String(40), unique=True)
    password_hash: Mapped[str | None] = mapped_column(String(200))
    invited_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    totp_secret: Mapped[str | None] = mapped_column(Encrypted("security_account.totp_secret"))
    totp_counter: Mapped[int | None]
    recovery_codes: Mapped[list[str]] = mapped_column(JSON, default=list, server_default="[]")


class ConsoleSession(Base):
    """会话: one browser signed in to the console; `fingerprint` is of the cookie's secret."""

    __tablename__ = "security_console_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("security_account.id"), index=True)
    fingerprint: Mapped[str] = mapped_column(String(64), unique=True)
    began_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    address: Mapped[str] = mapped_column(String(45))
    device: Mapped[str] = mapped_column(String(120))


class FailedSignIn(Base):
    """Failures in a row of one account, one unknown name or one address (`key` tells which)."""

    __tablename__ = "security_failed_sign_in"

    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    failures: Mapped[int]
    last_at: Mapped[datetime] = mapped_column(UtcDateTime)
    locked_until: Mapped[datetime | None] = mapped_column(UtcDateTime)


class WechatIdentity(Base):
    """微信身份: whom an openid speaks for. A teacher may be a guardian too, hence three columns.

    `refused_at` and `refused_code`: when WeChat last refused to pass something on, and why. They
    may have come back since; the outbox knows better what may be said to them now. `menu_tag`:
    the audience that the platform was last told of. `frozen_at`: reported stolen; it speaks for
    nobody until it is thawed, and whom it spoke for is kept.
    """

    __tablename__ = "security_wechat_identity"

    openid: Mapped[str] = mapped_column(String(64), primary_key=True, info=IS_ADDRESS)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("security_account.id"), index=True)
    guardian_id: Mapped[int | None] = mapped_column(ForeignKey("students_guardian.id"), index=True)
    student_id: Mapped[int | None] = mapped_column(ForeignKey("students_student.id"), index=True)
    followed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    unfollowed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    refused_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    refused_code: Mapped[str | None] = mapped_column(String(10))
    scene: Mapped[str | None] = mapped_column(String(64))
    menu_tag: Mapped[str | None] = mapped_column(String(12))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    bound_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    frozen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ProofCode(Base):
    """验证码: a code that was sent to a phone, so that an openid proves that it has that phone.

    Only a keyed hash of the code is kept. `digest` is empty where the phone is on no file and
    nothing was sent: such a row counts like any other, so that nobody learns whose phones we know.
    `ended_at`: used, replaced or guessed at too often.
    """

    __tablename__ = "security_proof_code"
    __table_args__ = (
        Index("ix_security_proof_code_openid_sent_at", "openid", "sent_at"),
        Index("ix_security_proof_code_phone_index_sent_at", "phone_index", "sent_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    openid: Mapped[str] = mapped_column(String(64))
    purpose: Mapped[str] = mapped_column(String(12))
    phone_index: Mapped[str] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(64))
    tries: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    proven_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Code(Base):
    """二维码: one printed code for each thing it may stand for; its scans report `scene`."""

    __tablename__ = "security_code"
    __table_args__ = (UniqueConstraint("kind", "subject"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    scene: Mapped[str] = mapped_column(String(64), unique=True)
    kind: Mapped[str] = mapped_column(String(12))
    subject: Mapped[str] = mapped_column(String(24))
    label: Mapped[str] = mapped_column(String(60))
    url: Mapped[str | None] = mapped_column(String(255))
    image_url: Mapped[str | None] = mapped_column(String(500))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Scan(Base):
    """扫码: who scanned which code when; the first and the last tell where a lead came from."""

    __tablename__ = "security_scan"
    __table_args__ = (Index("ix_security_scan_openid_at", "openid", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    openid: Mapped[str] = mapped_column(String(64))
    code_id: Mapped[int] = mapped_column(ForeignKey("security_code.id"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class AuditEntry(Base):
    """审计记录: who did what to which thing, written in the transaction that did it.

    The last three are given by `chain.seal` before the commit; without them no entry is committed.
    """

    __tablename__ = "security_audit_entry"
    __table_args__ = (
        Index(
            "ix_security_audit_entry_unsealed",
            "id",
            sqlite_where=text("digest IS NULL"),
            postgresql_where=text("digest IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    actor: Mapped[str] = mapped_column(String(64))
    action: Mapped[str] = mapped_column(String(60), index=True)
    subject: Mapped[str] = mapped_column(String(80), index=True)
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    position: Mapped[int | None] = mapped_column(unique=True)
    previous: Mapped[str | None] = mapped_column(String(64))
    digest: Mapped[str | None] = mapped_column(String(64))


class AuditHead(Base):
    """The end of the audit chain: its one row is what writers wait for."""

    __tablename__ = "security_audit_head"

    id: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))


class KeyRotation(Base):
    """密钥轮换: how far everything encrypted has come to the keys that `keys` names. The next batch
    begins in the table `place` (then the files) after the primary key `after`."""

    __tablename__ = "security_key_rotation"

    id: Mapped[int] = mapped_column(primary_key=True)
    keys: Mapped[str] = mapped_column(String(40), unique=True)
    begun_by: Mapped[str] = mapped_column(String(64))
    begun_at: Mapped[datetime] = mapped_column(UtcDateTime)
    place: Mapped[str] = mapped_column(String(60))
    after: Mapped[list[Any]] = mapped_column(JSON)
    rounds: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class UsedLink(Base):
    """A single-use link that has been used: the primary key makes the second use fail."""

    __tablename__ = "security_used_link"

    fingerprint: Mapped[str] = mapped_column(String(64), primary_key=True)
    used_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


def _guard_trail() -> None:
    """What the migration `20261124_the_audit_trail_is_a_chain` does, for schemas made at once."""
    entries, head = AuditEntry.__table__, AuditHead.__table__
    assert isinstance(entries, Table)
    assert isinstance(head, Table)
    for dialect, statements in SEALED.items():
        for statement in statements:
            event.listen(
                entries,
                "after_create",
                DDL(statement).execute_if(dialect=dialect),  # type: ignore[no-untyped-call]
            )
    empty = insert(head).values(id=1, position=0, digest="0" * 64)
    event.listen(head, "after_create", lambda _table, made, **_: made.execute(empty))


_REFUSED = "the audit trail is not changed afterwards"
SEALED = {
    "postgresql": (
        "CREATE FUNCTION security_audit_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_REFUSED}'; END $$",
        "CREATE TRIGGER security_audit_kept BEFORE DELETE ON security_audit_entry "
        "FOR EACH ROW EXECUTE FUNCTION security_audit_refuse()",
        "CREATE TRIGGER security_audit_unchanged BEFORE UPDATE ON security_audit_entry "
        "FOR EACH ROW WHEN (OLD.digest IS NOT NULL) EXECUTE FUNCTION security_audit_refuse()",
        "CREATE TRIGGER security_audit_not_emptied BEFORE TRUNCATE ON security_audit_entry "
        "FOR EACH STATEMENT EXECUTE FUNCTION security_audit_refuse()",
    ),
    "sqlite": (
        "CREATE TRIGGER security_audit_kept BEFORE DELETE ON security_audit_entry "
        f"BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END",
        "CREATE TRIGGER security_audit_unchanged BEFORE UPDATE ON security_audit_entry "
        f"WHEN OLD.digest IS NOT NULL BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END",
    ),
}
_guard_trail()
