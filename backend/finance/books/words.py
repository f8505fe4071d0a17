"""The words of the books: kinds, states, results and broken rules. Amounts are fen."""

from datetime import date, datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from backend.kit.errors import DomainError


class VoucherKind(StrEnum):
    """What is booked by hand."""

    MANUAL = "manual"
    OPENING = "opening"
    EXPENSE = "expense"
    PURCHASE = "purchase"
    PAYROLL = "payroll"
    BACK = "back"


ON_CREDIT = (VoucherKind.EXPENSE, VoucherKind.PURCHASE)
"""Booked first, paid later."""
BY_FORM = (VoucherKind.MANUAL, VoucherKind.OPENING, VoucherKind.PURCHASE, VoucherKind.PAYROLL)


class VoucherStatus(StrEnum):
    """asked → posted or refused or withdrawn; nothing comes back from those."""

    ASKED = "asked"
    POSTED = "posted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class CostKind(StrEnum):
    """Whose hour costs something."""

    TEACHER = "teacher"
    ROOM = "room"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


class VoucherLine(_Frozen):
    """One side of a voucher: debit positive, credit negative."""

    account: str
    amount_fen: int
    campus_id: int | None = None
    flow: str | None = None


class VoucherView(_Frozen):
    """A voucher as pages and chats see it; `lines` as in the table."""

    id: int
    kind: VoucherKind
    status: VoucherStatus
    booked_on: date
    summary: str
    lines: list[tuple[str, int | None, int, str | None]]
    total_fen: int
    campus_id: int | None
    attachment_id: int | None
    made_by: int
    made_at: datetime
    decided_by: int | None
    decided_at: datetime | None
    note: str
    paid_by: int | None
    paid_at: datetime | None


class PeriodView(_Frozen):
    """A month and who closed it."""

    month: date
    closed_at: datetime | None
    closed_by: int | None
    reopen_asked_by: int | None
    reopen_reason: str


class RateView(_Frozen):
    """What an hour costs from a day on."""

    kind: CostKind
    subject_id: int | None
    effective_from: date
    fen_per_hour: int


class AssetView(_Frozen):
    """A fixed asset."""

    id: int
    name: str
    campus_id: int | None
    account: str
    cost_fen: int
    salvage_fen: int
    months: int
    in_use_from: date


class Finding(_Frozen):
    """What stands in the way of closing a month; `url` is where to mend it."""

    code: str
    words: str
    is_blocking: bool
    url: str | None = None


class Movement(_Frozen):
    """What an account moved in a month at a campus, on a cash-flow line."""

    month: date
    account: str
    campus_id: int | None
    flow: str | None
    debit_fen: int
    credit_fen: int


class OwnVoucher(DomainError):
    """Nobody approves what they asked for themselves."""

    status = 403


class VoucherDecided(DomainError):
    """Somebody has decided already (`status`)."""

    status = 409


class VoucherWrong(DomainError):
    """The voucher cannot be booked like this; `why` says what is wrong."""


class NotClosable(DomainError):
    """The month has blocking findings (`codes`)."""

    status = 409


class NotReopenable(DomainError):
    """The month is open, nobody has asked, or the same person asks and agrees (`why`)."""

    status = 409
