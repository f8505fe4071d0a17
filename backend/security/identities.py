"""Whom a WeChat speaks for: binding, unbinding, freezing and giving back (C4).

Callers prove who asks (`proofs`, the other guardian, staff at the console). Every change is audited
and holds from the commit on, for the chat, for pages and for what is pushed.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.kit import clock
from backend.outbox import service as outbox
from backend.security import queries
from backend.security.models import WechatIdentity
from backend.security.service import audit, meet


def locked(session: Session, openid: str) -> WechatIdentity:
    """The identity's row, made when it is missing, locked until the unit ends."""
    meet(session, openid)
    query = select(WechatIdentity).where(WechatIdentity.openid == openid).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).one()


def bind(
    session: Session,
    openid: str,
    *,
    guardian_id: int | None = None,
    student_id: int | None = None,
    account_id: int | None = None,
) -> None:
    """Let an openid speak for these, beside whom it speaks for already; what is named replaces what
    was there. A member of staff has one WeChat: their earlier one is let go."""
    identity = locked(session, openid)
    if account_id is not None:
        others = select(WechatIdentity).where(
            WechatIdentity.account_id == account_id, WechatIdentity.openid != openid
        )
        for other in session.scalars(others.with_for_update()):
            other.account_id = None
            _note(session, other.openid, "identity.replaced", account_id=account_id)
    wanted = {"guardian_id": guardian_id, "student_id": student_id, "account_id": account_id}
    named = {name: value for name, value in wanted.items() if value is not None}
    for name, value in named.items():
        setattr(identity, name, value)
    identity.bound_at = clock.now()
    session.flush()
    actor, subject = f"wechat:{openid}", f"wechat:{openid}"
    audit(session, actor=actor, action="identity.bound", subject=subject, **named)


def unbind(session: Session, openid: str, *, by: str) -> bool:
    """Let an openid speak for nobody any more; False when it did not anyway."""
    identity = locked(session, openid)
    spoke_for = {
        "guardian_id": identity.guardian_id,
        "student_id": identity.student_id,
        "account_id": identity.account_id,
    }
    if not any(spoke_for.values()):
        return False
    identity.guardian_id = identity.student_id = identity.account_id = identity.bound_at = None
    session.flush()
    _note(session, openid, "identity.unbound", by=by, **spoke_for)
    return True


def freeze(session: Session, openid: str, *, by: str, reason: str) -> bool:
    """A WeChat is in the wrong hands: it speaks for nobody, its pages close, and what was meant for
    it goes to the phone on file. False when it is frozen already."""
    meet(session, openid)
    outbox.shut(session, openid=openid)  # The ledger is locked before identities, as in sending.
    identity = locked(session, openid)
    if identity.frozen_at is not None:
        return False
    identity.frozen_at = clock.now()
    session.flush()
    _note(session, openid, "identity.frozen", by=by, reason=reason)
    return True


def thaw(session: Session, openid: str, *, by: str) -> bool:
    """It is back with its owner, and speaks for whom it spoke for. False when it is not frozen."""
    if not queries.is_frozen(session, openid):
        return False
    outbox.reopen(session, openid=openid)
    identity = locked(session, openid)
    identity.frozen_at = None
    session.flush()
    _note(session, openid, "identity.thawed", by=by)
    return True


def _note(
    session: Session, openid: str, action: str, *, by: str | None = None, **detail: object
) -> None:
    actor = by or f"wechat:{openid}"
    audit(session, actor=actor, action=action, subject=f"wechat:{openid}", **detail)
