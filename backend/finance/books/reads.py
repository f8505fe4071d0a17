"""Reading vouchers."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.finance.books.models import Voucher
from backend.finance.books.words import VoucherStatus, VoucherView
from backend.kit.errors import NotFound

PAGE = 30


def vouchers(session: Session, *, campus_id: int | None, after: int = 0) -> list[VoucherView]:
    """Vouchers of a campus or of all, those that wait first, then the newest; one more than a page
    when there are more."""
    query = select(Voucher).order_by(Voucher.status != VoucherStatus.ASKED, Voucher.id.desc())
    if campus_id is not None:
        query = query.where(Voucher.campus_id == campus_id)
    return _views(session.scalars(query.offset(after).limit(PAGE + 1)))


def voucher(session: Session, voucher_id: int) -> VoucherView:
    """One voucher. Raises NotFound."""
    found = session.get(Voucher, voucher_id)
    if found is None:
        raise NotFound()
    return VoucherView.model_validate(found)


def latest_of(session: Session, account_id: int, *, limit: int = 5) -> list[VoucherView]:
    """The newest vouchers of somebody."""
    query = select(Voucher).where(Voucher.made_by == account_id).order_by(Voucher.id.desc())
    return _views(session.scalars(query.limit(limit)))


def _views(found: Iterable[Voucher]) -> list[VoucherView]:
    return [VoucherView.model_validate(each) for each in found]
