"""The words of the books: kinds, states, results and broken rules. Amounts are fen."""

from datetime import date
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from backend.kit.errors import DomainError


class VoucherKind(StrEnum):
    """What is booked by hand."""

    MANUAL = "manual"
    OPENING = "opening"
    EXPENSE = "expense"


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
