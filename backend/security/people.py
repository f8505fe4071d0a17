"""Reads of staff accounts for those who keep them."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.kit import crypto
from backend.kit.errors import NotFound
from backend.security.models import Account
from backend.security.schemas import PersonView

PAGE = 30


def people(session: Session, *, search: str = "", after: int = 0) -> list[PersonView]:
    """Accounts by id after one id, at most PAGE and one more, which tells that there are more.
    `search` is part of a name, or a whole phone number, which is kept encrypted."""
    query = select(Account).where(Account.id > after).order_by(Account.id).limit(PAGE + 1)
    if search:
        phones = crypto.blind_indexes(search, context="phone")
        query = query.where(
            Account.name.contains(search, autoescape=True) | Account.phone_index.in_(phones)
        )
    return [_view(row) for row in session.scalars(query)]


def everybody(session: Session) -> list[PersonView]:
    """All accounts by id, also former ones."""
    return [_view(row) for row in session.scalars(select(Account).order_by(Account.id))]


def person(session: Session, account_id: int) -> PersonView:
    """One account. Raises NotFound."""
    row = session.get(Account, account_id)
    if row is None:
        raise NotFound()
    return _view(row)


def _view(row: Account) -> PersonView:
    phone = row.phone or ""
    return PersonView(
        id=row.id,
        name=row.name,
        role=row.role,
        campus_id=row.campus_id,
        masked_phone=f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 11 else "",
        user_name=row.user_name,
        is_active=row.is_active,
        has_password=row.password_hash is not None,
        has_app=row.totp_secret is not None,
        codes_left=len(row.recovery_codes),
        invited_at=row.invited_at,
    )
