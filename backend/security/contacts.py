"""How people are reached whose ids are known: many at once, by one statement each."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from backend.gateways import visitors
from backend.outbox.schemas import Recipient
from backend.security.models import Account, WechatIdentity


def of_guardians(session: Session, ids: Collection[int]) -> dict[int, str]:
    """The WeChat of each guardian who follows the account."""
    return _openids(session, WechatIdentity.guardian_id, ids)


def of_students(session: Session, ids: Collection[int]) -> dict[int, str]:
    """The WeChat of each learner who follows the account themselves."""
    return _openids(session, WechatIdentity.student_id, ids)


def of_staff(session: Session, ids: Collection[int]) -> dict[int, Recipient]:
    """How each of these members of staff is reached; who has left is not (X2)."""
    openids = _openids(session, WechatIdentity.account_id, ids)
    query = select(Account).where(Account.id.in_(ids), Account.is_active.is_(True))
    return {
        row.id: Recipient(openid=openids.get(row.id), phone=row.phone, name=row.name)
        for row in session.scalars(query)
    }


def _openids(
    session: Session, owner: InstrumentedAttribute[int | None], ids: Collection[int]
) -> dict[int, str]:
    is_ours: ColumnElement[bool] = ~WechatIdentity.openid.startswith(visitors.PREFIX)
    query = (
        select(owner, WechatIdentity.openid)
        .where(owner.in_(ids), WechatIdentity.unfollowed_at.is_(None), is_ours)
        .order_by(WechatIdentity.created_at, WechatIdentity.openid)
    )
    found: dict[int, str] = {}
    for id_, openid in session.execute(query):
        if id_ is not None:
            found.setdefault(id_, openid)
    return found
