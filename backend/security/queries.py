"""Reads of the security room."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.outbox.schemas import Recipient
from backend.security.models import Account, WechatIdentity
from backend.security.schemas import Role, Speaker, StaffMember


def speaker(session: Session, openid: str) -> Speaker:
    """Who speaks from an openid. An account that is no longer active speaks for nobody (X2)."""
    row = session.execute(
        select(WechatIdentity, Account)
        .outerjoin(Account, (Account.id == WechatIdentity.account_id) & Account.is_active.is_(True))
        .where(WechatIdentity.openid == openid)
    ).one_or_none()
    if row is None:
        return Speaker(openid=openid)
    identity, account = row
    return Speaker(
        openid=openid,
        account_id=account.id if account else None,
        role=Role(account.role) if account else None,
        name=account.name if account else None,
        guardian_id=identity.guardian_id,
        student_id=identity.student_id,
    )


def staff_with_role(
    session: Session, role: Role, *, campus_id: int | None = None
) -> list[StaffMember]:
    """Active staff of a role, those of the campus first, then those of no campus, by id.

    With a campus, staff of other campuses are left out; without one, everybody counts.
    """
    found = _staff(session, Account.role == role, Account.is_active.is_(True))
    if campus_id is None:
        return found
    here = [member for member in found if member.campus_id == campus_id]
    return here + [member for member in found if member.campus_id is None]


def staff_members(session: Session, account_ids: set[int]) -> dict[int, StaffMember]:
    """Accounts by id, also former ones: history keeps its names."""
    return {member.id: member for member in _staff(session, Account.id.in_(account_ids))}


def recipient_of(session: Session, account_id: int) -> Recipient:
    """How to reach a member of staff: WeChat first, then the phone on file."""
    account = session.get_one(Account, account_id)
    openid = session.scalar(
        select(WechatIdentity.openid).where(WechatIdentity.account_id == account_id).limit(1)
    )
    return Recipient(openid=openid, phone=account.phone, name=account.name)


def openids_of_guardian(session: Session, guardian_id: int) -> list[str]:
    """Every WeChat that proved to be this guardian's."""
    query = select(WechatIdentity.openid).where(WechatIdentity.guardian_id == guardian_id)
    return list(session.scalars(query.order_by(WechatIdentity.openid)))


def _staff(session: Session, *conditions: object) -> list[StaffMember]:
    rows = session.execute(
        select(Account, WechatIdentity.openid)
        .outerjoin(WechatIdentity, WechatIdentity.account_id == Account.id)
        .where(*conditions)  # type: ignore[arg-type]
        .order_by(Account.id, WechatIdentity.openid)
    )
    found: dict[int, StaffMember] = {}
    for account, openid in rows:
        found.setdefault(
            account.id,
            StaffMember(
                id=account.id,
                name=account.name,
                role=Role(account.role),
                campus_id=account.campus_id,
                openid=openid,
            ),
        )
    return list(found.values())
