"""How people are reached whose ids are known: many at once, by one statement each."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, or_, select
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


def of_openids(session: Session, openids: Collection[str]) -> dict[str, int | None]:
    """The guardian, if there is one, for whom each of these WeChats speaks; frozen ones speak for
    nobody."""
    query = select(WechatIdentity.openid, WechatIdentity.guardian_id).where(
        WechatIdentity.openid.in_(openids), WechatIdentity.frozen_at.is_(None)
    )
    return dict(session.execute(query).all())


def speaks_for(
    openid: SQLColumnExpression[Any],
    *,
    guardian_ids: Select[int],
    student_ids: Select[int],
) -> ColumnElement[bool]:
    """Which WeChats speak for any of these: a condition on a column of openids."""
    theirs = or_(
        WechatIdentity.guardian_id.in_(guardian_ids), WechatIdentity.student_id.in_(student_ids)
    )
    return openid.in_(select(WechatIdentity.openid).where(theirs))


def is_colleague(
    openid: SQLColumnExpression[Any], phone_index: SQLColumnExpression[Any], *, campus_id: int
) -> ColumnElement[bool]:
    """Which addresses are of staff of a campus: a condition on columns of openids and phones."""
    staff = select(Account.id).where(Account.campus_id == campus_id)
    openids = select(WechatIdentity.openid).where(WechatIdentity.account_id.in_(staff))
    phones = select(Account.phone_index).where(
        Account.campus_id == campus_id, Account.phone_index.is_not(None)
    )
    return or_(openid.in_(openids), phone_index.in_(phones))


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
